/* metadata_store.h - where the controller keeps what it decides: an ordered log of changes that
 * only one node at a time may write. The quorum is one (quorum.h); another could be ZooKeeper.
 *
 * (1) append() orders changes; what is appended by one writer is committed in that order, or not at
 *     all when another node takes over.
 * (2) Whoever owns the store tells the controller when it may write (controller_activate), when it
 *     may no longer (controller_resign), and how far all is committed (controller_complete). */
#ifndef ODRADEK_CLUSTER_METADATA_STORE_H
#define ODRADEK_CLUSTER_METADATA_STORE_H

#include "log/batch.h"

struct metadata_store {
        /* Appends one change; it is committed once all below *end_offset is. Errors:
         * NOT_CONTROLLER when this node may not write (any more). */
        enum kerr (*append)(struct metadata_store *, struct batch_builder *change,
                            int64_t *end_offset);
        /* The offset that the next append begins at: a broker's epoch is its registration's. */
        int64_t (*next_offset)(struct metadata_store *);
};

#endif

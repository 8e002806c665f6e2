/* log_observer.h - who keeps a table that follows from a log: the producers' sequence numbers and
 * open transactions (delivery/producer_state.h).
 *
 * Every state is a fold: the table is what one gets by replaying the batches. The log tells its
 * observer of each batch that comes, from a client or from the leader, and of each cut, so the
 * table is never ahead of the log and never behind it. And it asks, because the log must not take
 * what the table knows to be a duplicate, and must not read out what the table knows to be
 * undecided.
 *
 * (1) appended() comes after the bytes are in the log, and only then (KAFKA-6683).
 * (2) check() is asked for a leader's appends only; what a follower fetched has been checked.
 * (3) No function here may append to, cut or close the log.
 *
 * Source: Kafka's ProducerStateManager, as UnifiedLog calls it. */
#ifndef ODRADEK_LOG_LOG_OBSERVER_H
#define ODRADEK_LOG_LOG_OBSERVER_H

#include "log/append_list.h"

/* What an append did. */
struct log_append {
        int64_t base_offset, last_offset;
        int64_t log_append_time_ms; /* -1: the topic keeps the producer's timestamps */
        bool is_duplicate;          /* it was in the log already, at these offsets */
};

struct log_observer {
        /* A leader is about to append `list`, whose offsets and epochs are stamped. An error
         * refuses it, and nothing happens. With result->is_duplicate set, and the offsets that it
         * has, it is taken for appended already. */
        enum kerr (*check)(struct log_observer *, const struct append_list *list,
                           enum append_origin origin, struct log_append *result);
        /* The batch is in the log. `payload`: what is behind its header, as in the log; valid
         * during the call. */
        void (*appended)(struct log_observer *, const struct batch_header *h, struct span payload);
        /* The log has begun a new segment at its end, or is about to close: a snapshot of the table
         * as it is now saves replaying. Errors take the log offline. */
        enum kerr (*rolled)(struct log_observer *);
        /* The log was cut, at its start or its end: the table must be that of what is left. Errors
         * take the log offline. */
        enum kerr (*cut)(struct log_observer *);
        /* The first offset that is not decided when all below `high_watermark` is committed: the
         * start of the oldest transaction that is open, or whose marker is not below it. INT64_MAX:
         * all is decided. */
        int64_t (*first_unstable)(const struct log_observer *, int64_t high_watermark);
        /* Whether the table knows this batch as the last of its producer: compaction then keeps its
         * header, so that the fold of what is left still ends with its sequence (KAFKA-5490). */
        bool (*is_last)(const struct log_observer *, const struct batch_header *h);
};

#endif

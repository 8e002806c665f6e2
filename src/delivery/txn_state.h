/* txn_state.h - what is known of one transactional id, and its form in __transaction_state.
 *
 * A state owns its topics; states are copied, changed and swapped as a whole, so that what is
 * committed and what is only appended never mix. Topics are sorted by name, partitions by number,
 * none twice. Timestamps are wall ms. Source: Kafka's TransactionMetadata, TransactionLog. */
#ifndef ODRADEK_DELIVERY_TXN_STATE_H
#define ODRADEK_DELIVERY_TXN_STATE_H

#include "base/packet.h"
#include "wire/txn_records.h"

struct txn_topics {
        struct transaction_log_topic *items; /* names and partitions are owned */
        int32_t count;
};

struct txn_state {
        int64_t producer_id; /* -1: the transactional id is new */
        int16_t producer_epoch;
        int32_t timeout_ms;
        enum transaction_status status; /* DEAD: to be forgotten */
        struct txn_topics topics;
        int64_t started_ms; /* -1: no transaction since the producer began */
        int64_t updated_ms;
        /* What the producer had before its epoch was raised at its own wish: its repeated
         * InitProducerId is known by it. Not written down, as in Kafka. -1: nothing. */
        int64_t last_producer_id;
        int16_t last_epoch;
};

/* Of a transactional id that nobody has seen. */
struct txn_state txn_state_new(void);
struct txn_state txn_state_copy(const struct txn_state *s);
void txn_state_deinit(struct txn_state *s);

/* PREPARE_COMMIT or PREPARE_ABORT: decided, and not carried out. */
bool txn_is_prepared(const struct txn_state *s);

/* A transaction is open, or is not carried out. */
bool txn_is_open(const struct txn_state *s);

/* Zero-initialise topics. add() does nothing when it is in there. */
void txn_topics_add(struct txn_topics *topics, struct str name, int32_t partition);
bool txn_topics_have(const struct txn_topics *topics, struct str name, int32_t partition);
int32_t txn_topics_partitions(const struct txn_topics *topics); /* how many, of all topics */
void txn_topics_deinit(struct txn_topics *topics);

/* A record's key and value; *bytes lie in the packet, which is the caller's. The value of a DEAD
 * state is a tombstone: NULL, and *bytes is null. */
struct packet *txn_state_encode_key(struct world *w, struct str transactional_id,
                                    struct span *bytes);
struct packet *txn_state_encode(struct world *w, const struct txn_state *s, struct span *bytes);

/* *id points into the key. Errors: MALFORMED, TRUNCATED. */
enum kerr txn_state_decode_key(struct span key, struct str *id);

/* *s is a new state, but on error. Errors: as above; NO_MEMORY when there are too many partitions.
 */
enum kerr txn_state_decode(struct span value, struct txn_state *s);

#endif

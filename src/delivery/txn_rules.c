#include "delivery/txn_rules.h"

#include <assert.h>

static struct txn_decision says(enum kerr err)
{
        return (struct txn_decision){.err = err};
}

static struct txn_decision writes(struct txn_state next, enum kerr err)
{
        return (struct txn_decision){.err = err, .writes = true, .next = next};
}

/* What follows has no topics unless they are copied. */
static struct txn_state follow(const struct txn_state *now, enum transaction_status status,
                               int64_t wall_ms)
{
        struct txn_state next = *now;
        next.topics = (struct txn_topics){0};
        next.status = status;
        next.updated_ms = wall_ms;
        next.last_producer_id = now->producer_id;
        return next;
}

static struct txn_state follow_with_topics(const struct txn_state *now,
                                           enum transaction_status status, int64_t wall_ms)
{
        struct txn_state next = follow(now, status, wall_ms);
        next.topics = txn_state_copy(now).topics;
        return next;
}

/* --- InitProducerId --- */

/* 32767 must stay for whoever fences the producer. */
static bool is_exhausted(int16_t epoch)
{
        return epoch >= INT16_MAX - 1;
}

static bool has_producer(const struct txn_init *in)
{
        return in->producer.id != -1;
}

/* A producer that goes on after an error must be the current one, or the one whose id was changed
 * when its epochs were used up, and who has not heard of it. */
static bool may_go_on(const struct txn_state *now, const struct txn_init *in)
{
        return !has_producer(in) || now->producer_id == -1 || in->producer.id == now->producer_id ||
               (in->producer.id == now->last_producer_id && is_exhausted(in->producer.epoch));
}

/* Nobody is given 32767, so there is nothing to raise it to: only a damaged record has it with an
 * open transaction. */
static int16_t raised(int16_t epoch)
{
        return epoch < INT16_MAX ? (int16_t)(epoch + 1) : epoch;
}

static int16_t raise_for_init(const struct txn_state *now, struct zoo zoo)
{
        /* Without a new epoch the older instance goes on as if nothing had happened (KIP-98). */
        if (zoo_has(zoo, ZOO_ZOMBIE_NOT_FENCED) && now->producer_epoch >= 0)
                return now->producer_epoch;
        return raised(now->producer_epoch);
}

/* No transaction is open. */
static struct txn_decision renew(const struct txn_state *now, const struct txn_init *in,
                                 struct zoo zoo, int64_t wall_ms)
{
        bool is_new = now->producer_id == -1;
        bool is_repeat = false;
        struct txn_state next = follow(now, TRANSACTION_EMPTY, wall_ms);
        next.timeout_ms = in->timeout_ms;
        next.started_ms = -1;
        if (has_producer(in) && !is_new && in->producer.epoch != now->producer_epoch) {
                is_repeat = in->producer.epoch == now->last_epoch;
                if (!is_repeat)
                        return says(KERR_PRODUCER_FENCED);
        }
        if (is_repeat) {
                next.last_producer_id = now->last_producer_id;
                return writes(next, KERR_NONE);
        }
        next.last_epoch = has_producer(in) ? now->producer_epoch : -1;
        if (!is_new && !is_exhausted(now->producer_epoch)) {
                next.producer_epoch = raise_for_init(now, zoo);
                return writes(next, KERR_NONE);
        }
        if (in->fresh_id == -1)
                return (struct txn_decision){.needs_id = true};
        next.producer_id = in->fresh_id;
        next.producer_epoch = 0;
        return writes(next, KERR_NONE);
}

struct txn_decision txn_decide_init(const struct txn_state *now, bool busy,
                                    const struct txn_init *in, struct zoo zoo, int64_t wall_ms)
{
        struct txn_state next;
        if (busy)
                return says(KERR_CONCURRENT_TRANSACTIONS);
        if (!may_go_on(now, in))
                return says(KERR_PRODUCER_FENCED);
        if (txn_is_prepared(now))
                return says(KERR_CONCURRENT_TRANSACTIONS);
        if (now->status != TRANSACTION_ONGOING)
                return renew(now, in, zoo, wall_ms);
        next = txn_next_fenced(now, wall_ms);
        next.producer_epoch = raise_for_init(now, zoo);
        return writes(next, KERR_CONCURRENT_TRANSACTIONS);
}

/* --- AddPartitionsToTxn, AddOffsetsToTxn --- */

static enum kerr check_producer(const struct txn_state *now, struct txn_producer producer)
{
        if (now->producer_id == -1 || now->producer_id != producer.id)
                return KERR_INVALID_PRODUCER_ID_MAPPING;
        bool is_its_own = now->producer_epoch == producer.epoch && producer.epoch < INT16_MAX;
        return is_its_own ? KERR_NONE : KERR_PRODUCER_FENCED;
}

static bool has_all(const struct txn_topics *topics, const struct txn_topics *asked)
{
        for (int32_t t = 0; t < asked->count; t++) {
                const struct transaction_log_topic *topic = &asked->items[t];
                for (int32_t p = 0; p < topic->partitions.count; p++) {
                        if (!txn_topics_have(topics, topic->name, topic->partitions.items[p]))
                                return false;
                }
        }
        return true;
}

static struct txn_state next_ongoing(const struct txn_state *now, const struct txn_topics *asked,
                                     int64_t wall_ms)
{
        bool begins = now->status != TRANSACTION_ONGOING;
        struct txn_state next = follow_with_topics(now, TRANSACTION_ONGOING, wall_ms);
        for (int32_t t = 0; t < asked->count; t++) {
                const struct transaction_log_topic *topic = &asked->items[t];
                for (int32_t p = 0; p < topic->partitions.count; p++)
                        txn_topics_add(&next.topics, topic->name, topic->partitions.items[p]);
        }
        if (begins)
                next.started_ms = wall_ms;
        return next;
}

struct txn_decision txn_decide_add(const struct txn_state *now, bool busy,
                                   struct txn_producer producer, const struct txn_topics *asked,
                                   int64_t wall_ms)
{
        enum kerr err = check_producer(now, producer);
        if (err)
                return says(err);
        if (busy || txn_is_prepared(now))
                return says(KERR_CONCURRENT_TRANSACTIONS);
        if (now->status == TRANSACTION_ONGOING && has_all(&now->topics, asked))
                return says(KERR_NONE);
        return writes(next_ongoing(now, asked, wall_ms), KERR_NONE);
}

enum kerr txn_decide_verify(const struct txn_state *now, struct txn_producer producer)
{
        enum kerr err = check_producer(now, producer);
        return !err && txn_is_prepared(now) ? KERR_CONCURRENT_TRANSACTIONS : err;
}

/* --- the end --- */

struct txn_decision txn_decide_end(const struct txn_state *now, bool busy,
                                   struct txn_producer producer, bool commit, int64_t wall_ms)
{
        enum kerr err = check_producer(now, producer);
        if (err)
                return says(err);
        if (busy)
                return says(KERR_CONCURRENT_TRANSACTIONS);
        switch (now->status) {
        case TRANSACTION_ONGOING:
                return writes(follow_with_topics(now,
                                                 commit ? TRANSACTION_PREPARE_COMMIT
                                                        : TRANSACTION_PREPARE_ABORT,
                                                 wall_ms),
                              KERR_NONE);
        case TRANSACTION_PREPARE_COMMIT:
                return says(commit ? KERR_CONCURRENT_TRANSACTIONS : KERR_INVALID_TXN_STATE);
        case TRANSACTION_PREPARE_ABORT:
                return says(commit ? KERR_INVALID_TXN_STATE : KERR_CONCURRENT_TRANSACTIONS);
        case TRANSACTION_COMPLETE_COMMIT: return says(commit ? KERR_NONE : KERR_INVALID_TXN_STATE);
        case TRANSACTION_COMPLETE_ABORT: return says(commit ? KERR_INVALID_TXN_STATE : KERR_NONE);
        default: return says(KERR_INVALID_TXN_STATE);
        }
}

struct txn_state txn_next_fenced(const struct txn_state *now, int64_t wall_ms)
{
        assert(now->status == TRANSACTION_ONGOING && "only what is open is aborted");
        struct txn_state next = follow_with_topics(now, TRANSACTION_PREPARE_ABORT, wall_ms);
        next.producer_epoch = raised(now->producer_epoch);
        next.last_epoch = -1; /* it is fenced: nothing of it is known as a repeat */
        return next;
}

struct txn_state txn_next_complete(const struct txn_state *now, int64_t wall_ms)
{
        assert(txn_is_prepared(now) && "only what was decided is completed");
        return follow(now,
                      now->status == TRANSACTION_PREPARE_COMMIT ? TRANSACTION_COMPLETE_COMMIT
                                                                : TRANSACTION_COMPLETE_ABORT,
                      wall_ms);
}

struct txn_state txn_next_dead(const struct txn_state *now)
{
        return follow(now, TRANSACTION_DEAD, now->updated_ms);
}

#include "delivery/txn_private.h"

#include <assert.h>

/* Of replica_append(), as Kafka tells it to clients: what they can do about it. */
static enum kerr client_error(enum kerr err)
{
        switch (err) {
        case KERR_NONE: return KERR_NONE;
        case KERR_NOT_ENOUGH_REPLICAS:
        case KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND: return KERR_COORDINATOR_NOT_AVAILABLE;
        case KERR_NOT_LEADER_OR_FOLLOWER:
        case KERR_FENCED_LEADER_EPOCH:
        case KERR_KAFKA_STORAGE_ERROR: return KERR_NOT_COORDINATOR;
        default: return KERR_UNKNOWN_SERVER_ERROR;
        }
}

static enum kerr append(struct txn *t, const struct txn_state *next)
{
        struct world *w = txn_world(t->log->coordinator);
        struct record record = {.timestamp = w->wall_ms(w)};
        struct packet *key = txn_state_encode_key(w, t->id, &record.key);
        struct packet *value = txn_state_encode(w, next, &record.value);
        struct state_change change = {.records = &record, .count = 1, .producer_id = -1};
        enum kerr err = state_log_append(&t->log->log, &change);
        packet_free(key);
        packet_free(value);
        return err;
}

/* What follows from the state that has just become the committed one. */
static void enter(struct txn *t, bool was_ongoing)
{
        struct txn_coordinator *c = t->log->coordinator;
        if (t->now.status == TRANSACTION_ONGOING && !was_ongoing)
                t->opened_ms = txn_mono_ms(c);
        if (txn_is_prepared(&t->now))
                markers_begin(t, &t->now);
        else
                markers_end(t);
        if (t->now.status == TRANSACTION_DEAD)
                txn_remove(t);
}

static void on_committed(struct state_wait *wait, enum kerr err)
{
        struct txn *t = (struct txn *)(void *)((char *)wait - offsetof(struct txn, wait));
        struct txn_request *asker = t->asker;
        int32_t part = t->asker_part;
        enum kerr answer = err ? err : t->answer;
        bool was_ongoing = t->now.status == TRANSACTION_ONGOING;
        txn_state_deinit(err ? &t->next : &t->now);
        t->is_pending = false;
        t->asker = NULL;
        if (!err)
                t->now = t->next;
        struct txn_state told = t->now; /* its numbers only: `t` may go */
        if (err)
                markers_end(t);
        else
                enter(t, was_ongoing);
        if (asker)
                txn_request_end_part(asker, part, answer, &told);
}

enum kerr txn_write(struct txn *t, struct txn_state next, struct txn_request *asker, int32_t part,
                    enum kerr answer)
{
        assert(!t->is_pending && "one change at a time");
        enum kerr err = client_error(append(t, &next));
        if (err) {
                txn_state_deinit(&next);
                return err;
        }
        t->next = next;
        t->is_pending = true;
        t->asker = asker;
        t->asker_part = part;
        t->answer = answer;
        if (asker)
                asker->parts_left++;
        /* A coordinator that dies now may be followed by one that never reads the decision, and
         * decides otherwise: two-phase commit without its first phase. */
        if (txn_is_prepared(&next) &&
            zoo_has(txn_world(t->log->coordinator)->zoo, ZOO_MARKERS_BEFORE_PREPARE))
                markers_begin(t, &t->next);
        t->wait.done = on_committed;
        state_log_wait(&t->log->log, &t->wait);
        return KERR_NONE;
}

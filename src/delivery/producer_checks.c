#include "delivery/producer_private.h"

/* --- duplicates --- */

const struct producer_batch_seen *producer_find_repeated(const struct producer_entry *e,
                                                         const struct batch_header *h)
{
        //@lab 17 begin
        if (!e || e->epoch != h->producer_epoch || h->base_sequence < 0)
                return NULL;
        for (int32_t i = 0; i < e->batch_count; i++) {
                const struct producer_batch_seen *b = &e->batches[i];
                if (b->first_sequence == h->base_sequence &&
                    b->last_offset - b->base_offset == h->last_offset_delta)
                        return b;
        }
        return NULL;
        //@lab 17 starter
        // (void)e;
        // (void)h;
        // return NULL; /* yours to write: nothing is ever a repeat */
        //@lab 17 end
}

/* Whether the log has all of these batches; then it says where. When it has some only, sequence
 * numbers are out of order. */
static bool find_duplicates(const struct producer_state *s, const struct append_list *list,
                            struct log_append *result)
{
        //@lab 17 begin
        const struct producer_batch_seen *first = NULL, *b = NULL;
        for (int32_t i = 0; i < list->count; i++) {
                const struct batch_header *h = &list->batches[i].header;
                b = producer_find_repeated(producer_state_find(s, h->producer_id), h);
                if (!b)
                        return false;
                if (i == 0)
                        first = b;
        }
        *result = (struct log_append){
                .base_offset = first->base_offset,
                .last_offset = b->last_offset,
                .log_append_time_ms = result->log_append_time_ms < 0 ? -1 : b->timestamp_ms,
                .is_duplicate = true,
        };
        return true;
        //@lab 17 starter
        // (void)s;
        // (void)list;
        // (void)result;
        // return false; /* yours to write */
        //@lab 17 end
}

/* --- the rules --- */

static enum kerr check_sequence(const struct producer_entry *known, const struct batch_header *h)
{
        //@lab 17 begin
        if (known->epoch < 0)
                return h->base_sequence == 0 ? KERR_NONE : KERR_UNKNOWN_PRODUCER_ID;
        int32_t expected = 0;
        if (known->epoch == h->producer_epoch && known->batch_count > 0) {
                int32_t last = known->batches[known->batch_count - 1].last_sequence;
                expected = last == INT32_MAX ? 0 : last + 1;
        }
        return h->base_sequence == expected ? KERR_NONE : KERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
        //@lab 17 starter
        // (void)known;
        // (void)h;
        // return KERR_NONE; /* yours to write: whatever comes is taken */
        //@lab 17 end
}

static enum kerr check_txn(const struct producer_state *s, const struct producer_entry *known,
                           const struct batch_header *h)
{
        if (!(h->attributes & BATCH_TRANSACTIONAL))
                return known->txn_first_offset < 0 ? KERR_NONE : KERR_INVALID_TXN_STATE;
        bool may = producer_has_open_txn(known, h) || producer_is_vouched(s, h);
        return may ? KERR_NONE : KERR_INVALID_TXN_STATE;
}

static enum kerr check_marker(const struct producer_entry *known, const struct batch_header *h,
                              struct span payload, struct txn_marker *marker)
{
        if (!producer_read_marker(h, payload, marker))
                return KERR_INVALID_RECORD;
        if (marker->coordinator_epoch < known->coordinator_epoch)
                return KERR_TRANSACTION_COORDINATOR_FENCED;
        return KERR_NONE;
}

static enum kerr check_data(const struct producer_state *s, const struct producer_entry *known,
                            const struct batch_header *h, enum append_origin origin)
{
        enum kerr err = check_txn(s, known, h);
        return err || origin == APPEND_COORDINATOR ? err : check_sequence(known, h);
}

/* What a client sends at once is of one producer, or of none. */
static bool is_well_formed(const struct batch_header *h, const struct batch_header *first,
                           enum append_origin origin)
{
        if (origin == APPEND_CLIENT && h->producer_id != first->producer_id)
                return false;
        if (h->producer_id < 0)
                return !(h->attributes & (BATCH_TRANSACTIONAL | BATCH_CONTROL));
        return h->producer_epoch >= 0 && (origin == APPEND_COORDINATOR || h->base_sequence >= 0);
}

/* `now`: what is known of the producer, the batches before this one in the list included. */
static enum kerr check_batch(struct producer_state *s, struct producer_entry *now,
                             const struct batch_header *h, struct span payload,
                             enum append_origin origin)
{
        bool is_marker = h->attributes & BATCH_CONTROL;
        struct txn_marker marker;
        if (now->producer_id != h->producer_id) {
                const struct producer_entry *e = producer_state_find(s, h->producer_id);
                *now = e ? *e : producer_entry_new(h->producer_id);
        }
        //@lab 17 begin
        if (h->producer_epoch < now->epoch)
                return KERR_INVALID_PRODUCER_EPOCH;
        //@lab 17 starter
        // /* yours to write: the fence */
        //@lab 17 end
        enum kerr err =
                is_marker ? check_marker(now, h, payload, &marker) : check_data(s, now, h, origin);
        if (err)
                return err;
        producer_entry_apply(now, h, is_marker ? &marker : NULL);
        /* KAFKA-6683 */
        if (zoo_has(s->world->zoo, ZOO_STATE_BEFORE_APPEND) && origin == APPEND_CLIENT)
                producer_state_fold(s, h, payload);
        return KERR_NONE;
}

/* What is older than the leader's epoch was appended by another leader, or before a restart. */
static bool is_forgotten(const struct producer_state *s, int64_t producer_id)
{
        const struct producer_entry *e = producer_state_find(s, producer_id);
        const struct leader_epochs *epochs = partition_log_epochs(s->log);
        return !e || e->batch_count == 0 || epochs->count == 0 ||
               e->batches[e->batch_count - 1].base_offset <
                       epochs->entries[epochs->count - 1].start_offset;
}

enum kerr producer_state_check(struct log_observer *o, const struct append_list *list,
                               enum append_origin origin, struct log_append *result)
{
        struct producer_state *s = (void *)o;
        const struct batch_header *first = &list->batches[0].header;
        struct producer_entry now = {.producer_id = -1};
        /* Found in Redpanda: who leads anew knows nobody, and takes whatever comes. */
        if (zoo_has(s->world->zoo, ZOO_FORGETS_PRODUCERS) && origin == APPEND_CLIENT &&
            is_forgotten(s, first->producer_id))
                return KERR_NONE;
        if (origin == APPEND_CLIENT && find_duplicates(s, list, result))
                return KERR_NONE;
        for (int32_t i = 0; i < list->count; i++) {
                const struct batch_header *h = &list->batches[i].header;
                if (!is_well_formed(h, first, origin))
                        return KERR_INVALID_RECORD;
                if (h->producer_id < 0)
                        continue;
                enum kerr err = check_batch(s, &now, h, list->spans[2 * i + 1], origin);
                if (err)
                        return err;
        }
        return KERR_NONE;
}

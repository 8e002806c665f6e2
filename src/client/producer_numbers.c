/* What a broker checks, per partition and producer: the epoch is not older than the one it knows,
 * and the sequence number is the next one, or that of a batch which it has. So a batch keeps its
 * numbers however often it is sent, and once a number is missing nothing behind it is taken any
 * more: the partition goes on in a new epoch, from 0. Then no old attempt that is still on its way
 * can be appended behind the new ones. */
#include "client/producer_private.h"

#include "base/crc32c.h"
#include "wire/init_producer_id.h"

#include <assert.h>
#include <utlist.h>

enum {
        AT_CRC = 17, /* see log/batch.h */
        AT_ATTRIBUTES = 21,
        AT_PRODUCER_ID = 43,
        AT_PRODUCER_EPOCH = 51,
        AT_BASE_SEQUENCE = 53,
};

/* --- the id --- */

static void write_question(struct serde *s, void *context)
{
        (void)context;
        struct init_producer_id_request m = {.transactional_id = STR_NULL,
                                             .transaction_timeout_ms = INT32_MAX,
                                             .producer_id = -1,
                                             .producer_epoch = -1};
        serde_init_producer_id_request(s, &m);
}

static void on_answer(void *context, const struct client_response *response)
{
        struct producer *p = context;
        struct init_producer_id_response m = {0};
        enum kerr err = response->err;
        if (!err) {
                serde_init_producer_id_response(response->body, &m);
                err = response->body->err ? response->body->err : (enum kerr)m.error_code;
        }
        p->numbers.asking = false;
        if (!err) {
                p->numbers.id = m.producer_id;
                p->numbers.epoch = m.producer_epoch;
        } else if (error_is_retriable(err)) {
                p->numbers.ask_after_ms = p->world->mono_ms(p->world) + p->config.retry_backoff_ms;
        } else {
                world_log(p->world, WORLD_ERROR, "no producer id: %s", kerr_text(err));
                p->hopeless = true;
                p->refusal = err;
        }
        client_wake(p->client);
}

int64_t numbers_run(struct producer *p, int64_t now_ms)
{
        struct producer_numbers *n = &p->numbers;
        if (!n->wanted || p->transactions || n->id >= 0 || n->asking || p->hopeless)
                return INT64_MAX;
        if (now_ms < n->ask_after_ms)
                return n->ask_after_ms;
        n->asking = true;
        client_send(p->client, &(struct client_request){.owner = &p->service,
                                                        .node = NODE_ANY,
                                                        .api_key = API_INIT_PRODUCER_ID,
                                                        .timeout_ms = p->config.request_timeout_ms,
                                                        .write = write_question,
                                                        .on_response = on_answer,
                                                        .context = p});
        return INT64_MAX;
}

/* --- sequence numbers --- */

void numbers_stamp(struct producer *p, struct producer_batch *batch)
{
        struct partition_queue *q = batch->queue;
        if (!p->numbers.wanted || batch->sequence >= 0)
                return;
        bool old = q->producer_id != p->numbers.id || q->producer_epoch != p->numbers.epoch;
        if (old && q->batches->sequence < 0) { /* none of the old numbers is left */
                q->producer_id = p->numbers.id;
                q->producer_epoch = p->numbers.epoch;
                q->next_sequence = 0;
                q->broken = false;
        }
        batch->sequence = q->next_sequence;
        q->next_sequence =
                (int32_t)(((uint32_t)q->next_sequence + (uint32_t)batch->record_count) & INT32_MAX);
        uint8_t *bytes = batch->encoded.data;
        if (p->transactions)
                bytes[AT_ATTRIBUTES + 1] |= BATCH_TRANSACTIONAL;
        store_be64(bytes + AT_PRODUCER_ID, (uint64_t)q->producer_id);
        store_be16(bytes + AT_PRODUCER_EPOCH, (uint16_t)q->producer_epoch);
        store_be32(bytes + AT_BASE_SEQUENCE, (uint32_t)batch->sequence);
        store_be32(bytes + AT_CRC,
                   crc32c(0, bytes + BATCH_CRC_FROM, batch->encoded.size - BATCH_CRC_FROM));
}

/* Batches that are not in the log for certain will be numbered anew. One that may be in it must not
 * come again under another number: it is reported (KIP-360, KAFKA-14034). */
static void begin_epoch(struct producer *p, struct partition_queue *q)
{
        struct producer_numbers *n = &p->numbers;
        bool newest = q->producer_id == n->id && q->producer_epoch == n->epoch;
        if (newest && n->epoch == INT16_MAX)
                n->id = -1; /* used up: the next one has epochs of its own */
        else if (newest)
                n->epoch++;
        struct producer_batch *batch, *next;
        DL_FOREACH_SAFE (q->batches, batch, next) {
                assert(!batch->in_flight);
                if (batch->sequence >= 0 && batch->unknown)
                        fail_batch(p, batch, batch->err, true);
                else
                        batch->sequence = -1;
        }
        q->broken = false;
}

bool numbers_hold(struct producer *p, struct producer_batch *batch)
{
        if (!p->numbers.wanted)
                return false;
        struct partition_queue *q = batch->queue;
        struct producer_batch *first = q->batches;
        /* One attempt at a time from the first retry on, else each of them would be refused for
         * the missing one before it. */
        if (batch != first && (batch->retrying || first->retrying))
                return true;
        /* A batch that may be in the log is still worth asking for under its old numbers. */
        bool asks_again = batch == first && batch->sequence >= 0 && batch->unknown;
        if (q->broken && !asks_again) {
                if (q->in_flight > 0 || p->transactions)
                        return true;
                begin_epoch(p, q);
        }
        return batch->sequence < 0 && p->numbers.id < 0;
}

bool numbers_may_retry(struct producer *p, struct producer_batch *batch, enum kerr err)
{
        struct partition_queue *q = batch->queue;
        if (!p->numbers.wanted)
                return false;
        if (err == KERR_OUT_OF_ORDER_SEQUENCE_NUMBER && batch != q->batches)
                return true; /* for want of an earlier one, which is still under way */
        bool about_numbers = err == KERR_OUT_OF_ORDER_SEQUENCE_NUMBER ||
                             err == KERR_UNKNOWN_PRODUCER_ID || err == KERR_INVALID_PRODUCER_EPOCH;
        q->broken |= about_numbers;
        return about_numbers && !batch->unknown && !p->transactions;
}

void numbers_break(struct producer *p, const struct producer_batch *batch)
{
        if (batch->sequence < 0)
                return;
        batch->queue->broken = true;
        if (p->transactions)
                transactions_want_epoch(p);
}

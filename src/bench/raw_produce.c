/* Producing with the raw client; see raw_client.h. */
#include "bench/raw_private.h"
#include "log/batch.h"
#include "wire/produce.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ACK_WAIT_MS = 30000, ARENA_BYTES = 1 << 20 };

/* Stands for the partition in a frame that is made once, and is overwritten in each that goes out.
 */
static const int32_t index_mark = 0x0dada5e7;

static void make_batch(int32_t record_size, int32_t records, struct buffer *batch)
{
        struct batch_builder builder;
        uint8_t *value = malloc((size_t)record_size + 1);
        if (!value)
                abort();
        for (int32_t i = 0; i < record_size; i++)
                value[i] = (uint8_t)('a' + i % 26);
        struct record record = {.timestamp = (int64_t)time(NULL) * 1000,
                                .value = span_of(value, (size_t)record_size)};
        batch_builder_init(&builder);
        for (int32_t i = 0; i < records; i++)
                batch_builder_add(&builder, &record, NULL, 0);
        enum kerr err = batch_builder_finish(&builder, 0, batch);
        assert(!err); /* nothing is compressed */
        batch_builder_deinit(&builder);
        free(value);
}

static void make_produce_frame(struct raw_produce_run *p, struct raw_client *c)
{
        const struct raw_load *load = p->run.load;
        struct buffer batch = {0};
        make_batch(load->record_size, load->records_per_request, &batch);
        struct produce_partition partition = {index_mark, {.bytes = buffer_span(&batch)}};
        struct produce_topic topic = {str_of(c->topic), {&partition, 1}};
        struct produce_request request = {STR_NULL, load->acks, ACK_WAIT_MS, {&topic, 1}};
        struct serde out;
        uint8_t mark[4];
        p->frame = raw_request(c, API_PRODUCE, c->produce_version, &out);
        c->correlation--; /* it is not sent */
        serde_produce_request(&out, &request);
        packet_finish(p->frame);
        store_be32(mark, (uint32_t)index_mark);
        p->index = memmem(p->frame->memory.data, p->frame->memory.size, mark, sizeof mark);
        p->batch_bytes = batch.size;
        buffer_deinit(&batch);
}

enum kerr raw_produce_ask(void *context, struct raw_client *c)
{
        struct raw_produce_run *p = context;
        store_be32(p->frame->memory.data + 8, (uint32_t)++c->correlation);
        store_be32(p->index, (uint32_t)c->partitions[c->turn]);
        c->turn = (c->turn + 1) % p->run.partitions;
        raw_note_asked(&p->run, c);
        return raw_send(c, buffer_span(&p->frame->memory));
}

static void count_produced(struct raw_produce_run *p)
{
        p->run.outcome->records += p->run.load->records_per_request;
        p->run.outcome->bytes += (int64_t)p->batch_bytes;
}

static enum kerr first_error(const struct produce_response *response)
{
        if (response->topics.count != 1 || response->topics.items[0].partitions.count != 1)
                return KERR_MALFORMED;
        return response->topics.items[0].partitions.items[0].error_code;
}

enum kerr raw_produce_take(void *context, struct raw_client *c)
{
        struct raw_produce_run *p = context;
        struct produce_response response = {0};
        struct arena arena;
        struct serde in;
        int32_t correlation = c->correlation - c->pending + 1;
        size_t size = 0;
        enum kerr err = KERR_NONE;
        arena_init(&arena, ARENA_BYTES);
        if (p->run.load->acks != 0) {
                err = raw_answer(c, API_PRODUCE, c->produce_version, &arena, &in, &correlation,
                                 &size);
                if (!err) {
                        serde_produce_response(&in, &response);
                        err = in.err ? in.err : first_error(&response);
                        raw_drop(c, size);
                }
        }
        arena_deinit(&arena);
        if (!err)
                err = raw_note_answered(&p->run, c, correlation);
        if (!err)
                count_produced(p);
        return err;
}

void raw_produce_begin(struct raw_produce_run *p, const struct raw_load *load, struct raw_client *c,
                       struct raw_outcome *outcome)
{
        raw_run_begin(&p->run, load, c, load->records_per_request, outcome);
        make_produce_frame(p, c);
}

void raw_produce_end(struct raw_produce_run *p)
{
        raw_run_end(&p->run);
        packet_free(p->frame);
}

enum kerr raw_produce(struct raw_client **clients, int count, const struct raw_load *load,
                      struct raw_outcome *outcome)
{
        struct raw_produce_run p;
        raw_produce_begin(&p, load, clients[0], outcome);
        enum kerr err = raw_keep_busy(&p.run, clients, count,
                                      &(struct raw_work){&p, raw_produce_ask, raw_produce_take});
        raw_produce_end(&p);
        return err;
}

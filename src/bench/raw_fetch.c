/* Fetching with the raw client, and the time from producer to consumer; see raw_client.h. */
#include "bench/raw_private.h"
#include "log/batch.h"
#include "wire/fetch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
        FETCH_WAIT_MS = 500,
        PROBE_BYTES = 1 << 20,
        ARENA_BYTES = 1 << 20,
        FRONT_BYTES = 22,          /* of an answer, up to the number of topics */
        PARTITION_HEAD_BYTES = 42, /* in front of a partition's records, when none were aborted */
        ABORTED_BYTES = 16,        /* an aborted transaction in it */
};

/* Stands for the offset of the i-th partition (plus i) in a frame that is made once, and is
 * overwritten in each that goes out. */
static const int64_t offset_mark = 0x0dadd05ee75eeded;

/* What batches the log consists of. */
struct geometry {
        int64_t batch_bytes, batch_records;
        int64_t end_offset;
};

struct fetch_run {
        struct raw_run run;
        struct geometry geometry;
        int64_t answer_records; /* of a partition, at most */
        struct packet *frame;
        uint8_t **offsets; /* where the offset of each partition is in it */
};

/* A Fetch of `partitions` partitions, finished, the marks in the places of the offsets. */
static struct packet *make_fetch(struct raw_client *c, int32_t partitions, int32_t max_bytes,
                                 int32_t wait_ms)
{
        struct fetch_partition *parts = calloc((size_t)partitions, sizeof *parts);
        if (!parts)
                abort();
        for (int32_t i = 0; i < partitions; i++)
                parts[i] = (struct fetch_partition){.index = c->partitions[i],
                                                    .current_leader_epoch = -1,
                                                    .last_fetched_epoch = -1,
                                                    .log_start_offset = -1,
                                                    .fetch_offset = offset_mark + i,
                                                    .max_bytes = max_bytes};
        struct fetch_topic topic = {.name = str_of(c->topic), .partitions = {parts, partitions}};
        int64_t total = (int64_t)max_bytes * partitions;
        struct fetch_request request = {.replica_id = -1,
                                        .max_wait_ms = wait_ms,
                                        .min_bytes = 1,
                                        .max_bytes = total < INT32_MAX ? (int32_t)total : INT32_MAX,
                                        .session_epoch = -1,
                                        .topics = {&topic, 1},
                                        .rack_id = str_of("")};
        struct serde out;
        struct packet *p = raw_request(c, API_FETCH, RAW_FETCH_VERSION, &out);
        c->correlation--; /* it is not sent yet */
        serde_fetch_request(&out, &request);
        packet_finish(p);
        free(parts);
        return p;
}

static uint8_t *find_offset(const struct packet *p, int32_t i)
{
        uint8_t mark[8];
        store_be64(mark, (uint64_t)(offset_mark + i));
        uint8_t *at = memmem(p->memory.data, p->memory.size, mark, sizeof mark);
        assert(at);
        return at;
}

/* The correlation id goes in and the request goes out, with others that are made before the next
 * answer must be waited for; but not so late that the broker has nothing left to do. */
static enum kerr send_fetch(struct raw_run *r, struct raw_client *c, const struct packet *frame)
{
        store_be32(frame->memory.data + 8, (uint32_t)++c->correlation);
        buffer_append(&c->out, frame->memory.data, frame->memory.size);
        raw_note_asked(r, c);
        int64_t waiting = (int64_t)(c->out.size / frame->memory.size);
        return 2 * waiting > r->load->in_flight ? raw_flush(c) : KERR_NONE;
}

/* --- an answer: read head by head, so that the records need not come into memory --- */

struct fetch_head {
        int32_t correlation;
        int32_t partitions;
};

static size_t head_bytes(const struct raw_client *c)
{
        return FRONT_BYTES + 2 + strlen(c->topic) + 4;
}

static enum kerr take_head(struct raw_client *c, struct fetch_head *head)
{
        size_t size = head_bytes(c);
        struct str name;
        int32_t throttle_ms, session_id, topics;
        int16_t error_code;
        enum kerr err = raw_fill(c, FRONT_BYTES, size + PARTITION_HEAD_BYTES);
        if (err)
                return err;
        error_code = (int16_t)load_be16(c->in.data + 12);
        if (error_code)
                return error_code;
        if (load_be32(c->in.data) < size - 4)
                return KERR_MALFORMED;
        err = raw_fill(c, size, size + PARTITION_HEAD_BYTES);
        if (err)
                return err;
        struct serde in =
                serde_reader(span_of(c->in.data + 4, size - 4), RAW_FETCH_VERSION, false, NULL);
        serde_i32(&in, &head->correlation);
        serde_i32(&in, &throttle_ms);
        serde_i16(&in, &error_code);
        serde_i32(&in, &session_id);
        serde_i32(&in, &topics);
        serde_string(&in, &name);
        serde_i32(&in, &head->partitions);
        bool ours = !in.err && topics == 1 && str_equal_c(name, c->topic);
        raw_drop(c, size);
        return ours ? KERR_NONE : KERR_MALFORMED;
}

/* A list of aborted transactions is passed over; then what is behind it is read at its place. */
static enum kerr take_partition_head(struct raw_client *c, int32_t *record_bytes)
{
        enum kerr err = raw_fill(c, PARTITION_HEAD_BYTES, PARTITION_HEAD_BYTES);
        if (err)
                return err;
        const uint8_t *at = c->in.data;
        int16_t error_code = (int16_t)load_be16(at + 4);
        int32_t aborted = (int32_t)load_be32(at + 30);
        if (error_code)
                return error_code;
        if (aborted > RAW_ANSWER_BYTES_MAX / ABORTED_BYTES)
                return KERR_MALFORMED;
        size_t size = PARTITION_HEAD_BYTES;
        if (aborted > 0)
                size += (size_t)aborted * ABORTED_BYTES;
        err = raw_fill(c, size, size);
        if (err)
                return err;
        *record_bytes = (int32_t)load_be32(c->in.data + size - 4);
        raw_drop(c, size);
        return *record_bytes < 0 || *record_bytes > RAW_ANSWER_BYTES_MAX ? KERR_MALFORMED
                                                                         : KERR_NONE;
}

/* One answer, its records thrown away; *bytes gets how many there were. */
static enum kerr take_answer(struct raw_run *r, struct raw_client *c, int64_t *bytes)
{
        struct fetch_head head;
        enum kerr err = take_head(c, &head);
        *bytes = 0;
        for (int32_t i = 0; !err && i < head.partitions; i++) {
                int32_t size;
                err = take_partition_head(c, &size);
                if (!err)
                        err = raw_discard(c, size, r->load->copy);
                if (!err)
                        *bytes += size;
        }
        return err ? err : raw_note_answered(r, c, head.correlation);
}

/* --- from 0 to the end and again --- */

/* Asks for the bytes of partition 0 from an offset on. */
static enum kerr ask_at(struct raw_client *c, int64_t offset)
{
        struct packet *frame = make_fetch(c, 1, PROBE_BYTES, FETCH_WAIT_MS);
        store_be64(find_offset(frame, 0), (uint64_t)offset);
        store_be32(frame->memory.data + 8, (uint32_t)++c->correlation);
        enum kerr err = raw_send(c, buffer_span(&frame->memory));
        packet_free(frame);
        return err;
}

/* The answer to ask_at(), up to its records. */
static enum kerr take_at(struct raw_client *c, int32_t *record_bytes)
{
        struct fetch_head head;
        enum kerr err = take_head(c, &head);
        if (!err && (head.correlation != c->correlation || head.partitions != 1))
                err = KERR_MALFORMED;
        return err ? err : take_partition_head(c, record_bytes);
}

/* Reads the header of the log's first batch. */
static enum kerr probe(struct raw_client *c, struct geometry *g)
{
        int32_t size;
        struct batch_header batch;
        enum kerr err = ask_at(c, 0);
        if (!err)
                err = take_at(c, &size);
        if (!err && size == 0)
                err = KERR_END_OF_FILE;
        if (!err)
                err = raw_fill(c, (size_t)size, (size_t)size);
        if (!err)
                err = batch_read_header(buffer_span(&c->in), &batch);
        if (err)
                return err;
        raw_drop(c, (size_t)size);
        g->batch_bytes = batch_size(&batch);
        g->batch_records = batch.last_offset_delta + 1;
        return KERR_NONE;
}

static enum kerr ask_fetch(void *context, struct raw_client *c)
{
        struct fetch_run *f = context;
        for (int32_t i = 0; i < f->run.partitions; i++)
                store_be64(f->offsets[i], (uint64_t)c->next_offset);
        c->next_offset += f->answer_records;
        if (c->next_offset >= f->geometry.end_offset)
                c->next_offset = 0;
        return send_fetch(&f->run, c, f->frame);
}

static enum kerr take_fetched(void *context, struct raw_client *c)
{
        struct fetch_run *f = context;
        struct raw_outcome *o = f->run.outcome;
        int64_t bytes;
        enum kerr err = take_answer(&f->run, c, &bytes);
        if (err)
                return err;
        o->bytes += bytes;
        o->records += bytes / f->geometry.batch_bytes * f->geometry.batch_records;
        return KERR_NONE;
}

static void prepare_fetch(struct fetch_run *f, struct raw_client *c, int64_t batches)
{
        int64_t bytes = batches * f->geometry.batch_bytes;
        f->frame = make_fetch(c, f->run.partitions, (int32_t)bytes, FETCH_WAIT_MS);
        f->offsets = calloc((size_t)f->run.partitions, sizeof *f->offsets);
        if (!f->offsets)
                abort();
        for (int32_t i = 0; i < f->run.partitions; i++)
                f->offsets[i] = find_offset(f->frame, i);
}

enum kerr raw_fetch(struct raw_client **clients, int count, const struct raw_load *load,
                    struct raw_outcome *outcome)
{
        struct fetch_run f = {0};
        int32_t partitions = raw_load_partitions(load, clients[0]);
        *outcome = (struct raw_outcome){0};
        enum kerr err = probe(clients[0], &f.geometry);
        if (!err)
                err = raw_client_end_offset(clients[0], partitions, &f.geometry.end_offset);
        if (err)
                return err;
        int64_t batches = load->max_bytes / f.geometry.batch_bytes;
        if (batches == 0)
                batches = 1;
        f.answer_records = batches * f.geometry.batch_records;
        raw_run_begin(&f.run, load, clients[0], f.answer_records * partitions, outcome);
        prepare_fetch(&f, clients[0], batches);
        for (int i = 0; i < count; i++)
                clients[i]->next_offset = 0;
        err = raw_keep_busy(&f.run, clients, count,
                            &(struct raw_work){&f, ask_fetch, take_fetched});
        raw_run_end(&f.run);
        free(f.offsets);
        packet_free(f.frame);
        return err;
}

/* --- from producer to consumer --- */

/* The Fetch goes out before the records do, and so waits for them. */
static enum kerr one_way(struct raw_produce_run *p, struct raw_client *producer,
                         struct raw_client *consumer, int64_t offset, struct latency *latency)
{
        int64_t start_ns = 0;
        int32_t record_bytes = 0;
        enum kerr err = KERR_NONE;
        while (!err && record_bytes == 0) { /* once more when it waited too long */
                err = ask_at(consumer, offset);
                if (!err && start_ns == 0) {
                        start_ns = raw_now_ns();
                        err = raw_produce_ask(p, producer);
                }
                if (!err)
                        err = take_at(consumer, &record_bytes);
                if (!err)
                        err = raw_discard(consumer, record_bytes, p->run.load->copy);
        }
        latency_add(latency, raw_now_ns() - start_ns);
        return err ? err : raw_produce_take(p, producer);
}

enum kerr raw_end_to_end(struct raw_client *producer, struct raw_client *consumer,
                         const struct raw_load *load, struct raw_outcome *outcome)
{
        struct raw_load one = *load;
        struct raw_produce_run p;
        struct latency *latency = calloc(1, sizeof *latency);
        int64_t offset;
        if (!latency)
                abort();
        one.partitions = one.in_flight = 1;
        *outcome = (struct raw_outcome){0};
        enum kerr err = raw_client_end_offset(consumer, 1, &offset);
        if (err) {
                free(latency);
                return err;
        }
        raw_produce_begin(&p, &one, producer, outcome);
        while (!err && raw_may_ask(&p.run)) {
                err = one_way(&p, producer, consumer, offset, latency);
                offset += load->records_per_request;
        }
        raw_produce_end(&p);
        outcome->latency = *latency; /* the producer's own is of no interest here */
        free(latency);
        return err;
}

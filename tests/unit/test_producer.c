#include "script_world.h"

#include "client/producer.h"
#include "wire/produce.h"

#include <stdio.h>

enum { DELIVERIES_MAX = 256 };

struct fixture {
        struct script_world *w;
        struct producer *producer;
        struct delivery deliveries[DELIVERIES_MAX];
        int32_t count;
        bool send_again; /* on_delivery sends one more, once */
};

static void note_delivery(void *context, const struct delivery *delivery)
{
        struct fixture *f = context;
        assert_true(f->count < DELIVERIES_MAX);
        f->deliveries[f->count++] = *delivery;
        if (f->send_again) {
                f->send_again = false;
                struct producer_record record = {.topic = "t", .value = span_of("again", 5)};
                assert_int_equal(producer_send(f->producer, &record, NULL), KERR_NONE);
        }
}

static struct producer_config default_config(void)
{
        return producer_config_default();
}

static void open_fixture(struct fixture *f, const struct producer_config *config)
{
        struct client_config client_config = client_config_default();
        memset(f, 0, sizeof *f);
        f->w = script_open(&client_config);
        struct producer_config with = *config;
        with.on_delivery = note_delivery;
        with.context = f;
        f->producer = producer_open(f->w->client, &with);
}

static void close_fixture(struct fixture *f)
{
        producer_close(f->producer);
        script_close(f->w);
}

/* Sends to a partition of topic "t"; the text is the value, and its address the opaque. */
static enum kerr put(struct fixture *f, int32_t partition, const char *text)
{
        struct producer_record record = {.topic = "t",
                                         .partition = partition,
                                         .value = span_of(text, strlen(text)),
                                         .timestamp_ms = -1};
        return producer_send(f->producer, &record, (void *)(uintptr_t)text);
}

/* A Produce request, unpacked. */
struct produced {
        struct script_request request;
        struct produce_request m;
};

static struct produced take_produce(struct fixture *f)
{
        struct produced p = {.request = script_take(f->w, API_PRODUCE)};
        serde_produce_request(&p.request.body, &p.m);
        assert_int_equal(p.request.body.err, KERR_NONE);
        return p;
}

/* The values in one partition of the request, each followed by a blank. */
static const char *values(const struct produced *p, int32_t topic, int32_t at)
{
        static char text[4096];
        struct span bytes = p->m.topics.items[topic].partitions.items[at].records.bytes;
        struct batch_header h;
        assert_int_equal(batch_check(bytes, &h), KERR_NONE);
        assert_int_equal(batch_size(&h), bytes.size);
        struct span payload =
                span_of(bytes.data + BATCH_HEADER_BYTES, bytes.size - BATCH_HEADER_BYTES);
        struct buffer plain = {0};
        assert_int_equal(
                compression_decompress(h.attributes & BATCH_CODEC_MASK, payload, 1 << 20, &plain),
                KERR_NONE);
        struct record_iterator it;
        record_iterator_init(&it, &h, buffer_span(&plain));
        struct record r;
        bool more;
        size_t size = 0;
        while (record_next(&it, &r, &more) == KERR_NONE && more)
                size += (size_t)snprintf(text + size, sizeof text - size, "%.*s ",
                                         (int)r.value.size, (const char *)r.value.data);
        buffer_deinit(&plain);
        return text;
}

static void write_produce_response(struct serde *s, void *m)
{
        serde_produce_response(s, m);
}

/* Answers every partition of the request with the same error or base offset. */
static void answer_produce(struct fixture *f, struct produced *p, enum kerr err,
                           int64_t base_offset)
{
        struct produce_topic_response topics[4];
        struct produce_partition_response partitions[4][8];
        struct produce_response m = {.topics = {topics, p->m.topics.count}};
        for (int32_t t = 0; t < p->m.topics.count; t++) {
                const struct produce_topic *topic = &p->m.topics.items[t];
                topics[t].name = topic->name;
                topics[t].partitions.items = partitions[t];
                topics[t].partitions.count = topic->partitions.count;
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        partitions[t][i] = (struct produce_partition_response){
                                .index = topic->partitions.items[i].index,
                                .error_code = (int16_t)err,
                                .base_offset = err ? -1 : base_offset,
                                .log_append_time_ms = -1,
                                .error_message = STR_NULL};
        }
        script_reply(f->w, &p->request, -1, write_produce_response, &m);
        script_pump(f->w);
}

/* Goal: records wait for linger.ms, then go out together; each is reported with its own offset.
 * Method: three records, linger 50 ms; nothing at 49 ms, one batch of three at 50. */
static void linger_gathers(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.linger_ms = 50;
        open_fixture(&f, &config);
        put(&f, 0, "a");
        put(&f, 0, "b");
        put(&f, 0, "c");
        assert_int_equal(producer_pending(f.producer), 3);
        script_advance(f.w, 49);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 1);
        struct produced p = take_produce(&f);
        assert_int_equal(p.m.acks, -1);
        assert_int_equal(p.m.timeout_ms, 30000);
        assert_int_equal(p.request.port, SCRIPT_PORT + 1);
        assert_string_equal(values(&p, 0, 0), "a b c ");
        answer_produce(&f, &p, KERR_NONE, 100);
        assert_int_equal(f.count, 3);
        for (int i = 0; i < 3; i++) {
                assert_int_equal(f.deliveries[i].err, KERR_NONE);
                assert_false(f.deliveries[i].unknown);
                assert_int_equal(f.deliveries[i].offset, 100 + i);
                assert_int_equal(f.deliveries[i].timestamp_ms, 1000000);
        }
        assert_string_equal(f.deliveries[1].opaque, "b");
        assert_int_equal(producer_pending(f.producer), 0);
        close_fixture(&f);
}

/* Goal: a full batch does not wait for linger.ms.
 * Method: batch.size holds two records of 40 bytes; the third opens the next batch. */
static void full_batch_goes_at_once(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.linger_ms = 10000;
        config.batch_size_bytes = BATCH_HEADER_BYTES + 2 * (40 + 32);
        open_fixture(&f, &config);
        static const char forty[] = "0123456789012345678901234567890123456789";
        for (int i = 0; i < 3; i++)
                put(&f, 0, forty);
        struct produced p = take_produce(&f);
        assert_int_equal(strlen(values(&p, 0, 0)), 2 * 41);
        answer_produce(&f, &p, KERR_NONE, 0);
        assert_int_equal(f.count, 2);
        script_advance(f.w, 9999);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 1);
        p = take_produce(&f);
        answer_produce(&f, &p, KERR_NONE, 2);
        assert_int_equal(f.count, 3);
        close_fixture(&f);
}

/* Goal: flush does not wait for linger.ms, and later records wait again.
 * Method: linger of a minute; put, flush, put. */
static void flush_goes_at_once(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.linger_ms = 60000;
        open_fixture(&f, &config);
        put(&f, -1, "a");
        producer_flush(f.producer);
        struct produced p = take_produce(&f);
        answer_produce(&f, &p, KERR_NONE, 0);
        assert_int_equal(producer_pending(f.producer), 0);
        put(&f, 0, "b");
        script_advance(f.w, 59999);
        assert_int_equal(f.w->inbox_count, 0);
        close_fixture(&f);
}

/* Goal: batches for one broker share a request, ordered by topic; other brokers get their own.
 * Method: two topics, partition 1 led by broker 2. */
static void one_request_per_broker(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        open_fixture(&f, &config);
        f.w->leader[1] = 2;
        put(&f, 0, "t0");
        producer_send(f.producer,
                      &(struct producer_record){.topic = "u", .value = span_of("u0", 2)}, NULL);
        put(&f, 1, "t1");
        put(&f, 2, "t2");
        script_pump(f.w);
        assert_int_equal(f.w->inbox_count, 2);
        struct produced first = take_produce(&f), second = take_produce(&f);
        if (first.request.port != SCRIPT_PORT + 1) {
                struct produced swap = first;
                first = second;
                second = swap;
        }
        assert_int_equal(second.request.port, SCRIPT_PORT + 2);
        assert_int_equal(second.m.topics.count, 1);
        assert_string_equal(values(&second, 0, 0), "t1 ");
        assert_int_equal(first.m.topics.count, 2);
        assert_true(str_equal_c(first.m.topics.items[0].name, "t"));
        assert_int_equal(first.m.topics.items[0].partitions.count, 2);
        assert_string_equal(values(&first, 0, 1), "t2 ");
        assert_string_equal(values(&first, 1, 0), "u0 ");
        answer_produce(&f, &first, KERR_NONE, 7);
        answer_produce(&f, &second, KERR_NONE, 9);
        assert_int_equal(f.count, 4);
        close_fixture(&f);
}

/* Goal: a batch refused by an old leader goes to the new one, after the back-off and with fresh
 * metadata.
 * Method: NOT_LEADER_OR_FOLLOWER from broker 1; the metadata then names broker 2. */
static void follows_the_leader(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.acks = 1;
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        f.w->leader[0] = 2;
        f.w->leader_epoch++;
        answer_produce(&f, &p, KERR_NOT_LEADER_OR_FOLLOWER, -1);
        assert_int_equal(f.count, 0);
        script_advance(f.w, 99);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 1);
        p = take_produce(&f);
        assert_int_equal(p.request.port, SCRIPT_PORT + 2);
        answer_produce(&f, &p, KERR_NONE, 5);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].offset, 5);
        close_fixture(&f);
}

/* Goal: a partition whose batch is in retry sends nothing else, so the order is kept; other
 * partitions go on (KAFKA-3197, bug 34 of the zoo).
 * Method: batch "a" is refused; put "b" behind it and "x" elsewhere. */
static void retry_keeps_the_order(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        put(&f, 0, "b");
        script_pump(f.w);
        assert_int_equal(f.w->inbox_count, 0); /* one in flight at a time */
        answer_produce(&f, &p, KERR_NOT_ENOUGH_REPLICAS, -1);
        put(&f, 1, "x");
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "x ");
        answer_produce(&f, &p, KERR_NONE, 0);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 100);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "a ");
        answer_produce(&f, &p, KERR_NONE, 0);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "b ");
        answer_produce(&f, &p, KERR_NONE, 1);
        assert_string_equal(f.deliveries[0].opaque, "x");
        assert_string_equal(f.deliveries[1].opaque, "a");
        assert_string_equal(f.deliveries[2].opaque, "b");
        close_fixture(&f);
}

/* Goal: with more than one batch in flight per partition a refused batch ends up behind its
 * successor: the price that the header names.
 * Method: "a" and "b" in flight, "a" is refused, "b" is taken, "a" comes again. */
static void two_in_flight_may_reorder(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.max_in_flight_per_partition = 2;
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced a = take_produce(&f);
        put(&f, 0, "b");
        struct produced b = take_produce(&f);
        answer_produce(&f, &a, KERR_NOT_ENOUGH_REPLICAS, -1);
        put(&f, 0, "c");
        answer_produce(&f, &b, KERR_NONE, 0);
        assert_int_equal(f.w->inbox_count, 0); /* closed while "a" backs off */
        script_advance(f.w, 100);
        a = take_produce(&f);
        assert_string_equal(values(&a, 0, 0), "a ");
        answer_produce(&f, &a, KERR_NONE, 1);
        assert_string_equal(f.deliveries[0].opaque, "b");
        assert_string_equal(f.deliveries[1].opaque, "a");
        close_fixture(&f);
}

/* Goal: with acks=0 a record is delivered when it is sent; nothing is known of its offset.
 * Method: no answer is ever given. */
static void acks_0_waits_for_nobody(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.acks = 0;
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        packet_free(p.request.packet);
        assert_int_equal(p.m.acks, 0);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].err, KERR_NONE);
        assert_int_equal(f.deliveries[0].offset, -1);
        put(&f, 0, "b");
        p = take_produce(&f);
        packet_free(p.request.packet);
        assert_int_equal(f.count, 2);
        close_fixture(&f);
}

/* Goal: an error that retrying does not mend is reported at once, as a certain failure.
 * Method: MESSAGE_TOO_LARGE. */
static void final_error_is_certain(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        answer_produce(&f, &p, KERR_MESSAGE_TOO_LARGE, -1);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].err, KERR_MESSAGE_TOO_LARGE);
        assert_false(f.deliveries[0].unknown);
        assert_int_equal(f.deliveries[0].offset, -1);
        close_fixture(&f);
}

/* Goal: what was never sent has failed for certain when delivery.timeout.ms is over.
 * Method: a partition without a leader, a topic that does not exist, and no broker at all. */
static void unsent_expires_for_certain(void **state)
{
        (void)state;
        for (int round = 0; round < 3; round++) {
                struct fixture f;
                struct producer_config config = default_config();
                config.delivery_timeout_ms = 1000;
                open_fixture(&f, &config);
                if (round == 0)
                        f.w->leader[0] = -1;
                if (round == 1)
                        f.w->partition_count = 0;
                if (round == 2)
                        f.w->refused[0] = true;
                put(&f, 0, "a");
                put(&f, -1, "b");
                producer_flush(f.producer);
                if (round == 0) { /* "b" may be anywhere but there */
                        f.w->leader[1] = f.w->leader[2] = -1;
                }
                script_advance(f.w, 999);
                assert_int_equal(f.count, 0);
                script_advance(f.w, 1);
                assert_int_equal(f.count, 2);
                static const enum kerr expected[] = {KERR_LEADER_NOT_AVAILABLE,
                                                     KERR_UNKNOWN_TOPIC_OR_PARTITION,
                                                     KERR_LEADER_NOT_AVAILABLE};
                for (int i = 0; i < 2; i++) {
                        if (strcmp(f.deliveries[i].opaque, "a") == 0)
                                assert_int_equal(f.deliveries[i].err, expected[round]);
                        assert_int_not_equal(f.deliveries[i].err, KERR_NONE);
                        assert_false(f.deliveries[i].unknown);
                }
                assert_int_equal(producer_pending(f.producer), 0);
                close_fixture(&f);
        }
}

/* Goal: a batch that is in flight when delivery.timeout.ms is over may be in the log; its records
 * are reported then, once, and its partition stays closed until the request ends.
 * Method: no answer for 1 s; then "b" is put, then the answer comes. */
static void sent_expires_as_unknown(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.delivery_timeout_ms = 1000;
        config.request_timeout_ms = 5000;
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        script_advance(f.w, 1000);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].err, KERR_TIMED_OUT_LOCALLY);
        assert_true(f.deliveries[0].unknown);
        put(&f, 0, "b");
        script_pump(f.w);
        assert_int_equal(f.w->inbox_count, 0);
        answer_produce(&f, &p, KERR_NONE, 0);
        assert_int_equal(f.count, 1);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "b ");
        answer_produce(&f, &p, KERR_NONE, 1);
        assert_int_equal(f.count, 2);
        close_fixture(&f);
}

/* Goal: a connection lost after a send leaves the batch unknown, even if later attempts are
 * refused for certain; without a loss the same refusals are certain.
 * Method: (cut or not), then NOT_ENOUGH_REPLICAS until delivery.timeout.ms is over. */
static void lost_connection_is_unknown(void **state)
{
        (void)state;
        for (int cut = 0; cut < 2; cut++) {
                struct fixture f;
                struct producer_config config = default_config();
                config.delivery_timeout_ms = 1000;
                open_fixture(&f, &config);
                put(&f, 0, "a");
                if (cut) {
                        struct produced p = take_produce(&f);
                        script_cut(f.w, p.request.stream);
                        packet_free(p.request.packet);
                        assert_int_equal(f.count, 0); /* it is tried again */
                        script_advance(f.w, 100);
                }
                while (f.count == 0) {
                        script_advance(f.w, 50);
                        if (f.w->inbox_count == 0)
                                continue;
                        struct produced p = take_produce(&f);
                        assert_string_equal(values(&p, 0, 0), "a ");
                        answer_produce(&f, &p, KERR_NOT_ENOUGH_REPLICAS, -1);
                }
                assert_int_equal(f.w->now_ms, 1000);
                assert_int_equal(f.deliveries[0].err, KERR_NOT_ENOUGH_REPLICAS);
                assert_int_equal(f.deliveries[0].unknown, cut);
                close_fixture(&f);
        }
}

/* Goal: which answers of a broker leave it open whether the batch is in the log.
 * Method: give each until the time is over; retriable ones are worth it only until then. */
static void answers_that_leave_it_unknown(void **state)
{
        (void)state;
        static const struct {
                int16_t acks;
                enum kerr err;
                bool unknown;
        } cases[] = {
                {-1, KERR_REQUEST_TIMED_OUT, true},
                {-1, KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, true},
                {-1, KERR_NOT_LEADER_OR_FOLLOWER, true},
                {1, KERR_NOT_LEADER_OR_FOLLOWER, false},
                {1, KERR_KAFKA_STORAGE_ERROR, true},
                {-1, KERR_UNKNOWN_SERVER_ERROR, true},
                {-1, KERR_INVALID_RECORD, false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct fixture f;
                struct producer_config config = default_config();
                config.acks = cases[i].acks;
                config.delivery_timeout_ms = 50; /* less than the back-off: one attempt */
                open_fixture(&f, &config);
                put(&f, 0, "a");
                struct produced p = take_produce(&f);
                answer_produce(&f, &p, cases[i].err, -1);
                script_advance(f.w, 50);
                assert_int_equal(f.count, 1);
                assert_int_equal(f.deliveries[0].err, cases[i].err);
                assert_int_equal(f.deliveries[0].unknown, cases[i].unknown);
                close_fixture(&f);
        }
}

/* Goal: buffer.memory is a limit: beyond it QUEUE_FULL, nothing is lost, and there is room again
 * after deliveries. A full buffer does not wait for linger.ms.
 * Method: room for about ten records of 100 bytes. */
static void memory_is_bounded(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.buffer_memory_bytes = 1400;
        config.linger_ms = 60000;
        open_fixture(&f, &config);
        char value[101];
        memset(value, 'x', 100);
        value[100] = '\0';
        int32_t taken = 0;
        while (put(&f, 0, value) == KERR_NONE)
                taken++;
        assert_int_equal(put(&f, 0, value), KERR_QUEUE_FULL);
        assert_int_equal(taken, 10);
        struct produced p = take_produce(&f);
        answer_produce(&f, &p, KERR_NONE, 0);
        assert_int_equal(f.count, taken);
        assert_int_equal(put(&f, 0, value), KERR_NONE);
        config.max_request_size_bytes = 100;
        close_fixture(&f);
}

/* Goal: records that cannot be sent are refused at once and never reported.
 * Method: too large, a bad topic, a bad timestamp, a header without a name. */
static void bad_records_are_refused(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.max_request_size_bytes = 200;
        open_fixture(&f, &config);
        char big[300];
        memset(big, 'x', sizeof big);
        struct producer_record record = {.topic = "t", .value = span_of(big, 200)};
        assert_int_equal(producer_send(f.producer, &record, NULL), KERR_MESSAGE_TOO_LARGE);
        record.value = span_of(big, 10);
        record.timestamp_ms = -2;
        assert_int_equal(producer_send(f.producer, &record, NULL), KERR_INVALID_TIMESTAMP);
        record.timestamp_ms = 0;
        struct record_header header = {.key = STR_NULL};
        record.headers = &header;
        record.header_count = 1;
        assert_int_equal(producer_send(f.producer, &record, NULL), KERR_INVALID_RECORD);
        record.header_count = 0;
        record.topic = "";
        assert_int_equal(producer_send(f.producer, &record, NULL), KERR_INVALID_TOPIC_EXCEPTION);
        big[250] = '\0';
        record.topic = big;
        assert_int_equal(producer_send(f.producer, &record, NULL), KERR_INVALID_TOPIC_EXCEPTION);
        assert_int_equal(producer_pending(f.producer), 0);
        close_fixture(&f);
}

/* Goal: keys decide the partition, and records without one stick together in a batch; both also
 * when the number of partitions is not known yet. Headers and nulls arrive as they were sent.
 * Method: the first records are put before any metadata has come. */
static void keys_decide_the_partition(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.linger_ms = 10;
        open_fixture(&f, &config);
        struct record_header header = {str_of("h"), span_of("v", 1)};
        struct producer_record record = {.topic = "t",
                                         .partition = -1,
                                         .key = span_of("21", 2),
                                         .headers = &header,
                                         .header_count = 1,
                                         .timestamp_ms = 77};
        for (int i = 0; i < 4; i++) {
                assert_int_equal(producer_send(f.producer, &record, NULL), KERR_NONE);
                if (i == 1)
                        script_pump(f.w);
        }
        script_advance(f.w, 10);
        struct produced p = take_produce(&f);
        int32_t expected = partition_of_key(record.key, SCRIPT_PARTITIONS);
        const struct produce_partition *m = &p.m.topics.items[0].partitions.items[0];
        assert_int_equal(p.m.topics.items[0].partitions.count, 1);
        assert_int_equal(m->index, expected);
        struct batch_header h;
        struct record_iterator it;
        struct record r;
        struct record_header got;
        bool more;
        assert_int_equal(batch_check(m->records.bytes, &h), KERR_NONE);
        assert_int_equal(h.records_count, 4);
        record_iterator_init(&it, &h,
                             span_of(m->records.bytes.data + BATCH_HEADER_BYTES,
                                     m->records.bytes.size - BATCH_HEADER_BYTES));
        assert_int_equal(record_next(&it, &r, &more), KERR_NONE);
        assert_int_equal(r.timestamp, 77);
        assert_null(r.value.data);
        assert_int_equal(record_next_header(&r, &got), KERR_NONE);
        assert_true(str_equal_c(got.key, "h"));
        answer_produce(&f, &p, KERR_NONE, 0);
        assert_int_equal(f.deliveries[3].partition, expected);

        put(&f, -1, "a");
        put(&f, -1, "b");
        script_advance(f.w, 10);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "a b ");
        int32_t stuck_to = p.m.topics.items[0].partitions.items[0].index;
        answer_produce(&f, &p, KERR_NONE, 4);
        put(&f, -1, "c");
        script_advance(f.w, 10);
        p = take_produce(&f);
        assert_int_not_equal(p.m.topics.items[0].partitions.items[0].index, stuck_to);
        answer_produce(&f, &p, KERR_NONE, 0);
        close_fixture(&f);
}

/* Goal: every codec gives batches that unpack to what was put; zstd insists on Produce 7.
 * Method: unpack them here; a broker with Produce up to 6 for zstd. */
static void all_codecs(void **state)
{
        (void)state;
        for (int codec = 0; codec < COMPRESSION_CODECS; codec++) {
                struct fixture f;
                struct producer_config config = default_config();
                config.compression_type = (enum compression)codec;
                open_fixture(&f, &config);
                put(&f, 0, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
                put(&f, 0, "b");
                struct produced p = take_produce(&f);
                assert_int_equal(strlen(values(&p, 0, 0)), 72);
                answer_produce(&f, &p, KERR_NONE, 0);
                assert_int_equal(f.count, 2);
                close_fixture(&f);
        }
        struct fixture f;
        struct producer_config config = default_config();
        config.compression_type = COMPRESSION_ZSTD;
        open_fixture(&f, &config);
        f.w->max_version[API_PRODUCE] = 6;
        put(&f, 0, "a");
        script_pump(f.w);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].err, KERR_UNSUPPORTED_VERSION);
        assert_false(f.deliveries[0].unknown);
        close_fixture(&f);
}

/* Goal: a broker has at most max_in_flight Produce requests, and no partition starves.
 * Method: one request at a time, each large enough for one batch only; three partitions always have
 * something to send. */
static void requests_are_bounded_and_fair(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.max_in_flight = 1;
        config.batch_size_bytes = 200;
        config.max_request_size_bytes = 200;
        open_fixture(&f, &config);
        char value[101];
        memset(value, 'x', 100);
        value[100] = '\0';
        for (int i = 0; i < 30; i++)
                put(&f, i % 3, value);
        int32_t served[3] = {0};
        for (int i = 0; i < 9; i++) {
                struct produced p = take_produce(&f);
                assert_int_equal(f.w->inbox_count, 0);
                assert_int_equal(p.m.topics.items[0].partitions.count, 1);
                served[p.m.topics.items[0].partitions.items[0].index]++;
                answer_produce(&f, &p, KERR_NONE, 0);
        }
        for (int i = 0; i < 3; i++)
                assert_int_equal(served[i], 3);
        close_fixture(&f);
}

/* Goal: closing reports everything that is left, once: what was sent as unknown, the rest as
 * certain; a callback may try to send, but gets an error.
 * Method: one batch in flight, one behind it, one record whose topic is not known. */
static void close_reports_the_rest(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        open_fixture(&f, &config);
        put(&f, 0, "sent");
        struct produced p = take_produce(&f);
        packet_free(p.request.packet);
        put(&f, 0, "behind");
        script_pump(f.w);
        struct producer_record record = {.topic = "v", .partition = -1};
        producer_send(f.producer, &record, NULL);
        producer_close(f.producer);
        assert_int_equal(f.count, 3);
        for (int i = 0; i < 3; i++) {
                const char *opaque = f.deliveries[i].opaque;
                bool sent = opaque && strcmp(opaque, "sent") == 0;
                assert_int_equal(f.deliveries[i].unknown, sent);
                assert_int_equal(f.deliveries[i].err,
                                 sent ? KERR_CONNECTION_FAILED : KERR_OPERATION_NOT_ATTEMPTED);
        }
        script_close(f.w);
}

/* Goal: a callback may send, and what it sends goes out without another event.
 * Method: on_delivery sends one more record, after an answer and after an expiry. */
static void callbacks_may_send(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = default_config();
        config.delivery_timeout_ms = 1000;
        open_fixture(&f, &config);
        f.send_again = true;
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        answer_produce(&f, &p, KERR_NONE, 0);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "again ");
        answer_produce(&f, &p, KERR_NONE, 1);
        f.w->leader[1] = -1;
        f.w->leader_epoch++;
        client_refresh_metadata(f.w->client);
        script_advance(f.w, 200);
        put(&f, 1, "b");
        f.send_again = true;
        script_advance(f.w, 1000);
        assert_int_equal(f.count, 3);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "again ");
        answer_produce(&f, &p, KERR_NONE, 2);
        close_fixture(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(linger_gathers),
                cmocka_unit_test(full_batch_goes_at_once),
                cmocka_unit_test(flush_goes_at_once),
                cmocka_unit_test(one_request_per_broker),
                cmocka_unit_test(follows_the_leader),
                cmocka_unit_test(retry_keeps_the_order),
                cmocka_unit_test(two_in_flight_may_reorder),
                cmocka_unit_test(acks_0_waits_for_nobody),
                cmocka_unit_test(final_error_is_certain),
                cmocka_unit_test(unsent_expires_for_certain),
                cmocka_unit_test(sent_expires_as_unknown),
                cmocka_unit_test(lost_connection_is_unknown),
                cmocka_unit_test(answers_that_leave_it_unknown),
                cmocka_unit_test(memory_is_bounded),
                cmocka_unit_test(bad_records_are_refused),
                cmocka_unit_test(keys_decide_the_partition),
                cmocka_unit_test(all_codecs),
                cmocka_unit_test(requests_are_bounded_and_fair),
                cmocka_unit_test(close_reports_the_rest),
                cmocka_unit_test(callbacks_may_send),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

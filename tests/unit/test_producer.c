#include "producer_fixture.h"

/* Goal: records wait for linger.ms, then go out together; each is reported with its own offset.
 * Method: three records, linger 50 ms; nothing at 49 ms, one batch of three at 50. */
static void linger_gathers(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
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
        struct producer_config config = plain_config();
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
        struct producer_config config = plain_config();
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
        struct producer_config config = plain_config();
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

/* Goal: with acks=0 a record is delivered when it is sent; nothing is known of its offset.
 * Method: no answer is ever given. */
static void acks_0_waits_for_nobody(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
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

/* Goal: buffer.memory is a limit: beyond it QUEUE_FULL, nothing is lost, and there is room again
 * after deliveries. A full buffer does not wait for linger.ms.
 * Method: room for about ten records of 100 bytes. */
static void memory_is_bounded(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
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
        struct producer_config config = plain_config();
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
        struct producer_config config = plain_config();
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
                struct producer_config config = plain_config();
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
        struct producer_config config = plain_config();
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
        struct producer_config config = plain_config();
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(linger_gathers),
                cmocka_unit_test(full_batch_goes_at_once),
                cmocka_unit_test(flush_goes_at_once),
                cmocka_unit_test(one_request_per_broker),
                cmocka_unit_test(acks_0_waits_for_nobody),
                cmocka_unit_test(memory_is_bounded),
                cmocka_unit_test(bad_records_are_refused),
                cmocka_unit_test(keys_decide_the_partition),
                cmocka_unit_test(all_codecs),
                cmocka_unit_test(requests_are_bounded_and_fair),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

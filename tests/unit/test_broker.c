/* The broker's data path, request by request: produce, fetch, offsets, and what waits in purgatory.
 */
#include "broker_bench.h"
#include "log/batch.h"
#include "log/partition_log.h"
#include "wire/api_versions.h"
#include "wire/delete_records.h"
#include "wire/delete_topics.h"
#include "wire/epoch_end.h"
#include "wire/fetch.h"
#include "wire/list_offsets.h"
#include "wire/metadata.h"
#include "wire/produce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct metadata_topic_response describe(struct bench *b, const char *topic)
{
        struct metadata_topic asked = {.name = str_of(topic)};
        struct metadata_request request = {.topics = {&asked, 1},
                                           .allow_auto_topic_creation = true};
        struct metadata_response response = {0};
        bench_call(b, API_METADATA, 7, metadata, &request, &response);
        assert_int_equal(response.topics.count, 1);
        return response.topics.items[0];
}

static struct serde ask_produce(struct bench *b, const char *topic, int16_t acks,
                                struct span batches)
{
        struct produce_partition partition = {.index = 0, .records.bytes = batches};
        struct produce_topic t = {.name = str_of(topic), .partitions = {&partition, 1}};
        struct produce_request request = {
                .transactional_id = STR_NULL, .acks = acks, .timeout_ms = 500, .topics = {&t, 1}};
        struct serde out = bench_ask(b, API_PRODUCE, 7);
        serde_produce_request(&out, &request);
        return out;
}

static struct produce_partition_response read_produced(struct serde *in)
{
        struct produce_response response = {0};
        serde_produce_response(in, &response);
        assert_int_equal(in->err, KERR_NONE);
        return response.topics.items[0].partitions.items[0];
}

static struct produce_partition_response produce(struct bench *b, const char *topic, int16_t acks,
                                                 const char *value, int count, int64_t timestamp)
{
        struct buffer batch = {0};
        bench_batch(&batch, value, count, timestamp);
        struct serde out = ask_produce(b, topic, acks, buffer_span(&batch)), in;
        bench_send(b, 0, &out);
        buffer_deinit(&batch);
        assert_true(bench_answer(b, API_PRODUCE, 7, 1000, &in, NULL));
        return read_produced(&in);
}

struct fetching {
        int64_t offset;
        int32_t wait_ms, min_bytes, max_bytes, partition_max_bytes, epoch;
};

static void ask_fetch(struct bench *b, int connection, const char *topic, struct fetching how)
{
        struct fetch_partition partition = {.fetch_offset = how.offset,
                                            .current_leader_epoch = how.epoch,
                                            .log_start_offset = -1,
                                            .max_bytes = how.partition_max_bytes};
        struct fetch_topic t = {.name = str_of(topic), .partitions = {&partition, 1}};
        struct fetch_request request = {.replica_id = -1,
                                        .max_wait_ms = how.wait_ms,
                                        .min_bytes = how.min_bytes,
                                        .max_bytes = how.max_bytes,
                                        .session_epoch = -1,
                                        .topics = {&t, 1},
                                        .rack_id = str_of("")};
        struct serde out = bench_ask(b, API_FETCH, 11);
        serde_fetch_request(&out, &request);
        bench_send(b, connection, &out);
}

static const struct fetching at_once = {0, 0, 1, 1 << 20, 1 << 20, -1};

static struct fetch_partition_response fetched(struct bench *b, int64_t wait_ms)
{
        struct serde in;
        struct fetch_response response = {0};
        assert_true(bench_answer(b, API_FETCH, 11, wait_ms, &in, NULL));
        serde_fetch_response(&in, &response);
        assert_int_equal(in.err, KERR_NONE);
        return response.topics.items[0].partitions.items[0];
}

/* Goal:   a batch comes back as it was sent, with offset and leader epoch stamped in.
 * Method: produce two batches; fetch from 0 and from 4; compare the bytes from the CRC on. */
static void what_is_produced_is_fetched(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        describe(&b, "t");
        assert_int_equal(produce(&b, "t", -1, "a", 3, 1000).base_offset, 0);
        struct produce_partition_response second = produce(&b, "t", 1, "b", 2, 2000);
        assert_int_equal(second.base_offset, 3);
        assert_int_equal(second.log_append_time_ms, -1);
        ask_fetch(&b, 0, "t", at_once);
        struct fetch_partition_response got = fetched(&b, 1000);
        assert_int_equal(got.error_code, KERR_NONE);
        assert_int_equal(got.high_watermark, 5);
        assert_int_equal(got.last_stable_offset, 5);
        struct buffer sent = {0};
        bench_batch(&sent, "a", 3, 1000);
        assert_memory_equal(got.records.bytes.data + 16, sent.data + 16, sent.size - 16);
        struct batch_header h;
        assert_int_equal(batch_check(got.records.bytes, &h), KERR_NONE);
        assert_int_equal(h.base_offset, 0);
        buffer_deinit(&sent);
        struct fetching from_four = at_once;
        from_four.offset = 4;
        ask_fetch(&b, 0, "t", from_four);
        got = fetched(&b, 1000);
        assert_int_equal(batch_check(got.records.bytes, &h), KERR_NONE);
        assert_int_equal(h.base_offset, 3); /* the whole batch that holds offset 4 */
        assert_int_equal(batch_size(&h), got.records.bytes.size);
        bench_close(&b);
}

/* Goal:   a fetch waits for min_bytes, is completed by a produce on another connection, and ends
 *         empty when max_wait has passed.
 * Method: fetch at the end on connection 1; look at virtual times. */
static void a_long_poll_waits(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        describe(&b, "t");
        struct fetching waiting = at_once;
        waiting.wait_ms = 300;
        int64_t begun = sim_now_ns(b.sim);
        ask_fetch(&b, 1, "t", waiting);
        assert_int_equal(fetched(&b, 1000).records.bytes.size, 0);
        assert_true(sim_now_ns(b.sim) - begun >= 300 * 1000000);

        ask_fetch(&b, 1, "t", waiting);
        bench_run(&b, 100);
        assert_int_equal(b.answer_taken, b.answer_count);
        struct buffer batch = {0};
        bench_batch(&batch, "x", 1, 5);
        struct serde out = ask_produce(&b, "t", 0, buffer_span(&batch));
        bench_send(&b, 0, &out);
        begun = sim_now_ns(b.sim);
        assert_int_equal(fetched(&b, 1000).records.bytes.size, batch.size);
        assert_true(sim_now_ns(b.sim) - begun < 100 * 1000000);
        buffer_deinit(&batch);
        bench_close(&b);
}

/* Goal:   answers of one connection keep the order of its requests.
 * Method: a fetch that waits 200 ms, then a fetch that need not wait, on one connection. */
static void answers_keep_their_order(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        describe(&b, "t");
        produce(&b, "t", 1, "a", 1, 1);
        struct fetching waiting = at_once;
        waiting.offset = 1;
        waiting.wait_ms = 200;
        ask_fetch(&b, 2, "t", waiting);
        ask_fetch(&b, 2, "t", at_once);
        assert_int_equal(fetched(&b, 1000).records.bytes.size, 0);
        assert_true(fetched(&b, 1000).records.bytes.size > 0);
        bench_close(&b);
}

/* Goal:   max_bytes cuts the last batch, but the first is whole whatever the limits say.
 * Method: two batches; limits of 1 byte, and of one batch and ten bytes. */
static void the_first_batch_is_whole(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        describe(&b, "t");
        produce(&b, "t", 1, "aaaaaaaa", 3, 1);
        produce(&b, "t", 1, "bbbbbbbb", 3, 1);
        struct buffer one = {0};
        bench_batch(&one, "aaaaaaaa", 3, 1);
        struct fetching how = at_once;
        how.partition_max_bytes = 1;
        ask_fetch(&b, 0, "t", how);
        assert_int_equal(fetched(&b, 1000).records.bytes.size, one.size);
        how.partition_max_bytes = (int32_t)one.size + 10;
        ask_fetch(&b, 0, "t", how);
        assert_int_equal(fetched(&b, 1000).records.bytes.size, one.size + 10);
        how = at_once;
        how.max_bytes = 1;
        ask_fetch(&b, 0, "t", how);
        assert_int_equal(fetched(&b, 1000).records.bytes.size, one.size);
        buffer_deinit(&one);
        bench_close(&b);
}

/* Goal:   only the first partition with data may pass the limit; a batch of another that does not
 * fit is left out, not cut (KIP-74). Method: one fetch of two topics with room for one batch and a
 * half. */
static void only_the_first_partition_may_pass_the_limit(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        describe(&b, "t");
        describe(&b, "u");
        produce(&b, "t", 1, "aaaaaaaa", 3, 1);
        produce(&b, "u", 1, "bbbbbbbb", 3, 1);
        struct buffer one = {0};
        bench_batch(&one, "aaaaaaaa", 3, 1);
        struct fetch_partition p = {.current_leader_epoch = -1, .max_bytes = 1 << 20};
        struct fetch_topic topics[] = {{.name = str_of("t"), .partitions = {&p, 1}},
                                       {.name = str_of("u"), .partitions = {&p, 1}}};
        struct fetch_request request = {.replica_id = -1,
                                        .min_bytes = 1,
                                        .max_bytes = (int32_t)(one.size + one.size / 2),
                                        .session_epoch = -1,
                                        .topics = {topics, 2},
                                        .rack_id = str_of("")};
        struct fetch_response response = {0};
        bench_call(&b, API_FETCH, 11, fetch, &request, &response);
        assert_int_equal(response.topics.items[0].partitions.items[0].records.bytes.size, one.size);
        assert_int_equal(response.topics.items[1].partitions.items[0].records.bytes.size, 0);
        buffer_deinit(&one);
        bench_close(&b);
}

/* Goal:   what the broker cannot do is answered with Kafka's code for it.
 * Method: offsets out of range, unknown topic, epochs too old and too new, bad acks, bad batches.
 */
static void errors_carry_kafkas_codes(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        struct metadata_topic_response t = describe(&b, "t");
        struct fetching how = at_once;
        how.offset = 1;
        ask_fetch(&b, 0, "t", how);
        assert_int_equal(fetched(&b, 1000).error_code, KERR_OFFSET_OUT_OF_RANGE);
        ask_fetch(&b, 0, "no-such", at_once);
        assert_int_equal(fetched(&b, 1000).error_code, KERR_UNKNOWN_TOPIC_OR_PARTITION);
        how = at_once;
        how.epoch = t.partitions.items[0].leader_epoch + 1;
        ask_fetch(&b, 0, "t", how);
        assert_int_equal(fetched(&b, 1000).error_code, KERR_UNKNOWN_LEADER_EPOCH);
        assert_int_equal(produce(&b, "no-such", 1, "a", 1, 1).error_code,
                         KERR_UNKNOWN_TOPIC_OR_PARTITION);
        assert_int_equal(produce(&b, "t", 2, "a", 1, 1).error_code, KERR_INVALID_REQUIRED_ACKS);

        struct buffer batch = {0};
        struct serde in;
        bench_batch(&batch, "a", 1, 1);
        batch.data[batch.size - 1] ^= 1;
        struct serde out = ask_produce(&b, "t", 1, buffer_span(&batch));
        bench_send(&b, 0, &out);
        assert_true(bench_answer(&b, API_PRODUCE, 7, 1000, &in, NULL));
        assert_int_equal(read_produced(&in).error_code, KERR_CORRUPT_MESSAGE);
        assert_int_equal(partition_log_end(broker_log(b.broker, "t", 0)), 0);

        /* With acks=0 nobody would hear of it: the connection ends. */
        out = ask_produce(&b, "t", 0, buffer_span(&batch));
        bench_send(&b, 0, &out);
        bench_run(&b, 500);
        assert_false(b.open[0]);
        assert_true(b.open[1]);
        buffer_deinit(&batch);
        bench_close(&b);
}

/* Goal:   with flush.messages=1 an answered record is synced: a power cut keeps it.
 * Method: produce, cut the power so that nothing unsynced survives, boot, fetch. */
static void flush_messages_one_is_durable(void **state)
{
        (void)state;
        struct bench b;
        const char *settings[] = {"log.flush.interval.messages=1", NULL};
        struct sim_survival nothing;
        bench_open(&b, settings);
        describe(&b, "t");
        assert_int_equal(produce(&b, "t", 1, "a", 3, 1).error_code, KERR_NONE);
        int64_t end = partition_log_end(broker_log(b.broker, "t", 0));
        assert_int_equal(partition_log_recovery_point(broker_log(b.broker, "t", 0)), end);
        assert_true(sim_survival_find("nothing", &nothing));
        sim_node_power_cut(b.broker_node, &nothing);
        assert_int_equal(sim_node_boot(b.broker_node), KERR_NONE);
        bench_wait_ready(&b);
        assert_int_equal(partition_log_end(broker_log(b.broker, "t", 0)), 3);
        bench_close(&b);
}

/* Goal:   a broker that does not know its cluster yet does not say that there is nothing: a
 * producer that hears so gives its records up. Method: Metadata as soon as the port is open again.
 */
static void nobody_hears_of_an_empty_cluster(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        describe(&b, "t");
        sim_node_kill(b.broker_node);
        assert_int_equal(sim_node_boot(b.broker_node), KERR_NONE);
        struct world *w = &b.client_node->files.world;
        assert_int_equal(w->dial(w, "broker-1", 9092, &b.streams[0]), KERR_NONE);
        struct metadata_topic topic = {.name = str_of("t")};
        struct metadata_request request = {.topics = {&topic, 1}};
        struct metadata_response response = {0};
        bench_call(&b, API_METADATA, 9, metadata, &request, &response);
        assert_true(broker_is_ready(b.broker));
        assert_int_equal(response.brokers.count, 1);
        assert_int_equal(response.topics.items[0].error_code, KERR_NONE);
        bench_close(&b);
}

/* Goal:   a restarted leader leads in a new epoch, and says where its old one ended (KIP-101).
 * Method: produce, stop cleanly, boot, produce; ask OffsetForLeaderEpoch for the first epoch. */
static void each_life_has_its_epoch(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        int32_t first = describe(&b, "t").partitions.items[0].leader_epoch;
        produce(&b, "t", 1, "a", 3, 1);
        sim_node_stop(b.broker_node);
        assert_int_equal(sim_node_boot(b.broker_node), KERR_NONE);
        bench_wait_ready(&b);
        bench_run(&b, 100);
        struct world *w = &b.client_node->files.world;
        assert_int_equal(w->dial(w, "broker-1", 9092, &b.streams[0]), KERR_NONE);
        bench_run(&b, 100);
        int32_t second = describe(&b, "t").partitions.items[0].leader_epoch;
        assert_true(second > first);
        produce(&b, "t", 1, "b", 2, 1);
        struct epoch_end_partition p = {.current_leader_epoch = -1, .leader_epoch = first};
        struct epoch_end_topic t = {.name = str_of("t"), .partitions = {&p, 1}};
        struct epoch_end_request request = {.replica_id = -1, .topics = {&t, 1}};
        struct epoch_end_response response = {0};
        bench_call(&b, API_OFFSET_FOR_LEADER_EPOCH, 3, epoch_end, &request, &response);
        assert_int_equal(response.topics.items[0].partitions.items[0].end_offset, 3);
        assert_int_equal(response.topics.items[0].partitions.items[0].leader_epoch, first);
        bench_close(&b);
}

static struct list_offsets_partition_response list_offset(struct bench *b, int64_t timestamp)
{
        struct list_offsets_partition p = {.current_leader_epoch = -1, .timestamp_ms = timestamp};
        struct list_offsets_topic t = {.name = str_of("t"), .partitions = {&p, 1}};
        struct list_offsets_request request = {.replica_id = -1, .topics = {&t, 1}};
        struct list_offsets_response response = {0};
        bench_call(b, API_LIST_OFFSETS, 7, list_offsets, &request, &response);
        assert_int_equal(response.topics.items[0].partitions.items[0].error_code, KERR_NONE);
        return response.topics.items[0].partitions.items[0];
}

/* Goal:   ListOffsets finds both ends, times and the largest time; DeleteRecords moves the start,
 * and it stays moved after a kill. Method: three batches with rising times. */
static void offsets_are_found_and_the_start_moves(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        describe(&b, "t");
        produce(&b, "t", 1, "a", 2, 1000);
        produce(&b, "t", 1, "b", 2, 3000);
        produce(&b, "t", 1, "c", 2, 2000);
        assert_int_equal(list_offset(&b, LIST_OFFSETS_EARLIEST).offset, 0);
        assert_int_equal(list_offset(&b, LIST_OFFSETS_LATEST).offset, 6);
        assert_int_equal(list_offset(&b, 1001).offset, 2);
        assert_int_equal(list_offset(&b, 1001).timestamp_ms, 3000);
        assert_int_equal(list_offset(&b, 3001).offset, -1);
        assert_int_equal(list_offset(&b, LIST_OFFSETS_MAX_TIMESTAMP).offset, 2);
        assert_int_equal(list_offset(&b, LIST_OFFSETS_MAX_TIMESTAMP).timestamp_ms, 3000);

        struct delete_records_partition p = {.index = 0, .offset = 3};
        struct delete_records_topic t = {.name = str_of("t"), .partitions = {&p, 1}};
        struct delete_records_request request = {.topics = {&t, 1}, .timeout_ms = 100};
        struct delete_records_response response = {0};
        bench_call(&b, API_DELETE_RECORDS, 1, delete_records, &request, &response);
        assert_int_equal(response.topics.items[0].partitions.items[0].low_watermark, 3);
        p.offset = 7;
        bench_call(&b, API_DELETE_RECORDS, 1, delete_records, &request, &response);
        assert_int_equal(response.topics.items[0].partitions.items[0].error_code,
                         KERR_OFFSET_OUT_OF_RANGE);
        assert_int_equal(list_offset(&b, LIST_OFFSETS_EARLIEST).offset, 3);
        sim_node_kill(b.broker_node);
        assert_int_equal(sim_node_boot(b.broker_node), KERR_NONE);
        bench_wait_ready(&b);
        assert_int_equal(partition_log_start(broker_log(b.broker, "t", 0)), 3);
        bench_close(&b);
}

/* Goal:   who waits for a topic that is deleted hears of it at once.
 * Method: a fetch of 10 s on connection 1, DeleteTopics on connection 0. */
static void a_deleted_topic_wakes_its_readers(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        describe(&b, "t");
        struct fetching waiting = at_once;
        waiting.wait_ms = 10000;
        ask_fetch(&b, 1, "t", waiting);
        bench_run(&b, 50);
        struct delete_topics_topic t = {.name = str_of("t")};
        struct delete_topics_request request = {.topics = {&t, 1}, .timeout_ms = 100};
        struct serde out = bench_ask(&b, API_DELETE_TOPICS, 4);
        serde_delete_topics_request(&out, &request);
        bench_send(&b, 0, &out);
        struct serde in;
        int connection;
        for (int i = 0; i < 2; i++) {
                assert_true(bench_answer(&b, API_FETCH, 11, 1000, &in, &connection));
                if (connection != 1)
                        continue;
                struct fetch_response response = {0};
                serde_fetch_response(&in, &response);
                assert_int_equal(response.topics.items[0].partitions.items[0].error_code,
                                 KERR_UNKNOWN_TOPIC_OR_PARTITION);
        }
        assert_null(broker_log(b.broker, "t", 0));
        bench_close(&b);
}

/* Goal:   a client that is too new is told so where it can read it (KIP-511); an unknown API ends
 * the connection. Method: ApiVersions 9; then key 999. */
static void unknown_versions(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        struct serde out = bench_ask(&b, API_API_VERSIONS, 9), in;
        bench_send(&b, 0, &out);
        assert_true(bench_answer(&b, API_API_VERSIONS, 0, 1000, &in, NULL));
        struct api_versions_response response = {0};
        serde_api_versions_response(&in, &response);
        assert_int_equal(response.error_code, KERR_UNSUPPORTED_VERSION);
        bool produce_from_zero = false;
        for (int32_t i = 0; i < response.apis.count; i++)
                produce_from_zero |= response.apis.items[i].api_key == API_PRODUCE &&
                                     response.apis.items[i].min_version == 0;
        assert_true(produce_from_zero); /* else librdkafka switches compression off */
        out = bench_ask(&b, (enum api_key)999, 0);
        bench_send(&b, 0, &out);
        bench_run(&b, 100);
        assert_false(b.open[0]);
        bench_close(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_produced_is_fetched),
                cmocka_unit_test(a_long_poll_waits),
                cmocka_unit_test(answers_keep_their_order),
                cmocka_unit_test(the_first_batch_is_whole),
                cmocka_unit_test(only_the_first_partition_may_pass_the_limit),
                cmocka_unit_test(errors_carry_kafkas_codes),
                cmocka_unit_test(flush_messages_one_is_durable),
                cmocka_unit_test(nobody_hears_of_an_empty_cluster),
                cmocka_unit_test(each_life_has_its_epoch),
                cmocka_unit_test(offsets_are_found_and_the_start_moves),
                cmocka_unit_test(a_deleted_topic_wakes_its_readers),
                cmocka_unit_test(unknown_versions),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

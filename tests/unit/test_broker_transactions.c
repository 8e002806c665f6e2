/* The broker's part in transactions and groups, request by request: what a partition takes, what it
 * shows, and what becomes of those who wait. */
#include "broker_bench.h"
#include "log/batch.h"
#include "wire/add_offsets_to_txn.h"
#include "wire/add_partitions_to_txn.h"
#include "wire/describe_producers.h"
#include "wire/end_txn.h"
#include "wire/fetch.h"
#include "wire/find_coordinator.h"
#include "wire/init_producer_id.h"
#include "wire/join_group.h"
#include "wire/list_offsets.h"
#include "wire/metadata.h"
#include "wire/offset_commit.h"
#include "wire/offset_fetch.h"
#include "wire/produce.h"
#include "wire/sync_group.h"
#include "wire/txn_offset_commit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const settings[] = {"offsets.topic.num.partitions=2",
                                       "transaction.state.log.num.partitions=2",
                                       "group.initial.rebalance.delay.ms=0", NULL};

/* Makes the topic "t" and the coordinators' own. */
static void open_with_topics(struct bench *b)
{
        struct metadata_topic asked = {.name = str_of("t")};
        struct metadata_request request = {.topics = {&asked, 1},
                                           .allow_auto_topic_creation = true};
        struct metadata_response response = {0};
        struct str key = str_of("g");
        struct find_coordinator_request find = {.coordinator_keys = {&key, 1}};
        struct find_coordinator_response found = {0};
        bench_open(b, settings);
        bench_call(b, API_METADATA, 7, metadata, &request, &response);
        for (find.key_type = 0; find.key_type < 2; find.key_type++) {
                bench_call(b, API_FIND_COORDINATOR, 1, find_coordinator, &find, &found);
                assert_int_equal(found.coordinators.items[0].error_code, KERR_NONE);
        }
        bench_run(b, 10);
}

struct producer_of_test {
        int64_t id;
        int16_t epoch;
        int32_t sequence;
};

static struct producer_of_test init_producer(struct bench *b, const char *transactional_id)
{
        struct init_producer_id_request in = {
                .transactional_id = transactional_id ? str_of(transactional_id) : STR_NULL,
                .transaction_timeout_ms = 10000,
                .producer_id = -1,
                .producer_epoch = -1};
        struct init_producer_id_response out = {0};
        bench_call(b, API_INIT_PRODUCER_ID, 3, init_producer_id, &in, &out);
        assert_int_equal(out.error_code, KERR_NONE);
        return (struct producer_of_test){out.producer_id, out.producer_epoch, 0};
}

/* Three records; the sequence goes on only when they are taken. */
static int16_t produce(struct bench *b, const char *topic, struct producer_of_test *p,
                       const char *transactional_id)
{
        struct batch_builder builder;
        struct buffer batch = {0};
        struct serde in;
        struct produce_response response = {0};
        batch_builder_init(&builder);
        for (int i = 0; i < 3; i++)
                batch_builder_add(&builder,
                                  &(struct record){.timestamp = 1000, .value = span_of("x", 1)},
                                  NULL, 0);
        builder.header.producer_id = p->id;
        builder.header.producer_epoch = p->epoch;
        builder.header.base_sequence = p->sequence;
        if (transactional_id)
                builder.header.attributes |= BATCH_TRANSACTIONAL;
        assert_int_equal(batch_builder_finish(&builder, 0, &batch), KERR_NONE);
        batch_builder_deinit(&builder);
        struct produce_partition partition = {.records.bytes = buffer_span(&batch)};
        struct produce_topic t = {.name = str_of(topic), .partitions = {&partition, 1}};
        struct produce_request request = {
                .transactional_id = transactional_id ? str_of(transactional_id) : STR_NULL,
                .acks = -1,
                .timeout_ms = 500,
                .topics = {&t, 1}};
        struct serde out = bench_ask(b, API_PRODUCE, 7);
        serde_produce_request(&out, &request);
        bench_send(b, 0, &out);
        buffer_deinit(&batch);
        assert_true(bench_answer(b, API_PRODUCE, 7, 1000, &in, NULL));
        serde_produce_response(&in, &response);
        int16_t code = response.topics.items[0].partitions.items[0].error_code;
        p->sequence += code ? 0 : 3;
        return code;
}

static void add_partition(struct bench *b, const struct producer_of_test *p, const char *id)
{
        int32_t partition = 0;
        struct add_partitions_to_txn_topic topic = {str_of("t"), {&partition, 1}};
        struct add_partitions_to_txn_transaction transaction = {.transactional_id = str_of(id),
                                                                .producer_id = p->id,
                                                                .producer_epoch = p->epoch,
                                                                .topics = {&topic, 1}};
        struct add_partitions_to_txn_request in = {.transactions = {&transaction, 1}};
        struct add_partitions_to_txn_response out = {0};
        bench_call(b, API_ADD_PARTITIONS_TO_TXN, 1, add_partitions_to_txn, &in, &out);
        assert_int_equal(out.transactions.items[0].topics.items[0].partitions.items[0].error_code,
                         KERR_NONE);
}

static void end_transaction(struct bench *b, const struct producer_of_test *p, const char *id,
                            bool commit)
{
        struct end_txn_request in = {str_of(id), p->id, p->epoch, commit};
        struct end_txn_response out = {0};
        bench_call(b, API_END_TXN, 1, end_txn, &in, &out);
        assert_int_equal(out.error_code, KERR_NONE);
        bench_run(b, 100); /* the markers go out after the answer */
}

static struct fetch_partition_response fetch(struct bench *b, int8_t isolation_level)
{
        struct fetch_partition partition = {
                .current_leader_epoch = -1, .log_start_offset = -1, .max_bytes = 1 << 20};
        struct fetch_topic t = {.name = str_of("t"), .partitions = {&partition, 1}};
        struct fetch_request in = {.replica_id = -1,
                                   .max_bytes = 1 << 20,
                                   .isolation_level = isolation_level,
                                   .session_epoch = -1,
                                   .topics = {&t, 1},
                                   .rack_id = str_of("")};
        struct fetch_response out = {0};
        bench_call(b, API_FETCH, 11, fetch, &in, &out);
        return out.topics.items[0].partitions.items[0];
}

static int64_t latest(struct bench *b, int8_t isolation_level)
{
        struct list_offsets_partition partition = {.current_leader_epoch = -1,
                                                   .timestamp_ms = LIST_OFFSETS_LATEST};
        struct list_offsets_topic topic = {str_of("t"), {&partition, 1}};
        struct list_offsets_request in = {
                .replica_id = -1, .isolation_level = isolation_level, .topics = {&topic, 1}};
        struct list_offsets_response out = {0};
        bench_call(b, API_LIST_OFFSETS, 4, list_offsets, &in, &out);
        return out.topics.items[0].partitions.items[0].offset;
}

/* Goal:   an open transaction holds read_committed readers back, an aborted one is named to them, a
 *         committed one is not; readers of uncommitted data see all at once.
 * Method: abort three records, commit three; look before and after each end. */
static void readers_of_committed_data_wait(void **state)
{
        (void)state;
        struct bench b;
        open_with_topics(&b);
        struct producer_of_test p = init_producer(&b, "id");
        add_partition(&b, &p, "id");
        assert_int_equal(produce(&b, "t", &p, "id"), KERR_NONE);
        struct fetch_partition_response got = fetch(&b, READ_COMMITTED);
        assert_int_equal(got.high_watermark, 3);
        assert_int_equal(got.last_stable_offset, 0);
        assert_int_equal(got.records.bytes.size, 0);
        assert_true(fetch(&b, READ_UNCOMMITTED).records.bytes.size > 0);
        assert_int_equal(latest(&b, READ_COMMITTED), 0);
        assert_int_equal(latest(&b, READ_UNCOMMITTED), 3);

        end_transaction(&b, &p, "id", false);
        got = fetch(&b, READ_COMMITTED);
        assert_int_equal(got.last_stable_offset, 4);
        assert_int_equal(got.aborted_transactions.count, 1);
        assert_int_equal(got.aborted_transactions.items[0].producer_id, p.id);
        assert_int_equal(got.aborted_transactions.items[0].first_offset, 0);
        assert_int_equal(fetch(&b, READ_UNCOMMITTED).aborted_transactions.count, -1);

        add_partition(&b, &p, "id");
        assert_int_equal(produce(&b, "t", &p, "id"), KERR_NONE);
        end_transaction(&b, &p, "id", true);
        got = fetch(&b, READ_COMMITTED);
        assert_int_equal(got.last_stable_offset, 8);
        assert_int_equal(got.aborted_transactions.count, 1);
        assert_int_equal(latest(&b, READ_COMMITTED), 8);
        bench_close(&b);
}

/* Goal:   a record that no open transaction has room for is refused: before the partition was
 * added, and after the end (KIP-890); a repeat is no second copy; the broker's own topics are not
 * for clients. Method: produce out of turn; then in turn, twice with the same sequence. */
static void what_does_not_belong_is_refused(void **state)
{
        (void)state;
        struct bench b;
        open_with_topics(&b);
        struct producer_of_test p = init_producer(&b, "id");
        assert_int_equal(produce(&b, "t", &p, "id"), KERR_INVALID_TXN_STATE);
        assert_int_equal(latest(&b, READ_UNCOMMITTED), 0);
        add_partition(&b, &p, "id");
        assert_int_equal(produce(&b, "t", &p, "id"), KERR_NONE);
        p.sequence = 0;
        assert_int_equal(produce(&b, "t", &p, "id"), KERR_NONE);
        assert_int_equal(latest(&b, READ_UNCOMMITTED), 3);
        end_transaction(&b, &p, "id", true);
        assert_int_equal(produce(&b, "t", &p, "id"), KERR_INVALID_TXN_STATE);
        struct producer_of_test zombie = p;
        p = init_producer(&b, "id");
        assert_int_equal(p.epoch, zombie.epoch + 1);
        add_partition(&b, &p, "id");
        assert_int_equal(produce(&b, "t", &p, "id"), KERR_NONE);
        assert_int_equal(produce(&b, "t", &zombie, "id"), KERR_INVALID_PRODUCER_EPOCH);
        struct producer_of_test nobody = {-1, -1, -1};
        assert_int_equal(produce(&b, "__consumer_offsets", &nobody, NULL),
                         KERR_INVALID_TOPIC_EXCEPTION);
        bench_close(&b);
}

/* Goal:   who writes to a partition can be seen, and whose transaction is open there.
 * Method: an idempotent producer, and a transactional one in the middle of its work. */
static void producers_can_be_seen(void **state)
{
        (void)state;
        struct bench b;
        open_with_topics(&b);
        struct producer_of_test plain = init_producer(&b, NULL), p = init_producer(&b, "id");
        assert_true(plain.id != p.id);
        assert_int_equal(produce(&b, "t", &plain, NULL), KERR_NONE);
        add_partition(&b, &p, "id");
        assert_int_equal(produce(&b, "t", &p, "id"), KERR_NONE);
        int32_t partitions[] = {0, 5};
        struct describe_producers_topic topic = {str_of("t"), {partitions, 2}};
        struct describe_producers_request in = {.topics = {&topic, 1}};
        struct describe_producers_response out = {0};
        bench_call(&b, API_DESCRIBE_PRODUCERS, 0, describe_producers, &in, &out);
        const struct describe_producers_partition_response *got =
                out.topics.items[0].partitions.items;
        assert_int_equal(got[0].active_producers.count, 2);
        assert_int_equal(got[0].active_producers.items[0].producer_id, plain.id);
        assert_int_equal(got[0].active_producers.items[0].last_sequence, 2);
        assert_int_equal(got[0].active_producers.items[0].current_txn_start_offset, -1);
        assert_int_equal(got[0].active_producers.items[1].current_txn_start_offset, 3);
        assert_int_equal(got[1].error_code, KERR_UNKNOWN_TOPIC_OR_PARTITION);
        bench_close(&b);
}

static void add_offsets(struct bench *b, const struct producer_of_test *p, const char *id)
{
        struct add_offsets_to_txn_request in = {str_of(id), p->id, p->epoch, str_of("g")};
        struct add_offsets_to_txn_response out = {0};
        bench_call(b, API_ADD_OFFSETS_TO_TXN, 1, add_offsets_to_txn, &in, &out);
        assert_int_equal(out.error_code, KERR_NONE);
}

static int16_t commit_offset(struct bench *b, const struct producer_of_test *p, const char *id,
                             int64_t offset)
{
        struct offset_commit_partition partition = {.committed_offset = offset,
                                                    .committed_leader_epoch = -1,
                                                    .commit_timestamp_ms = -1,
                                                    .committed_metadata = STR_NULL};
        struct offset_commit_topic topic = {str_of("t"), {&partition, 1}};
        struct txn_offset_commit_request in = {.transactional_id = str_of(id),
                                               .group_id = str_of("g"),
                                               .producer_id = p->id,
                                               .producer_epoch = p->epoch,
                                               .generation_id = -1,
                                               .member_id = str_of(""),
                                               .group_instance_id = STR_NULL,
                                               .topics = {&topic, 1}};
        struct txn_offset_commit_response out = {0};
        bench_call(b, API_TXN_OFFSET_COMMIT, 2, txn_offset_commit, &in, &out);
        return out.topics.items[0].partitions.items[0].error_code;
}

/* -2: it is unstable. */
static int64_t stable_offset(struct bench *b)
{
        int32_t partition = 0;
        struct offset_fetch_topic topic = {str_of("t"), {&partition, 1}};
        struct offset_fetch_group group = {.group_id = str_of("g"), .topics = {&topic, 1}};
        struct offset_fetch_request in = {.groups = {&group, 1}, .require_stable = true};
        struct offset_fetch_response out = {0};
        bench_call(b, API_OFFSET_FETCH, 7, offset_fetch, &in, &out);
        const struct offset_fetch_partition_response *got =
                out.groups.items[0].topics.items[0].partitions.items;
        return got->error_code == KERR_UNSTABLE_OFFSET_COMMIT ? -2 : got->committed_offset;
}

/* Goal:   offsets that come when their transaction is not open are refused (KIP-890): nobody would
 *         ever decide on them, and their group would wait for ever.
 * Method: offsets before the group was added, in turn, and after the end. */
static void offsets_that_come_late_are_refused(void **state)
{
        (void)state;
        struct bench b;
        open_with_topics(&b);
        struct producer_of_test p = init_producer(&b, "id");
        assert_int_equal(commit_offset(&b, &p, "id", 5), KERR_INVALID_TXN_STATE);
        assert_int_equal(stable_offset(&b), -1);
        add_offsets(&b, &p, "id");
        assert_int_equal(commit_offset(&b, &p, "id", 7), KERR_NONE);
        assert_int_equal(stable_offset(&b), -2);
        end_transaction(&b, &p, "id", true);
        assert_int_equal(stable_offset(&b), 7);
        assert_int_equal(commit_offset(&b, &p, "id", 8), KERR_INVALID_TXN_STATE);
        assert_int_equal(commit_offset(&b, &p, "another", 8), KERR_INVALID_PRODUCER_ID_MAPPING);
        assert_int_equal(stable_offset(&b), 7);
        bench_close(&b);
}

static void ask_join(struct bench *b, int connection, struct str member_id)
{
        struct join_group_protocol protocol = {str_of("range"), span_of("x", 1)};
        struct join_group_request in = {.group_id = str_of("g"),
                                        .session_timeout_ms = 10000,
                                        .rebalance_timeout_ms = 1000,
                                        .member_id = member_id,
                                        .group_instance_id = STR_NULL,
                                        .protocol_type = str_of("consumer"),
                                        .protocols = {&protocol, 1},
                                        .reason = STR_NULL};
        struct serde out = bench_ask(b, API_JOIN_GROUP, 3);
        serde_join_group_request(&out, &in);
        bench_send(b, connection, &out);
}

static struct join_group_response joined(struct bench *b)
{
        struct serde in;
        struct join_group_response response = {0};
        assert_true(bench_answer(b, API_JOIN_GROUP, 3, 5000, &in, NULL));
        serde_join_group_response(&in, &response);
        assert_int_equal(in.err, KERR_NONE);
        return response;
}

/* Goal:   a member joins, gets its part, commits and finds its offset; one whose connection is lost
 *         while it waits for the others does no harm.
 * Method: one member; a second one joins, waits, and is gone; the first joins again. */
static void groups_live_through_lost_members(void **state)
{
        (void)state;
        struct bench b;
        open_with_topics(&b);
        ask_join(&b, 0, str_of(""));
        struct join_group_response one = joined(&b);
        assert_int_equal(one.error_code, KERR_NONE);
        assert_int_equal(one.generation_id, 1);
        assert_int_equal(one.members.count, 1);
        struct sync_group_assignment mine = {one.member_id, span_of("part", 4)};
        struct sync_group_request sync = {.group_id = str_of("g"),
                                          .generation_id = 1,
                                          .member_id = one.member_id,
                                          .group_instance_id = STR_NULL,
                                          .assignments = {&mine, 1}};
        struct sync_group_response synced = {0};
        bench_call(&b, API_SYNC_GROUP, 2, sync_group, &sync, &synced);
        assert_int_equal(synced.assignment.size, 4);

        ask_join(&b, 1, str_of(""));
        bench_run(&b, 100);
        b.client_node->files.world.hang_up(&b.client_node->files.world, b.streams[1]);
        bench_run(&b, 100);
        struct offset_commit_partition partition = {.committed_offset = 7,
                                                    .committed_leader_epoch = -1,
                                                    .committed_metadata = str_of("")};
        struct offset_commit_topic topic = {str_of("t"), {&partition, 1}};
        struct offset_commit_request commit = {.group_id = str_of("g"),
                                               .generation_id = 1,
                                               .member_id = one.member_id,
                                               .group_instance_id = STR_NULL,
                                               .retention_time_ms = -1,
                                               .topics = {&topic, 1}};
        struct offset_commit_response committed = {0};
        bench_call(&b, API_OFFSET_COMMIT, 6, offset_commit, &commit, &committed);
        assert_int_equal(committed.topics.items[0].partitions.items[0].error_code, KERR_NONE);
        ask_join(&b, 0, one.member_id);
        struct join_group_response again = joined(&b);
        assert_int_equal(again.error_code, KERR_NONE);
        assert_true(again.generation_id > 1);

        int32_t index = 0;
        struct offset_fetch_topic asked = {str_of("t"), {&index, 1}};
        struct offset_fetch_group group = {
                .group_id = str_of("g"), .member_id = STR_NULL, .topics = {&asked, 1}};
        struct offset_fetch_request fetch_offsets = {.groups = {&group, 1}};
        struct offset_fetch_response offsets = {0};
        bench_call(&b, API_OFFSET_FETCH, 5, offset_fetch, &fetch_offsets, &offsets);
        assert_int_equal(
                offsets.groups.items[0].topics.items[0].partitions.items[0].committed_offset, 7);
        bench_close(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(readers_of_committed_data_wait),
                cmocka_unit_test(what_does_not_belong_is_refused),
                cmocka_unit_test(producers_can_be_seen),
                cmocka_unit_test(offsets_that_come_late_are_refused),
                cmocka_unit_test(groups_live_through_lost_members),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

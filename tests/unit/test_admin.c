#include "admin_fixture.h"

WRITER(create_topics)
WRITER(delete_topics)
WRITER(create_partitions)
WRITER(describe_cluster)
WRITER(list_offsets)
WRITER(delete_records)
WRITER(describe_configs)
WRITER(alter_configs)

static struct create_topics_topic topic_named(const char *name)
{
        return (struct create_topics_topic){
                .name = str_of(name), .num_partitions = 3, .replication_factor = 2};
}

static void answer_create(struct fixture *f, struct script_request *r, enum kerr err)
{
        struct create_topics_topic_response topic = {.name = str_of("t"),
                                                     .error_code = (int16_t)err,
                                                     .error_message = err ? str_of("no such luck")
                                                                          : STR_NULL,
                                                     .num_partitions = 3,
                                                     .replication_factor = 2,
                                                     .configs.count = -1};
        struct create_topics_response m = {.topics = {&topic, 1}};
        script_reply(f->w, r, -1, write_create_topics, &m);
        script_pump(f->w);
}

static void note_created(void *context, const struct admin_result *result)
{
        note(context, result);
        if (!result->err)
                ((struct fixture *)context)->numbers[0] = result->created->num_partitions;
}

/* Goal: a topic is created at the controller, with what the caller said, from copies.
 * Method: the caller's memory is overwritten before the request goes out. */
static void creates_a_topic(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        char name[] = "t", key[] = "retention.ms", value[] = "1000";
        struct create_topics_config config = {str_of(key), str_of(value)};
        struct create_topics_topic topic = topic_named(name);
        topic.configs.items = &config;
        topic.configs.count = 1;
        admin_create_topic(f.admin, &topic, true, note_created, &f);
        memset(name, '?', 1);
        memset(key, '?', sizeof key - 1);
        memset(value, '?', sizeof value - 1);
        memset(&config, 0xff, sizeof config);
        struct script_request r = script_take(f.w, API_CREATE_TOPICS);
        assert_int_equal(r.port, SCRIPT_PORT + 1); /* the controller */
        struct create_topics_request m = {0};
        serde_create_topics_request(&r.body, &m);
        assert_int_equal(r.body.err, KERR_NONE);
        assert_true(m.validate_only);
        assert_int_equal(m.timeout_ms, 30000);
        assert_true(str_equal_c(m.topics.items[0].name, "t"));
        assert_int_equal(m.topics.items[0].num_partitions, 3);
        assert_true(str_equal_c(m.topics.items[0].configs.items[0].name, "retention.ms"));
        assert_true(str_equal_c(m.topics.items[0].configs.items[0].value, "1000"));
        assert_int_equal(admin_pending(f.admin), 1);
        answer_create(&f, &r, KERR_NONE);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.err, KERR_NONE);
        assert_int_equal(f.numbers[0], 3);
        close_fixture(&f);
}

/* Goal: errors that pass are retried, others end the operation with the broker's words; an attempt
 * whose answer was lost makes a later error uncertain.
 * Method: NOT_CONTROLLER, then a lost connection, then TOPIC_ALREADY_EXISTS. */
static void retries_and_then_fails(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        struct create_topics_topic topic = topic_named("t");
        admin_create_topic(f.admin, &topic, false, note, &f);
        struct script_request r = script_take(f.w, API_CREATE_TOPICS);
        answer_create(&f, &r, KERR_NOT_CONTROLLER);
        script_advance(f.w, 100);
        r = script_take(f.w, API_CREATE_TOPICS);
        script_cut(f.w, r.stream);
        packet_free(r.packet);
        script_advance(f.w, 200);
        assert_int_equal(f.done, 0);
        r = script_take(f.w, API_CREATE_TOPICS);
        answer_create(&f, &r, KERR_TOPIC_ALREADY_EXISTS);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.err, KERR_TOPIC_ALREADY_EXISTS);
        assert_true(f.unknown);
        assert_string_equal(f.message, "no such luck");

        admin_create_topic(f.admin, &topic, false, note, &f);
        r = script_take(f.w, API_CREATE_TOPICS);
        answer_create(&f, &r, KERR_TOPIC_ALREADY_EXISTS);
        assert_int_equal(f.done, 2);
        assert_false(f.unknown);
        close_fixture(&f);
}

/* Goal: an operation ends when default.api.timeout.ms is over, with the last error.
 * Method: nobody to talk to; and a partition that never gets a leader. */
static void operations_time_out(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        f.w->refused[0] = true;
        admin_list_topics(f.admin, note, &f);
        script_advance(f.w, 59999);
        assert_int_equal(f.done, 0);
        script_advance(f.w, 1);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.err, KERR_TIMED_OUT_LOCALLY);
        assert_false(f.unknown);
        f.w->refused[0] = false;
        f.w->leader[0] = -1;
        admin_list_offsets(f.admin, "t", 0, LIST_OFFSETS_LATEST, note, &f);
        script_advance(f.w, 60000);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.err, KERR_LEADER_NOT_AVAILABLE);
        close_fixture(&f);
}

static void note_metadata(void *context, const struct admin_result *result)
{
        note(context, result);
        if (!result->err)
                ((struct fixture *)context)->numbers[0] =
                        result->metadata->topics.items[0].partitions.count;
}

/* Goal: describing a topic never creates it, and an unknown one is an answer, not a retry.
 * Method: look at the request; then a cluster without topics. */
static void describes_a_topic(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        admin_describe_topic(f.admin, "t", note_metadata, &f);
        script_pump(f.w);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.numbers[0], SCRIPT_PARTITIONS);
        f.w->partition_count = 0;
        admin_describe_topic(f.admin, "t", note_metadata, &f);
        script_pump(f.w);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.err, KERR_UNKNOWN_TOPIC_OR_PARTITION);
        f.w->mute = true;
        admin_describe_topic(f.admin, "t", note_metadata, &f);
        struct script_request r = script_take(f.w, API_METADATA);
        struct metadata_request m = {0};
        serde_metadata_request(&r.body, &m);
        assert_false(m.allow_auto_topic_creation);
        packet_free(r.packet);
        admin_close(f.admin);
        assert_int_equal(f.done, 3);
        assert_int_equal(f.err, KERR_OPERATION_NOT_ATTEMPTED);
        assert_false(f.unknown); /* describing changes nothing */
        script_close(f.w);
}

static void note_offset(void *context, const struct admin_result *result)
{
        note(context, result);
        if (!result->err)
                ((struct fixture *)context)->numbers[0] = result->offset->offset;
}

static void note_low_watermark(void *context, const struct admin_result *result)
{
        note(context, result);
        if (!result->err)
                ((struct fixture *)context)->numbers[0] = result->deleted_records->low_watermark;
}

/* Goal: what only a leader knows is asked of the leader, also after it moved; the largest timestamp
 * needs ListOffsets 7.
 * Method: t-1 moves from broker 1 to 2 under the request. */
static void asks_the_leader(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        struct list_offsets_partition_response partition = {
                .index = 1, .error_code = KERR_NOT_LEADER_OR_FOLLOWER, .offset = 12};
        struct list_offsets_topic_response topic = {str_of("t"), {&partition, 1}};
        struct list_offsets_response m = {.topics = {&topic, 1}};
        admin_list_offsets(f.admin, "t", 1, 777, note_offset, &f);
        struct script_request r = script_take(f.w, API_LIST_OFFSETS);
        assert_int_equal(r.port, SCRIPT_PORT + 1);
        f.w->leader[1] = 2;
        f.w->leader_epoch++;
        script_reply(f.w, &r, -1, write_list_offsets, &m);
        script_advance(f.w, 100);
        r = script_take(f.w, API_LIST_OFFSETS);
        assert_int_equal(r.port, SCRIPT_PORT + 2);
        struct list_offsets_request asked = {0};
        serde_list_offsets_request(&r.body, &asked);
        assert_int_equal(asked.topics.items[0].partitions.items[0].timestamp_ms, 777);
        partition.error_code = 0;
        script_reply(f.w, &r, -1, write_list_offsets, &m);
        assert_int_equal(f.numbers[0], 12);

        struct delete_records_partition_response deleted = {.index = 1, .low_watermark = 9};
        struct delete_records_topic_response deleted_topic = {str_of("t"), {&deleted, 1}};
        struct delete_records_response deletion = {.topics = {&deleted_topic, 1}};
        admin_delete_records(f.admin, "t", 1, 9, note_low_watermark, &f);
        r = script_take(f.w, API_DELETE_RECORDS);
        assert_int_equal(r.port, SCRIPT_PORT + 2);
        script_reply(f.w, &r, -1, write_delete_records, &deletion);
        assert_int_equal(f.numbers[0], 9);

        f.w->max_version[API_LIST_OFFSETS] = 6;
        script_cut(f.w, r.stream); /* the next connection sees the older broker */
        admin_list_offsets(f.admin, "t", 1, LIST_OFFSETS_MAX_TIMESTAMP, note_offset, &f);
        script_advance(f.w, 200);
        assert_int_equal(f.err, KERR_UNSUPPORTED_VERSION);
        close_fixture(&f);
}

static void note_configs(void *context, const struct admin_result *result)
{
        note(context, result);
        if (!result->err)
                ((struct fixture *)context)->numbers[0] = result->configs->configs.count;
}

/* Goal: a broker's configuration is asked of that broker, a topic's changes of the controller.
 * Method: describe broker 3, alter topic t. */
static void configures(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        admin_describe_configs(f.admin, CONFIG_RESOURCE_BROKER, "3", note_configs, &f);
        struct script_request r = script_take(f.w, API_DESCRIBE_CONFIGS);
        assert_int_equal(r.port, SCRIPT_PORT + 3);
        struct describe_configs_config config = {
                .name = str_of("log.dirs"), .value = STR_NULL, .documentation = STR_NULL};
        struct describe_configs_resource_response resource = {.error_message = STR_NULL,
                                                              .resource_type =
                                                                      CONFIG_RESOURCE_BROKER,
                                                              .resource_name = str_of("3"),
                                                              .configs = {&config, 1}};
        struct describe_configs_response described = {.resources = {&resource, 1}};
        script_reply(f.w, &r, -1, write_describe_configs, &described);
        assert_int_equal(f.numbers[0], 1);

        struct alter_configs_config change = {
                .name = str_of("retention.ms"), .operation = CONFIG_DELETE, .value = STR_NULL};
        admin_alter_configs(f.admin, CONFIG_RESOURCE_TOPIC, "t", &change, 1, false, note, &f);
        r = script_take(f.w, API_INCREMENTAL_ALTER_CONFIGS);
        assert_int_equal(r.port, SCRIPT_PORT + 1);
        struct alter_configs_request asked = {0};
        serde_incremental_alter_configs_request(&r.body, &asked);
        assert_int_equal(asked.resources.items[0].configs.items[0].operation, CONFIG_DELETE);
        struct alter_configs_resource_response altered = {.error_code = KERR_INVALID_CONFIG,
                                                          .error_message = str_of("bad"),
                                                          .resource_name = str_of("t")};
        struct alter_configs_response m = {.resources = {&altered, 1}};
        script_reply(f.w, &r, -1, write_alter_configs, &m);
        assert_int_equal(f.err, KERR_INVALID_CONFIG);
        assert_string_equal(f.message, "bad");
        assert_int_equal(f.done, 2);
        close_fixture(&f);
}

static void note_cluster(void *context, const struct admin_result *result)
{
        note(context, result);
        if (!result->err)
                ((struct fixture *)context)->numbers[0] = result->cluster->controller_id;
}

/* Goal: the rest of the operations ask the right question and read the answer.
 * Method: delete a topic, add partitions, describe the cluster. */
static void other_operations(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        admin_delete_topic(f.admin, "t", note, &f);
        struct script_request r = script_take(f.w, API_DELETE_TOPICS);
        struct delete_topics_request deleting = {0};
        serde_delete_topics_request(&r.body, &deleting);
        assert_true(str_equal_c(deleting.topics.items[0].name, "t"));
        struct delete_topics_topic_response deleted = {.name = str_of("t"),
                                                       .error_code =
                                                               KERR_UNKNOWN_TOPIC_OR_PARTITION,
                                                       .error_message = STR_NULL};
        struct delete_topics_response deletion = {.topics = {&deleted, 1}};
        script_reply(f.w, &r, -1, write_delete_topics, &deletion);
        assert_int_equal(f.err, KERR_UNKNOWN_TOPIC_OR_PARTITION);
        assert_int_equal(f.done, 1);

        admin_create_partitions(f.admin, "t", 6, note, &f);
        r = script_take(f.w, API_CREATE_PARTITIONS);
        struct create_partitions_request growing = {0};
        serde_create_partitions_request(&r.body, &growing);
        assert_int_equal(growing.topics.items[0].count, 6);
        assert_int_equal(growing.topics.items[0].assignments.count, -1);
        struct create_partitions_topic_response grown = {.name = str_of("t"),
                                                         .error_message = STR_NULL};
        struct create_partitions_response growth = {.topics = {&grown, 1}};
        script_reply(f.w, &r, -1, write_create_partitions, &growth);
        assert_int_equal(f.err, KERR_NONE);
        assert_int_equal(f.done, 2);

        admin_describe_cluster(f.admin, note_cluster, &f);
        r = script_take(f.w, API_DESCRIBE_CLUSTER);
        struct describe_cluster_response cluster = {
                .error_message = STR_NULL, .cluster_id = str_of("c"), .controller_id = 2};
        script_reply(f.w, &r, -1, write_describe_cluster, &cluster);
        assert_int_equal(f.numbers[0], 2);
        assert_int_equal(f.done, 3);
        close_fixture(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(creates_a_topic),     cmocka_unit_test(retries_and_then_fails),
                cmocka_unit_test(operations_time_out), cmocka_unit_test(describes_a_topic),
                cmocka_unit_test(asks_the_leader),     cmocka_unit_test(configures),
                cmocka_unit_test(other_operations),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

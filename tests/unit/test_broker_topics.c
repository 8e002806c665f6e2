/* The broker's administration, request by request: topics, partitions, settings, and their
 * survival. */
#include "broker_bench.h"
#include "wire/configs.h"
#include "wire/create_partitions.h"
#include "wire/create_topics.h"
#include "wire/delete_topics.h"
#include "wire/describe_cluster.h"
#include "wire/find_coordinator.h"
#include "wire/metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct create_topics_topic_response create(struct bench *b, struct create_topics_topic topic,
                                                  bool validate_only)
{
        struct create_topics_request request = {
                .topics = {&topic, 1}, .timeout_ms = 1000, .validate_only = validate_only};
        struct create_topics_response response = {0};
        bench_call(b, API_CREATE_TOPICS, 7, create_topics, &request, &response);
        assert_int_equal(response.topics.count, 1);
        return response.topics.items[0];
}

static struct metadata_response metadata(struct bench *b, const char *topic, bool auto_create)
{
        struct metadata_topic asked = {.name = str_of(topic)};
        struct metadata_request request = {.topics = {&asked, topic ? 1 : -1},
                                           .allow_auto_topic_creation = auto_create};
        struct metadata_response response = {0};
        bench_call(b, API_METADATA, 12, metadata, &request, &response);
        return response;
}

/* Goal:   a topic is made as asked, is there in the next answer, and is refused a second time.
 * Method: three partitions and a setting; look at Metadata; the same again; validate_only. */
static void topics_are_made(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        struct create_topics_config setting = {str_of("retention.ms"), str_of("1234")};
        struct create_topics_topic t = {.name = str_of("orders"),
                                        .num_partitions = 3,
                                        .replication_factor = 1,
                                        .configs = {&setting, 1}};
        assert_int_equal(create(&b, t, true).error_code, KERR_NONE);
        assert_int_equal(metadata(&b, NULL, true).topics.count, 0);
        struct create_topics_topic_response made = create(&b, t, false);
        assert_int_equal(made.error_code, KERR_NONE);
        assert_int_equal(made.num_partitions, 3);
        struct metadata_response m = metadata(&b, NULL, true);
        assert_int_equal(m.topics.count, 1);
        assert_int_equal(m.topics.items[0].partitions.count, 3);
        assert_memory_equal(&m.topics.items[0].topic_id, &made.topic_id, sizeof made.topic_id);
        assert_int_equal(m.topics.items[0].partitions.items[2].leader_id, 1);
        assert_int_equal(create(&b, t, false).error_code, KERR_TOPIC_ALREADY_EXISTS);
        assert_int_equal(create(&b, t, true).error_code, KERR_TOPIC_ALREADY_EXISTS);
        bench_close(&b);
}

/* Goal:   what cannot be made is refused with Kafka's code and a reason, and leaves nothing behind.
 * Method: bad names, counts, settings and assignments. */
static void impossible_topics_are_refused(void **state)
{
        (void)state;
        struct bench b;
        int32_t nobody = 9;
        struct create_topics_assignment assignment = {.index = 0, .broker_ids = {&nobody, 1}};
        struct create_topics_config unknown = {str_of("no.such.key"), str_of("1")};
        struct create_topics_config wrong = {str_of("segment.bytes"), str_of("tiny")};
        const struct {
                struct create_topics_topic topic;
                int16_t code;
        } cases[] = {
                {{.name = str_of("a b"), .num_partitions = 1, .replication_factor = 1},
                 KERR_INVALID_TOPIC_EXCEPTION},
                {{.name = {"a\0b", 3}, .num_partitions = 1, .replication_factor = 1},
                 KERR_INVALID_TOPIC_EXCEPTION},
                {{.name = str_of(".."), .num_partitions = 1, .replication_factor = 1},
                 KERR_INVALID_TOPIC_EXCEPTION},
                {{.name = str_of("__cluster_metadata"),
                  .num_partitions = 1,
                  .replication_factor = 1},
                 KERR_TOPIC_ALREADY_EXISTS},
                {{.name = str_of("t"), .num_partitions = 0, .replication_factor = 1},
                 KERR_INVALID_PARTITIONS},
                {{.name = str_of("t"), .num_partitions = 1, .replication_factor = 3},
                 KERR_INVALID_REPLICATION_FACTOR},
                {{.name = str_of("t"),
                  .num_partitions = -1,
                  .replication_factor = -1,
                  .configs = {&unknown, 1}},
                 KERR_INVALID_CONFIG},
                {{.name = str_of("t"),
                  .num_partitions = -1,
                  .replication_factor = -1,
                  .configs = {&wrong, 1}},
                 KERR_INVALID_CONFIG},
                {{.name = str_of("t"),
                  .num_partitions = -1,
                  .replication_factor = -1,
                  .assignments = {&assignment, 1}},
                 KERR_INVALID_REPLICA_ASSIGNMENT},
                {{.name = str_of("t"),
                  .num_partitions = 1,
                  .replication_factor = 1,
                  .assignments = {&assignment, 1}},
                 KERR_INVALID_REQUEST},
        };
        bench_open(&b, NULL);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct create_topics_topic_response made = create(&b, cases[i].topic, false);
                assert_int_equal(made.error_code, cases[i].code);
                assert_true(made.error_message.size > 0);
        }
        assert_int_equal(metadata(&b, NULL, false).topics.count, 0);
        bench_close(&b);
}

/* Goal:   asking for an unknown topic makes it, unless the client or the broker forbids it.
 * Method: Metadata with and without allow_auto_topic_creation; a broker that has it off. */
static void topics_come_by_themselves(void **state)
{
        (void)state;
        struct bench b;
        const char *settings[] = {"num.partitions=4", NULL};
        bench_open(&b, settings);
        assert_int_equal(metadata(&b, "t", false).topics.items[0].error_code,
                         KERR_UNKNOWN_TOPIC_OR_PARTITION);
        struct metadata_response m = metadata(&b, "t", true);
        assert_int_equal(m.topics.items[0].error_code, KERR_NONE);
        assert_int_equal(m.topics.items[0].partitions.count, 4);
        assert_int_equal(metadata(&b, "a/b", true).topics.items[0].error_code,
                         KERR_INVALID_TOPIC_EXCEPTION);
        bench_close(&b);
        const char *off[] = {"auto.create.topics.enable=false", NULL};
        bench_open(&b, off);
        assert_int_equal(metadata(&b, "t", true).topics.items[0].error_code,
                         KERR_UNKNOWN_TOPIC_OR_PARTITION);
        bench_close(&b);
}

/* Goal:   a topic asked for without name and without a known id is answered, in every version that
 *         allows it: the null name of the request must not end up where the answer may have none.
 * Method: Metadata 10 to 12 with a null name and id zero, and with an unknown id.
 */
static void a_topic_without_a_name_is_unknown(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        for (int16_t version = 10; version <= 12; version++) {
                for (uint8_t id = 0; id < 2; id++) {
                        struct metadata_topic asked = {.name = STR_NULL, .topic_id = {{id}}};
                        struct metadata_request request = {.topics = {&asked, 1}};
                        struct metadata_response response = {0};
                        bench_call(&b, API_METADATA, version, metadata, &request, &response);
                        assert_int_not_equal(response.topics.items[0].error_code, KERR_NONE);
                }
        }
        bench_close(&b);
}

static int16_t grow(struct bench *b, const char *topic, int32_t count, bool validate_only)
{
        struct create_partitions_topic t = {
                .name = str_of(topic), .count = count, .assignments.count = -1};
        struct create_partitions_request request = {
                .topics = {&t, 1}, .timeout_ms = 100, .validate_only = validate_only};
        struct create_partitions_response response = {0};
        bench_call(b, API_CREATE_PARTITIONS, 3, create_partitions, &request, &response);
        return response.topics.items[0].error_code;
}

static int16_t delete (struct bench *b, const char *topic)
{
        struct delete_topics_topic t = {.name = str_of(topic)};
        struct delete_topics_request request = {.topics = {&t, 1}, .timeout_ms = 100};
        struct delete_topics_response response = {0};
        bench_call(b, API_DELETE_TOPICS, 6, delete_topics, &request, &response);
        return response.topics.items[0].error_code;
}

/* Goal:   partitions only ever become more; a deleted topic is gone, and its name is free again.
 * Method: grow, shrink, delete, delete again, make anew: another id. */
static void topics_grow_and_go(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        struct uuid first = metadata(&b, "t", true).topics.items[0].topic_id;
        assert_int_equal(grow(&b, "t", 3, true), KERR_NONE);
        assert_int_equal(metadata(&b, "t", false).topics.items[0].partitions.count, 1);
        assert_int_equal(grow(&b, "t", 3, false), KERR_NONE);
        assert_int_equal(metadata(&b, "t", false).topics.items[0].partitions.count, 3);
        assert_int_equal(grow(&b, "t", 2, false), KERR_INVALID_PARTITIONS);
        assert_int_equal(grow(&b, "u", 2, false), KERR_UNKNOWN_TOPIC_OR_PARTITION);
        assert_int_equal(delete (&b, "t"), KERR_NONE);
        assert_int_equal(delete (&b, "t"), KERR_UNKNOWN_TOPIC_OR_PARTITION);
        struct uuid second = metadata(&b, "t", true).topics.items[0].topic_id;
        assert_memory_not_equal(&first, &second, sizeof first);
        bench_close(&b);
}

static struct describe_configs_config look_up(struct bench *b, int8_t type, const char *name,
                                              const char *key)
{
        struct str asked = str_of(key);
        struct describe_configs_resource r = {
                .resource_type = type, .resource_name = str_of(name), .keys = {&asked, 1}};
        struct describe_configs_request request = {.resources = {&r, 1}, .include_synonyms = true};
        struct describe_configs_response response = {0};
        bench_call(b, API_DESCRIBE_CONFIGS, 4, describe_configs, &request, &response);
        assert_int_equal(response.resources.items[0].error_code, KERR_NONE);
        assert_int_equal(response.resources.items[0].configs.count, 1);
        return response.resources.items[0].configs.items[0];
}

static int16_t alter(struct bench *b, bool incremental, const char *key, int8_t operation,
                     const char *value)
{
        struct alter_configs_config c = {str_of(key), operation, str_of(value)};
        struct alter_configs_resource r = {.resource_type = CONFIG_RESOURCE_TOPIC,
                                           .resource_name = str_of("t"),
                                           .configs = {&c, 1}};
        struct alter_configs_request request = {.resources = {&r, 1}};
        struct alter_configs_response response = {0};
        enum api_key api = incremental ? API_INCREMENTAL_ALTER_CONFIGS : API_ALTER_CONFIGS;
        int16_t version = 1;
        struct serde out = bench_ask(b, api, version), in;
        if (incremental)
                serde_incremental_alter_configs_request(&out, &request);
        else
                serde_alter_configs_request(&out, &request);
        bench_send(b, 0, &out);
        assert_true(bench_answer(b, api, version, 1000, &in, NULL));
        serde_alter_configs_response(&in, &response);
        assert_int_equal(in.err, KERR_NONE);
        return response.resources.items[0].error_code;
}

/* Goal:   settings can be set, deleted and replaced, are checked, and tell where they come from.
 * Method: incremental set and delete; AlterConfigs drops what it does not name; the broker's own
 * are read only. */
static void settings_change(void **state)
{
        (void)state;
        struct bench b;
        const char *file[] = {"log.retention.ms=5000", NULL};
        bench_open(&b, file);
        metadata(&b, "t", true);
        struct describe_configs_config c = look_up(&b, CONFIG_RESOURCE_TOPIC, "t", "retention.ms");
        assert_true(str_equal_c(c.value, "5000"));
        assert_int_equal(c.source, CONFIG_SOURCE_STATIC_BROKER);
        assert_int_equal(alter(&b, true, "retention.ms", CONFIG_SET, "77"), KERR_NONE);
        assert_int_equal(alter(&b, true, "segment.bytes", CONFIG_SET, "1000"), KERR_NONE);
        c = look_up(&b, CONFIG_RESOURCE_TOPIC, "t", "retention.ms");
        assert_true(str_equal_c(c.value, "77"));
        assert_int_equal(c.source, CONFIG_SOURCE_TOPIC);
        assert_int_equal(c.synonyms.count, 1);
        assert_int_equal(alter(&b, true, "retention.ms", CONFIG_SET, "soon"), KERR_INVALID_CONFIG);
        assert_int_equal(alter(&b, true, "no.such", CONFIG_SET, "1"), KERR_INVALID_CONFIG);
        assert_int_equal(alter(&b, true, "retention.ms", CONFIG_APPEND, "1"), KERR_INVALID_CONFIG);
        assert_int_equal(alter(&b, false, "max.message.bytes", CONFIG_SET, "999"), KERR_NONE);
        c = look_up(&b, CONFIG_RESOURCE_TOPIC, "t", "retention.ms");
        assert_true(str_equal_c(c.value, "5000"));
        c = look_up(&b, CONFIG_RESOURCE_TOPIC, "t", "segment.bytes");
        assert_int_equal(c.source, CONFIG_SOURCE_DEFAULT);
        assert_int_equal(alter(&b, true, "max.message.bytes", CONFIG_DELETE, NULL), KERR_NONE);
        c = look_up(&b, CONFIG_RESOURCE_TOPIC, "t", "max.message.bytes");
        assert_true(str_equal_c(c.value, "1048588"));
        c = look_up(&b, CONFIG_RESOURCE_BROKER, "1", "log.retention.ms");
        assert_true(c.read_only);
        bench_close(&b);
}

/* Goal:   topics and settings survive a power cut that leaves nothing unsynced: they were synced
 * before they were answered. Deleted topics stay deleted. Method: make two, delete one, configure
 * the other; cut; boot; ask. */
static void metadata_is_durable(void **state)
{
        (void)state;
        struct bench b;
        struct sim_survival nothing;
        assert_true(sim_survival_find("nothing", &nothing));
        bench_open(&b, NULL);
        metadata(&b, "t", true);
        metadata(&b, "u", true);
        assert_int_equal(grow(&b, "t", 2, false), KERR_NONE);
        assert_int_equal(alter(&b, true, "retention.ms", CONFIG_SET, "77"), KERR_NONE);
        assert_int_equal(delete (&b, "u"), KERR_NONE);
        sim_node_power_cut(b.broker_node, &nothing);
        assert_int_equal(sim_node_boot(b.broker_node), KERR_NONE);
        bench_wait_ready(&b);
        struct world *w = &b.client_node->files.world;
        assert_int_equal(w->dial(w, "broker-1", 9092, &b.streams[0]), KERR_NONE);
        bench_run(&b, 100);
        struct metadata_response m = metadata(&b, NULL, false);
        assert_int_equal(m.topics.count, 1);
        assert_int_equal(m.topics.items[0].partitions.count, 2);
        assert_true(
                str_equal_c(look_up(&b, CONFIG_RESOURCE_TOPIC, "t", "retention.ms").value, "77"));
        bench_close(&b);
}

/* Goal:   the cluster describes itself; there is no group coordinator yet, and that is said.
 * Method: DescribeCluster, FindCoordinator. */
static void the_cluster_describes_itself(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        struct describe_cluster_request request = {.endpoint_type = ENDPOINT_BROKERS};
        struct describe_cluster_response response = {0};
        bench_call(&b, API_DESCRIBE_CLUSTER, 1, describe_cluster, &request, &response);
        assert_int_equal(response.brokers.count, 1);
        assert_int_equal(response.brokers.items[0].port, 9092);
        assert_int_equal(response.cluster_id.size, 22);
        bench_close(&b);
}

/* Goal:   who asks for a coordinator gets one, though nobody made its topic.
 * Method: a group and a transactional id on a node that is alone; then the topics' metadata. */
static void coordinators_are_found(void **state)
{
        (void)state;
        struct bench b;
        bench_open(&b, NULL);
        struct str keys[] = {str_of("billing"), str_of("shipping")};
        struct find_coordinator_request find = {.coordinator_keys = {keys, 2}};
        struct find_coordinator_response found = {0};
        for (int8_t type = COORDINATOR_GROUP; type <= COORDINATOR_TRANSACTION; type++) {
                find.key_type = type;
                bench_call(&b, API_FIND_COORDINATOR, 4, find_coordinator, &find, &found);
                assert_int_equal(found.coordinators.count, 2);
                assert_int_equal(found.coordinators.items[1].error_code, KERR_NONE);
                assert_int_equal(found.coordinators.items[1].port, 9092);
        }
        struct metadata_request request = {.topics.count = -1};
        struct metadata_response response = {0};
        bench_call(&b, API_METADATA, 9, metadata, &request, &response);
        assert_int_equal(response.topics.count, 2);
        for (int i = 0; i < 2; i++) {
                assert_true(response.topics.items[i].is_internal);
                assert_int_equal(response.topics.items[i].partitions.count, 50);
        }
        find.key_type = 7;
        bench_call(&b, API_FIND_COORDINATOR, 4, find_coordinator, &find, &found);
        assert_int_equal(found.coordinators.items[0].error_code, KERR_INVALID_REQUEST);
        bench_close(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(coordinators_are_found),
                cmocka_unit_test(topics_are_made),
                cmocka_unit_test(impossible_topics_are_refused),
                cmocka_unit_test(topics_come_by_themselves),
                cmocka_unit_test(a_topic_without_a_name_is_unknown),
                cmocka_unit_test(topics_grow_and_go),
                cmocka_unit_test(settings_change),
                cmocka_unit_test(metadata_is_durable),
                cmocka_unit_test(the_cluster_describes_itself),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

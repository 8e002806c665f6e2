/* message_samples.h - one filled struct for each message that clients send, for tests.
 *
 * Numbers of one message differ from each other, so a field that lands in its neighbour shows. */
#ifndef ODRADEK_TESTS_MESSAGE_SAMPLES_H
#define ODRADEK_TESTS_MESSAGE_SAMPLES_H

#include "message_walk.h"

#include "wire/api_versions.h"
#include "wire/configs.h"
#include "wire/create_partitions.h"
#include "wire/create_topics.h"
#include "wire/delete_records.h"
#include "wire/delete_topics.h"
#include "wire/describe_cluster.h"
#include "wire/epoch_end.h"
#include "wire/fetch.h"
#include "wire/find_coordinator.h"
#include "wire/list_offsets.h"
#include "wire/metadata.h"
#include "wire/produce.h"

/* X(API, message, struct) */
#define MESSAGE_LIST(X)                                                                        \
        X(API_VERSIONS, api_versions_request, api_versions_request)                            \
        X(API_VERSIONS, api_versions_response, api_versions_response)                          \
        X(METADATA, metadata_request, metadata_request)                                        \
        X(METADATA, metadata_response, metadata_response)                                      \
        X(PRODUCE, produce_request, produce_request)                                           \
        X(PRODUCE, produce_response, produce_response)                                         \
        X(FETCH, fetch_request, fetch_request)                                                 \
        X(FETCH, fetch_response, fetch_response)                                               \
        X(LIST_OFFSETS, list_offsets_request, list_offsets_request)                            \
        X(LIST_OFFSETS, list_offsets_response, list_offsets_response)                          \
        X(FIND_COORDINATOR, find_coordinator_request, find_coordinator_request)                \
        X(FIND_COORDINATOR, find_coordinator_response, find_coordinator_response)              \
        X(CREATE_TOPICS, create_topics_request, create_topics_request)                         \
        X(CREATE_TOPICS, create_topics_response, create_topics_response)                       \
        X(DELETE_TOPICS, delete_topics_request, delete_topics_request)                         \
        X(DELETE_TOPICS, delete_topics_response, delete_topics_response)                       \
        X(CREATE_PARTITIONS, create_partitions_request, create_partitions_request)             \
        X(CREATE_PARTITIONS, create_partitions_response, create_partitions_response)           \
        X(DELETE_RECORDS, delete_records_request, delete_records_request)                      \
        X(DELETE_RECORDS, delete_records_response, delete_records_response)                    \
        X(DESCRIBE_CONFIGS, describe_configs_request, describe_configs_request)                \
        X(DESCRIBE_CONFIGS, describe_configs_response, describe_configs_response)              \
        X(ALTER_CONFIGS, alter_configs_request, alter_configs_request)                         \
        X(ALTER_CONFIGS, alter_configs_response, alter_configs_response)                       \
        X(INCREMENTAL_ALTER_CONFIGS, incremental_alter_configs_request, alter_configs_request) \
        X(OFFSET_FOR_LEADER_EPOCH, epoch_end_request, epoch_end_request)                       \
        X(OFFSET_FOR_LEADER_EPOCH, epoch_end_response, epoch_end_response)                     \
        X(DESCRIBE_CLUSTER, describe_cluster_request, describe_cluster_request)                \
        X(DESCRIBE_CLUSTER, describe_cluster_response, describe_cluster_response)

static struct api_versions_request sample_api_versions_request = {
        .client_software_name = STR("kcat"),
        .client_software_version = STR("1.7.1"),
};

static struct api_versions_response sample_api_versions_response = {
        .error_code = 35,
        .apis = ITEMS(struct api_versions_api, {0, 3, 9}, {18, 1, 4}),
        .throttle_time_ms = 17,
};

static struct metadata_request sample_metadata_request = {
        .topics = ITEMS(struct metadata_topic, {UUID_OF('a'), STR("orders")},
                        {UUID_OF('b'), STR("payments")}),
        .include_cluster_authorized_operations = true,
};

static struct metadata_response sample_metadata_response = {
        .throttle_time_ms = 11,
        .brokers = ITEMS(struct metadata_broker, {1, STR("one"), 9092, STR("east")},
                         {2, STR("two"), 9093, NULL_STR}),
        .cluster_id = STR("lab"),
        .controller_id = 2,
        .topics = ITEMS(struct metadata_topic_response,
                        {.error_code = 5,
                         .name = STR("orders"),
                         .topic_id = UUID_OF('o'),
                         .is_internal = true,
                         .partitions = ITEMS(struct metadata_partition_response,
                                             {.error_code = 9,
                                              .index = 21,
                                              .leader_id = 22,
                                              .leader_epoch = 23,
                                              .replicas = ITEMS(int32_t, 24, 25, 26),
                                              .isr = ITEMS(int32_t, 27),
                                              .offline_replicas = ITEMS(int32_t, 28, 29)},
                                             {.index = 31, .leader_id = -1, .leader_epoch = -1}),
                         .authorized_operations = 41}),
        .authorized_operations = 51,
};

static struct produce_request sample_produce_request = {
        .transactional_id = STR("mover"),
        .acks = -1,
        .timeout_ms = 1500,
        .topics = ITEMS(struct produce_topic,
                        {.name = STR("orders"),
                         .partitions = ITEMS(struct produce_partition, {3, RECORDS("batch")},
                                             {4, RECORDS("second batch")})},
                        {.name = STR("empty")}),
};

static struct produce_response sample_produce_response = {
        .topics = ITEMS(
                struct produce_topic_response,
                {.name = STR("orders"),
                 .partitions = ITEMS(struct produce_partition_response,
                                     {.index = 3,
                                      .error_code = 87,
                                      .base_offset = 1001,
                                      .log_append_time_ms = 1002,
                                      .log_start_offset = 1003,
                                      .record_errors = ITEMS(struct produce_record_error,
                                                             {6, STR("no key")}, {7, NULL_STR}),
                                      .error_message = STR("bad records")})}),
        .throttle_time_ms = 12,
};

static struct fetch_request sample_fetch_request = {
        .cluster_id = STR("lab"),
        .replica_id = 2,
        .replica_epoch = 63,
        .max_wait_ms = 500,
        .min_bytes = 1,
        .max_bytes = 52428800,
        .isolation_level = READ_COMMITTED,
        .session_id = 61,
        .session_epoch = 62,
        .topics = ITEMS(struct fetch_topic,
                        {.name = STR("orders"),
                         .topic_id = UUID_OF('o'),
                         .partitions = ITEMS(struct fetch_partition, {.index = 3,
                                                                      .current_leader_epoch = 71,
                                                                      .fetch_offset = 72,
                                                                      .last_fetched_epoch = 73,
                                                                      .log_start_offset = 74,
                                                                      .max_bytes = 1048576})}),
        .forgotten_topics = ITEMS(struct fetch_forgotten_topic,
                                  {STR("old"), UUID_OF('l'), ITEMS(int32_t, 81, 82)}),
        .rack_id = STR("east"),
};

static struct fetch_response sample_fetch_response = {
        .throttle_time_ms = 13,
        .error_code = 70,
        .session_id = 61,
        .topics = ITEMS(struct fetch_topic_response,
                        {.name = STR("orders"),
                         .topic_id = UUID_OF('o'),
                         .partitions = ITEMS(struct fetch_partition_response,
                                             {.index = 3,
                                              .error_code = 1,
                                              .high_watermark = 91,
                                              .last_stable_offset = 92,
                                              .log_start_offset = 93,
                                              .has_diverging_epoch = true,
                                              .diverging_epoch = {94, 95},
                                              .has_current_leader = true,
                                              .current_leader = {96, 97},
                                              .has_snapshot_id = true,
                                              .snapshot_id = {98, 99},
                                              .aborted_transactions = ITEMS(
                                                      struct fetch_aborted_transaction, {101, 102}),
                                              .preferred_read_replica = 103,
                                              .records = RECORDS("a batch and a half")},
                                             {.index = 4,
                                              .aborted_transactions = {NULL, -1},
                                              .preferred_read_replica = -1})}),
};

static struct list_offsets_request sample_list_offsets_request = {
        .replica_id = -1,
        .isolation_level = READ_COMMITTED,
        .topics = ITEMS(struct list_offsets_topic,
                        {.name = STR("orders"),
                         .partitions = ITEMS(struct list_offsets_partition,
                                             {3, 71, LIST_OFFSETS_MAX_TIMESTAMP})}),
};

static struct list_offsets_response sample_list_offsets_response = {
        .throttle_time_ms = 14,
        .topics = ITEMS(struct list_offsets_topic_response,
                        {.name = STR("orders"),
                         .partitions = ITEMS(struct list_offsets_partition_response,
                                             {3, 78, 1700000000000, 42, 71})}),
};

static struct find_coordinator_request sample_find_coordinator_request = {
        .key_type = COORDINATOR_TRANSACTION,
        .coordinator_keys = ITEMS(struct str, STR("billing")),
};

static struct find_coordinator_response sample_find_coordinator_response = {
        .throttle_time_ms = 15,
        .coordinators = ITEMS(struct find_coordinator_coordinator,
                              {STR("billing"), 2, STR("two"), 9093, 16, STR("moved")}),
};

static struct create_topics_request sample_create_topics_request = {
        .topics = ITEMS(
                struct create_topics_topic,
                {.name = STR("orders"),
                 .num_partitions = 6,
                 .replication_factor = 3,
                 .assignments = ITEMS(struct create_topics_assignment, {8, ITEMS(int32_t, 1, 2)}),
                 .configs = ITEMS(struct create_topics_config, {STR("retention.ms"), STR("1000")},
                                  {STR("x"), NULL_STR})}),
        .timeout_ms = 30000,
        .validate_only = true,
};

static struct create_topics_response sample_create_topics_response = {
        .throttle_time_ms = 16,
        .topics = ITEMS(struct create_topics_topic_response,
                        {.name = STR("orders"),
                         .topic_id = UUID_OF('o'),
                         .error_code = 36,
                         .error_message = STR("there"),
                         .config_error_code = 29,
                         .num_partitions = 6,
                         .replication_factor = 3,
                         .configs = {NULL, -1}},
                        {.name = STR("payments"),
                         .error_message = NULL_STR,
                         .configs = ITEMS(struct create_topics_config_response,
                                          {STR("segment.ms"), STR("5"), true, 1, false})}),
};

static struct delete_topics_request sample_delete_topics_request = {
        .topics = ITEMS(struct delete_topics_topic, {STR("orders"), UUID_OF('o')},
                        {STR("payments"), UUID_OF('p')}),
        .timeout_ms = 30001,
};

static struct delete_topics_response sample_delete_topics_response = {
        .throttle_time_ms = 18,
        .topics = ITEMS(struct delete_topics_topic_response,
                        {STR("orders"), UUID_OF('o'), 3, STR("unknown")},
                        {STR("payments"), UUID_OF('p'), 0, NULL_STR}),
};

static struct create_partitions_request sample_create_partitions_request = {
        .topics = ITEMS(struct create_partitions_topic,
                        {STR("orders"), 12,
                         ITEMS(struct create_partitions_assignment, {ITEMS(int32_t, 1, 2)})},
                        {STR("payments"), 13, {NULL, -1}}),
        .timeout_ms = 30002,
        .validate_only = true,
};

static struct create_partitions_response sample_create_partitions_response = {
        .throttle_time_ms = 19,
        .topics = ITEMS(struct create_partitions_topic_response, {STR("orders"), 37, STR("fewer")},
                        {STR("payments"), 0, NULL_STR}),
};

static struct delete_records_request sample_delete_records_request = {
        .topics = ITEMS(struct delete_records_topic,
                        {STR("orders"), ITEMS(struct delete_records_partition, {3, 1234})}),
        .timeout_ms = 30003,
};

static struct delete_records_response sample_delete_records_response = {
        .throttle_time_ms = 20,
        .topics = ITEMS(
                struct delete_records_topic_response,
                {STR("orders"), ITEMS(struct delete_records_partition_response, {3, 1234, 6})}),
};

static struct describe_configs_request sample_describe_configs_request = {
        .resources = ITEMS(struct describe_configs_resource,
                           {CONFIG_RESOURCE_TOPIC, STR("orders"),
                            ITEMS(struct str, STR("retention.ms"), STR("segment.bytes"))},
                           {CONFIG_RESOURCE_BROKER, STR("1"), {NULL, -1}}),
        .include_synonyms = true,
        .include_documentation = false,
};

static struct describe_configs_response sample_describe_configs_response = {
        .throttle_time_ms = 21,
        .resources =
                ITEMS(struct describe_configs_resource_response,
                      {.error_code = 40,
                       .error_message = STR("odd"),
                       .resource_type = CONFIG_RESOURCE_TOPIC,
                       .resource_name = STR("orders"),
                       .configs = ITEMS(struct describe_configs_config,
                                        {.name = STR("retention.ms"),
                                         .value = STR("1000"),
                                         .read_only = true,
                                         .source = CONFIG_SOURCE_TOPIC,
                                         .synonyms = ITEMS(struct describe_configs_synonym,
                                                           {STR("log.retention.ms"), STR("2000"),
                                                            CONFIG_SOURCE_STATIC_BROKER}),
                                         .type = CONFIG_TYPE_LONG,
                                         .documentation = STR("how long")})}),
};

static struct alter_configs_request sample_alter_configs_request = {
        .resources = ITEMS(
                struct alter_configs_resource,
                {CONFIG_RESOURCE_TOPIC, STR("orders"),
                 ITEMS(struct alter_configs_config, {STR("retention.ms"), CONFIG_SET, STR("1000")},
                       {STR("segment.ms"), CONFIG_SET, NULL_STR})}),
        .validate_only = true,
};

static struct alter_configs_request sample_incremental_alter_configs_request = {
        .resources = ITEMS(struct alter_configs_resource,
                           {CONFIG_RESOURCE_BROKER, STR("1"),
                            ITEMS(struct alter_configs_config,
                                  {STR("cleanup.policy"), CONFIG_APPEND, STR("compact")},
                                  {STR("segment.ms"), CONFIG_DELETE, NULL_STR})}),
        .validate_only = true,
};

static struct alter_configs_response sample_alter_configs_response = {
        .throttle_time_ms = 22,
        .resources = ITEMS(struct alter_configs_resource_response,
                           {40, STR("odd"), CONFIG_RESOURCE_TOPIC, STR("orders")}),
};

static struct epoch_end_request sample_epoch_end_request = {
        .replica_id = 2,
        .topics = ITEMS(struct epoch_end_topic,
                        {STR("orders"), ITEMS(struct epoch_end_partition, {3, 71, 70})}),
};

static struct epoch_end_response sample_epoch_end_response = {
        .throttle_time_ms = 23,
        .topics = ITEMS(
                struct epoch_end_topic_response,
                {STR("orders"), ITEMS(struct epoch_end_partition_response, {74, 3, 69, 4321})}),
};

static struct describe_cluster_request sample_describe_cluster_request = {
        .include_cluster_authorized_operations = true,
        .endpoint_type = ENDPOINT_CONTROLLERS,
};

static struct describe_cluster_response sample_describe_cluster_response = {
        .throttle_time_ms = 24,
        .error_code = 31,
        .error_message = STR("not yours"),
        .endpoint_type = ENDPOINT_CONTROLLERS,
        .cluster_id = STR("lab"),
        .controller_id = 2,
        .brokers = ITEMS(struct describe_cluster_broker, {1, STR("one"), 9092, STR("east")},
                         {2, STR("two"), 9093, NULL_STR}),
        .authorized_operations = 51,
};

#endif

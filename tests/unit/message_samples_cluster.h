/* message_samples_cluster.h - one filled struct for each message of the cluster's own, and for its
 * records, for tests.
 *
 * Numbers of one message differ from each other, so a field that lands in its neighbour shows. */
#ifndef ODRADEK_TESTS_MESSAGE_SAMPLES_CLUSTER_H
#define ODRADEK_TESTS_MESSAGE_SAMPLES_CLUSTER_H

#include "message_walk.h"

#include "wire/alter_partition.h"
#include "wire/broker_heartbeat.h"
#include "wire/broker_registration.h"
#include "wire/configs.h"
#include "wire/control_records.h"
#include "wire/describe_quorum.h"
#include "wire/elect_leaders.h"
#include "wire/envelope.h"
#include "wire/fetch_snapshot.h"
#include "wire/metadata_records.h"
#include "wire/producer_ids.h"
#include "wire/quorum_epoch.h"
#include "wire/reassignments.h"
#include "wire/vote.h"

/* X(API, message, struct) */
#define CLUSTER_MESSAGE_LIST(X)                                                                    \
        X(ELECT_LEADERS, elect_leaders_request, elect_leaders_request)                             \
        X(ELECT_LEADERS, elect_leaders_response, elect_leaders_response)                           \
        X(ALTER_PARTITION_REASSIGNMENTS, alter_reassignments_request, alter_reassignments_request) \
        X(ALTER_PARTITION_REASSIGNMENTS, alter_reassignments_response,                             \
          alter_reassignments_response)                                                            \
        X(LIST_PARTITION_REASSIGNMENTS, list_reassignments_request, list_reassignments_request)    \
        X(LIST_PARTITION_REASSIGNMENTS, list_reassignments_response, list_reassignments_response)  \
        X(VOTE, vote_request, vote_request)                                                        \
        X(VOTE, vote_response, vote_response)                                                      \
        X(BEGIN_QUORUM_EPOCH, begin_quorum_epoch_request, begin_quorum_epoch_request)              \
        X(BEGIN_QUORUM_EPOCH, begin_quorum_epoch_response, begin_quorum_epoch_response)            \
        X(END_QUORUM_EPOCH, end_quorum_epoch_request, end_quorum_epoch_request)                    \
        X(END_QUORUM_EPOCH, end_quorum_epoch_response, end_quorum_epoch_response)                  \
        X(DESCRIBE_QUORUM, describe_quorum_request, describe_quorum_request)                       \
        X(DESCRIBE_QUORUM, describe_quorum_response, describe_quorum_response)                     \
        X(ALTER_PARTITION, alter_partition_request, alter_partition_request)                       \
        X(ALTER_PARTITION, alter_partition_response, alter_partition_response)                     \
        X(ENVELOPE, envelope_request, envelope_request)                                            \
        X(ENVELOPE, envelope_response, envelope_response)                                          \
        X(FETCH_SNAPSHOT, fetch_snapshot_request, fetch_snapshot_request)                          \
        X(FETCH_SNAPSHOT, fetch_snapshot_response, fetch_snapshot_response)                        \
        X(BROKER_REGISTRATION, broker_registration_request, broker_registration_request)           \
        X(BROKER_REGISTRATION, broker_registration_response, broker_registration_response)         \
        X(BROKER_HEARTBEAT, broker_heartbeat_request, broker_heartbeat_request)                    \
        X(BROKER_HEARTBEAT, broker_heartbeat_response, broker_heartbeat_response)                  \
        X(ALLOCATE_PRODUCER_IDS, allocate_producer_ids_request, allocate_producer_ids_request)     \
        X(ALLOCATE_PRODUCER_IDS, allocate_producer_ids_response, allocate_producer_ids_response)

static struct elect_leaders_request sample_elect_leaders_request = {
        .election_type = ELECTION_UNCLEAN,
        .topics = ITEMS(struct elect_leaders_topic, {STR("orders"), ITEMS(int32_t, 3, 4)}),
        .timeout_ms = 30004,
};

static struct elect_leaders_response sample_elect_leaders_response = {
        .throttle_time_ms = 25,
        .error_code = 41,
        .topics = ITEMS(struct elect_leaders_topic_response,
                        {STR("orders"), ITEMS(struct elect_leaders_partition_response,
                                              {3, 84, STR("not needed")}, {4, 0, NULL_STR})}),
};

static struct alter_reassignments_request sample_alter_reassignments_request = {
        .timeout_ms = 30005,
        .topics = ITEMS(struct alter_reassignments_topic,
                        {STR("orders"), ITEMS(struct alter_reassignments_partition,
                                              {3, ITEMS(int32_t, 1, 2)}, {4, {NULL, -1}})}),
};

static struct alter_reassignments_response sample_alter_reassignments_response = {
        .throttle_time_ms = 26,
        .error_code = 41,
        .error_message = STR("elsewhere"),
        .topics = ITEMS(struct alter_reassignments_topic_response,
                        {STR("orders"), ITEMS(struct alter_reassignments_partition_response,
                                              {3, 85, STR("none")}, {4, 0, NULL_STR})}),
};

static struct list_reassignments_request sample_list_reassignments_request = {
        .timeout_ms = 30006,
        .topics = ITEMS(struct list_reassignments_topic, {STR("orders"), ITEMS(int32_t, 3, 4)}),
};

static struct list_reassignments_response sample_list_reassignments_response = {
        .throttle_time_ms = 27,
        .error_code = 41,
        .error_message = NULL_STR,
        .topics = ITEMS(struct list_reassignments_topic_response,
                        {STR("orders"), ITEMS(struct list_reassignments_partition_response,
                                              {3, ITEMS(int32_t, 1, 2, 5), ITEMS(int32_t, 6),
                                               ITEMS(int32_t, 7, 8)})}),
};

static struct vote_request sample_vote_request = {
        .cluster_id = STR("lab"),
        .topics = ITEMS(struct vote_topic, {STR("__cluster_metadata"),
                                            ITEMS(struct vote_partition, {.index = 9,
                                                                          .candidate_epoch = 31,
                                                                          .candidate_id = 2,
                                                                          .last_offset_epoch = 30,
                                                                          .last_offset = 4321})}),
};

static struct vote_response sample_vote_response = {
        .error_code = 104,
        .topics = ITEMS(struct vote_topic_response,
                        {STR("m"), ITEMS(struct vote_partition_response, {9, 74, 3, 32, true})}),
};

static struct begin_quorum_epoch_request sample_begin_quorum_epoch_request = {
        .cluster_id = NULL_STR,
        .topics = ITEMS(struct begin_quorum_epoch_topic,
                        {STR("m"), ITEMS(struct begin_quorum_epoch_partition, {9, 2, 31})}),
};

static struct begin_quorum_epoch_response sample_begin_quorum_epoch_response = {
        .error_code = 104,
        .topics = ITEMS(struct quorum_epoch_topic_response,
                        {STR("m"), ITEMS(struct quorum_epoch_partition_response, {9, 74, 3, 32})}),
};

static struct end_quorum_epoch_request sample_end_quorum_epoch_request = {
        .cluster_id = STR("lab"),
        .topics = ITEMS(struct end_quorum_epoch_topic,
                        {STR("m"), ITEMS(struct end_quorum_epoch_partition,
                                         {9, 2, 31, ITEMS(int32_t, 3, 1)})}),
};

static struct end_quorum_epoch_response sample_end_quorum_epoch_response = {
        .error_code = 104,
        .topics = ITEMS(struct quorum_epoch_topic_response,
                        {STR("m"), ITEMS(struct quorum_epoch_partition_response, {9, 75, 4, 33})}),
};

static struct describe_quorum_request sample_describe_quorum_request = {
        .topics = ITEMS(struct describe_quorum_topic, {STR("m"), ITEMS(int32_t, 9, 10)}),
};

static struct describe_quorum_response sample_describe_quorum_response = {
        .error_code = 41,
        .topics = ITEMS(
                struct describe_quorum_topic_response,
                {STR("m"),
                 ITEMS(struct describe_quorum_partition_response,
                       {.index = 9,
                        .error_code = 6,
                        .leader_id = 2,
                        .leader_epoch = 31,
                        .high_watermark = 4320,
                        .current_voters = ITEMS(struct describe_quorum_replica,
                                                {1, 4321, 1700000000001, 1700000000002},
                                                {2, 4322, 1700000000003, 1700000000004}),
                        .observers = ITEMS(struct describe_quorum_replica, {5, 4300, -1, -1})})}),
};

static struct alter_partition_request sample_alter_partition_request = {
        .broker_id = 2,
        .broker_epoch = 201,
        .topics = ITEMS(struct alter_partition_topic,
                        {UUID_OF('o'),
                         ITEMS(struct alter_partition_partition,
                               {.index = 3,
                                .leader_epoch = 71,
                                .new_isr = ITEMS(struct alter_partition_broker, {2, 201}, {4, -1}),
                                .leader_recovery_state = 1,
                                .partition_epoch = 72})}),
};

static struct alter_partition_response sample_alter_partition_response = {
        .throttle_time_ms = 28,
        .error_code = 77,
        .topics = ITEMS(struct alter_partition_topic_response,
                        {UUID_OF('o'), ITEMS(struct alter_partition_partition_response,
                                             {.index = 3,
                                              .error_code = 107,
                                              .leader_id = 2,
                                              .leader_epoch = 71,
                                              .isr = ITEMS(int32_t, 2, 4),
                                              .leader_recovery_state = 1,
                                              .partition_epoch = 73})}),
};

static struct envelope_request sample_envelope_request = {
        .request_data = BYTES("a request"),
        .client_host_address = BYTES("\x7f\0\0\1"),
};

static struct envelope_response sample_envelope_response = {
        .response_data = BYTES("an answer"),
        .error_code = 41,
};

static struct fetch_snapshot_request sample_fetch_snapshot_request = {
        .cluster_id = STR("lab"),
        .replica_id = 3,
        .max_bytes = 1048576,
        .topics =
                ITEMS(struct fetch_snapshot_topic,
                      {STR("m"), ITEMS(struct fetch_snapshot_partition, {.index = 9,
                                                                         .current_leader_epoch = 31,
                                                                         .snapshot_id = {4000, 30},
                                                                         .position = 65536})}),
};

static struct fetch_snapshot_response sample_fetch_snapshot_response = {
        .throttle_time_ms = 29,
        .error_code = 104,
        .topics = ITEMS(struct fetch_snapshot_topic_response,
                        {STR("m"), ITEMS(struct fetch_snapshot_partition_response,
                                         {.index = 9,
                                          .error_code = 98,
                                          .snapshot_id = {4000, 30},
                                          .has_current_leader = true,
                                          .current_leader = {2, 31},
                                          .size = 99999,
                                          .position = 65536,
                                          .records = RECORDS("half a batch")},
                                         {.index = 10})}),
};

static struct broker_registration_request sample_broker_registration_request = {
        .broker_id = 1,
        .cluster_id = STR("lab"),
        .incarnation_id = UUID_OF('i'),
        .listeners = ITEMS(struct broker_registration_listener,
                           {STR("PLAINTEXT"), STR("one"), 65535, 4}),
        .features = ITEMS(struct broker_registration_feature, {STR("metadata.version"), 1, 14}),
        .rack = NULL_STR,
        .log_dirs = ITEMS(struct uuid, UUID_OF('d')),
        .previous_broker_epoch = 199,
};

static struct broker_registration_response sample_broker_registration_response = {
        .throttle_time_ms = 30,
        .error_code = 101,
        .broker_epoch = 202,
};

static struct broker_heartbeat_request sample_broker_heartbeat_request = {
        .broker_id = 1,
        .broker_epoch = 202,
        .current_metadata_offset = 4319,
        .want_shut_down = true,
};

static struct broker_heartbeat_response sample_broker_heartbeat_response = {
        .throttle_time_ms = 31,
        .error_code = 77,
        .is_fenced = true,
};

static struct allocate_producer_ids_request sample_allocate_producer_ids_request = {
        .broker_id = 1,
        .broker_epoch = 202,
};

static struct allocate_producer_ids_response sample_allocate_producer_ids_response = {
        .throttle_time_ms = 32,
        .error_code = 77,
        .producer_id_start = 2000,
        .producer_id_count = 1000,
};

static struct control_record_key sample_control_record_key = {.type = CONTROL_SNAPSHOT_HEADER};

static struct leader_change_message sample_leader_change_message = {
        .leader_id = 2,
        .voters = ITEMS(int32_t, 1, 2, 3),
        .granting_voters = ITEMS(int32_t, 2, 3),
};

static struct snapshot_header_record sample_snapshot_header_record = {
        .last_contained_log_timestamp_ms = 1700000000005,
};

static struct metadata_record sample_metadata_records[] = {
        {.type = METADATA_REGISTER_BROKER,
         .register_broker = {.broker_id = 1,
                             .incarnation_id = UUID_OF('i'),
                             .broker_epoch = 200,
                             .endpoints = ITEMS(struct register_broker_endpoint,
                                                {STR("PLAINTEXT"), STR("one"), 65535, 0}),
                             .features = ITEMS(struct register_broker_feature,
                                               {STR("metadata.version"), 1, 14}),
                             .rack = STR("east"),
                             .fenced = true,
                             .in_controlled_shutdown = true}},
        {.type = METADATA_UNREGISTER_BROKER,
         .unregister_broker = {.broker_id = 1, .broker_epoch = 200}},
        {.type = METADATA_TOPIC, .topic = {.name = STR("orders"), .topic_id = UUID_OF('o')}},
        {.type = METADATA_PARTITION,
         .partition = {.index = 3,
                       .topic_id = UUID_OF('o'),
                       .replicas = ITEMS(int32_t, 1, 2, 4),
                       .isr = ITEMS(int32_t, 2, 4),
                       .removing_replicas = ITEMS(int32_t, 5),
                       .adding_replicas = ITEMS(int32_t, 6, 7),
                       .leader = 2,
                       .leader_epoch = 71,
                       .partition_epoch = 72,
                       .elr = ITEMS(int32_t, 9),
                       .last_known_elr = ITEMS(int32_t, 10, 11)}},
        {.type = METADATA_PARTITION,
         .partition = {.topic_id = UUID_OF('o'),
                       .replicas = ITEMS(int32_t, 1),
                       .isr = ITEMS(int32_t, 1),
                       .leader = 1}},
        {.type = METADATA_CONFIG,
         .config = {.resource_type = CONFIG_RESOURCE_TOPIC,
                    .resource_name = STR("orders"),
                    .name = STR("retention.ms"),
                    .value = NULL_STR}},
        {.type = METADATA_PARTITION_CHANGE,
         .partition_change = {.index = 3,
                              .topic_id = UUID_OF('o'),
                              .isr = ITEMS(int32_t, 2),
                              .leader = -1,
                              .replicas = ITEMS(int32_t, 1, 2),
                              .removing_replicas = {NULL, 0},
                              .adding_replicas = ITEMS(int32_t, 8),
                              .elr = ITEMS(int32_t, 4),
                              .last_known_elr = {NULL, 0}}},
        {.type = METADATA_PARTITION_CHANGE,
         .partition_change = {.index = 4,
                              .topic_id = UUID_OF('o'),
                              .isr = {NULL, -1},
                              .leader = PARTITION_CHANGE_SAME_LEADER,
                              .replicas = {NULL, -1},
                              .removing_replicas = {NULL, -1},
                              .adding_replicas = {NULL, -1},
                              .elr = {NULL, -1},
                              .last_known_elr = {NULL, -1}}},
        {.type = METADATA_REMOVE_TOPIC, .remove_topic = {.topic_id = UUID_OF('o')}},
        {.type = METADATA_PRODUCER_IDS,
         .producer_ids = {.broker_id = 1, .broker_epoch = 200, .next_producer_id = 2000}},
        {.type = METADATA_BROKER_REGISTRATION_CHANGE,
         .broker_registration_change = {.broker_id = 1,
                                        .broker_epoch = 200,
                                        .fenced = BROKER_UNFENCED,
                                        .in_controlled_shutdown = BROKER_IN_SHUTDOWN}},
        {.type = METADATA_BROKER_REGISTRATION_CHANGE,
         .broker_registration_change = {.broker_id = 1, .broker_epoch = 200}},
        {.type = METADATA_NO_OP},
};

#endif

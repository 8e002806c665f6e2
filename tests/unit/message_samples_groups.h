/* message_samples_groups.h - one filled struct for each message of groups and transactions, for
 * tests.
 *
 * Numbers of one message differ from each other, so a field that lands in its neighbour shows.
 * Where old versions have one item without a count, samples have one. */
#ifndef ODRADEK_TESTS_MESSAGE_SAMPLES_GROUPS_H
#define ODRADEK_TESTS_MESSAGE_SAMPLES_GROUPS_H

#include "message_walk.h"

#include "wire/add_offsets_to_txn.h"
#include "wire/add_partitions_to_txn.h"
#include "wire/delete_groups.h"
#include "wire/describe_groups.h"
#include "wire/describe_producers.h"
#include "wire/describe_transactions.h"
#include "wire/end_txn.h"
#include "wire/heartbeat.h"
#include "wire/init_producer_id.h"
#include "wire/join_group.h"
#include "wire/leave_group.h"
#include "wire/list_groups.h"
#include "wire/list_transactions.h"
#include "wire/offset_commit.h"
#include "wire/offset_delete.h"
#include "wire/offset_fetch.h"
#include "wire/sync_group.h"
#include "wire/txn_offset_commit.h"
#include "wire/write_txn_markers.h"

/* X(API, message, struct) */
#define GROUP_MESSAGE_LIST(X)                                                                    \
        X(OFFSET_COMMIT, offset_commit_request, offset_commit_request)                           \
        X(OFFSET_COMMIT, offset_commit_response, offset_commit_response)                         \
        X(OFFSET_FETCH, offset_fetch_request, offset_fetch_request)                              \
        X(OFFSET_FETCH, offset_fetch_response, offset_fetch_response)                            \
        X(JOIN_GROUP, join_group_request, join_group_request)                                    \
        X(JOIN_GROUP, join_group_response, join_group_response)                                  \
        X(HEARTBEAT, heartbeat_request, heartbeat_request)                                       \
        X(HEARTBEAT, heartbeat_response, heartbeat_response)                                     \
        X(LEAVE_GROUP, leave_group_request, leave_group_request)                                 \
        X(LEAVE_GROUP, leave_group_response, leave_group_response)                               \
        X(SYNC_GROUP, sync_group_request, sync_group_request)                                    \
        X(SYNC_GROUP, sync_group_response, sync_group_response)                                  \
        X(DESCRIBE_GROUPS, describe_groups_request, describe_groups_request)                     \
        X(DESCRIBE_GROUPS, describe_groups_response, describe_groups_response)                   \
        X(LIST_GROUPS, list_groups_request, list_groups_request)                                 \
        X(LIST_GROUPS, list_groups_response, list_groups_response)                               \
        X(INIT_PRODUCER_ID, init_producer_id_request, init_producer_id_request)                  \
        X(INIT_PRODUCER_ID, init_producer_id_response, init_producer_id_response)                \
        X(ADD_PARTITIONS_TO_TXN, add_partitions_to_txn_request, add_partitions_to_txn_request)   \
        X(ADD_PARTITIONS_TO_TXN, add_partitions_to_txn_response, add_partitions_to_txn_response) \
        X(ADD_OFFSETS_TO_TXN, add_offsets_to_txn_request, add_offsets_to_txn_request)            \
        X(ADD_OFFSETS_TO_TXN, add_offsets_to_txn_response, add_offsets_to_txn_response)          \
        X(END_TXN, end_txn_request, end_txn_request)                                             \
        X(END_TXN, end_txn_response, end_txn_response)                                           \
        X(WRITE_TXN_MARKERS, write_txn_markers_request, write_txn_markers_request)               \
        X(WRITE_TXN_MARKERS, write_txn_markers_response, write_txn_markers_response)             \
        X(TXN_OFFSET_COMMIT, txn_offset_commit_request, txn_offset_commit_request)               \
        X(TXN_OFFSET_COMMIT, txn_offset_commit_response, txn_offset_commit_response)             \
        X(DELETE_GROUPS, delete_groups_request, delete_groups_request)                           \
        X(DELETE_GROUPS, delete_groups_response, delete_groups_response)                         \
        X(OFFSET_DELETE, offset_delete_request, offset_delete_request)                           \
        X(OFFSET_DELETE, offset_delete_response, offset_delete_response)                         \
        X(DESCRIBE_PRODUCERS, describe_producers_request, describe_producers_request)            \
        X(DESCRIBE_PRODUCERS, describe_producers_response, describe_producers_response)          \
        X(DESCRIBE_TRANSACTIONS, describe_transactions_request, describe_transactions_request)   \
        X(DESCRIBE_TRANSACTIONS, describe_transactions_response, describe_transactions_response) \
        X(LIST_TRANSACTIONS, list_transactions_request, list_transactions_request)               \
        X(LIST_TRANSACTIONS, list_transactions_response, list_transactions_response)

static struct offset_commit_request sample_offset_commit_request = {
        .group_id = STR("billing"),
        .generation_id = 41,
        .member_id = STR("m-1"),
        .group_instance_id = STR("i-1"),
        .retention_time_ms = 42,
        .topics = ITEMS(struct offset_commit_topic,
                        {STR("orders"),
                         ITEMS(struct offset_commit_partition, {3, 1001, 71, 1002, STR("note")},
                               {4, 1003, -1, -1, NULL_STR})}),
};

static struct offset_commit_response sample_offset_commit_response = {
        .throttle_time_ms = 31,
        .topics = ITEMS(
                struct offset_commit_topic_response,
                {STR("orders"), ITEMS(struct offset_commit_partition_response, {3, 22}, {4, 0})}),
};

static struct offset_fetch_request sample_offset_fetch_request = {
        .groups = ITEMS(struct offset_fetch_group,
                        {STR("billing"), STR("m-1"), 43,
                         ITEMS(struct offset_fetch_topic, {STR("orders"), ITEMS(int32_t, 3, 4)})}),
        .require_stable = true,
};

static struct offset_fetch_response sample_offset_fetch_response = {
        .throttle_time_ms = 32,
        .groups = ITEMS(struct offset_fetch_group_response,
                        {STR("billing"),
                         ITEMS(struct offset_fetch_topic_response,
                               {STR("orders"),
                                ITEMS(struct offset_fetch_partition_response,
                                      {3, 1001, 71, STR("note"), 88}, {4, -1, -1, NULL_STR, 0})}),
                         15}),
};

static struct join_group_request sample_join_group_request = {
        .group_id = STR("billing"),
        .session_timeout_ms = 45000,
        .rebalance_timeout_ms = 300000,
        .member_id = STR("m-1"),
        .group_instance_id = STR("i-1"),
        .protocol_type = STR("consumer"),
        .protocols = ITEMS(struct join_group_protocol, {STR("range"), BYTES("orders?")},
                           {STR("sticky"), BYTES("")}),
        .reason = STR("new here"),
};

static struct join_group_response sample_join_group_response = {
        .throttle_time_ms = 33,
        .error_code = 79,
        .generation_id = 41,
        .protocol_type = STR("consumer"),
        .protocol_name = STR("range"),
        .leader = STR("m-2"),
        .skip_assignment = true,
        .member_id = STR("m-1"),
        .members = ITEMS(struct join_group_member, {STR("m-3"), STR("i-3"), BYTES("orders?")},
                         {STR("m-4"), NULL_STR, BYTES("x")}),
};

static struct heartbeat_request sample_heartbeat_request = {STR("billing"), 41, STR("m-1"),
                                                            STR("i-1")};

static struct heartbeat_response sample_heartbeat_response = {34, 27};

static struct leave_group_request sample_leave_group_request = {
        .group_id = STR("billing"),
        .members = ITEMS(struct leave_group_member, {STR("m-1"), STR("i-1"), STR("enough")}),
};

static struct leave_group_response sample_leave_group_response = {
        .throttle_time_ms = 35,
        .error_code = 16,
        .members = ITEMS(struct leave_group_member_response, {STR("m-1"), STR("i-1"), 25},
                         {STR("m-2"), NULL_STR, 0}),
};

static struct sync_group_request sample_sync_group_request = {
        .group_id = STR("billing"),
        .generation_id = 41,
        .member_id = STR("m-1"),
        .group_instance_id = STR("i-1"),
        .protocol_type = STR("consumer"),
        .protocol_name = STR("range"),
        .assignments = ITEMS(struct sync_group_assignment, {STR("m-3"), BYTES("yours")},
                             {STR("m-4"), BYTES("")}),
};

static struct sync_group_response sample_sync_group_response = {36, 27, STR("consumer"),
                                                                STR("range"), BYTES("yours")};

static struct describe_groups_request sample_describe_groups_request = {
        .groups = ITEMS(struct str, STR("billing"), STR("audit")),
        .include_authorized_operations = true,
};

static struct describe_groups_response sample_describe_groups_response = {
        .throttle_time_ms = 37,
        .groups = ITEMS(struct describe_groups_group,
                        {.error_code = 14,
                         .group_id = STR("billing"),
                         .group_state = STR("Stable"),
                         .protocol_type = STR("consumer"),
                         .protocol_data = STR("range"),
                         .members = ITEMS(struct describe_groups_member,
                                          {STR("m-1"), STR("i-1"), STR("kcat"), STR("/10.0.0.1"),
                                           BYTES("orders?"), BYTES("yours")}),
                         .authorized_operations = 51}),
};

static struct list_groups_request sample_list_groups_request = {
        .states_filter = ITEMS(struct str, STR("Stable"), STR("Empty")),
        .types_filter = ITEMS(struct str, STR("classic")),
};

static struct list_groups_response sample_list_groups_response = {
        .throttle_time_ms = 38,
        .error_code = 14,
        .groups = ITEMS(struct list_groups_group,
                        {STR("billing"), STR("consumer"), STR("Stable"), STR("classic")}),
};

static struct init_producer_id_request sample_init_producer_id_request = {STR("mover"), 60000, 4001,
                                                                          7};

static struct init_producer_id_response sample_init_producer_id_response = {39, 47, 4001, 8};

static struct add_partitions_to_txn_request sample_add_partitions_to_txn_request = {
        .transactions = ITEMS(
                struct add_partitions_to_txn_transaction,
                {STR("mover"), 4001, 7, true,
                 ITEMS(struct add_partitions_to_txn_topic, {STR("orders"), ITEMS(int32_t, 3, 4)})}),
};

static struct add_partitions_to_txn_response sample_add_partitions_to_txn_response = {
        .throttle_time_ms = 40,
        .error_code = 16,
        .transactions =
                ITEMS(struct add_partitions_to_txn_transaction_response,
                      {STR("mover"),
                       ITEMS(struct add_partitions_to_txn_topic_response,
                             {STR("orders"), ITEMS(struct add_partitions_to_txn_partition_response,
                                                   {3, 48}, {4, 0})})}),
};

static struct add_offsets_to_txn_request sample_add_offsets_to_txn_request = {STR("mover"), 4001, 7,
                                                                              STR("billing")};

static struct add_offsets_to_txn_response sample_add_offsets_to_txn_response = {41, 49};

static struct end_txn_request sample_end_txn_request = {STR("mover"), 4001, 7, true};

static struct end_txn_response sample_end_txn_response = {42, 51};

static struct write_txn_markers_request sample_write_txn_markers_request = {
        .markers = ITEMS(
                struct write_txn_markers_marker,
                {4001, 7, true,
                 ITEMS(struct write_txn_markers_topic, {STR("orders"), ITEMS(int32_t, 3, 4)}), 72}),
};

static struct write_txn_markers_response sample_write_txn_markers_response = {
        .markers = ITEMS(
                struct write_txn_markers_marker_response,
                {4001, ITEMS(struct write_txn_markers_topic_response,
                             {STR("orders"), ITEMS(struct write_txn_markers_partition_response,
                                                   {3, 52}, {4, 0})})}),
};

static struct txn_offset_commit_request sample_txn_offset_commit_request = {
        .transactional_id = STR("mover"),
        .group_id = STR("billing"),
        .producer_id = 4001,
        .producer_epoch = 7,
        .generation_id = 41,
        .member_id = STR("m-1"),
        .group_instance_id = STR("i-1"),
        .topics = ITEMS(struct offset_commit_topic,
                        {STR("orders"),
                         ITEMS(struct offset_commit_partition, {3, 1001, 71, -1, STR("note")},
                               {4, 1003, -1, -1, NULL_STR})}),
};

static struct txn_offset_commit_response sample_txn_offset_commit_response = {
        .throttle_time_ms = 43,
        .topics = ITEMS(
                struct offset_commit_topic_response,
                {STR("orders"), ITEMS(struct offset_commit_partition_response, {3, 22}, {4, 0})}),
};

static struct delete_groups_request sample_delete_groups_request = {
        .groups = ITEMS(struct str, STR("billing"), STR("audit")),
};

static struct delete_groups_response sample_delete_groups_response = {
        .throttle_time_ms = 44,
        .results = ITEMS(struct delete_groups_result, {STR("billing"), 68}, {STR("audit"), 0}),
};

static struct offset_delete_request sample_offset_delete_request = {
        .group_id = STR("billing"),
        .topics = ITEMS(struct offset_delete_topic, {STR("orders"), ITEMS(int32_t, 3, 4)}),
};

static struct offset_delete_response sample_offset_delete_response = {
        .error_code = 69,
        .throttle_time_ms = 45,
        .topics = ITEMS(
                struct offset_delete_topic_response,
                {STR("orders"), ITEMS(struct offset_delete_partition_response, {3, 86}, {4, 0})}),
};

static struct describe_producers_request sample_describe_producers_request = {
        .topics = ITEMS(struct describe_producers_topic, {STR("orders"), ITEMS(int32_t, 3, 4)}),
};

static struct describe_producers_response sample_describe_producers_response = {
        .throttle_time_ms = 46,
        .topics = ITEMS(struct describe_producers_topic_response,
                        {STR("orders"), ITEMS(struct describe_producers_partition_response,
                                              {3, 6, STR("not me"),
                                               ITEMS(struct describe_producers_producer,
                                                     {4001, 7, 8, 1700000000001, 72, 1005})},
                                              {.index = 4, .error_message = NULL_STR})}),
};

static struct describe_transactions_request sample_describe_transactions_request = {
        .transactional_ids = ITEMS(struct str, STR("mover"), STR("shaker")),
};

static struct describe_transactions_response sample_describe_transactions_response = {
        .throttle_time_ms = 47,
        .transaction_states = ITEMS(
                struct describe_transactions_state,
                {105, STR("mover"), STR("Ongoing"), 60000, 1700000000002, 4001, 7,
                 ITEMS(struct describe_transactions_topic, {STR("orders"), ITEMS(int32_t, 3, 4)})}),
};

static struct list_transactions_request sample_list_transactions_request = {
        .state_filters = ITEMS(struct str, STR("Ongoing"), STR("Empty")),
        .producer_id_filters = ITEMS(int64_t, 4001, 4002),
        .duration_filter_ms = 5001,
};

static struct list_transactions_response sample_list_transactions_response = {
        .throttle_time_ms = 48,
        .error_code = 14,
        .unknown_state_filters = ITEMS(struct str, STR("Bored")),
        .transaction_states =
                ITEMS(struct list_transactions_state, {STR("mover"), 4001, STR("Ongoing")}),
};

#endif

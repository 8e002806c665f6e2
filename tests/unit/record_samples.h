/* record_samples.h - one filled struct for each record of the coordinators' logs, and for what the
 * members of a group tell each other, for tests.
 *
 * Numbers of one record differ from each other, so a field that lands in its neighbour shows. */
#ifndef ODRADEK_TESTS_RECORD_SAMPLES_H
#define ODRADEK_TESTS_RECORD_SAMPLES_H

#include "message_walk.h"

#include "wire/consumer_protocol.h"
#include "wire/control_records.h"
#include "wire/group_records.h"
#include "wire/txn_records.h"

/* X(record) */
#define GROUP_RECORD_LIST(X)              \
        X(offset_commit_key)              \
        X(offset_commit_value)            \
        X(group_metadata_key)             \
        X(group_metadata_value)           \
        X(transaction_log_key)            \
        X(transaction_log_value)          \
        X(end_txn_marker)                 \
        X(consumer_protocol_subscription) \
        X(consumer_protocol_assignment)

static struct offset_commit_key sample_offset_commit_key = {STR("billing"), STR("orders"), 3};

static struct offset_commit_value sample_offset_commit_value = {1001, 71, STR("note"),
                                                                1700000000003, -1};

static struct group_metadata_key sample_group_metadata_key = {STR("billing")};

static struct group_metadata_value sample_group_metadata_value = {
        .protocol_type = STR("consumer"),
        .generation = 41,
        .protocol = STR("range"),
        .leader = STR("m-1"),
        .current_state_timestamp_ms = 1700000000004,
        .members = ITEMS(struct group_metadata_member,
                         {STR("m-1"), STR("i-1"), STR("kcat"), STR("/10.0.0.1"), 300000, 45000,
                          BYTES("orders?"), BYTES("yours")}),
};

static struct transaction_log_key sample_transaction_log_key = {STR("mover")};

static struct transaction_log_value sample_transaction_log_value = {
        .producer_id = 4001,
        .producer_epoch = 7,
        .transaction_timeout_ms = 60000,
        .transaction_status = TRANSACTION_PREPARE_COMMIT,
        .topics = ITEMS(struct transaction_log_topic, {STR("orders"), ITEMS(int32_t, 3, 4)}),
        .last_update_timestamp_ms = 1700000000006,
        .start_timestamp_ms = 1700000000005,
};

static struct end_txn_marker sample_end_txn_marker = {72};

static struct consumer_protocol_subscription sample_consumer_protocol_subscription = {
        .topics = ITEMS(struct str, STR("orders"), STR("audit")),
        .user_data = BYTES("mine"),
        .owned_partitions =
                ITEMS(struct consumer_protocol_topic, {STR("orders"), ITEMS(int32_t, 3, 4)}),
        .generation_id = 40,
        .rack_id = STR("east"),
};

static struct consumer_protocol_assignment sample_consumer_protocol_assignment = {
        .topics = ITEMS(struct consumer_protocol_topic, {STR("orders"), ITEMS(int32_t, 3, 4)}),
        .user_data = BYTES("yours"),
};

#endif

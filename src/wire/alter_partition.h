/* alter_partition.h - AlterPartition: a leader asks the controller to change the in-sync replicas
 * of partitions that it leads.
 *
 * Version 3 only, flexible: topics by id (KIP-841), each member of the ISR with its broker epoch,
 * so that the controller can refuse one that has restarted since (KIP-903). Source: KIP-497. */
#ifndef ODRADEK_WIRE_ALTER_PARTITION_H
#define ODRADEK_WIRE_ALTER_PARTITION_H

#include "wire/serde.h"

struct alter_partition_broker {
        int32_t broker_id;
        int64_t broker_epoch; /* -1: the leader does not know; not checked */
};

struct alter_partition_partition {
        int32_t index;
        int32_t leader_epoch;
        ARRAY_OF(struct alter_partition_broker) new_isr;
        int8_t leader_recovery_state; /* 1: after an unclean election; not used here: 0 */
        int32_t partition_epoch;      /* of the state that this change builds on */
};

struct alter_partition_topic {
        struct uuid topic_id;
        ARRAY_OF(struct alter_partition_partition) partitions;
};

struct alter_partition_request {
        int32_t broker_id; /* of the leader that asks */
        int64_t broker_epoch;
        ARRAY_OF(struct alter_partition_topic) topics;
};

/* The partition's state after the change; all but index and error zero or empty after an error. */
struct alter_partition_partition_response {
        int32_t index;
        int16_t error_code;
        int32_t leader_id;
        int32_t leader_epoch;
        ARRAY_OF(int32_t) isr;
        int8_t leader_recovery_state;
        int32_t partition_epoch;
};

struct alter_partition_topic_response {
        struct uuid topic_id;
        ARRAY_OF(struct alter_partition_partition_response) partitions;
};

struct alter_partition_response {
        int32_t throttle_time_ms;
        int16_t error_code; /* of the whole: STALE_BROKER_EPOCH, NOT_CONTROLLER */
        ARRAY_OF(struct alter_partition_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_alter_partition_request(struct serde *s, struct alter_partition_request *m);
void serde_alter_partition_response(struct serde *s, struct alter_partition_response *m);

#endif

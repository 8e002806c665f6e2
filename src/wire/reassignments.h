/* reassignments.h - AlterPartitionReassignments: move partitions to other brokers, or stop moving.
 * ListPartitionReassignments: which are on the move?
 *
 * Version 0 only of both, flexible. Source: KIP-455. */
#ifndef ODRADEK_WIRE_REASSIGNMENTS_H
#define ODRADEK_WIRE_REASSIGNMENTS_H

#include "wire/serde.h"

struct alter_reassignments_partition {
        int32_t index;
        ARRAY_OF(int32_t) replicas; /* the preferred leader first; count -1: back to what it was */
};

struct alter_reassignments_topic {
        struct str name;
        ARRAY_OF(struct alter_reassignments_partition) partitions;
};

struct alter_reassignments_request {
        int32_t timeout_ms;
        ARRAY_OF(struct alter_reassignments_topic) topics;
};

struct alter_reassignments_partition_response {
        int32_t index;
        int16_t error_code;
        struct str error_message; /* null: none */
};

struct alter_reassignments_topic_response {
        struct str name;
        ARRAY_OF(struct alter_reassignments_partition_response) partitions;
};

struct alter_reassignments_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        struct str error_message; /* null: none */
        ARRAY_OF(struct alter_reassignments_topic_response) topics;
};

struct list_reassignments_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct list_reassignments_request {
        int32_t timeout_ms;
        ARRAY_OF(struct list_reassignments_topic) topics; /* count -1: all */
};

struct list_reassignments_partition_response {
        int32_t index;
        ARRAY_OF(int32_t) replicas; /* all: those that stay, come and go */
        ARRAY_OF(int32_t) adding_replicas;
        ARRAY_OF(int32_t) removing_replicas;
};

struct list_reassignments_topic_response {
        struct str name;
        ARRAY_OF(struct list_reassignments_partition_response) partitions;
};

struct list_reassignments_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        struct str error_message; /* null: none */
        ARRAY_OF(struct list_reassignments_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_alter_reassignments_request(struct serde *s, struct alter_reassignments_request *m);
void serde_alter_reassignments_response(struct serde *s, struct alter_reassignments_response *m);
void serde_list_reassignments_request(struct serde *s, struct list_reassignments_request *m);
void serde_list_reassignments_response(struct serde *s, struct list_reassignments_response *m);

#endif

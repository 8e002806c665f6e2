/* describe_cluster.h - DescribeCluster: which brokers are there, who is the controller? (KIP-700)
 *
 * Versions 0-1, both flexible. 1 can ask for the controllers instead (KIP-919). */
#ifndef ODRADEK_WIRE_DESCRIBE_CLUSTER_H
#define ODRADEK_WIRE_DESCRIBE_CLUSTER_H

#include "wire/serde.h"

enum endpoint_type { ENDPOINT_BROKERS = 1, ENDPOINT_CONTROLLERS = 2 };

struct describe_cluster_request {
        bool include_cluster_authorized_operations;
        int8_t endpoint_type; /* 1+; enum endpoint_type; before: ENDPOINT_BROKERS */
};

struct describe_cluster_broker {
        int32_t node_id;
        struct str host;
        int32_t port;
        struct str rack; /* null: none */
};

struct describe_cluster_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        struct str error_message; /* null: none */
        int8_t endpoint_type;     /* 1+; as asked */
        struct str cluster_id;
        int32_t controller_id; /* -1: unknown */
        ARRAY_OF(struct describe_cluster_broker) brokers;
        int32_t authorized_operations; /* AUTHORIZED_OPERATIONS_NOT_ASKED of metadata.h */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_describe_cluster_request(struct serde *s, struct describe_cluster_request *m);
void serde_describe_cluster_response(struct serde *s, struct describe_cluster_response *m);

#endif

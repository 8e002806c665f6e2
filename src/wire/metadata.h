/* metadata.h - Metadata: which brokers are there, and who leads and replicates these topics?
 *
 * Versions 0-12; 9 is flexible. 1 tells controller and racks, 2 the cluster id, 4 can forbid to
 * create topics, 5 tells offline replicas (KIP-112), 7 leader epochs (KIP-320), 8 authorized
 * operations (KIP-430), 10 topic ids (KIP-516), 12 takes them in the request. */
#ifndef ODRADEK_WIRE_METADATA_H
#define ODRADEK_WIRE_METADATA_H

#include "wire/serde.h"

struct metadata_topic {
        struct uuid topic_id; /* 10+; zero: asked for by name */
        struct str name;      /* 10+: null when asked for by id */
};

struct metadata_request {
        ARRAY_OF(struct metadata_topic) topics;     /* count -1 (null): all topics, version 0 too */
        bool allow_auto_topic_creation;             /* 4+; before: true */
        bool include_cluster_authorized_operations; /* 8-10 */
        bool include_topic_authorized_operations;   /* 8+ */
};

/* What authorized_operations says when nobody asked for it. */
#define AUTHORIZED_OPERATIONS_NOT_ASKED INT32_MIN

struct metadata_broker {
        int32_t node_id;
        struct str host;
        int32_t port;
        struct str rack; /* 1+; null: none */
};

struct metadata_partition_response {
        int16_t error_code;
        int32_t index;
        int32_t leader_id;                  /* -1: no leader */
        int32_t leader_epoch;               /* 7+; before: -1 */
        ARRAY_OF(int32_t) replicas;         /* node ids, the preferred leader first */
        ARRAY_OF(int32_t) isr;              /* node ids */
        ARRAY_OF(int32_t) offline_replicas; /* 5+; node ids */
};

struct metadata_topic_response {
        int16_t error_code;
        struct str name;      /* 12+: null for an id that nobody knows */
        struct uuid topic_id; /* 10+; zero for a name that nobody knows */
        bool is_internal;     /* 1+ */
        ARRAY_OF(struct metadata_partition_response) partitions;
        int32_t authorized_operations; /* 8+ */
};

struct metadata_response {
        int32_t throttle_time_ms; /* 3+ */
        ARRAY_OF(struct metadata_broker) brokers;
        struct str cluster_id; /* 2+; null allowed */
        int32_t controller_id; /* 1+; -1: unknown */
        ARRAY_OF(struct metadata_topic_response) topics;
        int32_t authorized_operations; /* of the cluster; 8-10 */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_metadata_request(struct serde *s, struct metadata_request *m);
void serde_metadata_response(struct serde *s, struct metadata_response *m);

#endif

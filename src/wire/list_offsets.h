/* list_offsets.h - ListOffsets: which offset has the first record at or after this time?
 *
 * Versions 1-7; 6 is flexible. 2 adds isolation (KIP-98), 4 the leader epoch (KIP-320), 7 the
 * record with the largest timestamp (KIP-734). */
#ifndef ODRADEK_WIRE_LIST_OFFSETS_H
#define ODRADEK_WIRE_LIST_OFFSETS_H

#include "wire/serde.h"

/* Times that are no times. */
enum {
        LIST_OFFSETS_LATEST = -1,        /* the end: high watermark or last stable offset */
        LIST_OFFSETS_EARLIEST = -2,      /* the log start offset */
        LIST_OFFSETS_MAX_TIMESTAMP = -3, /* 7+ */
};

struct list_offsets_partition {
        int32_t index;
        int32_t current_leader_epoch; /* 4+; -1: do not check */
        int64_t timestamp_ms;
};

struct list_offsets_topic {
        struct str name;
        ARRAY_OF(struct list_offsets_partition) partitions;
};

struct list_offsets_request {
        int32_t replica_id;     /* -1: a consumer */
        int8_t isolation_level; /* 2+; enum isolation_level of fetch.h */
        ARRAY_OF(struct list_offsets_topic) topics;
};

struct list_offsets_partition_response {
        int32_t index;
        int16_t error_code;
        int64_t timestamp_ms; /* of the record found; -1: none */
        int64_t offset;       /* -1: none found */
        int32_t leader_epoch; /* 4+; of the record found; -1: unknown */
};

struct list_offsets_topic_response {
        struct str name;
        ARRAY_OF(struct list_offsets_partition_response) partitions;
};

struct list_offsets_response {
        int32_t throttle_time_ms; /* 2+ */
        ARRAY_OF(struct list_offsets_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_list_offsets_request(struct serde *s, struct list_offsets_request *m);
void serde_list_offsets_response(struct serde *s, struct list_offsets_response *m);

#endif

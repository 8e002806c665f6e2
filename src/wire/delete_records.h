/* delete_records.h - DeleteRecords: forget what lies before these offsets (KIP-107).
 *
 * Versions 0-2; 2 is flexible. */
#ifndef ODRADEK_WIRE_DELETE_RECORDS_H
#define ODRADEK_WIRE_DELETE_RECORDS_H

#include "wire/serde.h"

struct delete_records_partition {
        int32_t index;
        int64_t offset; /* the new log start offset; -1: the high watermark */
};

struct delete_records_topic {
        struct str name;
        ARRAY_OF(struct delete_records_partition) partitions;
};

struct delete_records_request {
        ARRAY_OF(struct delete_records_topic) topics;
        int32_t timeout_ms;
};

struct delete_records_partition_response {
        int32_t index;
        int64_t low_watermark; /* the smallest log start offset of all replicas; -1 on error */
        int16_t error_code;
};

struct delete_records_topic_response {
        struct str name;
        ARRAY_OF(struct delete_records_partition_response) partitions;
};

struct delete_records_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct delete_records_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_delete_records_request(struct serde *s, struct delete_records_request *m);
void serde_delete_records_response(struct serde *s, struct delete_records_response *m);

#endif

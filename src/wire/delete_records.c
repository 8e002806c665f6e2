#include "wire/delete_records.h"

static void serde_delete_records_partition(struct serde *s, struct delete_records_partition *m)
{
        serde_i32(s, &m->index);
        serde_i64(s, &m->offset);
        serde_tags(s);
}

static void serde_delete_records_topic(struct serde *s, struct delete_records_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_delete_records_partition);
        serde_tags(s);
}

/* DeleteRecords asks to raise the log start offset of partitions (KIP-107). */
void serde_delete_records_request(struct serde *s, struct delete_records_request *m)
{
        serde_array(s, &m->topics, serde_delete_records_topic);
        serde_i32(s, &m->timeout_ms);
        serde_tags(s);
}

static void serde_delete_records_partition_response(struct serde *s,
                                                    struct delete_records_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i64(s, &m->low_watermark);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}

static void serde_delete_records_topic_response(struct serde *s,
                                                struct delete_records_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_delete_records_partition_response);
        serde_tags(s);
}

/* The answer: the low watermark of each partition, once all replicas have followed. */
void serde_delete_records_response(struct serde *s, struct delete_records_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_delete_records_topic_response);
        serde_tags(s);
}

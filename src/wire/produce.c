#include "wire/produce.h"

static void serde_produce_partition(struct serde *s, struct produce_partition *m)
{
        serde_i32(s, &m->index);
        serde_records(s, &m->records);
        serde_tags(s);
}

static void serde_produce_topic(struct serde *s, struct produce_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_produce_partition);
        serde_tags(s);
}

/* Produce asks to append record batches; the transactional id is there to be authorized (KIP-98).
 */
void serde_produce_request(struct serde *s, struct produce_request *m)
{
        serde_nullable_string(s, &m->transactional_id);
        serde_i16(s, &m->acks);
        serde_i32(s, &m->timeout_ms);
        serde_array(s, &m->topics, serde_produce_topic);
        serde_tags(s);
}

static void serde_produce_record_error(struct serde *s, struct produce_record_error *m)
{
        serde_i32(s, &m->batch_index);
        serde_nullable_string(s, &m->error_message);
        serde_tags(s);
}

static void serde_produce_partition_response(struct serde *s, struct produce_partition_response *m)
{
        if (serde_reads(s)) {
                m->log_start_offset = -1;
                m->error_message = STR_NULL;
        }
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_i64(s, &m->base_offset);
        serde_i64(s, &m->log_append_time_ms);
        if (s->version >= 5)
                serde_i64(s, &m->log_start_offset);
        if (s->version >= 8)
                serde_array(s, &m->record_errors, serde_produce_record_error);
        if (s->version >= 8)
                serde_nullable_string(s, &m->error_message);
        serde_tags(s);
}

static void serde_produce_topic_response(struct serde *s, struct produce_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_produce_partition_response);
        serde_tags(s);
}

/* The answer: the offset that each partition gave to the first record, or why it refused, from 8 on
 * with the records at fault (KIP-467). */
void serde_produce_response(struct serde *s, struct produce_response *m)
{
        serde_array(s, &m->topics, serde_produce_topic_response);
        serde_i32(s, &m->throttle_time_ms);
        serde_tags(s);
}

#include "wire/fetch.h"

enum { TAG_CLUSTER_ID = 0, TAG_REPLICA_STATE = 1 };                            /* of the request */
enum { TAG_DIVERGING_EPOCH = 0, TAG_CURRENT_LEADER = 1, TAG_SNAPSHOT_ID = 2 }; /* of a partition */

static void serde_fetch_partition(struct serde *s, struct fetch_partition *m)
{
        if (serde_reads(s))
                *m = (struct fetch_partition){.current_leader_epoch = -1,
                                              .last_fetched_epoch = -1,
                                              .log_start_offset = -1};
        serde_i32(s, &m->index);
        if (s->version >= 9)
                serde_i32(s, &m->current_leader_epoch);
        serde_i64(s, &m->fetch_offset);
        if (s->version >= 12)
                serde_i32(s, &m->last_fetched_epoch);
        if (s->version >= 5)
                serde_i64(s, &m->log_start_offset);
        serde_i32(s, &m->max_bytes);
        serde_tags(s);
}

/* How a topic is named: by its name, or from 13 on by its id, so that a topic that was deleted and
 * made again is not taken for the old one (KIP-516). */
static void serde_fetch_name(struct serde *s, struct str *name, struct uuid *topic_id)
{
        if (s->version < 13)
                serde_string(s, name);
        else
                serde_uuid(s, topic_id);
}

static void serde_fetch_topic(struct serde *s, struct fetch_topic *m)
{
        serde_fetch_name(s, &m->name, &m->topic_id);
        serde_array(s, &m->partitions, serde_fetch_partition);
        serde_tags(s);
}

static void serde_fetch_forgotten_topic(struct serde *s, struct fetch_forgotten_topic *m)
{
        serde_fetch_name(s, &m->name, &m->topic_id);
        serde_array(s, &m->partitions, serde_i32);
        serde_tags(s);
}

static void serde_fetch_replica_state(struct serde *s, struct fetch_request *m)
{
        serde_i32(s, &m->replica_id);
        serde_i64(s, &m->replica_epoch);
        serde_tags(s);
}

static void read_request_tag(struct serde *tag, uint32_t number, void *m)
{
        struct fetch_request *request = m;
        if (number == TAG_CLUSTER_ID)
                serde_nullable_string(tag, &request->cluster_id);
        else if (number == TAG_REPLICA_STATE && tag->version >= 15)
                serde_fetch_replica_state(tag, request);
}

static void serde_fetch_request_tags(struct serde *s, struct fetch_request *m)
{
        if (!s->flexible)
                return;
        if (serde_reads(s)) {
                serde_read_tags(s, read_request_tag, m);
                return;
        }
        size_t begin;
        bool is_replica = s->version >= 15 && m->replica_id != -1;
        serde_tag_count(s, (uint32_t)(m->cluster_id.size > 0) + is_replica);
        if (m->cluster_id.size > 0) {
                begin = serde_tag_begin(s, TAG_CLUSTER_ID);
                serde_nullable_string(s, &m->cluster_id);
                serde_tag_end(s, begin);
        }
        if (is_replica) {
                begin = serde_tag_begin(s, TAG_REPLICA_STATE);
                serde_fetch_replica_state(s, m);
                serde_tag_end(s, begin);
        }
}

/* Fetch asks for batches from an offset on, one answer for many partitions; a session (KIP-227)
 * lets it name only what changed; from 12 on a follower says the epoch of its last record, so the
 * leader can see that their logs differ (KIP-595). */
void serde_fetch_request(struct serde *s, struct fetch_request *m)
{
        if (serde_reads(s))
                *m = (struct fetch_request){.cluster_id = STR_NULL,
                                            .replica_id = -1,
                                            .replica_epoch = -1,
                                            .session_epoch = -1};
        if (s->version < 15)
                serde_i32(s, &m->replica_id);
        serde_i32(s, &m->max_wait_ms);
        serde_i32(s, &m->min_bytes);
        serde_i32(s, &m->max_bytes);
        serde_i8(s, &m->isolation_level);
        if (s->version >= 7)
                serde_i32(s, &m->session_id);
        if (s->version >= 7)
                serde_i32(s, &m->session_epoch);
        serde_array(s, &m->topics, serde_fetch_topic);
        if (s->version >= 7)
                serde_array(s, &m->forgotten_topics, serde_fetch_forgotten_topic);
        if (s->version >= 11)
                serde_string(s, &m->rack_id);
        serde_fetch_request_tags(s, m);
}

static void serde_fetch_diverging_epoch(struct serde *s, struct fetch_diverging_epoch *m)
{
        serde_i32(s, &m->epoch);
        serde_i64(s, &m->end_offset);
        serde_tags(s);
}

void serde_fetch_current_leader(struct serde *s, struct fetch_current_leader *m)
{
        serde_i32(s, &m->leader_id);
        serde_i32(s, &m->leader_epoch);
        serde_tags(s);
}

void serde_fetch_snapshot_id(struct serde *s, struct fetch_snapshot_id *m)
{
        serde_i64(s, &m->end_offset);
        serde_i32(s, &m->epoch);
        serde_tags(s);
}

static void serde_fetch_aborted_transaction(struct serde *s, struct fetch_aborted_transaction *m)
{
        serde_i64(s, &m->producer_id);
        serde_i64(s, &m->first_offset);
        serde_tags(s);
}

static void read_partition_tag(struct serde *tag, uint32_t number, void *m)
{
        struct fetch_partition_response *partition = m;
        if (number == TAG_DIVERGING_EPOCH) {
                partition->has_diverging_epoch = true;
                serde_fetch_diverging_epoch(tag, &partition->diverging_epoch);
        } else if (number == TAG_CURRENT_LEADER) {
                partition->has_current_leader = true;
                serde_fetch_current_leader(tag, &partition->current_leader);
        } else if (number == TAG_SNAPSHOT_ID) {
                partition->has_snapshot_id = true;
                serde_fetch_snapshot_id(tag, &partition->snapshot_id);
        }
}

static void write_partition_tags(struct serde *s, struct fetch_partition_response *m)
{
        size_t begin;
        serde_tag_count(s, (uint32_t)m->has_diverging_epoch + m->has_current_leader +
                                   m->has_snapshot_id);
        if (m->has_diverging_epoch) {
                begin = serde_tag_begin(s, TAG_DIVERGING_EPOCH);
                serde_fetch_diverging_epoch(s, &m->diverging_epoch);
                serde_tag_end(s, begin);
        }
        if (m->has_current_leader) {
                begin = serde_tag_begin(s, TAG_CURRENT_LEADER);
                serde_fetch_current_leader(s, &m->current_leader);
                serde_tag_end(s, begin);
        }
        if (m->has_snapshot_id) {
                begin = serde_tag_begin(s, TAG_SNAPSHOT_ID);
                serde_fetch_snapshot_id(s, &m->snapshot_id);
                serde_tag_end(s, begin);
        }
}

static void serde_fetch_partition_response(struct serde *s, struct fetch_partition_response *m)
{
        if (serde_reads(s))
                *m = (struct fetch_partition_response){.log_start_offset = -1,
                                                       .preferred_read_replica = -1};
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_i64(s, &m->high_watermark);
        serde_i64(s, &m->last_stable_offset);
        if (s->version >= 5)
                serde_i64(s, &m->log_start_offset);
        serde_nullable_array(s, &m->aborted_transactions, serde_fetch_aborted_transaction);
        if (s->version >= 11)
                serde_i32(s, &m->preferred_read_replica);
        serde_records(s, &m->records);
        if (!s->flexible)
                return;
        if (serde_reads(s))
                serde_read_tags(s, read_partition_tag, m);
        else
                write_partition_tags(s, m);
}

static void serde_fetch_topic_response(struct serde *s, struct fetch_topic_response *m)
{
        serde_fetch_name(s, &m->name, &m->topic_id);
        serde_array(s, &m->partitions, serde_fetch_partition_response);
        serde_tags(s);
}

/* The answer: batches, which may begin before the offset asked for and end in half a batch, and how
 * far readers may go. Tags tell a follower to cut its log (KIP-595) and who leads now. */
void serde_fetch_response(struct serde *s, struct fetch_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        if (s->version >= 7)
                serde_i16(s, &m->error_code);
        if (s->version >= 7)
                serde_i32(s, &m->session_id);
        serde_array(s, &m->topics, serde_fetch_topic_response);
        serde_tags(s);
}

#include "wire/fetch_snapshot.h"

enum { TAG_CLUSTER_ID = 0 };     /* of the request */
enum { TAG_CURRENT_LEADER = 0 }; /* of a partition in the answer */

static void serde_fetch_snapshot_partition(struct serde *s, struct fetch_snapshot_partition *m)
{
        serde_i32(s, &m->index);
        serde_i32(s, &m->current_leader_epoch);
        serde_fetch_snapshot_id(s, &m->snapshot_id);
        serde_i64(s, &m->position);
        serde_tags(s);
}

static void serde_fetch_snapshot_topic(struct serde *s, struct fetch_snapshot_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_fetch_snapshot_partition);
        serde_tags(s);
}

static void read_request_tag(struct serde *tag, uint32_t number, void *m)
{
        struct fetch_snapshot_request *request = m;
        if (number == TAG_CLUSTER_ID)
                serde_nullable_string(tag, &request->cluster_id);
}

static void write_request_tags(struct serde *s, struct fetch_snapshot_request *m)
{
        serde_tag_count(s, m->cluster_id.size > 0);
        if (m->cluster_id.size > 0) {
                size_t begin = serde_tag_begin(s, TAG_CLUSTER_ID);
                serde_nullable_string(s, &m->cluster_id);
                serde_tag_end(s, begin);
        }
}

/* FetchSnapshot asks for the next piece of a snapshot, which Fetch has named before (KIP-630). */
void serde_fetch_snapshot_request(struct serde *s, struct fetch_snapshot_request *m)
{
        if (serde_reads(s))
                *m = (struct fetch_snapshot_request){.cluster_id = STR_NULL};
        serde_i32(s, &m->replica_id);
        serde_i32(s, &m->max_bytes);
        serde_array(s, &m->topics, serde_fetch_snapshot_topic);
        if (serde_reads(s))
                serde_read_tags(s, read_request_tag, m);
        else
                write_request_tags(s, m);
}

static void read_partition_tag(struct serde *tag, uint32_t number, void *m)
{
        struct fetch_snapshot_partition_response *partition = m;
        if (number == TAG_CURRENT_LEADER) {
                partition->has_current_leader = true;
                serde_fetch_current_leader(tag, &partition->current_leader);
        }
}

static void write_partition_tags(struct serde *s, struct fetch_snapshot_partition_response *m)
{
        serde_tag_count(s, m->has_current_leader);
        if (m->has_current_leader) {
                size_t begin = serde_tag_begin(s, TAG_CURRENT_LEADER);
                serde_fetch_current_leader(s, &m->current_leader);
                serde_tag_end(s, begin);
        }
}

static void serde_fetch_snapshot_partition_response(struct serde *s,
                                                    struct fetch_snapshot_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_fetch_snapshot_id(s, &m->snapshot_id);
        serde_i64(s, &m->size);
        serde_i64(s, &m->position);
        serde_records(s, &m->records);
        if (serde_reads(s))
                serde_read_tags(s, read_partition_tag, m);
        else
                write_partition_tags(s, m);
}

static void serde_fetch_snapshot_topic_response(struct serde *s,
                                                struct fetch_snapshot_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_fetch_snapshot_partition_response);
        serde_tags(s);
}

/* The answer: bytes of the snapshot's file, cut without regard to batches. */
void serde_fetch_snapshot_response(struct serde *s, struct fetch_snapshot_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_array(s, &m->topics, serde_fetch_snapshot_topic_response);
        serde_tags(s);
}

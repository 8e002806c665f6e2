/* ListOffsets and OffsetForLeaderEpoch: where a log begins and ends, and what lies where. */
#include "broker/state.h"
#include "wire/epoch_end.h"
#include "wire/fetch.h"
#include "wire/list_offsets.h"

/* What lies at or above `end` is not committed: nobody hears of it. */
static enum kerr find_offset(struct replica *replica, int64_t timestamp, int64_t end,
                             struct log_time_hit *hit)
{
        enum kerr err;
        *hit = (struct log_time_hit){.offset = -1, .timestamp = -1, .leader_epoch = -1};
        switch (timestamp) {
        case LIST_OFFSETS_LATEST:
                hit->offset = end;
                hit->leader_epoch = replica->assignment.leader_epoch;
                return KERR_NONE;
        case LIST_OFFSETS_EARLIEST:
                hit->offset = partition_log_start(replica->log);
                return KERR_NONE;
        case LIST_OFFSETS_MAX_TIMESTAMP:
                err = partition_log_find_max_time(replica->log, hit);
                break;
        default: err = partition_log_find_time(replica->log, timestamp, hit);
        }
        if (hit->offset >= end)
                *hit = (struct log_time_hit){.offset = -1, .timestamp = -1, .leader_epoch = -1};
        return err;
}

static void list_offset(struct request *r, struct str topic, enum replica_reader reader,
                        const struct list_offsets_partition *in,
                        struct list_offsets_partition_response *out)
{
        enum kerr err;
        struct log_time_hit hit = {.offset = -1, .timestamp = -1, .leader_epoch = -1};
        struct hosted_partition *p = hosted_find(r->broker, topic, in->index, &err);
        int64_t end = 0;
        if (p)
                err = replica_check_leader(&p->replica, in->current_leader_epoch);
        if (!err && in->timestamp_ms != LIST_OFFSETS_EARLIEST)
                err = replica_visible_end(&p->replica, reader, &end);
        if (!err)
                err = find_offset(&p->replica, in->timestamp_ms, end, &hit);
        *out = (struct list_offsets_partition_response){.index = in->index,
                                                        .error_code = errors_to_wire(err),
                                                        .timestamp_ms = hit.timestamp,
                                                        .offset = hit.offset,
                                                        .leader_epoch = hit.leader_epoch};
}

void handle_list_offsets(struct request *r)
{
        struct list_offsets_request in = {0};
        struct list_offsets_response answer = {0};
        serde_list_offsets_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        enum replica_reader reader =
                in.isolation_level == READ_COMMITTED ? READER_COMMITTED : READER_UNCOMMITTED;
        reply_array(r, &answer.topics, in.topics.count);
        for (int32_t t = 0; t < in.topics.count; t++) {
                struct list_offsets_topic *topic = &in.topics.items[t];
                answer.topics.items[t].name = topic->name;
                reply_array(r, &answer.topics.items[t].partitions, topic->partitions.count);
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        list_offset(r, topic->name, reader, &topic->partitions.items[i],
                                    &answer.topics.items[t].partitions.items[i]);
        }
        struct serde out = request_answer(r);
        serde_list_offsets_response(&out, &answer);
        request_finish(r, &out);
}

static void epoch_end(struct request *r, struct str topic, const struct epoch_end_partition *in,
                      struct epoch_end_partition_response *out)
{
        enum kerr err;
        *out = (struct epoch_end_partition_response){
                .index = in->index, .leader_epoch = -1, .end_offset = -1};
        struct hosted_partition *p = hosted_find(r->broker, topic, in->index, &err);
        if (p)
                err = replica_check_leader(&p->replica, in->current_leader_epoch);
        if (!err)
                leader_epochs_end(partition_log_epochs(p->replica.log), in->leader_epoch,
                                  partition_log_end(p->replica.log), &out->leader_epoch,
                                  &out->end_offset);
        out->error_code = errors_to_wire(err);
}

void handle_offset_for_leader_epoch(struct request *r)
{
        struct epoch_end_request in = {0};
        struct epoch_end_response answer = {0};
        serde_epoch_end_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        reply_array(r, &answer.topics, in.topics.count);
        for (int32_t t = 0; t < in.topics.count; t++) {
                struct epoch_end_topic *topic = &in.topics.items[t];
                answer.topics.items[t].name = topic->name;
                reply_array(r, &answer.topics.items[t].partitions, topic->partitions.count);
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        epoch_end(r, topic->name, &topic->partitions.items[i],
                                  &answer.topics.items[t].partitions.items[i]);
        }
        struct serde out = request_answer(r);
        serde_epoch_end_response(&out, &answer);
        request_finish(r, &out);
}

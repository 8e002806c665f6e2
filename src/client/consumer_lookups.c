/* Where a partition's log begins and ends, and whether it still holds what we have read. */
#include "client/consumer_private.h"
#include "wire/epoch_end.h"

#include <stdlib.h>
#include <string.h>

/* True for the first item of each topic. */
static bool begins_topic(const struct question *q, size_t i)
{
        return i == 0 ||
               strcmp(q->items[i].partition->topic, q->items[i - 1].partition->topic) != 0;
}

/* --- ListOffsets --- */

static int64_t time_of(struct start start)
{
        switch (start.kind) {
        case START_EARLIEST: return LIST_OFFSETS_EARLIEST;
        case START_TIMESTAMP: return start.value;
        default: return LIST_OFFSETS_LATEST;
        }
}

void consumer_write_list_offsets(struct serde *s, void *question)
{
        struct question *q = question;
        size_t count = (size_t)q->count;
        struct list_offsets_topic *topics = calloc(count, sizeof *topics);
        struct list_offsets_partition *partitions = calloc(count, sizeof *partitions);
        if (!topics || !partitions)
                abort();
        struct list_offsets_request m = {
                .replica_id = -1, .isolation_level = (int8_t)q->consumer->config.isolation_level};
        m.topics.items = topics;
        for (size_t i = 0; i < count; i++) {
                const struct partition *p = q->items[i].partition;
                partitions[i] = (struct list_offsets_partition){.index = p->index,
                                                                .current_leader_epoch =
                                                                        q->items[i].leader_epoch,
                                                                .timestamp_ms = time_of(p->start)};
                if (begins_topic(q, i)) {
                        topics[m.topics.count].name = str_of(p->topic);
                        topics[m.topics.count++].partitions.items = &partitions[i];
                }
                topics[m.topics.count - 1].partitions.count++;
        }
        serde_list_offsets_request(s, &m);
        free(topics);
        free(partitions);
}

static void take_offset(struct consumer *c, struct partition *p, int64_t offset)
{
        if (offset < 0) {
                /* No record is as young as that: whatever comes next will be. */
                p->start = (struct start){.kind = START_LATEST};
                return;
        }
        p->err = KERR_NONE;
        p->state = FETCHING;
        p->position.offset = offset;
        client_wake(c->client);
}

static const struct list_offsets_partition_response *
find_listed(const struct list_offsets_response *m, const struct partition *p)
{
        for (int32_t t = 0; t < m->topics.count; t++) {
                const struct list_offsets_topic_response *topic = &m->topics.items[t];
                if (!str_equal_c(topic->name, p->topic))
                        continue;
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        if (topic->partitions.items[i].index == p->index)
                                return &topic->partitions.items[i];
                }
        }
        return NULL;
}

enum kerr consumer_take_listed(struct question *q, struct serde *body)
{
        struct list_offsets_response m = {0};
        serde_list_offsets_response(body, &m);
        for (int32_t i = 0; !body->err && i < q->count; i++) {
                struct partition *p = consumer_answered(&q->items[i]);
                if (!p)
                        continue;
                const struct list_offsets_partition_response *found = find_listed(&m, p);
                enum kerr err = found ? (enum kerr)found->error_code : KERR_UNKNOWN_SERVER_ERROR;
                if (err)
                        consumer_take_error(q->consumer, p, err);
                else
                        take_offset(q->consumer, p, found->offset);
        }
        return body->err;
}

/* --- OffsetForLeaderEpoch (KIP-320) --- */

void consumer_write_epochs(struct serde *s, void *question)
{
        struct question *q = question;
        size_t count = (size_t)q->count;
        struct epoch_end_topic *topics = calloc(count, sizeof *topics);
        struct epoch_end_partition *partitions = calloc(count, sizeof *partitions);
        if (!topics || !partitions)
                abort();
        struct epoch_end_request m = {.replica_id = REPLICA_ID_CONSUMER};
        m.topics.items = topics;
        for (size_t i = 0; i < count; i++) {
                const struct partition *p = q->items[i].partition;
                partitions[i] = (struct epoch_end_partition){
                        .index = p->index,
                        .current_leader_epoch = q->items[i].leader_epoch,
                        .leader_epoch = p->position.leader_epoch};
                if (begins_topic(q, i)) {
                        topics[m.topics.count].name = str_of(p->topic);
                        topics[m.topics.count++].partitions.items = &partitions[i];
                }
                topics[m.topics.count - 1].partitions.count++;
        }
        serde_epoch_end_request(s, &m);
        free(topics);
        free(partitions);
}

/* The new leader's log ends its part of that epoch before our position: records that we have read
 * are gone, and others may stand in their place. */
static void take_truncation(struct consumer *c, struct partition *p,
                            const struct epoch_end_partition_response *found)
{
        int64_t offset = p->position.offset;
        world_log(c->world, WORLD_WARN,
                  "%s-%d: position %lld is cut off the log, which went on from %lld", p->topic,
                  p->index, (long long)offset, (long long)found->end_offset);
        if (c->config.auto_offset_reset == OFFSET_RESET_NONE) {
                consumer_stop(c, p, offset, KERR_OFFSET_OUT_OF_RANGE);
                return;
        }
        consumer_move(c, p, (struct start){START_OFFSET, found->end_offset});
        p->position.leader_epoch = found->leader_epoch;
        if (c->config.on_error)
                c->config.on_error(c->config.context, p->topic, p->index, offset,
                                   KERR_OFFSET_OUT_OF_RANGE);
}

static const struct epoch_end_partition_response *find_epoch(const struct epoch_end_response *m,
                                                             const struct partition *p)
{
        for (int32_t t = 0; t < m->topics.count; t++) {
                const struct epoch_end_topic_response *topic = &m->topics.items[t];
                if (!str_equal_c(topic->name, p->topic))
                        continue;
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        if (topic->partitions.items[i].index == p->index)
                                return &topic->partitions.items[i];
                }
        }
        return NULL;
}

enum kerr consumer_take_epochs(struct question *q, struct serde *body)
{
        struct epoch_end_response m = {0};
        serde_epoch_end_response(body, &m);
        for (int32_t i = 0; !body->err && i < q->count; i++) {
                struct partition *p = consumer_answered(&q->items[i]);
                if (!p)
                        continue;
                const struct epoch_end_partition_response *found = find_epoch(&m, p);
                enum kerr err = found ? (enum kerr)found->error_code : KERR_UNKNOWN_SERVER_ERROR;
                if (err)
                        consumer_take_error(q->consumer, p, err);
                else if (found->end_offset < 0)
                        consumer_reset(q->consumer, p); /* it knows nothing so old */
                else if (found->end_offset < p->position.offset)
                        take_truncation(q->consumer, p, found);
                else
                        p->validated_epoch = q->items[i].leader_epoch;
        }
        return body->err;
}

/* OffsetDelete, DeleteGroups, and what time takes: tombstones for offsets and groups. Source:
 * KIP-211, 229, 496; Kafka's GroupMetadata.removeExpiredOffsets, GroupMetadataManager
 * (cleanupGroupMetadata). */
#include "groups/deferred.h"
#include "groups/group_log.h"

/* So many tombstones go into one batch: it must not pass max.message.bytes. */
enum { TOMBSTONES_MAX = 1000 };

/* Offsets of one group that are to go; the names are borrowed. */
struct doomed_offset {
        struct str topic;
        int32_t partition;
};

struct doomed {
        struct group *group;
        struct doomed_offset *offsets;
        int32_t count, capacity;
};

static void doom(struct doomed *d, struct str topic, int32_t partition)
{
        if (d->count == d->capacity) {
                d->capacity = d->capacity ? 2 * d->capacity : 16;
                d->offsets = realloc(d->offsets, (size_t)d->capacity * sizeof *d->offsets);
                if (!d->offsets)
                        abort();
        }
        d->offsets[d->count++] = (struct doomed_offset){topic, partition};
}

static enum kerr bury_some(struct group *g, const struct doomed_offset *offsets, int32_t count)
{
        struct group_change ch;
        int64_t position;
        group_change_begin(&ch, g->home);
        for (int32_t i = 0; i < count; i++)
                group_change_offset(&ch, g->id, offsets[i].topic, offsets[i].partition, NULL);
        enum kerr err = group_change_append(&ch, &position);
        for (int32_t i = 0; i < count && !err; i++)
                offset_table_remove(&g->offsets, offsets[i].topic, offsets[i].partition);
        return err;
}

/* Ends `d`. */
static enum kerr bury(struct doomed *d)
{
        enum kerr err = KERR_NONE;
        for (int32_t done = 0; done < d->count && !err; done += TOMBSTONES_MAX) {
                int32_t left = d->count - done;
                err = bury_some(d->group, &d->offsets[done],
                                left < TOMBSTONES_MAX ? left : TOMBSTONES_MAX);
        }
        free(d->offsets);
        return err;
}

/* The group has no members and no offsets: nothing of it is left. */
static enum kerr bury_group(struct group *g)
{
        enum kerr err = KERR_NONE;
        if (g->is_recorded) {
                struct group_change ch;
                int64_t position;
                group_change_begin(&ch, g->home);
                group_change_group_tombstone(&ch, g);
                err = group_change_append(&ch, &position);
        }
        if (!err)
                group_drop(g, KERR_UNKNOWN_MEMBER_ID);
        return err;
}

/* --- topics that are no more --- */

static void forget_topic(struct group *g, struct str topic)
{
        struct doomed d = {.group = g};
        struct topic_offsets *t;
        HASH_FIND(hh, g->offsets.topics, topic.data, (size_t)topic.size, t);
        for (struct partition_offset *o = t ? t->partitions : NULL; o; o = o->hh.next)
                doom(&d, topic, o->partition);
        enum kerr err = bury(&d);
        if (err)
                world_log(group_coordinator_of(g)->config.world, WORLD_WARN,
                          "group %.*s: its offsets of the deleted topic %.*s stay: %s",
                          (int)g->id.size, g->id.data, (int)topic.size, topic.data, kerr_text(err));
        group_drop_if_blank(g);
}

void groups_forget_topic(struct group_coordinator *c, struct str topic)
{
        for (int32_t i = 0; i < c->partition_count; i++) {
                struct group_partition *p = c->partitions[i];
                struct group *g, *next;
                if (!p || !p->is_loaded)
                        continue;
                HASH_ITER (hh, p->groups, g, next)
                        forget_topic(g, topic);
        }
}

/* --- OffsetDelete --- */

static enum kerr find_to_delete(struct group_coordinator *c, struct str group_id,
                                struct group_partition **p, struct group **g)
{
        *g = NULL;
        enum kerr err =
                group_id.size < 0 ? KERR_INVALID_GROUP_ID : group_partition_find(c, group_id, p);
        if (err)
                return err;
        *g = group_partition_group(*p, group_id);
        return *g ? KERR_NONE : KERR_GROUP_ID_NOT_FOUND;
}

static enum kerr delete_offsets(struct group *g, const struct offset_delete_request *in,
                                struct offset_delete_response *answer, struct group_call *call)
{
        struct doomed d = {.group = g};
        if (g->state != GROUP_EMPTY && !str_equal_c(g->protocol_type, "consumer"))
                return KERR_NON_EMPTY_GROUP;
        group_answer_array(call, &answer->topics, in->topics.count);
        for (int32_t i = 0; i < in->topics.count; i++) {
                const struct offset_delete_topic *asked = &in->topics.items[i];
                struct offset_delete_topic_response *told = &answer->topics.items[i];
                bool is_read = g->state != GROUP_EMPTY && group_may_read(g, asked->name);
                told->name = asked->name;
                group_answer_array(call, &told->partitions, asked->partitions.count);
                for (int32_t k = 0; k < asked->partitions.count; k++) {
                        int32_t index = asked->partitions.items[k];
                        told->partitions.items[k].index = index;
                        if (is_read)
                                told->partitions.items[k].error_code =
                                        KERR_GROUP_SUBSCRIBED_TO_TOPIC;
                        else if (offset_table_find(&g->offsets, asked->name, index))
                                doom(&d, asked->name, index);
                }
        }
        return bury(&d);
}

static void delete_offsets_failed(struct group_call *call, void *answer, int32_t index,
                                  enum kerr err)
{
        (void)call, (void)index;
        *(struct offset_delete_response *)answer =
                (struct offset_delete_response){.error_code = errors_to_wire(err)};
}

void groups_delete_offsets(struct group_coordinator *c, const struct offset_delete_request *in,
                           struct offset_delete_response *answer, struct group_call *call)
{
        struct group_partition *p;
        struct group *g;
        *answer = (struct offset_delete_response){0};
        enum kerr err = find_to_delete(c, in->group_id, &p, &g);
        if (!err)
                err = delete_offsets(g, in, answer, call);
        if (err) {
                delete_offsets_failed(call, answer, 0, err);
                call->done(call);
                return;
        }
        group_drop_if_blank(g);
        deferred_answer(p, call, answer, delete_offsets_failed);
}

/* --- DeleteGroups --- */

static enum kerr delete_group(struct group *g)
{
        struct doomed d = {.group = g};
        if (g->state != GROUP_EMPTY)
                return KERR_NON_EMPTY_GROUP;
        for (const struct topic_offsets *t = g->offsets.topics; t; t = t->hh.next) {
                for (const struct partition_offset *p = t->partitions; p; p = p->hh.next)
                        doom(&d, topic_offsets_name(t), p->partition);
        }
        enum kerr err = bury(&d);
        return err ? err : bury_group(g);
}

static void delete_failed(struct group_call *call, void *answer, int32_t index, enum kerr err)
{
        struct delete_groups_response *out = answer;
        (void)call;
        out->results.items[index].error_code = errors_to_wire(err);
}

void groups_delete(struct group_coordinator *c, const struct delete_groups_request *in,
                   struct delete_groups_response *answer, struct group_call *call)
{
        struct deferred *d = deferred_begin(call, answer, in->groups.count, delete_failed);
        *answer = (struct delete_groups_response){0};
        group_answer_array(call, &answer->results, in->groups.count);
        for (int32_t i = 0; i < in->groups.count; i++) {
                struct group_partition *p;
                struct group *g;
                answer->results.items[i].group_id = in->groups.items[i];
                enum kerr err = find_to_delete(c, in->groups.items[i], &p, &g);
                if (!err)
                        err = delete_group(g);
                if (err)
                        delete_failed(call, answer, i, err);
                else
                        deferred_wait(d, p, i);
        }
        deferred_end(d);
}

/* --- expiry --- */

/* From when on the offset is kept only for so long; INT64_MAX: it is needed. */
static int64_t unused_since_ms(const struct group *g, struct str topic,
                               const struct offset_value *value)
{
        /* Before KIP-211 nobody asked whether the group lives (KAFKA-4682). */
        if (zoo_has(group_coordinator_of(g)->config.world->zoo, ZOO_EXPIRES_LIVE_OFFSETS))
                return value->commit_timestamp_ms;
        if (g->protocol_type.size < 0)
                return value->commit_timestamp_ms;
        if (g->state == GROUP_EMPTY)
                return g->state_since_ms >= 0 ? g->state_since_ms : value->commit_timestamp_ms;
        bool is_read = g->state != GROUP_STABLE || group_may_read(g, topic);
        return is_read ? INT64_MAX : value->commit_timestamp_ms;
}

static bool is_expired(const struct group *g, struct str topic, const struct partition_offset *p,
                       int64_t now_ms)
{
        if (!p->is_committed || p->pending)
                return false;
        int64_t since_ms = unused_since_ms(g, topic, &p->value);
        if (since_ms == INT64_MAX)
                return false;
        if (p->value.expire_timestamp_ms >= 0)
                return now_ms >= p->value.expire_timestamp_ms;
        return now_ms - since_ms >= group_coordinator_of(g)->config.offsets_retention_ms;
}

static enum kerr expire_group(struct group *g)
{
        struct doomed d = {.group = g};
        int64_t now_ms = group_wall_ms(group_coordinator_of(g));
        for (const struct topic_offsets *t = g->offsets.topics; t; t = t->hh.next) {
                struct str topic = topic_offsets_name(t);
                for (const struct partition_offset *p = t->partitions; p; p = p->hh.next) {
                        if (is_expired(g, topic, p, now_ms))
                                doom(&d, topic, p->partition);
                }
        }
        enum kerr err = bury(&d);
        if (!err && g->state == GROUP_EMPTY && !g->expected && !g->offsets.topics)
                err = bury_group(g);
        return err;
}

void groups_expire(struct group_partition *p)
{
        struct group *g, *next;
        HASH_ITER (hh, p->groups, g, next) {
                enum kerr err = expire_group(g);
                if (err) { /* the next time, then */
                        world_log(p->coordinator->config.world, WORLD_WARN,
                                  "__consumer_offsets-%d: tombstones cannot be written: %s",
                                  p->number, kerr_text(err));
                        return;
                }
        }
}

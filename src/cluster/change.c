#include "cluster/change.h"

#include "cluster/metadata_log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void change_add(struct controller *c, const struct metadata_record *record)
{
        assert(c->active && "only the active controller decides");
        metadata_log_add(c->config.world, &c->batch, record);
        enum kerr err = image_apply(&c->image, record);
        assert(!err && "the controller writes only records that fit its image");
}

int64_t change_next_offset(const struct controller *c)
{
        return c->config.store->next_offset(c->config.store) + c->batch.header.records_count;
}

bool change_is_active(const struct controller *c, int32_t broker)
{
        const struct image_broker *b = image_broker(&c->image, broker);
        return b && !b->fenced && !b->in_shutdown;
}

static bool is_active(const void *context, int32_t broker)
{
        return change_is_active(context, broker);
}

struct electorate change_electorate(const struct controller *c, const struct image_topic *topic)
{
        const char *min_isr = image_setting(topic, "min.insync.replicas");
        const char *unclean = image_setting(topic, "unclean.leader.election.enable");
        return (struct electorate){
                .is_active = is_active,
                .context = c,
                .min_isr = min_isr ? (int32_t)strtol(min_isr, NULL, 10) : c->config.min_isr,
                .unclean = unclean ? strcmp(unclean, "true") == 0 : c->config.unclean_election,
                .lost_broker = -1,
        };
}

static void log_change(struct controller *c, const struct image_topic *topic, int32_t index,
                       int32_t old_leader)
{
        const struct image_partition *p = &topic->partitions[index];
        char isr[REPLICAS_MAX * 12 + 1] = "";
        size_t used = 0;
        for (int32_t i = 0; i < p->isr.count; i++)
                used += (size_t)snprintf(isr + used, sizeof isr - used, " %d", p->isr.ids[i]);
        world_log(c->config.world, WORLD_DEBUG,
                  "%s-%d: leader %d (was %d), leader epoch %d, partition epoch %d, ISR:%s",
                  topic->name, index, p->leader, old_leader, p->leader_epoch, p->partition_epoch,
                  isr);
}

bool change_partition(struct controller *c, const struct image_topic *topic, int32_t index,
                      const struct image_partition *asked, const struct electorate *e)
{
        const struct image_partition *now = &topic->partitions[index];
        struct image_partition wanted = *asked;
        struct metadata_record record;
        int32_t old_leader = now->leader;
        election_settle(now, &wanted, e);
        if (!election_change(now, &wanted, &topic->id, index, &record))
                return false;
        change_add(c, &record);
        log_change(c, topic, index, old_leader);
        return true;
}

void change_settle_topic(struct controller *c, const struct image_topic *topic, int32_t lost_broker)
{
        struct electorate e = change_electorate(c, topic);
        e.lost_broker = lost_broker;
        for (int32_t i = 0; i < topic->partition_count; i++)
                change_partition(c, topic, i, &topic->partitions[i], &e);
}

void change_settle_all(struct controller *c, int32_t lost_broker)
{
        for (struct image_topic *topic = c->image.topics; topic; topic = topic->hh.next)
                change_settle_topic(c, topic, lost_broker);
}

void *answer_alloc(struct arena *arena, size_t size)
{
        void *memory = arena_alloc(arena, size);
        if (!memory)
                abort();
        return memory;
}

struct str answer_text(struct arena *arena, const char *text)
{
        size_t size = strlen(text);
        return (struct str){memcpy(answer_alloc(arena, size), text, size), (int32_t)size};
}

#include "cluster/reassignment.h"

#include "cluster/change.h"
#include "cluster/placement.h"

#include <stdio.h>

/* Those of `set` that are not in `others`. */
static struct replica_set without(const struct replica_set *set, const struct replica_set *others)
{
        struct replica_set rest = {.count = 0};
        for (int32_t i = 0; i < set->count; i++) {
                if (!replica_set_has(others, set->ids[i]))
                        replica_set_add(&rest, set->ids[i]);
        }
        return rest;
}

void reassignment_undo(struct image_partition *p)
{
        p->replicas = without(&p->replicas, &p->adding);
        p->isr = without(&p->isr, &p->adding);
        p->adding.count = p->removing.count = 0;
}

bool reassignment_begin(struct image_partition *p, const struct replica_set *target)
{
        struct replica_set isr = p->isr;
        reassignment_undo(p);
        p->adding = without(target, &p->replicas);
        p->removing = without(&p->replicas, target);
        if (target->count + p->removing.count > REPLICAS_MAX)
                return false;
        p->replicas = *target;
        for (int32_t i = 0; i < p->removing.count; i++)
                replica_set_add(&p->replicas, p->removing.ids[i]);
        p->isr = isr; /* one that was being added, and still is, keeps its place */
        return true;
}

bool reassignment_finish(struct image_partition *p)
{
        struct replica_set isr = without(&p->isr, &p->removing);
        if (!reassignment_goes_on(p) || isr.count == 0 || without(&p->adding, &isr).count > 0)
                return false;
        p->isr = isr;
        p->elr = without(&p->elr, &p->removing);
        p->replicas = without(&p->replicas, &p->removing);
        p->adding.count = p->removing.count = 0;
        return true;
}

/* --- what people ask of the controller --- */

enum { WHY_BYTES = 200 };

/* Taking out those that were being added must not cost a partition its leader. */
static enum kerr move(struct controller *c, const struct image_topic *topic, int32_t index,
                      const struct image_partition *wanted, char *why)
{
        const struct image_partition *now = &topic->partitions[index];
        struct electorate e = change_electorate(c, topic);
        struct image_partition settled = *wanted;
        election_settle(now, &settled, &e);
        if (now->leader >= 0 && settled.leader < 0) {
                snprintf(why, WHY_BYTES, "None of the replicas that would be left may lead.");
                return KERR_INVALID_REPLICA_ASSIGNMENT;
        }
        change_partition(c, topic, index, wanted, &e);
        return KERR_NONE;
}

static enum kerr reassign(struct controller *c, struct str name,
                          const struct alter_reassignments_partition *in, char *why)
{
        const struct image_partition *now = image_partition(&c->image, name, in->index);
        enum kerr err = KERR_NONE;
        if (!now)
                err = KERR_UNKNOWN_TOPIC_OR_PARTITION;
        else if (in->replicas.count < 0 && !reassignment_goes_on(now))
                err = KERR_NO_REASSIGNMENT_IN_PROGRESS;
        if (err) {
                snprintf(why, WHY_BYTES, "%s", kerr_text(err));
                return err;
        }
        struct image_partition wanted = *now;
        struct replica_set target;
        if (in->replicas.count < 0) {
                reassignment_undo(&wanted);
        } else {
                err = placement_read(&c->image, in->replicas.items, in->replicas.count, &target,
                                     why, WHY_BYTES);
                if (err)
                        return err;
                if (!reassignment_begin(&wanted, &target)) {
                        snprintf(why, WHY_BYTES, "More than %d replicas at a time.", REPLICAS_MAX);
                        return KERR_INVALID_REPLICA_ASSIGNMENT;
                }
        }
        return move(c, image_topic(&c->image, name), in->index, &wanted, why);
}

void controller_reassign(struct controller *c, const struct alter_reassignments_request *in,
                         struct arena *arena, struct alter_reassignments_response *out)
{
        *out = (struct alter_reassignments_response){.error_message = STR_NULL};
        if (!c->active) {
                out->error_code = KERR_NOT_CONTROLLER;
                return;
        }
        answer_array(arena, &out->topics, in->topics.count);
        for (int32_t i = 0; i < in->topics.count; i++) {
                const struct alter_reassignments_topic *asked = &in->topics.items[i];
                struct alter_reassignments_topic_response *told = &out->topics.items[i];
                told->name = asked->name;
                answer_array(arena, &told->partitions, asked->partitions.count);
                for (int32_t k = 0; k < asked->partitions.count; k++) {
                        char why[WHY_BYTES];
                        enum kerr err = reassign(c, asked->name, &asked->partitions.items[k], why);
                        told->partitions.items[k] = (struct alter_reassignments_partition_response){
                                asked->partitions.items[k].index, (int16_t)err,
                                err ? answer_text(arena, why) : STR_NULL};
                }
        }
}

static void list_partition(const struct image_topic *topic, int32_t index, struct arena *arena,
                           struct list_reassignments_topic_response *out)
{
        if (index < 0 || index >= topic->partition_count ||
            !reassignment_goes_on(&topic->partitions[index]))
                return;
        const struct image_partition *p = &topic->partitions[index];
        struct list_reassignments_partition_response *told =
                &out->partitions.items[out->partitions.count++];
        told->index = index;
        answer_ids(arena, &told->replicas, &p->replicas);
        answer_ids(arena, &told->adding_replicas, &p->adding);
        answer_ids(arena, &told->removing_replicas, &p->removing);
}

/* The partitions named, or all when `asked` is NULL. A topic of which none moves is not told. */
static void list_topic(const struct image_topic *topic,
                       const struct list_reassignments_topic *asked, struct arena *arena,
                       struct list_reassignments_response *out)
{
        if (!topic)
                return;
        struct list_reassignments_topic_response *told = &out->topics.items[out->topics.count];
        int32_t count = asked ? asked->partitions.count : topic->partition_count;
        told->name = answer_text(arena, topic->name);
        answer_array(arena, &told->partitions, count);
        told->partitions.count = 0;
        for (int32_t i = 0; i < count; i++)
                list_partition(topic, asked ? asked->partitions.items[i] : i, arena, told);
        if (told->partitions.count > 0)
                out->topics.count++;
}

void controller_list_reassignments(const struct controller *c,
                                   const struct list_reassignments_request *in, struct arena *arena,
                                   struct list_reassignments_response *out)
{
        *out = (struct list_reassignments_response){.error_message = STR_NULL};
        if (!c->active) {
                out->error_code = KERR_NOT_CONTROLLER;
                return;
        }
        bool all = in->topics.count < 0;
        answer_array(arena, &out->topics,
                     all ? (int32_t)HASH_COUNT(c->image.topics) : in->topics.count);
        out->topics.count = 0;
        for (struct image_topic *t = c->image.topics; all && t; t = t->hh.next)
                list_topic(t, NULL, arena, out);
        for (int32_t i = 0; i < in->topics.count; i++) {
                const struct list_reassignments_topic *asked = &in->topics.items[i];
                list_topic(image_topic(&c->image, asked->name), asked, arena, out);
        }
}

/* AlterPartition and ElectLeaders: what leaders and people ask of the controller about ISRs and
 * leaderships. */
#include "cluster/leaders.h"

#include "cluster/change.h"

/* --- AlterPartition --- */

/* Was it asked by the leader, and about the state that is? */
static enum kerr check_is_current(const struct image_partition *p, int32_t sender,
                                  const struct alter_partition_partition *in)
{
        /* It knows of later changes than we do: so there is another controller. */
        if (in->leader_epoch > p->leader_epoch || in->partition_epoch > p->partition_epoch)
                return KERR_NOT_CONTROLLER;
        if (in->leader_epoch < p->leader_epoch)
                return KERR_FENCED_LEADER_EPOCH;
        if (sender != p->leader)
                return KERR_INVALID_REQUEST;
        return in->partition_epoch < p->partition_epoch ? KERR_INVALID_UPDATE_VERSION : KERR_NONE;
}

/* May the broker be in an ISR, in the life that the leader has in mind? */
static bool is_eligible(const struct controller *c, const struct alter_partition_broker *in)
{
        if (!change_is_active(c, in->broker_id))
                return false;
        /* Restarted since, it may have lost what the leader has seen it fetch (KIP-903,
         * KAFKA-14139). */
        if (zoo_has(c->config.world->zoo, ZOO_STALE_BROKER_EPOCH))
                return true;
        return in->broker_epoch == -1 ||
               in->broker_epoch == image_broker(&c->image, in->broker_id)->epoch;
}

static enum kerr read_isr(const struct controller *c, const struct image_partition *p,
                          int32_t sender, const struct alter_partition_partition *in,
                          struct replica_set *isr)
{
        *isr = (struct replica_set){.count = 0};
        for (int32_t i = 0; i < in->new_isr.count; i++) {
                int32_t id = in->new_isr.items[i].broker_id;
                if (!replica_set_has(&p->replicas, id) || replica_set_has(isr, id))
                        return KERR_INVALID_REQUEST;
                replica_set_add(isr, id);
        }
        if (!replica_set_has(isr, sender)) /* the leader */
                return KERR_INVALID_REQUEST;
        for (int32_t i = 0; i < in->new_isr.count; i++) {
                if (!is_eligible(c, &in->new_isr.items[i]))
                        return KERR_INELIGIBLE_REPLICA;
        }
        return KERR_NONE;
}

/* What is accepted raises the partition epoch even if it changes nobody: a late copy of this
 * proposal, or of one before it, is out of date from here on. */
static void confirm(struct controller *c, const struct image_topic *topic, int32_t index)
{
        struct replica_set isr = topic->partitions[index].isr;
        struct metadata_record same = {.type = METADATA_PARTITION_CHANGE,
                                       .partition_change = partition_change_of(&topic->id, index)};
        same.partition_change.isr = (struct broker_ids){isr.ids, isr.count};
        change_add(c, &same);
}

static enum kerr alter_partition(struct controller *c, const struct image_topic *topic,
                                 int32_t sender, const struct alter_partition_partition *in)
{
        if (in->index < 0 || in->index >= topic->partition_count)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        const struct image_partition *p = &topic->partitions[in->index];
        struct image_partition wanted = *p;
        /* Without this an old leader, or an old proposal, undoes what was decided since
         * (KAFKA-14144, KAFKA-14154). */
        if (!zoo_has(c->config.world->zoo, ZOO_STALE_ALTER_PARTITION)) {
                enum kerr stale = check_is_current(p, sender, in);
                if (stale)
                        return stale;
        }
        enum kerr err = read_isr(c, p, sender, in, &wanted.isr);
        if (err)
                return err;
        struct electorate e = change_electorate(c, topic);
        if (!change_partition(c, topic, in->index, &wanted, &e))
                confirm(c, topic, in->index);
        /* The end of a reassignment may take the leader away: it must look at the metadata. */
        return p->leader == sender ? KERR_NONE : KERR_NEW_LEADER_ELECTED;
}

static void tell_partition(const struct image_partition *p, struct arena *arena,
                           struct alter_partition_partition_response *out)
{
        out->leader_id = p->leader;
        out->leader_epoch = p->leader_epoch;
        out->partition_epoch = p->partition_epoch;
        answer_ids(arena, &out->isr, &p->isr);
}

static void alter_topic(struct controller *c, int32_t sender,
                        const struct alter_partition_topic *in, struct arena *arena,
                        struct alter_partition_topic_response *out)
{
        const struct image_topic *topic = image_topic_by_id(&c->image, &in->topic_id);
        out->topic_id = in->topic_id;
        answer_array(arena, &out->partitions, in->partitions.count);
        for (int32_t i = 0; i < in->partitions.count; i++) {
                const struct alter_partition_partition *partition = &in->partitions.items[i];
                struct alter_partition_partition_response *answer = &out->partitions.items[i];
                enum kerr err = topic ? alter_partition(c, topic, sender, partition)
                                      : KERR_UNKNOWN_TOPIC_ID;
                answer->index = partition->index;
                answer->error_code = (int16_t)err;
                if (!err)
                        tell_partition(&topic->partitions[partition->index], arena, answer);
        }
}

void controller_alter_partition(struct controller *c, const struct alter_partition_request *in,
                                struct arena *arena, struct alter_partition_response *out)
{
        const struct image_broker *sender = image_broker(&c->image, in->broker_id);
        *out = (struct alter_partition_response){0};
        if (!c->active)
                out->error_code = KERR_NOT_CONTROLLER;
        else if (!sender || sender->epoch != in->broker_epoch)
                out->error_code = KERR_STALE_BROKER_EPOCH;
        if (out->error_code)
                return;
        answer_array(arena, &out->topics, in->topics.count);
        for (int32_t i = 0; i < in->topics.count; i++)
                alter_topic(c, in->broker_id, &in->topics.items[i], arena, &out->topics.items[i]);
}

/* --- elections asked for --- */

/* True when it leads now. */
static bool elect_preferred(struct controller *c, const struct image_topic *topic, int32_t index)
{
        struct image_partition wanted = topic->partitions[index];
        struct electorate e = change_electorate(c, topic);
        wanted.leader = wanted.replicas.ids[0];
        if (replica_set_has(&wanted.isr, wanted.leader))
                change_partition(c, topic, index, &wanted, &e);
        return topic->partitions[index].leader == wanted.leader;
}

static bool elect_unclean(struct controller *c, const struct image_topic *topic, int32_t index)
{
        struct electorate e = change_electorate(c, topic);
        e.unclean = true;
        change_partition(c, topic, index, &topic->partitions[index], &e);
        return topic->partitions[index].leader >= 0;
}

static enum kerr elect(struct controller *c, int8_t type, const struct image_topic *topic,
                       int32_t index)
{
        if (!topic || index < 0 || index >= topic->partition_count)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        const struct image_partition *p = &topic->partitions[index];
        if (type == ELECTION_PREFERRED) {
                if (p->leader == p->replicas.ids[0])
                        return KERR_ELECTION_NOT_NEEDED;
                return elect_preferred(c, topic, index) ? KERR_NONE
                                                        : KERR_PREFERRED_LEADER_NOT_AVAILABLE;
        }
        if (p->leader >= 0)
                return KERR_ELECTION_NOT_NEEDED;
        return elect_unclean(c, topic, index) ? KERR_NONE : KERR_ELIGIBLE_LEADERS_NOT_AVAILABLE;
}

static void tell_election(struct elect_leaders_topic_response *out, int32_t index, enum kerr err)
{
        out->partitions.items[out->partitions.count++] = (struct elect_leaders_partition_response){
                index, (int16_t)err, err ? str_of(kerr_text(err)) : STR_NULL};
}

/* All partitions there are; those that need no election are not told. */
static void elect_all(struct controller *c, int8_t type, struct arena *arena,
                      struct elect_leaders_response *out)
{
        answer_array(arena, &out->topics, (int32_t)HASH_COUNT(c->image.topics));
        out->topics.count = 0;
        for (struct image_topic *topic = c->image.topics; topic; topic = topic->hh.next) {
                struct elect_leaders_topic_response *told = &out->topics.items[out->topics.count];
                answer_array(arena, &told->partitions, topic->partition_count);
                told->partitions.count = 0;
                told->name = answer_text(arena, topic->name);
                for (int32_t i = 0; i < topic->partition_count; i++) {
                        enum kerr err = elect(c, type, topic, i);
                        if (err != KERR_ELECTION_NOT_NEEDED)
                                tell_election(told, i, err);
                }
                if (told->partitions.count > 0)
                        out->topics.count++;
        }
}

void controller_elect_leaders(struct controller *c, const struct elect_leaders_request *in,
                              struct arena *arena, struct elect_leaders_response *out)
{
        *out = (struct elect_leaders_response){0};
        if (!c->active)
                out->error_code = KERR_NOT_CONTROLLER;
        else if (in->election_type != ELECTION_PREFERRED && in->election_type != ELECTION_UNCLEAN)
                out->error_code = KERR_INVALID_REQUEST;
        if (out->error_code)
                return;
        if (in->topics.count < 0) {
                elect_all(c, in->election_type, arena, out);
                return;
        }
        answer_array(arena, &out->topics, in->topics.count);
        for (int32_t i = 0; i < in->topics.count; i++) {
                const struct elect_leaders_topic *asked = &in->topics.items[i];
                struct elect_leaders_topic_response *told = &out->topics.items[i];
                const struct image_topic *topic = image_topic(&c->image, asked->name);
                answer_array(arena, &told->partitions, asked->partitions.count);
                told->partitions.count = 0;
                told->name = asked->name;
                for (int32_t k = 0; k < asked->partitions.count; k++) {
                        int32_t index = asked->partitions.items[k];
                        tell_election(told, index, elect(c, in->election_type, topic, index));
                }
        }
}

void leaders_rebalance(struct controller *c)
{
        for (struct image_topic *topic = c->image.topics; topic; topic = topic->hh.next) {
                for (int32_t i = 0; i < topic->partition_count; i++)
                        elect_preferred(c, topic, i);
        }
}

#include "client/membership_plan.h"

#include "wire/consumer_protocol.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PLAN_BYTES_MAX = 256 << 20 };

struct membership_plan {
        enum assignor_kind assignor;
        struct client *client;
        struct arena arena;
        struct assignor_member *members;
        int32_t member_count;
        struct assignor_topic *topics; /* of all members, each once; names end in a NUL */
        int32_t topic_count;
        bool assigned;
};

static void *allocate(struct arena *arena, int32_t count, size_t size)
{
        void *memory = arena_alloc(arena, (size_t)count * size);
        if (!memory)
                abort();
        return memory;
}

/* With a NUL behind it. */
static struct str copy_text(struct arena *arena, struct str s)
{
        if (s.size < 0)
                return STR_NULL;
        char *data = allocate(arena, s.size + 1, 1);
        memcpy(data, s.data ? s.data : "", (size_t)s.size);
        return (struct str){data, s.size};
}

static struct span copy_bytes(struct arena *arena, const void *data, size_t size)
{
        uint8_t *copy = allocate(arena, (int32_t)size, 1);
        if (size > 0)
                memcpy(copy, data, size);
        return span_of(copy, size);
}

/* --- topics with their partitions --- */

struct by_topic {
        ARRAY_OF(struct consumer_protocol_topic) topics;
};

/* `list` is in order of topics. */
static struct by_topic group_by_topic(const struct assigned_partition *list, int32_t count,
                                      struct arena *arena)
{
        struct by_topic g = {.topics.items = allocate(arena, count, sizeof *g.topics.items)};
        int32_t *indexes = allocate(arena, count, sizeof *indexes);
        for (int32_t i = 0; i < count; i++) {
                if (i == 0 || !str_equal(list[i].topic, list[i - 1].topic)) {
                        struct consumer_protocol_topic *new = &g.topics.items[g.topics.count++];
                        new->name = list[i].topic;
                        new->partitions.items = &indexes[i];
                }
                struct consumer_protocol_topic *topic = &g.topics.items[g.topics.count - 1];
                topic->partitions.items[topic->partitions.count++] = list[i].partition;
        }
        return g;
}

static int compare_partitions(const struct assigned_partition *x,
                              const struct assigned_partition *y)
{
        int32_t shorter = x->topic.size < y->topic.size ? x->topic.size : y->topic.size;
        int order = memcmp(x->topic.data, y->topic.data, (size_t)shorter);
        if (order == 0)
                order = (x->topic.size > y->topic.size) - (x->topic.size < y->topic.size);
        return order ? order : (x->partition > y->partition) - (x->partition < y->partition);
}

/* Leaders assign in order, so its place is nearly always at the end. */
static void insert_once(struct assigned_partition *list, int32_t *count,
                        struct assigned_partition new)
{
        int32_t at = *count;
        while (at > 0 && compare_partitions(&list[at - 1], &new) > 0)
                at--;
        if (at > 0 && compare_partitions(&list[at - 1], &new) == 0)
                return;
        memmove(list + at + 1, list + at, (size_t)(*count - at) * sizeof *list);
        list[at] = new;
        (*count)++;
}

/* In order, each once. */
static struct assigned_partition *flatten(const struct consumer_protocol_topic *topics,
                                          int32_t topic_count, struct arena *arena, int32_t *count)
{
        int32_t all = 0;
        for (int32_t t = 0; t < topic_count; t++)
                all += topics[t].partitions.count;
        struct assigned_partition *list = allocate(arena, all, sizeof *list);
        *count = 0;
        for (int32_t t = 0; t < topic_count; t++) {
                for (int32_t i = 0; i < topics[t].partitions.count; i++)
                        insert_once(list, count,
                                    (struct assigned_partition){topics[t].name,
                                                                topics[t].partitions.items[i]});
        }
        return list;
}

/* --- a member --- */

static void serde_user_topic(struct serde *s, struct consumer_protocol_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
}

/* Both Kafka's assignors end their data with the generation; the cooperative one has nothing else,
 * because the subscription itself tells what the member has. */
static void serde_user_data(struct serde *s, enum assignor_kind assignor, struct by_topic *owned,
                            int32_t *generation)
{
        if (assignor == ASSIGNOR_STICKY)
                serde_array(s, &owned->topics, serde_user_topic);
        serde_i32(s, generation);
}

static struct span take_packet(struct packet *packet, struct arena *arena)
{
        struct span bytes = copy_bytes(arena, packet->memory.data + PACKET_LENGTH_BYTES,
                                       packet->memory.size - PACKET_LENGTH_BYTES);
        packet_free(packet);
        return bytes;
}

struct span subscription_write(const struct subscription *s, struct world *world,
                               struct arena *arena)
{
        bool cooperative = s->assignor == ASSIGNOR_COOPERATIVE_STICKY;
        int32_t generation = s->generation;
        struct by_topic owned = group_by_topic(s->owned, s->owned_count, arena);
        struct consumer_protocol_subscription m = {.generation_id = -1, .rack_id = STR_NULL};
        m.topics.items = (struct str *)(uintptr_t)s->topics;
        m.topics.count = s->topic_count;
        if (cooperative || s->assignor == ASSIGNOR_STICKY) {
                struct packet *packet = packet_new(world);
                struct serde out = serde_writer(packet, 0, false);
                serde_user_data(&out, s->assignor, &owned, &generation);
                m.user_data = take_packet(packet, arena);
                m.generation_id = generation;
        }
        if (cooperative) {
                m.owned_partitions.items = owned.topics.items;
                m.owned_partitions.count = owned.topics.count;
        }
        struct packet *packet = packet_new(world);
        struct serde out = serde_writer(packet, 0, false);
        serde_consumer_protocol_subscription(&out, &m);
        assert(!out.err);
        return take_packet(packet, arena);
}

/* What the user data of an assignment says. */
static const char gives_up[] = "gives up";

enum kerr assignment_read(struct span bytes, struct arena *arena, struct member_assignment *a)
{
        *a = (struct member_assignment){0};
        if (bytes.size == 0)
                return KERR_NONE;
        struct consumer_protocol_assignment m = {0};
        bytes = copy_bytes(arena, bytes.data, bytes.size);
        struct serde s = serde_reader(bytes, 0, false, arena);
        serde_consumer_protocol_assignment(&s, &m);
        if (s.err)
                return s.err;
        a->partitions = flatten(m.topics.items, m.topics.count, arena, &a->count);
        a->gives_up = m.user_data.size == strlen(gives_up) &&
                      memcmp(m.user_data.data, gives_up, strlen(gives_up)) == 0;
        return KERR_NONE;
}

/* --- the leader --- */

/* What the member says that it has. Unreadable user data say nothing. */
static void read_owned(struct membership_plan *plan, struct assignor_member *member,
                       const struct consumer_protocol_subscription *m)
{
        struct by_topic owned = {0};
        member->generation = -1;
        if (plan->assignor != ASSIGNOR_STICKY && plan->assignor != ASSIGNOR_COOPERATIVE_STICKY)
                return;
        struct span user_data = m->user_data.data ? m->user_data : span_of("", 0);
        struct serde s = serde_reader(user_data, 0, false, &plan->arena);
        serde_user_data(&s, plan->assignor, &owned, &member->generation);
        if (s.err) {
                owned.topics.count = 0;
                member->generation = -1;
        }
        if (plan->assignor == ASSIGNOR_COOPERATIVE_STICKY) {
                owned.topics.items = m->owned_partitions.items;
                owned.topics.count = m->owned_partitions.count;
                if (m->generation_id >= 0)
                        member->generation = m->generation_id;
        }
        member->owned =
                flatten(owned.topics.items, owned.topics.count, &plan->arena, &member->owned_count);
}

static void add_topic(struct membership_plan *plan, struct str name)
{
        for (int32_t i = 0; i < plan->topic_count; i++) {
                if (str_equal(plan->topics[i].name, name))
                        return;
        }
        plan->topics[plan->topic_count++].name = copy_text(&plan->arena, name);
}

static void read_member(struct membership_plan *plan, const struct join_group_member *in,
                        struct assignor_member *member, struct consumer_protocol_subscription *m)
{
        member->member_id = copy_text(&plan->arena, in->member_id);
        member->group_instance_id = copy_text(&plan->arena, in->group_instance_id);
        struct span bytes = copy_bytes(&plan->arena, in->metadata.data, in->metadata.size);
        struct serde s = serde_reader(bytes, 0, false, &plan->arena);
        serde_consumer_protocol_subscription(&s, m);
        if (s.err) {
                struct world *world = client_world(plan->client);
                world_log(world, WORLD_WARN, "the subscription of member %s: %s",
                          member->member_id.data, kerr_text(s.err));
                *m = (struct consumer_protocol_subscription){0};
        }
        member->topics = m->topics.items;
        member->topic_count = m->topics.count;
        read_owned(plan, member, m);
}

struct membership_plan *membership_plan_new(enum assignor_kind assignor, struct client *client,
                                            const struct join_group_response *joined)
{
        struct membership_plan *plan = calloc(1, sizeof *plan);
        if (!plan)
                abort();
        plan->assignor = assignor;
        plan->client = client;
        arena_init(&plan->arena, PLAN_BYTES_MAX);
        plan->member_count = joined->members.count;
        plan->members = allocate(&plan->arena, plan->member_count, sizeof *plan->members);
        int32_t names = 0;
        for (int32_t i = 0; i < plan->member_count; i++) {
                struct consumer_protocol_subscription m = {0};
                read_member(plan, &joined->members.items[i], &plan->members[i], &m);
                names += m.topics.count;
        }
        plan->topics = allocate(&plan->arena, names, sizeof *plan->topics);
        for (int32_t i = 0; i < plan->member_count; i++) {
                for (int32_t t = 0; t < plan->members[i].topic_count; t++)
                        add_topic(plan, plan->members[i].topics[t]);
        }
        return plan;
}

void membership_plan_free(struct membership_plan *plan)
{
        if (!plan)
                return;
        for (int32_t i = 0; i < plan->member_count; i++)
                free(plan->members[i].assigned);
        arena_deinit(&plan->arena);
        free(plan);
}

bool membership_plan_is_ready(const struct membership_plan *plan)
{
        bool ready = true;
        for (int32_t i = 0; i < plan->topic_count; i++)
                ready &= client_topic(plan->client, plan->topics[i].name.data)->answered;
        return ready;
}

struct sync_group_assignment *membership_plan_assign(struct membership_plan *plan, int32_t *count)
{
        assert(!plan->assigned);
        plan->assigned = true;
        for (int32_t i = 0; i < plan->topic_count; i++) {
                struct assignor_topic *topic = &plan->topics[i];
                topic->partitions = client_topic(plan->client, topic->name.data)->partition_count;
        }
        assignor_assign(plan->assignor, plan->members, plan->member_count, plan->topics,
                        plan->topic_count);
        *count = plan->member_count;
        struct sync_group_assignment *all = allocate(&plan->arena, plan->member_count, sizeof *all);
        for (int32_t i = 0; i < plan->member_count; i++) {
                const struct assignor_member *member = &plan->members[i];
                struct by_topic g =
                        group_by_topic(member->assigned, member->assigned_count, &plan->arena);
                struct consumer_protocol_assignment m = {.user_data = {NULL, 0}};
                if (member->gives_up)
                        m.user_data = span_of(gives_up, strlen(gives_up));
                m.topics.items = g.topics.items;
                m.topics.count = g.topics.count;
                struct packet *packet = packet_new(client_world(plan->client));
                struct serde s = serde_writer(packet, 0, false);
                serde_consumer_protocol_assignment(&s, &m);
                all[i].member_id = member->member_id;
                all[i].assignment = take_packet(packet, &plan->arena);
        }
        return all;
}

bool membership_plan_is_outdated(const struct membership_plan *plan)
{
        for (int32_t i = 0; plan->assigned && i < plan->topic_count; i++) {
                const struct assignor_topic *topic = &plan->topics[i];
                if (client_topic(plan->client, topic->name.data)->partition_count !=
                    topic->partitions)
                        return true;
        }
        return false;
}

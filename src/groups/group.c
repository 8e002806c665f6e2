#include "groups/coordinator_private.h"
#include "wire/consumer_protocol.h"

#include <assert.h>

struct str group_state_name(enum group_state state)
{
        static const char *const names[] = {
                [GROUP_EMPTY] = "Empty",
                [GROUP_PREPARING] = "PreparingRebalance",
                [GROUP_COMPLETING] = "CompletingRebalance",
                [GROUP_STABLE] = "Stable",
                [GROUP_DEAD] = "Dead",
        };
        return str_of(names[state]);
}

/* --- memory --- */

static void *allocate(size_t size)
{
        void *memory = calloc(1, size);
        if (!memory)
                abort();
        return memory;
}

static struct span span_copy(struct span s)
{
        uint8_t *copy = allocate(s.size + 1);
        if (s.size > 0)
                memcpy(copy, s.data, s.size);
        return span_of(copy, s.size);
}

static struct str text_copy(struct str s)
{
        if (s.size < 0)
                return STR_NULL;
        struct span copy = span_copy(span_of(s.data, (size_t)s.size));
        return (struct str){(const char *)copy.data, s.size};
}

/* What the two above have made; null is allowed. */
static void copy_free(const void *copy)
{
        free((void *)(uintptr_t)copy);
}

static void text_replace(struct str *into, struct str from)
{
        struct str copy = text_copy(from);
        copy_free(into->data);
        *into = copy;
}

/* --- life --- */

struct group *group_new(struct group_partition *home, struct str id)
{
        struct group *g = allocate(sizeof *g);
        g->home = home;
        g->id = text_copy(id);
        g->protocol_type = g->protocol = STR_NULL;
        g->state = GROUP_EMPTY;
        g->state_since_ms = -1;
        return g;
}

void group_free(struct group *g)
{
        assert(!g->members && !g->expected && "its members were dropped");
        state_log_forget(&g->recording);
        offset_table_deinit(&g->offsets);
        copy_free(g->id.data);
        copy_free(g->protocol_type.data);
        copy_free(g->protocol.data);
        free(g);
}

bool group_is_blank(const struct group *g)
{
        return g->state == GROUP_EMPTY && g->generation == 0 && !g->is_recorded && !g->members &&
               !g->expected && !g->offsets.topics;
}

void group_set_state(struct group *g, enum group_state state)
{
        g->state = state;
        g->state_since_ms = group_wall_ms(group_coordinator_of(g));
}

/* --- members --- */

struct member *group_find(const struct group *g, struct str member_id)
{
        struct member *m;
        HASH_FIND(hh, g->members, member_id.data, (unsigned)member_id.size, m);
        return m;
}

struct member *group_find_static(const struct group *g, struct str instance_id)
{
        struct member *m = instance_id.size < 0 ? NULL : g->members;
        while (m && !str_equal(m->instance_id, instance_id))
                m = m->hh.next;
        return m;
}

struct expected_member *group_find_expected(const struct group *g, struct str member_id)
{
        struct expected_member *e;
        HASH_FIND(hh, g->expected, member_id.data, (unsigned)member_id.size, e);
        return e;
}

static void protocols_free(struct member *m)
{
        for (int32_t i = 0; i < m->protocol_count; i++) {
                copy_free(m->protocols[i].name.data);
                copy_free(m->protocols[i].metadata.data);
        }
        free(m->protocols);
}

void member_update(struct member *m, const struct member_info *info)
{
        protocols_free(m);
        m->protocols = allocate((size_t)info->protocol_count * sizeof *m->protocols + 1);
        m->protocol_count = info->protocol_count;
        for (int32_t i = 0; i < info->protocol_count; i++) {
                m->protocols[i].name = text_copy(info->protocols[i].name);
                m->protocols[i].metadata = span_copy(info->protocols[i].metadata);
        }
        m->session_timeout_ms = info->session_timeout_ms;
        m->rebalance_timeout_ms = info->rebalance_timeout_ms;
}

struct member *group_add(struct group *g, const struct member_info *info, struct str protocol_type)
{
        struct member *m = allocate(sizeof *m);
        assert(!group_find_static(g, info->instance_id) && "an instance id has one member");
        m->group = g;
        m->id = text_copy(info->id);
        m->instance_id = text_copy(info->instance_id);
        m->client_id = text_copy(info->client_id);
        m->client_host = text_copy(info->client_host);
        m->assignment = span_copy((struct span){0});
        member_update(m, info);
        if (!g->members)
                group_set_protocol_type(g, protocol_type);
        HASH_ADD_KEYPTR(hh, g->members, m->id.data, (unsigned)m->id.size, m);
        if (!g->leader)
                g->leader = m;
        return m;
}

void group_remove(struct group *g, struct member *m)
{
        assert(!m->join.call && !m->sync.call && "nobody may wait any more");
        HASH_DEL(g->members, m);
        if (g->leader == m)
                g->leader = g->members;
        protocols_free(m);
        copy_free(m->id.data);
        copy_free(m->instance_id.data);
        copy_free(m->client_id.data);
        copy_free(m->client_host.data);
        copy_free(m->assignment.data);
        free(m);
}

void group_rename(struct group *g, struct member *m, struct str new_id)
{
        HASH_DEL(g->members, m);
        text_replace(&m->id, new_id);
        HASH_ADD_KEYPTR(hh, g->members, m->id.data, (unsigned)m->id.size, m);
}

bool member_supports_same(const struct member *m, const struct join_group_protocol *protocols,
                          int32_t count)
{
        if (m->protocol_count != count)
                return false;
        for (int32_t i = 0; i < count; i++) {
                const struct join_group_protocol *a = &m->protocols[i], *b = &protocols[i];
                if (!str_equal(a->name, b->name) || a->metadata.size != b->metadata.size ||
                    (a->metadata.size > 0 &&
                     memcmp(a->metadata.data, b->metadata.data, a->metadata.size) != 0))
                        return false;
        }
        return true;
}

void member_assign(struct member *m, struct span assignment)
{
        struct span copy = span_copy(assignment);
        copy_free(m->assignment.data);
        m->assignment = copy;
}

enum kerr group_check_member(const struct group *g, struct str member_id, struct str instance_id,
                             struct member **member)
{
        *member = group_find(g, member_id);
        if (instance_id.size < 0)
                return *member ? KERR_NONE : KERR_UNKNOWN_MEMBER_ID;
        if (*member && str_equal((*member)->instance_id, instance_id))
                return KERR_NONE;
        return group_find_static(g, instance_id) ? KERR_FENCED_INSTANCE_ID : KERR_UNKNOWN_MEMBER_ID;
}

int32_t group_size(const struct group *g)
{
        return (int32_t)HASH_COUNT(g->members);
}

int32_t group_joining(const struct group *g)
{
        int32_t count = 0;
        for (const struct member *m = g->members; m; m = m->hh.next)
                count += m->is_joining;
        return count;
}

int32_t group_rebalance_timeout_ms(const struct group *g)
{
        int32_t largest = 0;
        for (const struct member *m = g->members; m; m = m->hh.next) {
                if (m->rebalance_timeout_ms > largest)
                        largest = m->rebalance_timeout_ms;
        }
        return largest;
}

/* --- protocols --- */

static const struct join_group_protocol *find_protocol(const struct member *m, struct str name)
{
        for (int32_t i = 0; i < m->protocol_count; i++) {
                if (str_equal(m->protocols[i].name, name))
                        return &m->protocols[i];
        }
        return NULL;
}

static bool all_know(const struct group *g, struct str protocol)
{
        for (const struct member *m = g->members; m; m = m->hh.next) {
                if (!find_protocol(m, protocol))
                        return false;
        }
        return true;
}

bool group_accepts(const struct group *g, struct str protocol_type,
                   const struct join_group_protocol *protocols, int32_t count)
{
        if (g->state == GROUP_EMPTY)
                return protocol_type.size > 0 && count > 0;
        if (!str_equal(g->protocol_type, protocol_type))
                return false;
        for (int32_t i = 0; i < count; i++) {
                if (all_know(g, protocols[i].name))
                        return true;
        }
        return false;
}

/* The first of its protocols that all know: its vote. */
static struct str vote_of(const struct group *g, const struct member *m)
{
        for (int32_t i = 0; i < m->protocol_count; i++) {
                if (all_know(g, m->protocols[i].name))
                        return m->protocols[i].name;
        }
        return STR_NULL;
}

struct str group_vote(const struct group *g)
{
        struct str winner = STR_NULL;
        int32_t most = 0;
        for (const struct member *m = g->members; m; m = m->hh.next) {
                struct str vote = vote_of(g, m);
                int32_t votes = 0;
                if (vote.size < 0 || str_equal(vote, winner))
                        continue;
                for (const struct member *o = m; o; o = o->hh.next)
                        votes += str_equal(vote_of(g, o), vote);
                if (votes > most) {
                        winner = vote;
                        most = votes;
                }
        }
        return winner;
}

struct span member_metadata(const struct member *m)
{
        const struct join_group_protocol *p = find_protocol(m, m->group->protocol);
        return p ? p->metadata : (struct span){0};
}

void group_set_protocol(struct group *g, struct str protocol)
{
        text_replace(&g->protocol, protocol);
}

void group_set_protocol_type(struct group *g, struct str protocol_type)
{
        text_replace(&g->protocol_type, protocol_type);
}

void group_begin_generation(struct group *g)
{
        g->generation++;
        group_set_protocol(g, group_vote(g));
        group_set_state(g, g->members ? GROUP_COMPLETING : GROUP_EMPTY);
}

/* --- subscriptions --- */

static bool member_may_read(const struct member *m, struct str topic)
{
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        struct serde in = serde_reader(member_metadata(m), 0, false, &arena);
        struct consumer_protocol_subscription s;
        serde_consumer_protocol_subscription(&in, &s);
        bool reads = in.err != KERR_NONE;
        for (int32_t i = 0; i < s.topics.count && !reads; i++)
                reads = str_equal(s.topics.items[i], topic);
        arena_deinit(&arena);
        return reads;
}

bool group_may_read(const struct group *g, struct str topic)
{
        if (!str_equal_c(g->protocol_type, "consumer") || (g->members && g->protocol.size < 0))
                return true;
        for (const struct member *m = g->members; m; m = m->hh.next) {
                if (member_may_read(m, topic))
                        return true;
        }
        return false;
}

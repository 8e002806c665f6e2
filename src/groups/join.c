/* JoinGroup. A member joins for the first time, or again for the next generation; static ones may
 * come back as another process. Source: Kafka's GroupCoordinator (doJoinGroup and what it calls).
 */
#include "groups/group_log.h"
#include "groups/rebalance.h"

#include <stdio.h>

enum { MEMBER_UUID_CHARS = 36 };

struct join {
        struct group *group;
        const struct join_group_request *in;
        struct join_group_response *out;
        struct group_call *call;
};

static void refuse(struct join *j, struct str member_id, enum kerr err)
{
        j->out->member_id = member_id;
        group_join_failed(j->call, j->out, 0, err);
        j->call->done(j->call);
}

/* "consumer-1-d9c6f7c2-…": after the client, or after the instance id of a static member. */
static struct str new_member_id(struct join *j)
{
        struct uuid u = uuid_random(group_coordinator_of(j->group)->config.world);
        bool is_static = j->in->group_instance_id.size >= 0;
        struct str name = is_static ? j->in->group_instance_id : j->call->client_id;
        size_t name_size = name.size < 0 ? 0 : (size_t)name.size;
        char *id = answer_memory(j->call, name_size + 1 + MEMBER_UUID_CHARS + 1);
        if (name_size > 0)
                memcpy(id, name.data, name_size);
        char *at = id + name_size;
        *at++ = '-';
        for (int i = 0; i < UUID_BYTES; i++) {
                bool dash = i == 4 || i == 6 || i == 8 || i == 10;
                at += snprintf(at, 4, dash ? "-%02x" : "%02x", u.bytes[i]);
        }
        return (struct str){id, (int32_t)(at - id)};
}

static struct member_info info_of(const struct join *j, struct str member_id)
{
        return (struct member_info){
                .id = member_id,
                .instance_id = j->in->group_instance_id,
                .client_id = j->call->client_id.size < 0 ? str_of("") : j->call->client_id,
                .client_host = j->call->client_host.size < 0 ? str_of("") : j->call->client_host,
                .session_timeout_ms = j->in->session_timeout_ms,
                .rebalance_timeout_ms = j->in->rebalance_timeout_ms,
                .protocols = j->in->protocols.items,
                .protocol_count = j->in->protocols.count,
        };
}

/* The answer comes with the next generation. A JoinGroup of the same member that waits already is
 * of a connection that was given up. */
static void wait_for_generation(struct join *j, struct member *m)
{
        member_end_join(m, KERR_REBALANCE_IN_PROGRESS);
        m->is_joining = true;
        group_park(&m->join, j->call, j->out);
}

static void add(struct join *j, struct str member_id)
{
        struct group *g = j->group;
        struct member_info info = info_of(j, member_id);
        struct member *m = group_add(g, &info, j->in->protocol_type);
        m->is_new = true;
        g->newcomer_came |= g->state == GROUP_PREPARING;
        wait_for_generation(j, m);
        member_touch_new(m);
        group_rebalance(g);
}

static void update_and_rebalance(struct join *j, struct member *m)
{
        struct member_info info = info_of(j, m->id);
        member_update(m, &info);
        wait_for_generation(j, m);
        group_rebalance(j->group);
}

static void answer_generation(struct join *j, struct member *m, bool with_members)
{
        group_tell_generation(m, j->group->leader->id, with_members, j->out, j->call);
        j->call->done(j->call);
}

/* --- static members (KIP-345) --- */

/* Another process under the same instance id takes the place in a stable group: if the group would
 * choose the same protocol still, nobody else needs to know. Before version 9 a leader that was
 * told so would assign anew, in vain; so it is told that another leads (KIP-814). */
static void take_place(struct join *j, struct member *m, struct str old_id)
{
        struct group *g = j->group;
        bool leads = g->leader == m, may_skip = j->call->version >= 9;
        enum kerr err = group_log_write_group(g);
        if (err) {
                group_rename(g, m, old_id);
                refuse(j, str_of(""), err);
                return;
        }
        struct str leader = leads && !may_skip ? old_id : g->leader->id;
        group_tell_generation(m, leader, leads && may_skip, j->out, j->call);
        j->out->skip_assignment = leads && may_skip;
        deferred_answer(g->home, j->call, j->out, group_join_failed);
}

static void replace_static(struct join *j, struct member *m, struct str new_id)
{
        struct group *g = j->group;
        struct str old_id = answer_text(j->call, m->id);
        struct member_info info = info_of(j, new_id);
        member_end_join(m, KERR_FENCED_INSTANCE_ID);
        member_end_sync(m, KERR_FENCED_INSTANCE_ID);
        group_rename(g, m, new_id);
        member_update(m, &info);
        member_touch(m);
        if (g->state == GROUP_STABLE && str_equal(group_vote(g), g->protocol)) {
                take_place(j, m, old_id);
                return;
        }
        wait_for_generation(j, m);
        group_rebalance(g);
}

/* --- new and known members --- */

static void join_new(struct join *j)
{
        struct group *g = j->group;
        const struct join_group_request *in = j->in;
        if (!group_accepts(g, in->protocol_type, in->protocols.items, in->protocols.count)) {
                refuse(j, str_of(""), KERR_INCONSISTENT_GROUP_PROTOCOL);
                return;
        }
        struct str id = new_member_id(j);
        struct member *known = group_find_static(g, in->group_instance_id);
        if (known) {
                replace_static(j, known, id);
        } else if (in->group_instance_id.size < 0 && j->call->version >= 4) {
                /* A client that is cut off before the answer would join again and again, each time
                 * as a member that never comes back (KIP-394). */
                group_expect(g, id, in->session_timeout_ms);
                refuse(j, id, KERR_MEMBER_ID_REQUIRED);
        } else {
                add(j, id);
        }
}

static void join_again(struct join *j, struct member *m)
{
        const struct join_group_request *in = j->in;
        struct group *g = j->group;
        bool same = member_supports_same(m, in->protocols.items, in->protocols.count);
        bool leads = g->leader == m;
        if (g->state == GROUP_COMPLETING && same)
                answer_generation(j, m, leads); /* the answer before was lost */
        else if (g->state == GROUP_STABLE && same && !leads)
                answer_generation(j, m, false);
        else /* a leader that joins again wants another assignment */
                update_and_rebalance(j, m);
}

static void join_known(struct join *j)
{
        struct group *g = j->group;
        const struct join_group_request *in = j->in;
        struct expected_member *expected = group_find_expected(g, in->member_id);
        struct member *m;
        if (!group_accepts(g, in->protocol_type, in->protocols.items, in->protocols.count)) {
                refuse(j, in->member_id, KERR_INCONSISTENT_GROUP_PROTOCOL);
                return;
        }
        if (expected && in->group_instance_id.size < 0) {
                add(j, in->member_id);
                group_forget_expected(expected);
                return;
        }
        enum kerr err = group_check_member(g, in->member_id, in->group_instance_id, &m);
        if (err)
                refuse(j, in->member_id, err);
        else
                join_again(j, m);
}

/* group.max.size. While it rebalances, the first to join stay. */
static bool has_room(const struct group *g, struct str member_id)
{
        int32_t max = group_coordinator_of(g)->config.group_max_size;
        const struct member *m = group_find(g, member_id);
        if (g->state == GROUP_EMPTY)
                return true;
        if (g->state == GROUP_PREPARING)
                return (m && m->is_joining) || group_joining(g) < max;
        return m || group_size(g) < max;
}

static enum kerr find_group(struct group_coordinator *c, struct join *j)
{
        const struct join_group_request *in = j->in;
        struct group_partition *p;
        if (in->group_id.size <= 0)
                return KERR_INVALID_GROUP_ID;
        enum kerr err = group_partition_find(c, in->group_id, &p);
        if (err)
                return err;
        if (in->session_timeout_ms < c->config.session_timeout_min_ms ||
            in->session_timeout_ms > c->config.session_timeout_max_ms)
                return KERR_INVALID_SESSION_TIMEOUT;
        j->group = in->member_id.size > 0 ? group_partition_group(p, in->group_id)
                                          : group_partition_make_group(p, in->group_id);
        return j->group ? KERR_NONE : KERR_UNKNOWN_MEMBER_ID;
}

void groups_join(struct group_coordinator *c, const struct join_group_request *in,
                 struct join_group_response *answer, struct group_call *call)
{
        struct join j = {.in = in, .out = answer, .call = call};
        enum kerr err = find_group(c, &j);
        *answer = (struct join_group_response){0};
        if (err) {
                refuse(&j, in->member_id, err);
                return;
        }
        struct group *g = j.group;
        if (!has_room(g, in->member_id)) {
                struct member *m = group_find(g, in->member_id);
                if (m)
                        group_lose_member(m, KERR_GROUP_MAX_SIZE_REACHED);
                refuse(&j, str_of(""), KERR_GROUP_MAX_SIZE_REACHED);
        } else if (in->member_id.size > 0) {
                join_known(&j);
        } else {
                join_new(&j);
        }
        group_try_complete(g);
        group_drop_if_blank(g);
}

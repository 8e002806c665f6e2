#include "groups/rebalance.h"

#include "groups/group_log.h"

enum {
        /* A member that is new does not know its id, so it cannot heartbeat while it waits. Its
         * JoinGroup is given up after so long; a client that still cares asks again. */
        NEW_MEMBER_TIMEOUT_MS = 5 * 60 * 1000,
};

/* --- calls that wait here --- */

void group_park(struct parked *at, struct group_call *call, void *answer)
{
        *at = (struct parked){.call = call, .answer = answer};
        call->state = at;
}

/* NULL when nobody asks any more. */
static struct group_call *unpark(struct parked *at)
{
        struct group_call *call = at->call;
        at->call = NULL;
        if (call)
                call->state = NULL;
        return call;
}

void group_join_failed(struct group_call *call, void *answer, int32_t index, enum kerr err)
{
        (void)index;
        struct join_group_response *out = answer;
        *out = (struct join_group_response){.error_code = errors_to_wire(err),
                                            .generation_id = -1,
                                            .protocol_type = STR_NULL,
                                            .protocol_name = STR_NULL,
                                            .leader = str_of(""),
                                            .member_id = answer_plain_text(call, out->member_id)};
}

static void tell_members(const struct group *g, struct join_group_response *out,
                         struct group_call *call)
{
        group_answer_array(call, &out->members, group_size(g));
        struct join_group_member *into = out->members.items;
        for (const struct member *m = g->members; m; m = m->hh.next)
                *into++ = (struct join_group_member){
                        .member_id = answer_text(call, m->id),
                        .group_instance_id = answer_text(call, m->instance_id),
                        .metadata = answer_bytes(call, member_metadata(m)),
                };
}

void group_tell_generation(const struct member *m, struct str leader, bool with_members,
                           struct join_group_response *out, struct group_call *call)
{
        const struct group *g = m->group;
        *out = (struct join_group_response){
                .generation_id = g->generation,
                .protocol_type = answer_text(call, g->protocol_type),
                .protocol_name = answer_text(call, g->protocol),
                .leader = answer_plain_text(call, leader),
                .member_id = answer_text(call, m->id),
        };
        if (with_members)
                tell_members(g, out, call);
}

void member_end_join(struct member *m, enum kerr err)
{
        struct join_group_response *out = m->join.answer;
        struct group_call *call = unpark(&m->join);
        bool is_leader = m->group->leader == m;
        m->is_joining = false;
        if (!call)
                return;
        if (err) {
                out->member_id = err == KERR_UNKNOWN_MEMBER_ID ? str_of("") : m->id;
                group_join_failed(call, out, 0, err);
        } else {
                group_tell_generation(m, m->group->leader->id, is_leader, out, call);
        }
        call->done(call);
}

void group_sync_failed(struct group_call *call, void *answer, int32_t index, enum kerr err)
{
        (void)call, (void)index;
        *(struct sync_group_response *)answer = (struct sync_group_response){
                .error_code = errors_to_wire(err),
                .protocol_type = STR_NULL,
                .protocol_name = STR_NULL,
        };
}

void member_tell_assignment(const struct member *m, struct sync_group_response *out,
                            struct group_call *call)
{
        const struct group *g = m->group;
        *out = (struct sync_group_response){
                .protocol_type = answer_text(call, g->protocol_type),
                .protocol_name = answer_text(call, g->protocol),
                .assignment = answer_bytes(call, m->assignment),
        };
        deferred_answer(g->home, call, out, group_sync_failed);
}

void member_end_sync(struct member *m, enum kerr err)
{
        struct sync_group_response *out = m->sync.answer;
        struct group_call *call = unpark(&m->sync);
        if (!m->is_syncing)
                return;
        m->is_syncing = false;
        member_touch(m);
        if (!call)
                return;
        if (!err) {
                member_tell_assignment(m, out, call);
                return;
        }
        group_sync_failed(call, out, 0, err);
        call->done(call);
}

/* --- sessions --- */

static void on_session_end(struct timer *t)
{
        //@lab 11 begin
        struct member *m = heap_owner(t, struct member, session);
        /* Who waits for us cannot be expected to heartbeat. Its session begins anew afterwards. */
        if (!m->is_new && (m->is_joining || m->is_syncing))
                return;
        world_log(group_coordinator_of(m->group)->config.world, WORLD_INFO,
                  "group %.*s: the session of member %.*s has ended", (int)m->group->id.size,
                  m->group->id.data, (int)m->id.size, m->id.data);
        struct group *g = m->group;
        group_lose_member(m, KERR_UNKNOWN_MEMBER_ID);
        group_drop_if_blank(g);
        //@lab 11 starter
        // (void)t; /* yours to write: a session that ends has no consequence */
        //@lab 11 end
}

void member_touch(struct member *m)
{
        //@lab 11 begin
        struct group_coordinator *c = group_coordinator_of(m->group);
        timer_set(&c->timers, &m->session, group_now_ms(c) + m->session_timeout_ms, on_session_end);
        //@lab 11 starter
        // (void)m; /* yours to write: no session ever ends */
        //@lab 11 end
}

void member_touch_new(struct member *m)
{
        struct group_coordinator *c = group_coordinator_of(m->group);
        timer_set(&c->timers, &m->session, group_now_ms(c) + NEW_MEMBER_TIMEOUT_MS, on_session_end);
}

/* --- losing members --- */

static void drop_member(struct member *m, enum kerr err)
{
        member_end_join(m, err);
        member_end_sync(m, err);
        timer_cancel(&group_coordinator_of(m->group)->timers, &m->session);
        group_remove(m->group, m);
}

void group_lose_member(struct member *m, enum kerr err)
{
        struct group *g = m->group;
        drop_member(m, err);
        group_rebalance(g);
        group_try_complete(g);
}

static void drop_expected(struct expected_member *e)
{
        timer_cancel(&group_coordinator_of(e->group)->timers, &e->session);
        HASH_DEL(e->group->expected, e);
        free((void *)(uintptr_t)e->id.data);
        free(e);
}

void group_forget_expected(struct expected_member *e)
{
        struct group *g = e->group;
        drop_expected(e);
        group_try_complete(g);
}

void group_drop_members(struct group *g, enum kerr err)
{
        timer_cancel(&group_coordinator_of(g)->timers, &g->rebalance);
        while (g->members)
                drop_member(g->members, err);
        while (g->expected)
                drop_expected(g->expected);
}

static void on_expected_end(struct timer *t)
{
        struct expected_member *e = heap_owner(t, struct expected_member, session);
        struct group *g = e->group;
        group_forget_expected(e);
        group_drop_if_blank(g);
}

void group_expect(struct group *g, struct str member_id, int32_t session_timeout_ms)
{
        struct group_coordinator *c = group_coordinator_of(g);
        struct expected_member *e = calloc(1, sizeof *e);
        char *id = malloc((size_t)member_id.size + 1);
        if (!e || !id)
                abort();
        memcpy(id, member_id.data, (size_t)member_id.size);
        e->group = g;
        e->id = (struct str){id, member_id.size};
        HASH_ADD_KEYPTR(hh, g->expected, e->id.data, (unsigned)e->id.size, e);
        timer_set(&c->timers, &e->session, group_now_ms(c) + session_timeout_ms, on_expected_end);
}

/* --- a rebalance begins --- */

static void on_join_phase_end(struct timer *t);

static void join_phase_ends_in(struct group *g, int64_t delay_ms)
{
        struct group_coordinator *c = group_coordinator_of(g);
        timer_set(&c->timers, &g->rebalance, group_now_ms(c) + delay_ms, on_join_phase_end);
}

static int64_t at_least(int64_t value, int64_t minimum)
{
        return value < minimum ? minimum : value;
}

void group_rebalance(struct group *g)
{
        int64_t timeout_ms = group_rebalance_timeout_ms(g);
        int64_t delay_ms = group_coordinator_of(g)->config.initial_rebalance_delay_ms;
        if (g->state == GROUP_PREPARING || (g->state == GROUP_EMPTY && !g->members))
                return;
        for (struct member *m = g->members; m; m = m->hh.next) {
                member_end_sync(m, KERR_REBALANCE_IN_PROGRESS);
                m->must_sync = false;
        }
        state_log_forget(&g->recording);
        g->is_initial = g->state == GROUP_EMPTY;
        g->newcomer_came = false;
        g->initial_left_ms = at_least(timeout_ms - delay_ms, 0);
        join_phase_ends_in(g, g->is_initial ? delay_ms : timeout_ms);
        group_set_state(g, GROUP_PREPARING);
}

/* --- and its first half ends: all have joined, or time is up --- */

static void on_sync_phase_end(struct timer *t)
{
        struct group *g = heap_owner(t, struct group, rebalance);
        struct member *m, *next;
        bool lost = false;
        HASH_ITER (hh, g->members, m, next) {
                if (!m->must_sync)
                        continue;
                drop_member(m, KERR_UNKNOWN_MEMBER_ID);
                lost = true;
        }
        if (lost)
                group_rebalance(g);
        group_try_complete(g);
}

/* A leader that has not joined could not assign. False when nobody has joined. */
static bool elect_leader(struct group *g)
{
        if (g->leader->is_joining)
                return true;
        struct member *m = g->members;
        while (m && !m->is_joining)
                m = m->hh.next;
        if (m)
                g->leader = m;
        return m;
}

static void tell_generation(struct group *g)
{
        struct group_coordinator *c = group_coordinator_of(g);
        for (struct member *m = g->members; m; m = m->hh.next) {
                member_end_join(m, KERR_NONE);
                m->is_new = false;
                m->must_sync = true;
                member_touch(m);
        }
        timer_set(&c->timers, &g->rebalance,
                  group_now_ms(c) + at_least(group_rebalance_timeout_ms(g), 1), on_sync_phase_end);
}

static void complete_join_phase(struct group *g)
{
        struct member *m, *next;
        timer_cancel(&group_coordinator_of(g)->timers, &g->rebalance);
        //@lab 11 begin
        /* A static member may be away until its session ends (KIP-345). */
        HASH_ITER (hh, g->members, m, next) {
                if (!m->is_joining && m->instance_id.size < 0)
                        drop_member(m, KERR_UNKNOWN_MEMBER_ID);
        }
        //@lab 11 starter
        // (void)m;
        // (void)next; /* yours to write: who has not joined stays */
        //@lab 11 end
        if (g->members && !elect_leader(g)) {
                g->is_initial = false;
                join_phase_ends_in(g, at_least(group_rebalance_timeout_ms(g), 1));
                return;
        }
        group_begin_generation(g);
        if (g->members)
                tell_generation(g);
        else /* on an error the members in the log end by their sessions, wherever it is replayed */
                group_log_write_group(g);
}

static void on_join_phase_end(struct timer *t)
{
        struct group *g = heap_owner(t, struct group, rebalance);
        int64_t delay_ms = group_coordinator_of(g)->config.initial_rebalance_delay_ms;
        if (g->is_initial && g->newcomer_came && g->initial_left_ms > 0) {
                int64_t wait_ms = delay_ms < g->initial_left_ms ? delay_ms : g->initial_left_ms;
                g->newcomer_came = false;
                g->initial_left_ms -= wait_ms;
                join_phase_ends_in(g, wait_ms);
                return;
        }
        complete_join_phase(g);
}

void group_try_complete(struct group *g)
{
        if (g->state == GROUP_PREPARING && !g->is_initial && !g->expected &&
            group_joining(g) == group_size(g))
                complete_join_phase(g);
}

/* --- after replay --- */

void group_resume(struct group *g)
{
        for (struct member *m = g->members; m; m = m->hh.next)
                member_touch(m);
        if (group_size(g) > group_coordinator_of(g)->config.group_max_size)
                group_rebalance(g);
}

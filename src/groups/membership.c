/* SyncGroup, Heartbeat and LeaveGroup: what a member does between two rebalances. Source: Kafka's
 * GroupCoordinator (doSyncGroup, handleHeartbeat, handleLeaveGroup). */
#include "groups/group_log.h"
#include "groups/rebalance.h"

/* --- SyncGroup --- */

static bool differs(struct str asked, struct str is)
{
        return asked.size >= 0 && !str_equal(asked, is);
}

static enum kerr check_generation(const struct group *g, struct str member_id,
                                  struct str instance_id, int32_t generation,
                                  struct member **member)
{
        //@lab 11 begin
        enum kerr err = group_check_member(g, member_id, instance_id, member);
        return err || generation == g->generation ? err : KERR_ILLEGAL_GENERATION;
        //@lab 11 starter
        // (void)instance_id;
        // (void)generation;
        // *member = group_find(g, member_id); /* yours to write: the fence */
        // return *member ? KERR_NONE : KERR_UNKNOWN_MEMBER_ID;
        //@lab 11 end
}

static enum kerr check_sync(struct group_coordinator *c, const struct sync_group_request *in,
                            int16_t version, struct member **member)
{
        struct group_partition *p;
        bool names = in->protocol_type.size >= 0 && in->protocol_name.size >= 0;
        if (in->group_id.size <= 0)
                return KERR_INVALID_GROUP_ID;
        if (version >= 5 && !names)
                return KERR_INCONSISTENT_GROUP_PROTOCOL;
        enum kerr err = group_partition_find(c, in->group_id, &p);
        if (err) /* the rebalance is forgotten: it must begin anew with JoinGroup */
                return err == KERR_COORDINATOR_LOAD_IN_PROGRESS ? KERR_REBALANCE_IN_PROGRESS : err;
        const struct group *g = group_partition_group(p, in->group_id);
        if (!g)
                return KERR_UNKNOWN_MEMBER_ID;
        err = check_generation(g, in->member_id, in->group_instance_id, in->generation_id, member);
        if (err)
                return err;
        if (differs(in->protocol_type, g->protocol_type) || differs(in->protocol_name, g->protocol))
                return KERR_INCONSISTENT_GROUP_PROTOCOL;
        return g->state == GROUP_PREPARING ? KERR_REBALANCE_IN_PROGRESS : KERR_NONE;
}

/* Whom the leader has left out gets nothing. */
static void take_assignments(struct group *g, const struct sync_group_request *in)
{
        //@lab 11 begin
        for (struct member *m = g->members; m; m = m->hh.next)
                member_assign(m, (struct span){0});
        for (int32_t i = 0; i < in->assignments.count; i++) {
                const struct sync_group_assignment *a = &in->assignments.items[i];
                struct member *m = group_find(g, a->member_id);
                if (m)
                        member_assign(m, a->assignment);
        }
        //@lab 11 starter
        // (void)g;
        // (void)in; /* yours to write: nobody is given anything */
        //@lab 11 end
}

/* Not before the generation is committed: one that only we know could come again under another
 * coordinator, with other owners. Until then nobody's session ends, because all wait for us. */
static void on_recorded(struct state_wait *w, enum kerr err)
{
        struct group *g = heap_owner(w, struct group, recording);
        if (!err)
                group_set_state(g, GROUP_STABLE);
        for (struct member *m = g->members; m; m = m->hh.next)
                member_end_sync(m, err);
}

static void record_generation(struct group *g)
{
        enum kerr err = group_log_write_group(g);
        if (!err) {
                g->recording.done = on_recorded;
                state_log_wait(&g->home->log, &g->recording);
                return;
        }
        for (struct member *m = g->members; m; m = m->hh.next) {
                member_end_sync(m, err);
                member_assign(m, (struct span){0});
        }
        group_rebalance(g);
}

void groups_sync(struct group_coordinator *c, const struct sync_group_request *in,
                 struct sync_group_response *answer, struct group_call *call)
{
        struct member *m;
        enum kerr err = check_sync(c, in, call->version, &m);
        *answer = (struct sync_group_response){0};
        if (err) {
                group_sync_failed(call, answer, 0, err);
                call->done(call);
                return;
        }
        struct group *g = m->group;
        m->must_sync = false;
        if (g->state == GROUP_STABLE) {
                member_touch(m);
                member_tell_assignment(m, answer, call);
                return;
        }
        member_end_sync(m, KERR_REBALANCE_IN_PROGRESS); /* of a connection that was given up */
        m->is_syncing = true;
        group_park(&m->sync, call, answer);
        if (g->leader == m && !g->recording.log) {
                take_assignments(g, in);
                record_generation(g);
        }
}

/* --- Heartbeat --- */

static enum kerr heartbeat(struct group_coordinator *c, const struct heartbeat_request *in)
{
        struct group_partition *p;
        struct member *m;
        if (in->group_id.size <= 0)
                return KERR_INVALID_GROUP_ID;
        enum kerr err = group_partition_find(c, in->group_id, &p);
        if (err) /* while it is loaded nobody can be missed */
                return err == KERR_COORDINATOR_LOAD_IN_PROGRESS ? KERR_NONE : err;
        const struct group *g = group_partition_group(p, in->group_id);
        if (!g)
                return KERR_UNKNOWN_MEMBER_ID;
        //@lab 11 begin
        err = check_generation(g, in->member_id, in->group_instance_id, in->generation_id, &m);
        if (err)
                return err;
        member_touch(m);
        return g->state == GROUP_PREPARING ? KERR_REBALANCE_IN_PROGRESS : KERR_NONE;
        //@lab 11 starter
        // (void)m;
        // return KERR_NONE; /* yours to write: who is heard, and what is it told? */
        //@lab 11 end
}

void groups_heartbeat(struct group_coordinator *c, const struct heartbeat_request *in,
                      struct heartbeat_response *answer, struct group_call *call)
{
        *answer = (struct heartbeat_response){.error_code = errors_to_wire(heartbeat(c, in))};
        call->done(call);
}

/* --- LeaveGroup --- */

static enum kerr leave(struct group *g, const struct leave_group_member *in)
{
        struct expected_member *expected = group_find_expected(g, in->member_id);
        struct member *m;
        enum kerr err = KERR_NONE;
        if (in->member_id.size == 0) { /* people do so, for a static member that does not return */
                m = group_find_static(g, in->group_instance_id);
                err = m ? KERR_NONE : KERR_UNKNOWN_MEMBER_ID;
        } else if (expected) {
                group_forget_expected(expected);
                return KERR_NONE;
        } else {
                err = group_check_member(g, in->member_id, in->group_instance_id, &m);
        }
        if (!err)
                group_lose_member(m, KERR_UNKNOWN_MEMBER_ID);
        return err;
}

static void leave_failed(struct group_call *call, void *answer, int32_t index, enum kerr err)
{
        (void)call, (void)index;
        *(struct leave_group_response *)answer =
                (struct leave_group_response){.error_code = errors_to_wire(err)};
}

void groups_leave(struct group_coordinator *c, const struct leave_group_request *in,
                  struct leave_group_response *answer, struct group_call *call)
{
        struct group_partition *p;
        enum kerr err = in->group_id.size > 0 ? group_partition_find(c, in->group_id, &p)
                                              : KERR_INVALID_GROUP_ID;
        *answer = (struct leave_group_response){0};
        if (err) {
                leave_failed(call, answer, 0, err);
                call->done(call);
                return;
        }
        struct group *g = group_partition_group(p, in->group_id);
        group_answer_array(call, &answer->members, in->members.count);
        for (int32_t i = 0; i < in->members.count; i++) {
                const struct leave_group_member *member = &in->members.items[i];
                answer->members.items[i] = (struct leave_group_member_response){
                        .member_id = member->member_id,
                        .group_instance_id = member->group_instance_id,
                        .error_code = errors_to_wire(g ? leave(g, member) : KERR_UNKNOWN_MEMBER_ID),
                };
        }
        if (g)
                group_drop_if_blank(g);
        deferred_answer(p, call, answer, leave_failed);
}

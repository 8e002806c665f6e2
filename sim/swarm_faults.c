/* What goes wrong, each at its time. */
#include "sim/survival.h"
#include "sim/swarm_parts.h"
#include "wire/api.h"

#define MS SWARM_MS

/* --- whom it strikes --- */

int64_t swarm_machine(struct swarm *w)
{
        if (w->controllers > 0 && one_in(w, 4))
                return SCENARIO_CONTROLLER_ID + between(w, 0, w->controllers - 1);
        return between(w, 1, w->brokers);
}

void swarm_place(struct swarm *w, struct statement *action)
{
        int64_t topics = 0;
        while (topics < w->s->topic_count && w->s->topics[topics].verb == VERB_TOPIC)
                topics++;
        action->topic = between(w, 0, topics - 1);
        action->partition = between(w, 0, w->s->topics[action->topic].partitions - 1);
}

/* Half of the time somebody who matters. */
int64_t swarm_server(struct swarm *w)
{
        if (w->brokers == 1 || one_in(w, 2))
                return swarm_machine(w);
        struct statement place;
        int64_t role = between(w, 0, 5);
        if (role == 5)
                return SCENARIO_ACTIVE;
        swarm_place(w, &place);
        return scenario_of_role((struct scenario_role){role < 3   ? ROLE_LEADER
                                                       : role < 4 ? ROLE_FOLLOWER
                                                                  : ROLE_OTHER_FOLLOWER,
                                                       place.topic, place.partition});
}

int64_t swarm_client(struct swarm *w)
{
        return SCENARIO_CLIENT_ID + between(w, 0, w->s->client_count - 1);
}

/* The other end of a link to a server. */
static int64_t peer(struct swarm *w)
{
        return w->brokers > 1 && !one_in(w, 4) ? swarm_server(w) : swarm_client(w);
}

static int64_t broker(struct swarm *w)
{
        return between(w, 1, w->brokers);
}

static bool is_loss(enum verb verb)
{
        return verb == VERB_POWER_CUT || verb == VERB_WIPE ||
               (verb >= VERB_FAIL_WRITE && verb <= VERB_DROP_SYNCS);
}

static struct statement on(enum verb verb, int64_t node)
{
        struct statement action = scenario_statement(verb);
        action.node = node;
        action.within = is_loss(verb);
        return action;
}

/* --- processes and machines --- */

/* A restart soon after a death, and so soon at times that another one follows on its heels. Who had
 * the role is not known now, so all that is down then comes back. */
static void add_restart(struct swarm *w, int64_t after_ms, int64_t node)
{
        int64_t longest_ms = w->brokers > 1 && one_in(w, 2) ? 2500 : 600;
        int64_t at_ms = after_ms + (one_in(w, 4) ? between(w, 1, 30) : between(w, 30, longest_ms));
        swarm_add(w, at_ms, on(VERB_RESTART, node < 0 ? SCENARIO_ALL_NODES : node));
}

int64_t swarm_survival(struct swarm *w)
{
        int64_t count = 0;
        while (sim_survival_name((int)count))
                count++;
        return one_in(w, 4) ? between(w, 0, count - 1) : count - 1; /* the last one is "any" */
}

static void draw_death(struct swarm *w, enum verb verb, int64_t at_ms, int64_t node,
                       bool at_operation)
{
        struct statement death = on(verb, node);
        if (verb == VERB_POWER_CUT)
                death.survival = swarm_survival(w);
        if (at_operation)
                death.operation = between(w, 1, one_in(w, 2) ? 20 : 200);
        swarm_add(w, at_ms, death);
        add_restart(w, at_ms, node);
        if (at_operation)
                add_restart(w, at_ms + 600, node);
}

static void draw_kill(struct swarm *w, int64_t at_ms)
{
        draw_death(w, VERB_KILL, at_ms, swarm_server(w), false);
}

static void draw_power_cut(struct swarm *w, int64_t at_ms)
{
        draw_death(w, VERB_POWER_CUT, at_ms, swarm_server(w), false);
}

static void draw_crash(struct swarm *w, int64_t at_ms)
{
        enum verb verb = one_in(w, 3) ? VERB_KILL : VERB_POWER_CUT;
        draw_death(w, verb, at_ms, swarm_machine(w), true);
}

static void draw_stop(struct swarm *w, int64_t at_ms)
{
        draw_death(w, VERB_STOP, at_ms, swarm_server(w), false);
}

static void draw_wipe(struct swarm *w, int64_t at_ms)
{
        draw_death(w, VERB_WIPE, at_ms, broker(w), false);
}

/* A client dies with what it has in flight, and comes back knowing nothing. */
static void draw_client_death(struct swarm *w, int64_t at_ms)
{
        struct statement death = on(VERB_KILL, swarm_client(w));
        swarm_add(w, at_ms, death);
        death.verb = VERB_RESTART;
        swarm_add(w, at_ms + between(w, 1, 1000), death);
}

/* A crash point that lies in the recovery after another death. */
static void draw_crash_in_recovery(struct swarm *w, int64_t at_ms)
{
        int64_t node = swarm_machine(w);
        struct statement death = on(one_in(w, 2) ? VERB_KILL : VERB_POWER_CUT, node);
        death.survival = swarm_survival(w);
        swarm_add(w, at_ms, death);
        swarm_add(w, at_ms + 1, on(VERB_RESTART, node));
        struct statement again = on(one_in(w, 2) ? VERB_KILL : VERB_POWER_CUT, node);
        again.survival = swarm_survival(w);
        again.operation = between(w, 1, 40);
        swarm_add(w, at_ms, again);
        add_restart(w, at_ms + 1, node);
}

static void draw_pause(struct swarm *w, int64_t at_ms)
{
        int64_t node = one_in(w, w->brokers > 1 ? 4 : 2) ? swarm_client(w) : swarm_machine(w);
        struct statement pause = on(VERB_PAUSE, node);
        swarm_add(w, at_ms, pause);
        pause.verb = VERB_RESUME;
        swarm_add(w, at_ms + between(w, 10, 2500), pause);
}

static void draw_clock(struct swarm *w, int64_t at_ms)
{
        enum verb verb = one_in(w, 2) ? VERB_CLOCK_JUMP : VERB_CLOCK_DRIFT;
        struct statement clock = on(verb, one_in(w, 2) ? swarm_machine(w) : swarm_client(w));
        clock.jump_ns = between(w, -3600, 3600) * 1000 * MS;
        clock.drift_ppm = between(w, -100000, 100000);
        swarm_add(w, at_ms, clock);
}

/* --- disks --- */

/* What takes a log offline is mended by a restart. */
static void draw_repair(struct swarm *w, int64_t at_ms, int64_t node)
{
        draw_death(w, one_in(w, 2) ? VERB_KILL : VERB_STOP, at_ms, node, false);
}

static void draw_bad_write(struct swarm *w, int64_t at_ms)
{
        int64_t node = swarm_machine(w);
        struct statement fault = on(one_in(w, 3) ? VERB_FAIL_WRITE : VERB_SHORT_WRITE, node);
        fault.after = between(w, 0, 20);
        swarm_add(w, at_ms, fault);
        draw_repair(w, at_ms + between(w, 50, 800), node);
}

static void draw_bad_sync(struct swarm *w, int64_t at_ms)
{
        int64_t node = swarm_machine(w);
        struct statement fault = on(VERB_FAIL_SYNCS, node);
        fault.times = between(w, 1, 5);
        swarm_add(w, at_ms, fault);
        draw_repair(w, at_ms + between(w, 50, 800), node);
}

/* After pages were dropped only a power cut shows the truth; another kind of restart in between
 * would make every promise void, so both steps come close together. */
static void draw_dropped_sync(struct swarm *w, int64_t at_ms)
{
        int64_t node = broker(w);
        struct statement fault = on(VERB_DROP_SYNCS, node);
        fault.times = between(w, 1, 3);
        swarm_add(w, at_ms, fault);
        draw_death(w, VERB_POWER_CUT, at_ms + between(w, 5, 100), node, false);
}

static void draw_full_disk(struct swarm *w, int64_t at_ms)
{
        int64_t node = swarm_machine(w);
        struct statement fault = on(VERB_FULL_DISK, node);
        fault.bytes = one_in(w, 2) ? 0 : between(w, 1000, 100000);
        swarm_add(w, at_ms, fault);
        int64_t until_ms = at_ms + between(w, 50, 600);
        swarm_add(w, until_ms, on(VERB_FREE_DISK, node));
        draw_repair(w, until_ms, node);
}

/* --- the network --- */

static void draw_cut(struct swarm *w, int64_t at_ms)
{
        struct statement cut = on(VERB_CUT, swarm_server(w));
        if (one_in(w, 2))
                cut.verb = VERB_CUT_ONE_WAY;
        cut.other = peer(w);
        if (one_in(w, 2)) {
                int64_t from = cut.node;
                cut.node = cut.other;
                cut.other = from;
        }
        bool by_role = cut.node < 0 || cut.other < 0;
        swarm_add(w, at_ms, cut);
        cut.verb = VERB_HEAL;
        if (by_role) /* others may have the roles by then */
                cut.node = cut.other = SCENARIO_ALL_NODES;
        swarm_add(w, at_ms + between(w, 10, 2500), cut);
}

static void draw_slow(struct swarm *w, int64_t at_ms)
{
        struct statement slow = on(VERB_SLOW, swarm_machine(w));
        slow.other = w->brokers > 1 && one_in(w, 2) ? swarm_machine(w) : swarm_client(w);
        slow.factor = between(w, 2, 500);
        swarm_add(w, at_ms, slow);
        slow.verb = VERB_HEAL;
        swarm_add(w, at_ms + between(w, 100, 2500), slow);
}

static void draw_reset(struct swarm *w, int64_t at_ms)
{
        struct statement reset = on(VERB_RESET, swarm_server(w));
        reset.other = peer(w);
        swarm_add(w, at_ms, reset);
}

int64_t swarm_server_api(struct swarm *w)
{
        static const int64_t apis[] = {API_FETCH,
                                       API_FETCH,
                                       API_FETCH,
                                       API_ALTER_PARTITION,
                                       API_ALTER_PARTITION,
                                       API_BROKER_HEARTBEAT,
                                       API_VOTE,
                                       API_BEGIN_QUORUM_EPOCH,
                                       API_END_QUORUM_EPOCH,
                                       API_BROKER_REGISTRATION};
        return apis[between(w, 0, 9)];
}

static int64_t client_api(struct swarm *w)
{
        static const int64_t apis[] = {API_PRODUCE, API_FETCH, API_METADATA, API_LIST_OFFSETS};
        return apis[between(w, 0, 3)];
}

/* A link and a request that goes over it: `node` asks `other`. */
static void draw_call(struct swarm *w, struct statement *into)
{
        bool inside = w->brokers > 1 && !one_in(w, 3);
        into->node = inside ? swarm_machine(w) : swarm_client(w);
        into->other = inside && one_in(w, 3) ? SCENARIO_ALL_NODES : swarm_machine(w);
        into->api = inside ? swarm_server_api(w) : client_api(w);
}

/* Answers go the other way. */
static void turn(struct statement *call)
{
        int64_t node = call->node;
        call->node = call->other;
        call->other = node;
}

static void draw_lost_answer(struct swarm *w, int64_t at_ms)
{
        struct statement drop = scenario_statement(VERB_DROP_ANSWERS);
        draw_call(w, &drop);
        turn(&drop);
        drop.times = between(w, 1, 3);
        swarm_add(w, at_ms, drop);
}

static void draw_hold(struct swarm *w, int64_t at_ms)
{
        bool answers = one_in(w, 2);
        struct statement hold = scenario_statement(answers ? VERB_HOLD_ANSWERS : VERB_HOLD);
        draw_call(w, &hold);
        if (answers)
                turn(&hold);
        swarm_add(w, at_ms, hold);
        hold.verb = answers ? VERB_RELEASE_ANSWERS : VERB_RELEASE;
        swarm_add(w, at_ms + between(w, 10, 3000), hold);
}

/* --- what the admin does --- */

static void draw_delete_records(struct swarm *w, int64_t at_ms)
{
        struct statement action = scenario_statement(VERB_DELETE_RECORDS);
        action.topic = between(w, 0, w->s->topic_count - 1);
        action.partition = between(w, 0, w->s->topics[action.topic].partitions - 1);
        action.offset = one_in(w, 3) ? -1 : between(w, 1, 100);
        swarm_add(w, at_ms, action);
}

static void draw_delete_topic(struct swarm *w, int64_t at_ms)
{
        struct statement action = scenario_statement(VERB_DELETE_TOPIC);
        action.topic = between(w, 0, w->s->topic_count - 1);
        swarm_add(w, at_ms, action);
}

static void draw_elect(struct swarm *w, int64_t at_ms)
{
        struct statement action = scenario_statement(VERB_ELECT);
        swarm_place(w, &action);
        swarm_add(w, at_ms, action);
}

static void draw_move(struct swarm *w, int64_t at_ms)
{
        struct statement action = on(VERB_MOVE, broker(w));
        swarm_place(w, &action);
        if (one_in(w, 2))
                action.node = scenario_of_role(
                        (struct scenario_role){ROLE_FOLLOWER, action.topic, action.partition});
        swarm_add(w, at_ms, action);
}

/* Often as many as before, sometimes fewer (never too few to write to) or more, and any of them. */
static void draw_reassign(struct swarm *w, int64_t at_ms)
{
        struct statement action = scenario_statement(VERB_REASSIGN);
        swarm_place(w, &action);
        int64_t count = w->s->topics[action.topic].replicas;
        if (one_in(w, 3))
                count = between(w, w->min_isr[action.topic], w->brokers < 5 ? w->brokers : 5);
        uint32_t used = 0;
        for (int64_t i = 0; i < count;) {
                int64_t id = broker(w);
                if (used >> id & 1)
                        continue;
                used |= UINT32_C(1) << id;
                action.brokers |= id << (4 * i++);
        }
        swarm_add(w, at_ms, action);
}

/* --- all of them --- */

static const struct swarm_kind alone[] = {
        {draw_power_cut, 70, 4},
        {draw_kill, 33, 3},
        {draw_stop, 50, 3},
        {draw_crash, 50, 3},
        {draw_crash_in_recovery, 25, 2},
        {draw_bad_write, 33, 2},
        {draw_bad_sync, 25, 2},
        {draw_dropped_sync, 16, 1},
        {draw_full_disk, 20, 2},
        {draw_client_death, 15, 2},
        {draw_pause, 25, 2},
        {draw_cut, 25, 3},
        {draw_slow, 20, 2},
        {draw_reset, 25, 3},
        {draw_lost_answer, 33, 3},
        {draw_hold, 25, 2},
        {draw_clock, 25, 2},
        {draw_delete_records, 33, 4},
        {draw_delete_topic, 10, 1},
};

static const struct swarm_kind together[] = {
        {draw_power_cut, 40, 3},
        {draw_kill, 50, 4},
        {draw_stop, 33, 3},
        {draw_crash, 33, 2},
        {draw_crash_in_recovery, 12, 1},
        {draw_wipe, 20, 1},
        {draw_bad_write, 16, 1},
        {draw_bad_sync, 16, 1},
        {draw_dropped_sync, 10, 1},
        {draw_full_disk, 12, 1},
        {draw_client_death, 12, 1},
        {draw_pause, 33, 3},
        {draw_cut, 60, 5},
        {draw_slow, 33, 3},
        {draw_reset, 20, 3},
        {draw_lost_answer, 25, 3},
        {draw_hold, 40, 3},
        {draw_clock, 20, 2},
        {draw_delete_records, 20, 2},
        {draw_delete_topic, 6, 1},
        {draw_elect, 25, 3},
        {draw_move, 40, 4},
        {draw_reassign, 25, 2},
};

void swarm_draw_faults(struct swarm *w)
{
        if (w->brokers == 1)
                swarm_draw_kinds(w, alone, sizeof alone / sizeof alone[0]);
        else
                swarm_draw_kinds(w, together, sizeof together / sizeof together[0]);
}

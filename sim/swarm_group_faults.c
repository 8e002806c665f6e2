/* What goes wrong with members, transactions and those who coordinate them. */
#include "sim/swarm_parts.h"
#include "wire/api.h"

/* A client that asks something of this kind; any, when none does. */
static int64_t draw_asker(struct swarm *w, bool wants_group, bool wants_id)
{
        int64_t found[SCENARIO_CLIENTS_MAX], count = 0;
        for (int32_t i = 0; i < w->s->client_count; i++) {
                const struct statement *c = &w->s->clients[i];
                if ((!wants_group || *c->group) && (!wants_id || *scenario_transactional_id(c)))
                        found[count++] = SCENARIO_CLIENT_ID + i;
        }
        return count > 0 ? found[between(w, 0, count - 1)] : swarm_client(w);
}

/* Who coordinates for one of the clients; a broker when none of them needs it. */
static int64_t draw_coordinator(struct swarm *w)
{
        bool of_group = one_in(w, 2);
        int64_t client = draw_asker(w, of_group, !of_group) - SCENARIO_CLIENT_ID;
        const struct statement *c = &w->s->clients[client];
        if (!*(of_group ? c->group : scenario_transactional_id(c)))
                return between(w, 1, w->brokers);
        return scenario_of_role((struct scenario_role){
                of_group ? ROLE_COORDINATOR : ROLE_TRANSACTION_COORDINATOR, client, 0});
}

static struct statement on(enum verb verb, int64_t node)
{
        struct statement action = scenario_statement(verb);
        action.node = node;
        return action;
}

static void draw_member_leaves(struct swarm *w, int64_t at_ms)
{
        int64_t client = swarm_client(w);
        swarm_add(w, at_ms, on(one_in(w, 2) ? VERB_STOP : VERB_KILL, client));
        swarm_add(w, at_ms + between(w, 1, 1500), on(VERB_RESTART, client));
}

/* Longer than its session at times. */
static void draw_member_sleeps(struct swarm *w, int64_t at_ms)
{
        int64_t client = swarm_client(w);
        swarm_add(w, at_ms, on(VERB_PAUSE, client));
        swarm_add(w, at_ms + between(w, 50, 2500), on(VERB_RESUME, client));
}

static void draw_coordinator_dies(struct swarm *w, int64_t at_ms)
{
        int64_t coordinator = draw_coordinator(w);
        struct statement death = on(one_in(w, 3) ? VERB_POWER_CUT : VERB_KILL, coordinator);
        if (death.verb == VERB_POWER_CUT) {
                death.survival = swarm_survival(w);
                death.within = 1;
        }
        swarm_add(w, at_ms, death);
        swarm_add(w, at_ms + between(w, 50, 2000), on(VERB_RESTART, SCENARIO_ALL_NODES));
}

static int64_t draw_api(struct swarm *w)
{
        static const int64_t apis[] = {API_PRODUCE,
                                       API_PRODUCE,
                                       API_PRODUCE,
                                       API_JOIN_GROUP,
                                       API_SYNC_GROUP,
                                       API_HEARTBEAT,
                                       API_OFFSET_COMMIT,
                                       API_OFFSET_COMMIT,
                                       API_OFFSET_FETCH,
                                       API_INIT_PRODUCER_ID,
                                       API_ADD_PARTITIONS_TO_TXN,
                                       API_END_TXN,
                                       API_END_TXN,
                                       API_TXN_OFFSET_COMMIT,
                                       API_ADD_OFFSETS_TO_TXN,
                                       API_WRITE_TXN_MARKERS};
        return apis[between(w, 0, 15)];
}

/* A request of a client, or of one who coordinates, and to whom. */
static void draw_call(struct swarm *w, struct statement *into)
{
        into->api = draw_api(w);
        into->node =
                into->api == API_WRITE_TXN_MARKERS ? between(w, 1, w->brokers) : swarm_client(w);
        into->other = SCENARIO_ALL_NODES;
}

static void draw_lost_answer(struct swarm *w, int64_t at_ms)
{
        struct statement drop = scenario_statement(VERB_DROP_ANSWERS);
        draw_call(w, &drop);
        drop.other = drop.node;
        drop.node = SCENARIO_ALL_NODES;
        drop.times = between(w, 1, 3);
        swarm_add(w, at_ms, drop);
}

static void draw_late_request(struct swarm *w, int64_t at_ms)
{
        struct statement hold = scenario_statement(VERB_HOLD);
        draw_call(w, &hold);
        swarm_add(w, at_ms, hold);
        hold.verb = VERB_RELEASE;
        swarm_add(w, at_ms + between(w, 10, 3000), hold);
}

/* The client goes on with a new connection, and what it has asked for before comes late. */
static void draw_left_behind(struct swarm *w, int64_t at_ms)
{
        struct statement hold = scenario_statement(VERB_HOLD);
        draw_call(w, &hold);
        swarm_add(w, at_ms, hold);
        int64_t dies_ms = at_ms + between(w, 1, 300), client = hold.node;
        if (client >= SCENARIO_CLIENT_ID) {
                swarm_add(w, dies_ms, on(VERB_KILL, client));
                swarm_add(w, dies_ms + between(w, 1, 300), on(VERB_RESTART, client));
        }
        hold.verb = VERB_RELEASE;
        swarm_add(w, dies_ms + between(w, 1, 1500), hold);
}

static struct statement on_link(enum verb verb, int64_t api, int64_t node, int64_t other)
{
        struct statement action = on(verb, node);
        action.api = api;
        action.other = other;
        return action;
}

static void restart_and_release(struct swarm *w, int64_t at_ms, struct statement hold)
{
        hold.verb = hold.verb == VERB_HOLD ? VERB_RELEASE : VERB_RELEASE_ANSWERS;
        hold.node = hold.other = SCENARIO_ALL_NODES;
        int64_t restart_ms = at_ms + between(w, 50, 2000),
                release_ms = at_ms + between(w, 50, 2000);
        swarm_add(w, restart_ms, on(VERB_RESTART, SCENARIO_ALL_NODES));
        swarm_add(w, release_ms, hold);
}

/* What the coordinator has decided, nobody else knows yet; and then it dies. Perhaps with who asked
 * for it: else that will ask again. */
static void draw_lonely_coordinator(struct swarm *w, int64_t at_ms)
{
        int64_t client = draw_asker(w, false, true) - SCENARIO_CLIENT_ID;
        int64_t coordinator = draw_coordinator(w), dies_ms = at_ms + between(w, 10, 400);
        if (*scenario_transactional_id(&w->s->clients[client]) && one_in(w, 2)) {
                coordinator = scenario_of_role(
                        (struct scenario_role){ROLE_TRANSACTION_COORDINATOR, client, 0});
                swarm_add(w, dies_ms, on(VERB_KILL, SCENARIO_CLIENT_ID + client));
                int64_t back_ms = dies_ms + between(w, 500, 3000);
                swarm_add(w, back_ms, on(VERB_RESTART, SCENARIO_CLIENT_ID + client));
        }
        struct statement hold =
                on_link(VERB_HOLD_ANSWERS, API_FETCH, coordinator, SCENARIO_ALL_NODES);
        swarm_add(w, at_ms, hold);
        swarm_add(w, dies_ms, on(VERB_KILL, coordinator));
        restart_and_release(w, dies_ms, hold);
}

/* It has decided, and dies before the markers are out. */
static void draw_half_done(struct swarm *w, int64_t at_ms)
{
        int64_t coordinator = draw_coordinator(w), dies_ms = at_ms + between(w, 10, 400);
        struct statement hold =
                on_link(VERB_HOLD, API_WRITE_TXN_MARKERS, coordinator, SCENARIO_ALL_NODES);
        swarm_add(w, at_ms, hold);
        swarm_add(w, dies_ms, on(VERB_KILL, coordinator));
        restart_and_release(w, dies_ms, hold);
}

/* A commit comes when its member is long out of the group. */
static void draw_late_commit(struct swarm *w, int64_t at_ms)
{
        int64_t client = draw_asker(w, true, false);
        struct statement hold = on_link(VERB_HOLD, API_OFFSET_COMMIT, client, SCENARIO_ALL_NODES);
        swarm_add(w, at_ms, hold);
        int64_t sleeps_ms = at_ms + between(w, 10, 500);
        swarm_add(w, sleeps_ms, on(VERB_PAUSE, client));
        hold.verb = VERB_RELEASE;
        int64_t released_ms = sleeps_ms + between(w, 300, 2000);
        swarm_add(w, released_ms, hold);
        swarm_add(w, released_ms + between(w, 1, 500), on(VERB_RESUME, client));
}

/* A client dies at the end of a transaction, and somebody else goes on. */
static void draw_open_end(struct swarm *w, int64_t at_ms)
{
        int64_t client = draw_asker(w, one_in(w, 2), true);
        struct statement hold = on_link(VERB_HOLD, API_END_TXN, client, SCENARIO_ALL_NODES);
        swarm_add(w, at_ms, hold);
        int64_t dies_ms = at_ms + between(w, 10, 300);
        swarm_add(w, dies_ms, on(VERB_KILL, client));
        hold.verb = VERB_RELEASE;
        int64_t back_ms = dies_ms + between(w, 1, 2000);
        swarm_add(w, back_ms, hold);
        swarm_add(w, back_ms, on(VERB_RESTART, client));
}

/* Records that only the leader has come a second time; and then it dies. */
static void draw_repeat_to_lonely_leader(struct swarm *w, int64_t at_ms)
{
        struct statement place;
        swarm_place(w, &place);
        int64_t leader =
                scenario_of_role((struct scenario_role){ROLE_LEADER, place.topic, place.partition});
        struct statement hold = on_link(VERB_HOLD_ANSWERS, API_FETCH, leader, SCENARIO_ALL_NODES);
        swarm_add(w, at_ms, hold);
        int64_t reset_ms = at_ms + between(w, 10, 200), dies_ms = reset_ms + between(w, 20, 300);
        for (int32_t i = 0; i < w->s->client_count; i++)
                if (w->s->clients[i].verb != VERB_CONSUMER)
                        swarm_add(w, reset_ms,
                                  on_link(VERB_RESET, 0, SCENARIO_CLIENT_ID + i, leader));
        swarm_add(w, dies_ms, on(VERB_KILL, leader));
        restart_and_release(w, dies_ms, hold);
}

/* Records that their producer has given up come in the end. */
static void draw_late_write(struct swarm *w, int64_t at_ms)
{
        struct statement hold =
                on_link(VERB_HOLD, API_PRODUCE, draw_asker(w, false, true), SCENARIO_ALL_NODES);
        swarm_add(w, at_ms, hold);
        hold.verb = VERB_RELEASE;
        swarm_add(w, at_ms + between(w, 800, 2500), hold);
}

/* Dies over and over, and cleaning is most of what it does. */
static void draw_deaths_while_cleaning(struct swarm *w, int64_t at_ms)
{
        bool cleans = false;
        for (int32_t i = 0; i < w->s->topic_count; i++)
                cleans |= w->compacts[i];
        int64_t broker = between(w, 1, w->brokers);
        for (int64_t deaths = between(w, 1, 4); cleans && deaths > 0; deaths--) {
                struct statement death = on(VERB_KILL, broker);
                death.operation = between(w, 1, 80);
                swarm_add(w, at_ms, death);
                at_ms += between(w, 200, 700);
                swarm_add(w, at_ms, on(VERB_RESTART, broker));
                at_ms += between(w, 10, 100);
        }
}

/* Offsets that nobody has committed for hours, as the coordinator's clock has it. */
static void draw_long_night(struct swarm *w, int64_t at_ms)
{
        struct statement jump = on(VERB_CLOCK_JUMP, draw_coordinator(w));
        jump.jump_ns = between(w, 10, 600) * 1000 * SWARM_MS;
        if (w->forgets_offsets)
                swarm_add(w, at_ms, jump);
}

static const struct swarm_kind kinds[] = {
        {draw_member_leaves, 40, 3},    {draw_member_sleeps, 33, 2},
        {draw_coordinator_dies, 40, 3}, {draw_lost_answer, 40, 4},
        {draw_late_request, 25, 2},     {draw_left_behind, 20, 2},
        {draw_late_commit, 40, 2},      {draw_open_end, 40, 2},
        {draw_late_write, 50, 2},       {draw_deaths_while_cleaning, 60, 2},
        {draw_long_night, 60, 2},
};

static const struct swarm_kind of_clusters[] = {
        {draw_lonely_coordinator, 50, 3},
        {draw_half_done, 33, 2},
        {draw_repeat_to_lonely_leader, 40, 2},
};

void swarm_draw_group_faults(struct swarm *w)
{
        swarm_draw_kinds(w, kinds, sizeof kinds / sizeof kinds[0]);
        if (w->brokers > 1)
                swarm_draw_kinds(w, of_clusters, sizeof of_clusters / sizeof of_clusters[0]);
}

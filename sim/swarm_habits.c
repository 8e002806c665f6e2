/* Bad habits: what users and operators do to a cluster, one thing on the heels of another. Each
 * begins at its time; what follows waits for what came before. */
#include "sim/swarm_parts.h"
#include "wire/api.h"

static int64_t role_in(const struct statement *place, enum role role)
{
        return scenario_of_role((struct scenario_role){role, place->topic, place->partition});
}

static struct statement on(enum verb verb, int64_t node)
{
        struct statement action = scenario_statement(verb);
        action.node = node;
        return action;
}

static struct statement between_two(enum verb verb, int64_t node, int64_t other)
{
        struct statement action = on(verb, node);
        action.other = other;
        return action;
}

static struct statement heal_links(void)
{
        return between_two(VERB_HEAL, SCENARIO_ALL_NODES, SCENARIO_ALL_NODES);
}

static struct statement restart_all(void)
{
        return on(VERB_RESTART, SCENARIO_ALL_NODES);
}

/* Mostly a kill; any death is as good. */
static struct statement draw_death(struct swarm *w, int64_t node)
{
        int64_t kind = between(w, 0, 5);
        struct statement death = on(kind < 4 ? VERB_KILL : VERB_POWER_CUT, node);
        death.survival = swarm_survival(w);
        death.within = death.verb == VERB_POWER_CUT;
        return death;
}

/* A function of its own because C does not say which argument of a call is drawn first. */
static void die_after(struct swarm *w, int64_t after_ms, int64_t node)
{
        struct statement death = draw_death(w, node);
        swarm_add_after(w, after_ms, death);
}

/* Longer than a session at times, so that others lead; and at times not. */
static int64_t a_while(struct swarm *w)
{
        return one_in(w, 2) ? between(w, 5, 200) : between(w, 200, 2000);
}

/* What the controller decides reaches one broker late. */
static void late_metadata(struct swarm *w, int64_t at_ms)
{
        struct statement hold =
                between_two(VERB_HOLD_ANSWERS, SCENARIO_ACTIVE, between(w, 1, w->brokers));
        hold.api = API_FETCH;
        swarm_add(w, at_ms, hold);
        struct statement move = on(VERB_MOVE, hold.other);
        swarm_place(w, &move);
        if (one_in(w, 2))
                swarm_add_after(w, between(w, 1, 100), move);
        hold.verb = VERB_RELEASE_ANSWERS;
        hold.node = SCENARIO_ALL_NODES;
        swarm_add_after(w, a_while(w), hold);
}

/* A machine starts anew while a request of its last life is still on its way. */
static void restart_inside_request(struct swarm *w, int64_t at_ms)
{
        int64_t node = swarm_machine(w);
        struct statement hold = between_two(VERB_HOLD, node, SCENARIO_ALL_NODES);
        hold.api = swarm_server_api(w);
        swarm_add(w, at_ms, hold);
        die_after(w, a_while(w), node);
        swarm_add_after(w, a_while(w), on(VERB_RESTART, node));
        hold.verb = VERB_RELEASE;
        swarm_add_after(w, a_while(w), hold);
}

/* The leader dies right after an acknowledgement. */
static void kill_after_ack(struct swarm *w, int64_t at_ms)
{
        struct statement acked = on(VERB_ACKED, SCENARIO_CLIENT_ID), place;
        while (w->s->clients[acked.node + 1 - SCENARIO_CLIENT_ID].verb == VERB_PRODUCER &&
               one_in(w, 2))
                acked.node++;
        acked.count = 1 + at_ms * w->s->clients[acked.node - SCENARIO_CLIENT_ID].rate / 1000;
        swarm_place(w, &place);
        swarm_add_when(w, acked, false, draw_death(w, role_in(&place, ROLE_LEADER)));
        if (one_in(w, 3))
                die_after(w, a_while(w), role_in(&place, ROLE_LEADER));
        swarm_add_after(w, a_while(w), restart_all());
}

/* The leader moves twice before anybody has asked the first one again. */
static void move_twice(struct swarm *w, int64_t at_ms)
{
        struct statement move = on(VERB_MOVE, 0);
        swarm_place(w, &move);
        move.node = role_in(&move, ROLE_FOLLOWER);
        swarm_add(w, at_ms, move);
        move.node = role_in(&move, one_in(w, 2) ? ROLE_FOLLOWER : ROLE_OTHER_FOLLOWER);
        swarm_add_after(w, between(w, 3, 60), move);
        if (one_in(w, 2))
                die_after(w, between(w, 3, 60), role_in(&move, ROLE_LEADER));
        swarm_add_after(w, a_while(w), restart_all());
}

/* As soon as the ISR has shrunk, the leader dies; then perhaps the next one. */
static void kill_after_shrink(struct swarm *w, int64_t at_ms)
{
        struct statement shrinks = scenario_statement(VERB_ISR_SHRINKS);
        swarm_place(w, &shrinks);
        int64_t replicas = w->s->topics[shrinks.topic].replicas;
        shrinks.count = replicas > 1 ? replicas - 1 : 1;
        int64_t follower = role_in(&shrinks, ROLE_FOLLOWER);
        swarm_add(w, at_ms, between_two(VERB_CUT, follower, role_in(&shrinks, ROLE_LEADER)));
        swarm_add_when(w, shrinks, true, draw_death(w, role_in(&shrinks, ROLE_LEADER)));
        swarm_add_after(w, a_while(w), heal_links());
        swarm_add_after(w, a_while(w), restart_all());
}

/* The leader lives, but the controllers do not hear from it. */
static void fence_leader(struct swarm *w, int64_t at_ms)
{
        struct statement place;
        swarm_place(w, &place);
        int64_t leader = role_in(&place, ROLE_LEADER);
        swarm_add(w, at_ms,
                  between_two(one_in(w, 3) ? VERB_CUT_ONE_WAY : VERB_CUT, leader,
                              SCENARIO_CONTROLLERS));
        die_after(w, a_while(w), role_in(&place, ROLE_FOLLOWER));
        swarm_add_after(w, a_while(w), heal_links());
        swarm_add_after(w, a_while(w), restart_all());
}

/* The leader goes on alone, and another one is elected meanwhile; perhaps the first one again after
 * it, and none of them has copied from the other. */
static void isolate_leader(struct swarm *w, int64_t at_ms)
{
        struct statement move = on(VERB_MOVE, between(w, 1, w->brokers));
        swarm_place(w, &move);
        int64_t first = move.node, leader = role_in(&move, ROLE_LEADER);
        swarm_add(w, at_ms, move);
        swarm_add_after(w, between(w, 10, 100),
                        between_two(VERB_CUT, leader, role_in(&move, ROLE_FOLLOWER)));
        swarm_add_after(w, 0, between_two(VERB_CUT, leader, role_in(&move, ROLE_OTHER_FOLLOWER)));
        move.node = role_in(&move, ROLE_FOLLOWER);
        swarm_add_after(w, between(w, 20, 400), move);
        if (one_in(w, 2)) {
                move.node = first;
                swarm_add_after(w, between(w, 20, 400), move);
        }
        swarm_add_after(w, a_while(w), heal_links());
        if (one_in(w, 2))
                die_after(w, a_while(w), leader);
        swarm_add_after(w, a_while(w), restart_all());
}

/* What a leader has sent comes when another one leads; and then the first one leads again. */
static void late_answer(struct swarm *w, int64_t at_ms)
{
        struct statement move = on(VERB_MOVE, between(w, 1, w->brokers));
        swarm_place(w, &move);
        int64_t first = move.node, leader = role_in(&move, ROLE_LEADER);
        swarm_add(w, at_ms, move);
        struct statement hold =
                between_two(VERB_HOLD_ANSWERS, leader, role_in(&move, ROLE_FOLLOWER));
        hold.api = API_FETCH;
        swarm_add_after(w, between(w, 10, 100), hold);
        hold.other = role_in(&move, ROLE_OTHER_FOLLOWER);
        swarm_add_after(w, between(w, 0, 100), hold);
        swarm_add_after(w, between(w, 0, 100), between_two(VERB_CUT, leader, hold.other));
        move.node = one_in(w, 2) ? hold.other : role_in(&move, ROLE_FOLLOWER);
        swarm_add_after(w, between(w, 0, 100), move);
        hold.verb = VERB_RELEASE_ANSWERS;
        hold.node = hold.other = SCENARIO_ALL_NODES;
        swarm_add_after(w, between(w, 5, 60), hold);
        move.node = first;
        swarm_add_after(w, between(w, 0, 60), move);
        swarm_add_after(w, a_while(w), heal_links());
}

/* One leader after another dies, each as soon as it leads. */
static void kill_in_turn(struct swarm *w, int64_t at_ms)
{
        struct statement place;
        swarm_place(w, &place);
        int64_t leader = role_in(&place, ROLE_LEADER);
        swarm_add(w, at_ms, draw_death(w, leader));
        for (int64_t i = between(w, 1, 2); i > 0; i--)
                die_after(w, a_while(w), leader);
        swarm_add_after(w, a_while(w), restart_all());
}

/* Loses what it has not synced, or all. */
static struct statement draw_loss(struct swarm *w, int64_t broker)
{
        struct statement loss = on(one_in(w, 2) ? VERB_POWER_CUT : VERB_WIPE, broker);
        loss.survival = 0;
        loss.within = 1;
        return loss;
}

static struct statement hold_fetch(int64_t broker, int64_t leader)
{
        struct statement hold = between_two(VERB_HOLD, broker, leader);
        hold.api = API_FETCH;
        return hold;
}

static struct statement release_all(int64_t api)
{
        struct statement release =
                between_two(VERB_RELEASE, SCENARIO_ALL_NODES, SCENARIO_ALL_NODES);
        release.api = api;
        return release;
}

/* A broker loses bytes while the leader's word for it is on its way to the controller. */
static void lose_behind_request(struct swarm *w, int64_t at_ms)
{
        struct statement shrinks = scenario_statement(VERB_ISR_SHRINKS);
        swarm_place(w, &shrinks);
        shrinks.count = w->s->topics[shrinks.topic].replicas - 1;
        if (shrinks.count < 1)
                return;
        int64_t leader = role_in(&shrinks, ROLE_LEADER), broker = between(w, 1, w->brokers);
        swarm_add(w, at_ms, between_two(VERB_CUT, broker, leader));
        struct statement hold = between_two(VERB_HOLD, leader, SCENARIO_CONTROLLERS);
        hold.api = API_ALTER_PARTITION;
        swarm_add_when(w, shrinks, true, hold);
        swarm_add_after(w, 0, heal_links());
        struct statement loss = draw_loss(w, broker);
        swarm_add_after(w, between(w, 200, 1200), loss);
        swarm_add_after(w, 0, hold_fetch(broker, leader));
        swarm_add_after(w, between(w, 5, 300), on(VERB_RESTART, broker));
        swarm_add_when(w, on(VERB_READY, broker), true, release_all(API_ALTER_PARTITION));
        swarm_add_after(w, a_while(w), release_all(API_FETCH));
}

/* A broker that has lost bytes is back, and known to be, before it has fetched anything. */
static void back_without_fetching(struct swarm *w, int64_t at_ms)
{
        struct statement place;
        swarm_place(w, &place);
        int64_t broker = between(w, 1, w->brokers);
        swarm_add(w, at_ms, draw_loss(w, broker));
        swarm_add_after(w, 0, hold_fetch(broker, role_in(&place, ROLE_LEADER)));
        swarm_add_after(w, a_while(w), on(VERB_RESTART, broker));
        swarm_add_when(w, on(VERB_READY, broker), true, heal_links());
        swarm_add_after(w, between(w, 100, 1000), release_all(API_FETCH));
}

static const struct swarm_kind habits[] = {
        {late_metadata, 25, 2},       {restart_inside_request, 25, 2}, {kill_after_ack, 33, 2},
        {move_twice, 25, 2},          {kill_after_shrink, 25, 1},      {fence_leader, 20, 1},
        {isolate_leader, 25, 2},      {kill_in_turn, 25, 1},           {late_answer, 20, 1},
        {lose_behind_request, 25, 1}, {back_without_fetching, 20, 1},
};

void swarm_draw_habits(struct swarm *w)
{
        swarm_draw_kinds(w, habits, sizeof habits / sizeof habits[0]);
}

void swarm_draw_minority(struct swarm *w)
{
        struct statement place;
        swarm_place(w, &place);
        if (w->s->topics[place.topic].replicas < 2)
                return;
        w->s->run.time_ns = 6000 * SWARM_MS;
        swarm_add(w, between(w, 700, 1500),
                  between_two(VERB_CUT, SCENARIO_ACTIVE, SCENARIO_CONTROLLERS));
        struct statement leader_is_ready = on(VERB_READY, role_in(&place, ROLE_LEADER));
        swarm_add(w, between(w, 1500, 2000), on(VERB_KILL, leader_is_ready.node));
        w->s->demands[w->s->demand_count++] = leader_is_ready;
}

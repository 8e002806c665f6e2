/* Groups, transactions and compacted topics. */
#include "sim/history.h"
#include "sim/swarm_parts.h"
#include "wire/fetch.h"

#include "groups/assignor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- settings --- */

/* With two in-sync replicas the coordinators' logs survive what the topics survive. A single broker
 * must sync what it decides: a topic that is synced would wait for ever for a decision that is not.
 */
void swarm_draw_coordinators(struct swarm *w, struct statement *brokers)
{
        if (w->brokers > 1)
                swarm_set(w, brokers, "min.insync.replicas", 2);
        else
                swarm_set(w, brokers, "log.flush.interval.messages", 1);
        if (one_in(w, 2))
                swarm_set(w, brokers, "offsets.topic.segment.bytes", between(w, 2000, 10000));
        if (one_in(w, 2))
                swarm_set(w, brokers, "transaction.state.log.segment.bytes",
                          between(w, 2000, 10000));
        swarm_set(w, brokers, "log.cleaner.backoff.ms", between(w, 10, 200));
        swarm_set(w, brokers, "group.initial.rebalance.delay.ms", between(w, 0, 200));
        w->forgets_offsets = one_in(w, 5);
        if (w->forgets_offsets) /* a clock that jumps makes them old */
                swarm_set(w, brokers, "offsets.retention.minutes", 1);
}

void swarm_draw_compaction(struct swarm *w, struct statement *topic)
{
        static const char *const ratios[] = {"0.0", "0.1", "0.3"};
        scenario_add_setting(w->s, topic, "cleanup.policy",
                             one_in(w, 4) ? "compact,delete" : "compact");
        scenario_add_setting(w->s, topic, "min.cleanable.dirty.ratio", ratios[between(w, 0, 2)]);
        swarm_set(w, topic, "delete.retention.ms", between(w, 0, 2000));
}

/* --- clients --- */

static struct statement *new_client(struct swarm *w, enum verb verb, char letter)
{
        struct statement *c = &w->s->clients[w->s->client_count];
        if (w->s->client_count == SCENARIO_CLIENTS_MAX)
                return NULL;
        *c = scenario_statement(verb);
        snprintf(c->name, sizeof c->name, "%c%" PRId32, letter, ++w->s->client_count);
        return c;
}

/* Small records and batches: they fit into the smallest segment. */
static void draw_keys(struct swarm *w, struct statement *p)
{
        p->keys = one_in(w, 2) ? between(w, 1, 6) : between(w, 7, 60);
        p->bytes = between(w, 10, 60);
        p->batch_bytes = between(w, 100, 1000);
}

/* Not every producer is careful: some send again what may be there, some have no transactions. */
static void draw_care(struct swarm *w, struct statement *p)
{
        if (w->compacts[p->topic])
                draw_keys(w, p);
        if (one_in(w, 5))
                p->idempotence = 0;
        else if (p->acks == -1 && one_in(w, 2))
                p->records = between(w, 1, 12);
        if (p->records > 0 && one_in(w, 2))
                p->every = between(w, 2, 5);
        p->session_ns = between(w, 300, 3000) * SWARM_MS;
        if (p->records > 0 &&
            one_in(w, 2)) { /* it gives up and aborts before the coordinator does */
                p->delivery_ns = between(w, 600, 1500) * SWARM_MS;
                p->session_ns = between(w, 4000, 9000) * SWARM_MS;
        }
}

/* A second producer of the same transactional id, which comes while the first is away. */
static void draw_heir(struct swarm *w, const struct statement *first)
{
        struct statement *heir = new_client(w, VERB_PRODUCER, 'p');
        if (!heir)
                return;
        char name[SCENARIO_NAME_BYTES];
        strcpy(name, heir->name);
        *heir = *first;
        strcpy(heir->name, name);
        strcpy(heir->id, first->name);
        struct statement action = scenario_statement(VERB_KILL);
        action.node = SCENARIO_CLIENT_ID + w->s->client_count - 1;
        swarm_add(w, 0, action);
        int64_t at_ms = between(w, 200, w->run_ms), for_ms = between(w, 50, 1500);
        struct statement pause = scenario_statement(VERB_PAUSE);
        pause.node = SCENARIO_CLIENT_ID + (first - w->s->clients);
        swarm_add(w, at_ms, pause);
        action.verb = VERB_RESTART;
        swarm_add(w, at_ms + between(w, 0, for_ms), action);
        pause.verb = VERB_RESUME;
        swarm_add(w, at_ms + for_ms, pause);
}

/* How the members of one group work; they must agree on it. */
static void draw_member(struct swarm *w, struct statement *into)
{
        static const int64_t policies[] = {COMMIT_AFTER, COMMIT_AFTER, COMMIT_BEFORE, COMMIT_AUTO};
        into->assignor = between(w, 0, ASSIGNORS - 1);
        into->policy = policies[between(w, 0, 3)];
        into->isolation = between(w, READ_UNCOMMITTED, READ_COMMITTED);
        into->session_ns = between(w, 200, 1000) * SWARM_MS;
        if (one_in(w, 2))
                into->time_ns = between(w, 1, 20) * SWARM_MS;
}

static void add_members(struct swarm *w, const struct statement *plan, int64_t count, char letter)
{
        bool is_static = one_in(w, 4);
        for (int64_t i = 0; i < count; i++) {
                struct statement *c = new_client(w, plan->verb, letter);
                if (!c)
                        return;
                char name[SCENARIO_NAME_BYTES];
                strcpy(name, c->name);
                *c = *plan;
                strcpy(c->name, name);
                if (is_static)
                        strcpy(c->instance, name);
        }
}

static void draw_group(struct swarm *w)
{
        struct statement plan = scenario_statement(VERB_CONSUMER);
        struct statement place;
        swarm_place(w, &place);
        plan.topic = place.topic;
        strcpy(plan.group, "readers");
        draw_member(w, &plan);
        add_members(w, &plan, between(w, 1, 3), 'g');
}

/* From the first topic to the second: never round in circles. */
static void draw_pipelines(struct swarm *w)
{
        struct statement plan = scenario_statement(VERB_PIPELINE);
        if (w->compacts[1])
                return;
        plan.topic = 0;
        plan.target = 1;
        strcpy(plan.group, "pipeline");
        draw_member(w, &plan);
        if (one_in(w, 2)) {
                plan.policy = COMMIT_TRANSACTION;
                plan.isolation = READ_COMMITTED;
                plan.records = between(w, 1, 10);
        }
        add_members(w, &plan, between(w, 1, 2), 't');
}

void swarm_draw_groups(struct swarm *w)
{
        int32_t clients = w->s->client_count;
        for (int32_t i = 0; i < clients; i++) {
                struct statement *c = &w->s->clients[i];
                if (c->verb == VERB_PRODUCER)
                        draw_care(w, c);
                else
                        c->isolation = between(w, READ_UNCOMMITTED, READ_COMMITTED);
        }
        for (int32_t i = 0; i < clients; i++)
                if (w->s->clients[i].verb == VERB_PRODUCER && w->s->clients[i].records > 0 &&
                    one_in(w, 4))
                        draw_heir(w, &w->s->clients[i]);
        if (!one_in(w, 4))
                draw_group(w);
        if (one_in(w, 2))
                draw_pipelines(w);
}

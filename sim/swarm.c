#include "sim/swarm.h"

#include "log/compression.h"
#include "sim/swarm_parts.h"

#include <inttypes.h>
#include <stdio.h>

enum { SWARM_LABEL = 0x5a };

/* --- steps --- */

static struct step *new_step(struct swarm *w)
{
        if (w->s->step_count == SCENARIO_STEPS_MAX)
                return NULL;
        struct step *step = &w->s->steps[w->s->step_count++];
        step->follows = false;
        return step;
}

void swarm_add(struct swarm *w, int64_t at_ms, struct statement action)
{
        struct step *step = new_step(w);
        if (!step)
                return;
        step->trigger = scenario_statement(VERB_AT);
        step->trigger.time_ns = at_ms * SWARM_MS;
        step->action = action;
}

void swarm_add_when(struct swarm *w, struct statement condition, bool follows,
                    struct statement action)
{
        struct step *step = new_step(w);
        if (step)
                *step = (struct step){condition, follows, action};
}

void swarm_add_after(struct swarm *w, int64_t after_ms, struct statement action)
{
        struct statement after = scenario_statement(VERB_THEN_AFTER);
        after.time_ns = after_ms * SWARM_MS;
        swarm_add_when(w, after, true, action);
}

void swarm_draw_kinds(struct swarm *w, const struct swarm_kind *kinds, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                if (!rng_chance(&w->rng, kinds[i].percent, 100))
                        continue;
                int64_t times = between(w, 1, kinds[i].times_max);
                for (int64_t k = 0; k < times; k++) {
                        int64_t at_ms = between(w, 50, w->run_ms);
                        kinds[i].draw(w, at_ms);
                }
        }
}

/* --- settings --- */

void swarm_set(struct swarm *w, struct statement *of, const char *key, int64_t value)
{
        char text[32];
        snprintf(text, sizeof text, "%" PRId64, value);
        scenario_add_setting(w->s, of, key, text);
}

static void draw_flush(struct swarm *w, struct statement *topic)
{
        int64_t kind = between(w, 0, 9);
        if (kind < 4)
                swarm_set(w, topic, "flush.messages", 1);
        else if (kind < 6)
                swarm_set(w, topic, "flush.messages", between(w, 2, 20));
        else if (kind < 7)
                swarm_set(w, topic, "flush.ms", between(w, 10, 500));
}

static void draw_log_settings(struct swarm *w, struct statement *topic)
{
        draw_flush(w, topic);
        if (w->compacts[topic->topic]) /* much to clean */
                swarm_set(w, topic, "segment.bytes", between(w, 2000, 6000));
        else if (!one_in(w, 8))
                swarm_set(w, topic, "segment.bytes", between(w, 5000, 20000));
        /* Dense indexes fill their pages soon: those reach the disk on their own. */
        swarm_set(w, topic, "index.interval.bytes", one_in(w, 2) ? 0 : between(w, 1, 1000));
        if (one_in(w, 8))
                swarm_set(w, topic, "segment.ms", between(w, 200, 2000));
        if (one_in(w, 8))
                swarm_set(w, topic, "retention.bytes", between(w, 4000, 40000));
        if (one_in(w, 8))
                scenario_add_setting(w->s, topic, "message.timestamp.type", "LogAppendTime");
        if (one_in(w, 8))
                scenario_add_setting(w->s, topic, "compression.type",
                                     compression_name((int)between(w, 1, COMPRESSION_CODECS - 1)));
}

static void draw_replication(struct swarm *w, struct statement *topic)
{
        int64_t usual = w->brokers < 3 ? w->brokers : 3, most = w->brokers < 5 ? w->brokers : 5;
        topic->replicas = one_in(w, 2) ? usual : between(w, 1, most);
        int64_t min_isr = between(w, 1, topic->replicas);
        if (topic->replicas > 1 && one_in(w, 2))
                min_isr = 2;
        w->min_isr[topic->topic] = min_isr;
        if (min_isr > 1 || w->has_groups) /* the brokers' own is another one then */
                swarm_set(w, topic, "min.insync.replicas", min_isr);
        if (one_in(w, 12))
                scenario_add_setting(w->s, topic, "unclean.leader.election.enable", "true");
}

/* --- brokers, topics, clients --- */

static void draw_machines(struct swarm *w)
{
        static const int64_t rare[] = {2, 4, 6, 7};
        int64_t roll = between(w, 0, 99);
        if (roll < 15)
                w->brokers = 1;
        else if (roll < 65)
                w->brokers = 3;
        else if (roll < 85)
                w->brokers = 5;
        else
                w->brokers = rare[between(w, 0, 3)];
        w->s->brokers.count = w->brokers;
        if (w->brokers > 1 && one_in(w, 3))
                w->controllers = one_in(w, 4) ? 1 : 3;
        w->s->controllers.count = w->controllers;
}

/* Short times: much happens in a second then. */
static void draw_cluster_settings(struct swarm *w, struct statement *brokers)
{
        int64_t session_ms = between(w, 300, 1500);
        swarm_set(w, brokers, "broker.session.timeout.ms", session_ms);
        swarm_set(w, brokers, "broker.heartbeat.interval.ms", session_ms / 5);
        swarm_set(w, brokers, "replica.lag.time.max.ms", between(w, 200, 1000));
        swarm_set(w, brokers, "replica.fetch.wait.max.ms", between(w, 50, 500));
        if (one_in(w, 2)) /* a follower comes one batch at a time */
                swarm_set(w, brokers, "replica.fetch.max.bytes", between(w, 1, 1000));
        swarm_set(w, brokers, "replica.high.watermark.checkpoint.interval.ms",
                  between(w, 50, 1000));
        swarm_set(w, brokers, "controller.quorum.election.timeout.ms", between(w, 150, 400));
        swarm_set(w, brokers, "controller.quorum.fetch.timeout.ms", between(w, 300, 700));
        if (one_in(w, 3))
                swarm_set(w, brokers, "metadata.log.max.record.bytes.between.snapshots",
                          between(w, 300, 3000));
}

static void draw_brokers(struct swarm *w)
{
        struct statement *brokers = &w->s->brokers;
        draw_machines(w);
        if (!one_in(w, 4))
                swarm_set(w, brokers, "log.flush.offset.checkpoint.interval.ms",
                          between(w, 50, 1000));
        swarm_set(w, brokers, "log.retention.check.interval.ms", between(w, 200, 2000));
        if (w->brokers > 1)
                draw_cluster_settings(w, brokers);
        if (w->has_groups)
                swarm_draw_coordinators(w, brokers);
}

static struct statement draw_topic(struct swarm *w, enum verb verb)
{
        struct statement topic = scenario_statement(verb);
        topic.topic = w->s->topic_count;
        topic.partitions = between(w, 1, w->brokers > 1 ? 2 : 3);
        snprintf(topic.name, sizeof topic.name, "t%" PRId64, topic.topic);
        w->compacts[topic.topic] = w->has_groups && one_in(w, 3);
        draw_log_settings(w, &topic);
        if (w->brokers > 1)
                draw_replication(w, &topic);
        if (w->compacts[topic.topic])
                swarm_draw_compaction(w, &topic);
        w->s->topics[w->s->topic_count++] = topic;
        return topic;
}

static void draw_producer(struct swarm *w)
{
        static const int64_t acks[] = {-1, -1, -1, 1, 1, 0};
        struct statement p = scenario_statement(VERB_PRODUCER);
        snprintf(p.name, sizeof p.name, "p%" PRId32, w->s->client_count + 1);
        p.topic = between(w, 0, w->s->topic_count - 1);
        p.acks = acks[between(w, 0, 5)];
        p.rate = between(w, 10, w->brokers > 1 ? 60 : 150);
        p.bytes = between(w, 10, 250);
        p.codec = one_in(w, 2) ? between(w, 0, COMPRESSION_CODECS - 1) : 0;
        p.batch_bytes = between(w, 100, 4000); /* fits into the smallest segment */
        p.linger_ns = one_in(w, 2) ? between(w, 1, 50) * SWARM_MS : 0;
        w->s->clients[w->s->client_count++] = p;
}

static void draw_consumer(struct swarm *w)
{
        struct statement c = scenario_statement(VERB_CONSUMER);
        snprintf(c.name, sizeof c.name, "c%" PRId32, w->s->client_count + 1);
        c.topic = between(w, 0, w->s->topic_count - 1);
        w->s->clients[w->s->client_count++] = c;
}

/* --- the whole --- */

/* From the `first` on by time; steps of the same time keep their order. */
static void sort_steps(struct scenario *s, int32_t first)
{
        for (int32_t i = first + 1; i < s->step_count; i++) {
                struct step step = s->steps[i];
                int32_t at = i;
                for (; at > first && s->steps[at - 1].trigger.time_ns > step.trigger.time_ns; at--)
                        s->steps[at] = s->steps[at - 1];
                s->steps[at] = step;
        }
}

void swarm_draw(uint64_t seed, struct scenario *s)
{
        struct rng root;
        rng_init(&root, seed);
        struct swarm w = {.s = s, .rng = rng_fork(&root, SWARM_LABEL)};
        scenario_init(s);
        w.has_groups = one_in(&w, 2);
        w.run_ms = between(&w, 1000, 5000);
        draw_brokers(&w);
        s->run.time_ns = w.run_ms * SWARM_MS;
        for (int64_t i = between(&w, w.has_groups ? 2 : 1, 2); i > 0; i--)
                draw_topic(&w, VERB_TOPIC);
        if (one_in(&w, w.brokers > 1 ? 8 : 4)) {
                struct statement late = draw_topic(&w, VERB_CREATE_TOPIC);
                int64_t at_ms = between(&w, 100, w.run_ms);
                swarm_add(&w, at_ms, late);
        }
        for (int64_t i = between(&w, 1, w.brokers > 1 ? 2 : 3); i > 0; i--)
                draw_producer(&w);
        for (int64_t i = between(&w, 1, 2); i > 0; i--)
                draw_consumer(&w);
        if (w.has_groups)
                swarm_draw_groups(&w);
        if (w.controllers >= 3 && one_in(&w, 12)) {
                swarm_draw_minority(&w);
                return;
        }
        int32_t before_faults = s->step_count; /* a topic is made before clients name it */
        swarm_draw_faults(&w);
        if (w.has_groups)
                swarm_draw_group_faults(&w);
        sort_steps(s, before_faults);
        if (w.brokers > 1)
                swarm_draw_habits(&w);
}

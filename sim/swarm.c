#include "sim/swarm.h"

#include "base/rng.h"
#include "log/compression.h"
#include "sim/survival.h"
#include "wire/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MS INT64_C(1000000)

enum { SWARM_LABEL = 0x5a, BROKER = 1 };

struct swarm {
        struct scenario *s;
        struct rng rng;
        int64_t run_ms;
};

/* All draws go through these. Never two of them in one argument list: C leaves their order open. */
static int64_t between(struct swarm *w, int64_t low, int64_t high)
{
        return rng_between(&w->rng, low, high);
}

static bool one_in(struct swarm *w, uint32_t n)
{
        return rng_chance(&w->rng, 1, n);
}

/* --- topics and clients --- */

static void set(struct swarm *w, struct statement *of, const char *key, int64_t value)
{
        char text[32];
        snprintf(text, sizeof text, "%" PRId64, value);
        scenario_add_setting(w->s, of, key, text);
}

static void draw_flush(struct swarm *w, struct statement *topic)
{
        int64_t kind = between(w, 0, 9);
        if (kind < 4)
                set(w, topic, "flush.messages", 1);
        else if (kind < 6)
                set(w, topic, "flush.messages", between(w, 2, 20));
        else if (kind < 7)
                set(w, topic, "flush.ms", between(w, 10, 500));
}

static void draw_settings(struct swarm *w, struct statement *topic)
{
        draw_flush(w, topic);
        if (!one_in(w, 8))
                set(w, topic, "segment.bytes", between(w, 5000, 20000));
        /* Dense indexes fill their pages soon: those reach the disk on their own. */
        set(w, topic, "index.interval.bytes", one_in(w, 2) ? 0 : between(w, 1, 1000));
        if (one_in(w, 8))
                set(w, topic, "segment.ms", between(w, 200, 2000));
        if (one_in(w, 8))
                set(w, topic, "retention.bytes", between(w, 4000, 40000));
        if (one_in(w, 8))
                scenario_add_setting(w->s, topic, "message.timestamp.type", "LogAppendTime");
        if (one_in(w, 8))
                scenario_add_setting(w->s, topic, "compression.type",
                                     compression_name((int)between(w, 1, COMPRESSION_CODECS - 1)));
}

static struct statement draw_topic(struct swarm *w, enum verb verb)
{
        struct statement topic = scenario_statement(verb);
        topic.topic = w->s->topic_count;
        topic.partitions = between(w, 1, 3);
        snprintf(topic.name, sizeof topic.name, "t%" PRId64, topic.topic);
        draw_settings(w, &topic);
        w->s->topics[w->s->topic_count++] = topic;
        return topic;
}

static void draw_brokers(struct swarm *w)
{
        struct statement *brokers = &w->s->brokers;
        if (!one_in(w, 4))
                set(w, brokers, "log.flush.offset.checkpoint.interval.ms", between(w, 50, 1000));
        set(w, brokers, "log.retention.check.interval.ms", between(w, 200, 2000));
}

static void draw_producer(struct swarm *w)
{
        static const int64_t acks[] = {-1, -1, -1, 1, 1, 0};
        struct statement p = scenario_statement(VERB_PRODUCER);
        snprintf(p.name, sizeof p.name, "p%" PRId32, w->s->client_count + 1);
        p.topic = between(w, 0, w->s->topic_count - 1);
        p.acks = acks[between(w, 0, 5)];
        p.rate = between(w, 10, 150);
        p.bytes = between(w, 10, 250);
        p.codec = one_in(w, 2) ? between(w, 0, COMPRESSION_CODECS - 1) : 0;
        p.batch_bytes = between(w, 100, 4000); /* fits into the smallest segment */
        p.linger_ns = one_in(w, 2) ? between(w, 1, 50) * MS : 0;
        w->s->clients[w->s->client_count++] = p;
}

static void draw_consumer(struct swarm *w)
{
        struct statement c = scenario_statement(VERB_CONSUMER);
        snprintf(c.name, sizeof c.name, "c%" PRId32, w->s->client_count + 1);
        c.topic = between(w, 0, w->s->topic_count - 1);
        w->s->clients[w->s->client_count++] = c;
}

/* --- what goes wrong --- */

static void add(struct swarm *w, int64_t at_ms, struct statement action)
{
        if (w->s->step_count == SCENARIO_STEPS_MAX)
                return;
        struct step *step = &w->s->steps[w->s->step_count++];
        step->trigger = scenario_statement(VERB_AT);
        step->trigger.time_ns = at_ms * MS;
        step->action = action;
}

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

static struct statement on_broker(enum verb verb)
{
        struct statement action = scenario_statement(verb);
        action.node = BROKER;
        return action;
}

static int64_t some_client(struct swarm *w)
{
        return SCENARIO_CLIENT_ID + between(w, 0, w->s->client_count - 1);
}

/* A restart soon after a death, and so soon at times that another one follows on its heels. */
static void add_restart(struct swarm *w, int64_t after_ms)
{
        int64_t at_ms = after_ms + (one_in(w, 4) ? between(w, 1, 30) : between(w, 30, 600));
        add(w, at_ms, on_broker(VERB_RESTART));
}

static int64_t draw_survival(struct swarm *w)
{
        int64_t count = 0;
        while (sim_survival_name((int)count))
                count++;
        return one_in(w, 4) ? between(w, 0, count - 1) : count - 1; /* the last one is "any" */
}

static void draw_death(struct swarm *w, enum verb verb, int64_t at_ms, bool at_operation)
{
        struct statement death = on_broker(verb);
        if (verb == VERB_POWER_CUT)
                death.survival = draw_survival(w);
        if (at_operation)
                death.operation = between(w, 1, one_in(w, 2) ? 20 : 200);
        add(w, at_ms, death);
        add_restart(w, at_ms);
        if (at_operation)
                add_restart(w, at_ms + 600);
}

static void draw_kill(struct swarm *w, int64_t at_ms)
{
        draw_death(w, VERB_KILL, at_ms, false);
}

static void draw_power_cut(struct swarm *w, int64_t at_ms)
{
        draw_death(w, VERB_POWER_CUT, at_ms, false);
}

static void draw_crash(struct swarm *w, int64_t at_ms)
{
        draw_death(w, one_in(w, 3) ? VERB_KILL : VERB_POWER_CUT, at_ms, true);
}

/* A client dies with what it has in flight, and comes back knowing nothing. */
static void draw_client_death(struct swarm *w, int64_t at_ms)
{
        struct statement death = scenario_statement(VERB_KILL);
        death.node = some_client(w);
        add(w, at_ms, death);
        death.verb = VERB_RESTART;
        add(w, at_ms + between(w, 1, 1000), death);
}

/* A crash point that lies in the recovery after another death. */
static void draw_crash_in_recovery(struct swarm *w, int64_t at_ms)
{
        struct statement death = on_broker(one_in(w, 2) ? VERB_KILL : VERB_POWER_CUT);
        death.survival = draw_survival(w);
        add(w, at_ms, death);
        add(w, at_ms + 1, on_broker(VERB_RESTART));
        struct statement again = on_broker(one_in(w, 2) ? VERB_KILL : VERB_POWER_CUT);
        again.survival = draw_survival(w);
        again.operation = between(w, 1, 40);
        add(w, at_ms, again);
        add_restart(w, at_ms + 1);
}

static void draw_stop(struct swarm *w, int64_t at_ms)
{
        add(w, at_ms, on_broker(VERB_STOP));
        add_restart(w, at_ms);
}

/* What takes a log offline is mended by a restart. */
static void draw_repair(struct swarm *w, int64_t at_ms)
{
        draw_death(w, one_in(w, 2) ? VERB_KILL : VERB_STOP, at_ms, false);
}

static void draw_bad_write(struct swarm *w, int64_t at_ms)
{
        struct statement fault = on_broker(one_in(w, 3) ? VERB_FAIL_WRITE : VERB_SHORT_WRITE);
        fault.after = between(w, 0, 20);
        add(w, at_ms, fault);
        draw_repair(w, at_ms + between(w, 50, 800));
}

static void draw_bad_sync(struct swarm *w, int64_t at_ms)
{
        struct statement fault = on_broker(VERB_FAIL_SYNCS);
        fault.times = between(w, 1, 5);
        add(w, at_ms, fault);
        draw_repair(w, at_ms + between(w, 50, 800));
}

/* After pages were dropped only a power cut shows the truth; another kind of restart in between
 * would make every promise void, so both steps come close together. */
static void draw_dropped_sync(struct swarm *w, int64_t at_ms)
{
        struct statement fault = on_broker(VERB_DROP_SYNCS);
        fault.times = between(w, 1, 3);
        add(w, at_ms, fault);
        draw_death(w, VERB_POWER_CUT, at_ms + between(w, 5, 100), false);
}

static void draw_full_disk(struct swarm *w, int64_t at_ms)
{
        struct statement fault = on_broker(VERB_FULL_DISK);
        fault.bytes = one_in(w, 2) ? 0 : between(w, 1000, 100000);
        add(w, at_ms, fault);
        int64_t until_ms = at_ms + between(w, 50, 600);
        add(w, until_ms, on_broker(VERB_FREE_DISK));
        draw_repair(w, until_ms);
}

static void draw_pause(struct swarm *w, int64_t at_ms)
{
        struct statement pause = scenario_statement(VERB_PAUSE);
        pause.node = one_in(w, 2) ? BROKER : some_client(w);
        add(w, at_ms, pause);
        pause.verb = VERB_RESUME;
        add(w, at_ms + between(w, 10, 2500), pause);
}

static void draw_cut(struct swarm *w, int64_t at_ms)
{
        struct statement cut = scenario_statement(one_in(w, 2) ? VERB_CUT : VERB_CUT_ONE_WAY);
        int64_t client = some_client(w);
        bool from_broker = one_in(w, 2);
        cut.node = from_broker ? BROKER : client;
        cut.other = from_broker ? client : BROKER;
        add(w, at_ms, cut);
        cut.verb = VERB_HEAL;
        add(w, at_ms + between(w, 10, 2500), cut);
}

static void draw_slow(struct swarm *w, int64_t at_ms)
{
        struct statement slow = on_broker(VERB_SLOW);
        slow.other = some_client(w);
        slow.factor = between(w, 2, 500);
        add(w, at_ms, slow);
        slow.verb = VERB_HEAL;
        add(w, at_ms + between(w, 100, 2500), slow);
}

static void draw_reset(struct swarm *w, int64_t at_ms)
{
        struct statement reset = on_broker(VERB_RESET);
        reset.other = some_client(w);
        add(w, at_ms, reset);
}

static int64_t some_api(struct swarm *w)
{
        static const int64_t apis[] = {API_PRODUCE, API_FETCH, API_METADATA, API_LIST_OFFSETS};
        return apis[between(w, 0, 3)];
}

static void draw_lost_answer(struct swarm *w, int64_t at_ms)
{
        struct statement drop = on_broker(VERB_DROP_ANSWERS);
        drop.other = some_client(w);
        drop.api = some_api(w);
        drop.times = between(w, 1, 3);
        add(w, at_ms, drop);
}

static void draw_hold(struct swarm *w, int64_t at_ms)
{
        bool answers = one_in(w, 2);
        struct statement hold = scenario_statement(answers ? VERB_HOLD_ANSWERS : VERB_HOLD);
        int64_t client = some_client(w);
        hold.node = answers ? BROKER : client;
        hold.other = answers ? client : BROKER;
        hold.api = some_api(w);
        add(w, at_ms, hold);
        hold.verb = answers ? VERB_RELEASE_ANSWERS : VERB_RELEASE;
        add(w, at_ms + between(w, 10, 3000), hold);
}

static void draw_clock(struct swarm *w, int64_t at_ms)
{
        struct statement clock =
                scenario_statement(one_in(w, 2) ? VERB_CLOCK_JUMP : VERB_CLOCK_DRIFT);
        clock.node = one_in(w, 2) ? BROKER : some_client(w);
        clock.jump_ns = between(w, -3600, 3600) * 1000 * MS;
        clock.drift_ppm = between(w, -100000, 100000);
        add(w, at_ms, clock);
}

static void draw_delete_records(struct swarm *w, int64_t at_ms)
{
        struct statement action = scenario_statement(VERB_DELETE_RECORDS);
        action.topic = between(w, 0, w->s->topic_count - 1);
        action.partition = between(w, 0, w->s->topics[action.topic].partitions - 1);
        action.offset = one_in(w, 3) ? -1 : between(w, 1, 100);
        add(w, at_ms, action);
}

static void draw_delete_topic(struct swarm *w, int64_t at_ms)
{
        struct statement action = scenario_statement(VERB_DELETE_TOPIC);
        action.topic = between(w, 0, w->s->topic_count - 1);
        add(w, at_ms, action);
}

/* In how many of 100 runs each kind is, and how often at most it happens then. */
static const struct {
        void (*draw)(struct swarm *w, int64_t at_ms);
        uint32_t percent;
        int64_t times_max;
} kinds[] = {
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

static void draw_faults(struct swarm *w)
{
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
                if (!rng_chance(&w->rng, kinds[i].percent, 100))
                        continue;
                int64_t times = between(w, 1, kinds[i].times_max);
                for (int64_t k = 0; k < times; k++) {
                        int64_t at_ms = between(w, 50, w->run_ms);
                        kinds[i].draw(w, at_ms);
                }
        }
}

void swarm_draw(uint64_t seed, struct scenario *s)
{
        struct rng root;
        rng_init(&root, seed);
        struct swarm w = {.s = s, .rng = rng_fork(&root, SWARM_LABEL)};
        scenario_init(s);
        w.run_ms = between(&w, 1000, 5000);
        s->run.time_ns = w.run_ms * MS;
        draw_brokers(&w);
        for (int64_t i = between(&w, 1, 2); i > 0; i--)
                draw_topic(&w, VERB_TOPIC);
        if (one_in(&w, 4)) {
                struct statement late = draw_topic(&w, VERB_CREATE_TOPIC);
                int64_t at_ms = between(&w, 100, w.run_ms);
                add(&w, at_ms, late);
        }
        for (int64_t i = between(&w, 1, 3); i > 0; i--)
                draw_producer(&w);
        for (int64_t i = between(&w, 1, 2); i > 0; i--)
                draw_consumer(&w);
        int32_t before_faults = s->step_count; /* a topic is made before clients name it */
        draw_faults(&w);
        sort_steps(s, before_faults);
}

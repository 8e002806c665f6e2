/* story.h - histories told by hand, for tests of the checker. Include behind cmocka.h. */
#ifndef ODRADEK_TESTS_STORY_H
#define ODRADEK_TESTS_STORY_H

#include "sim/checker.h"

enum { P, C, READER, C2 };   /* clients: a producer, a consumer, the final reader, a consumer */
enum { FINAL_NS = 1000000 }; /* from then on the final read: behind all the rest */

struct story {
        struct history h;
        int64_t now_ns;
};

static inline struct story begin(void)
{
        struct story s = {.now_ns = 0};
        history_add_partition(&s.h, "t", 0);
        history_add_client(&s.h, "p1");
        history_add_client(&s.h, "c1");
        history_add_client(&s.h, "final");
        history_add_client(&s.h, "c2");
        return s;
}

/* One record with that outcome; offset -1: not told. */
static inline int32_t sent_with(struct story *s, int16_t acks, enum outcome outcome, int64_t offset)
{
        int32_t send = history_invoke_send(&s->h, s->now_ns++, P, 0, acks, 20);
        history_end_send(&s->h, send, s->now_ns++, outcome, offset, false);
        return send;
}

static inline int32_t sent(struct story *s, enum outcome outcome, int64_t offset)
{
        return sent_with(s, -1, outcome, offset);
}

static inline void polled(struct story *s, int32_t client, int32_t send, int64_t offset)
{
        struct history_read read = history_read_init();
        read.done_ns = s->now_ns++ + (client == READER ? FINAL_NS : 0);
        read.kind = READ_RECORD;
        read.is_final = client == READER;
        read.client = client;
        read.send = send;
        read.offset = offset;
        history_add_read(&s->h, &read);
}

static inline void cut(struct story *s, int64_t synced_to)
{
        history_add_cut(&s->h,
                        &(struct history_cut){.time_ns = s->now_ns++, .synced_to = synced_to});
}

static inline void marked(struct story *s, enum mark mark, int64_t offset)
{
        int64_t invoke_ns = s->now_ns++;
        history_add_mark(&s->h, &(struct history_mark){.invoke_ns = invoke_ns,
                                                       .done_ns = s->now_ns++,
                                                       .mark = mark,
                                                       .is_promise = true,
                                                       .offset = offset});
}

/* Runs the checker; all anomalies but `a` must be absent. */
static inline void expect(struct story *s, enum anomaly a, int64_t broken, int64_t unpromised)
{
        struct verdict v = {0};
        s->h.partitions[0].final_end = 1000;
        checker_run(&s->h, &v);
        for (int i = 0; i < ANOMALIES; i++) {
                int64_t want_broken = i == (int)a ? broken : 0;
                int64_t want_unpromised = i == (int)a ? unpromised : 0;
                if (v.tallies[i].broken != want_broken ||
                    v.tallies[i].unpromised != want_unpromised)
                        fail_msg("%s: %d broken (%s), %d not promised (%s)", anomaly_name(i),
                                 (int)v.tallies[i].broken, v.tallies[i].first_broken,
                                 (int)v.tallies[i].unpromised, v.tallies[i].first_unpromised);
        }
        history_deinit(&s->h);
}

static inline void expect_nothing(struct story *s)
{
        expect(s, ANOMALY_LOST_WRITE, 0, 0);
}

#endif

/* scenario.h - the small language of sim/scenarios: who sends, what goes wrong, what is expected.
 *
 * One statement a line; '#' begins a comment. The whole language is the table below: small letters
 * stand for themselves, capitals for a value, brackets for options, which may come in any order.
 * The same table reads scenarios, prints them and explains what is wrong with one, so the three
 * cannot drift. A sweep draws a scenario from each seed, so a script and a seed run alike.
 *
 *     topic orders partitions 2 flush.messages 1
 *     producer p1 topic orders acks all rate 100/s
 *     when 1 has orders/0 up to 10      power-cut 1 keeps torn
 *     at 2s                             restart 1
 *     run 5s
 *     expect nothing lost
 *
 * Values: TIME 2s, 1.5s, 300ms · BYTES 100, 4KB · RATE 100/s · PARTITION orders/0 · BROKER a
 * broker's id ("1" or "broker 1") or "all" · NODE the same, or a client's name · SETTINGS Kafka's
 * keys and their values. */
#ifndef ODRADEK_SIM_SCENARIO_H
#define ODRADEK_SIM_SCENARIO_H

#include "base/bytes.h"

/* X(VERB, kind of form, "pattern", "meaning") */
#define SCENARIO_LIST(X)                                                                         \
        X(BROKERS, LINE, "brokers COUNT SETTINGS", "how many brokers; settings of theirs")       \
        X(TOPIC, LINE, "topic NAME [partitions PARTITIONS] [replication REPLICAS] SETTINGS",     \
          "a topic made before anything else; flush.messages 1: each record is synced first")    \
        X(PRODUCER, LINE,                                                                        \
          "producer NAME topic TOPIC [acks ACKS] [rate RATE] [size SIZE] [codec CODEC] "         \
          "[batch BATCH] [linger LINGER]",                                                       \
          "sends records to all partitions of a topic until the run is over")                    \
        X(CONSUMER, LINE, "consumer NAME topic TOPIC", "reads a topic from its start on")        \
        X(AT, LINE, "at TIME ACTION", "does something at a time after the start")                \
        X(WHEN, LINE, "when CONDITION ACTION", "does something once, as soon as it holds")       \
        X(RUN, LINE, "run TIME", "how long things go wrong, before all is healed")               \
        X(EXPECT, LINE, "expect GUARANTEE", "must hold; or must be broken, for its opposite")    \
        X(LOG_HAS, CONDITION, "BROKER has PARTITION up to OFFSET", "the log's end is that far")  \
        X(ACKED, CONDITION, "CLIENT has COUNT acknowledged", "the producer was told of so many") \
        X(KILL, ACTION, "kill NODE [at operation OPERATION]",                                    \
          "the process dies, its page cache survives; at its n-th file operation from now")      \
        X(POWER_CUT, ACTION, "power-cut NODE [keeps SURVIVAL] [at operation OPERATION]",         \
          "unsynced bytes go, but for what the choice keeps")                                    \
        X(STOP, ACTION, "stop NODE", "a clean shutdown")                                         \
        X(RESTART, ACTION, "restart NODE", "starts what is down")                                \
        X(WIPE, ACTION, "wipe BROKER", "its disk is replaced by an empty one")                   \
        X(PAUSE, ACTION, "pause NODE", "the process does nothing for a while")                   \
        X(RESUME, ACTION, "resume NODE", "it goes on")                                           \
        X(CUT, ACTION, "cut NODE from OTHER", "no bytes between the two, either way")            \
        X(CUT_ONE_WAY, ACTION, "cut NODE to OTHER", "no bytes from the first to the second")     \
        X(HEAL, ACTION, "heal NODE from OTHER", "undoes cuts and slowness between the two")      \
        X(HEAL_ALL, ACTION, "heal network", "undoes all that was done to the network")           \
        X(SLOW, ACTION, "slow NODE from OTHER by FACTOR", "latency times that, both ways")       \
        X(RESET, ACTION, "reset NODE from OTHER", "their connections break")                     \
        X(HOLD, ACTION, "hold API from NODE to OTHER", "requests wait on the wire")              \
        X(HOLD_ANSWERS, ACTION, "hold answers API from NODE to OTHER", "answers do")             \
        X(RELEASE, ACTION, "release API from NODE to OTHER", "lets requests go")                 \
        X(RELEASE_ANSWERS, ACTION, "release answers API from NODE to OTHER", "lets answers go")  \
        X(DROP_ANSWERS, ACTION, "drop answers API from NODE to OTHER [times TIMES]",             \
          "answers are lost, with their connections")                                            \
        X(FAIL_WRITE, ACTION, "fail write at BROKER [after AFTER]",                              \
          "one append fails, with nothing written; after so many good ones")                     \
        X(SHORT_WRITE, ACTION, "short write at BROKER [after AFTER]",                            \
          "one append fails, with a part of it written")                                         \
        X(FAIL_SYNCS, ACTION, "fail syncs at BROKER [times TIMES]", "syncs fail")                \
        X(DROP_SYNCS, ACTION, "fail syncs at BROKER dropping pages [times TIMES]",               \
          "and the kernel forgets the pages: later syncs succeed without them")                  \
        X(FULL_DISK, ACTION, "full disk at BROKER [above BYTES]", "no file can grow")            \
        X(FREE_DISK, ACTION, "free disk at BROKER", "they can again")                            \
        X(CLOCK_JUMP, ACTION, "clock NODE jumps JUMP", "the wall clock; +60s or -5s")            \
        X(CLOCK_DRIFT, ACTION, "clock NODE drifts DRIFT", "all clocks; +200ppm or -200ppm")      \
        X(DELETE_RECORDS, ACTION, "delete records PARTITION [before OFFSET]",                    \
          "DeleteRecords; up to the high watermark, unless said")                                \
        X(CREATE_TOPIC, ACTION,                                                                  \
          "create topic NAME [partitions PARTITIONS] [replication REPLICAS] SETTINGS",           \
          "CreateTopics")                                                                        \
        X(DELETE_TOPIC, ACTION, "delete topic TOPIC", "DeleteTopics")

enum verb {
#define SCENARIO_ENUM(VERB, kind, pattern, meaning) VERB_##VERB,
        SCENARIO_LIST(SCENARIO_ENUM)
#undef SCENARIO_ENUM
                VERBS
};

enum {
        SCENARIO_TOPICS_MAX = 16,
        SCENARIO_CLIENTS_MAX = 16,
        SCENARIO_STEPS_MAX = 256,
        SCENARIO_EXPECTS_MAX = 16,
        SCENARIO_SETTINGS_MAX = 64,
        SCENARIO_PARTITIONS_MAX = 64,
        SCENARIO_NAME_BYTES = 32,
        SCENARIO_CLIENT_ID = 100, /* node id of the first client; the others follow */
        SCENARIO_ALL_NODES = -1,
};

/* One filled-in form. Which members count is in its pattern; the others are as
 * scenario_statement() sets them. */
struct statement {
        enum verb verb;
        int32_t line;
        char name[SCENARIO_NAME_BYTES];
        int64_t node, other; /* node ids, or SCENARIO_ALL_NODES */
        int64_t topic;       /* index into the scenario's topics */
        int64_t partition;
        int64_t partitions, replicas;
        int64_t count, times, after, factor, operation;
        int64_t offset;
        int64_t bytes, batch_bytes;
        int64_t time_ns, linger_ns;
        int64_t rate; /* records a second */
        int64_t acks, codec, api;
        int64_t survival;  /* for sim_survival_name() */
        int64_t guarantee; /* 2 * enum guarantee, and 1 more for its opposite */
        int64_t jump_ns, drift_ppm;
        int32_t first_setting, setting_count;
};

struct setting {
        char key[48], value[32];
};

struct step {
        struct statement trigger; /* AT, LOG_HAS or ACKED */
        struct statement action;
};

struct scenario {
        struct statement brokers, run;
        struct statement topics[SCENARIO_TOPICS_MAX];   /* TOPIC or CREATE_TOPIC */
        struct statement clients[SCENARIO_CLIENTS_MAX]; /* PRODUCER or CONSUMER */
        struct step steps[SCENARIO_STEPS_MAX];
        struct statement expects[SCENARIO_EXPECTS_MAX];
        struct setting settings[SCENARIO_SETTINGS_MAX];
        int32_t topic_count, client_count, step_count, expect_count, setting_count;
};

/* One broker, nothing else, a run of 5 s. */
void scenario_init(struct scenario *s);

/* A statement of that verb with the default of everything optional. */
struct statement scenario_statement(enum verb verb);

/* Appends a setting to `statement`, whose settings must be the last ones added. False when there is
 * no room. */
bool scenario_add_setting(struct scenario *s, struct statement *statement, const char *key,
                          const char *value);

/* Reads a whole scenario. False with "FILE:LINE: what was expected" in `error` when it is wrong. */
bool scenario_parse(struct scenario *s, const char *file, const char *text, char *error,
                    size_t error_size);

/* Writes the scenario, or one step's action, in its own language. */
void scenario_print(const struct scenario *s, struct buffer *into);
void scenario_print_action(const struct scenario *s, const struct statement *action,
                           struct buffer *into);

/* Writes the table above, for people. */
void scenario_print_language(struct buffer *into);

/* The name of a node of that id: "broker 1", "p1". */
const char *scenario_node_name(const struct scenario *s, int64_t id, char *into, size_t size);

#endif

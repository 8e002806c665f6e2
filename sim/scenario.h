/* scenario.h - the small language of sim/scenarios: who sends, what goes wrong, what is expected.
 *
 * One statement a line; '#' begins a comment. The whole language is the table below: small letters
 * stand for themselves, capitals for a value, brackets for options, which may come in any order.
 * The same table reads scenarios, prints them and explains what is wrong with one, so the three
 * cannot drift. A sweep draws a scenario from each seed, so a script and a seed run alike.
 *
 *     brokers 3
 *     topic orders replication 3 min.insync.replicas 2
 *     producer p1 topic orders acks all rate 100/s
 *     when HW of 2 passes 41            cut 2 from 3
 *     then after 300ms                  kill leader of orders/0
 *     at 4s                             restart all
 *     run 5s
 *     expect nothing lost
 *
 * Values: TIME 2s, 1.5s, 300ms · BYTES 100, 4KB · RATE 100/s · PARTITION orders/0 · LIST 1,2,3 ·
 * SETTINGS Kafka's keys and their values · BROKER "1" or "broker 1", "controller 1", "all" (the
 * brokers), "controllers" (the voters of the metadata quorum), or who has a role when the step
 * runs: "leader of orders/0", "follower of orders/0" (the first member of the ISR that does not
 * lead), "another follower of orders/0" (the next one), "active controller" (who leads the quorum),
 * "coordinator of billing" (of a group), "transaction coordinator of p1" (of a client's
 * transactional id) · NODE the same, or a client's name. A step for a role that nobody has does
 * nothing. */
#ifndef ODRADEK_SIM_SCENARIO_H
#define ODRADEK_SIM_SCENARIO_H

#include "base/bytes.h"

/* X(VERB, kind of form, "pattern", "meaning") */
#define SCENARIO_LIST(X)                                                                          \
        X(BROKERS, LINE, "brokers COUNT SETTINGS",                                                \
          "how many brokers, 1 to 7; settings of theirs, and of the controllers'")                \
        X(CONTROLLERS, LINE, "controllers COUNT",                                                 \
          "so many nodes that are only controllers; else the first brokers are, up to 5, an odd " \
          "number of them")                                                                       \
        X(TOPIC, LINE, "topic NAME [partitions PARTITIONS] [replication REPLICAS] SETTINGS",      \
          "a topic made before anything else; flush.messages 1: each record is synced first")     \
        X(PRODUCER, LINE,                                                                         \
          "producer NAME topic TOPIC [acks ACKS] [rate RATE] [size SIZE] [codec CODEC] "          \
          "[batch BATCH] [linger LINGER] [idempotence SWITCH] [keys KEYS] "                       \
          "[transactions RECORDS] [abort every EVERY] [timeout SESSION] [delivery DELIVERY] [id " \
          "ID]",                                                                                  \
          "sends records to all partitions of a topic until the run is over; so many records a "  \
          "transaction; with so many different keys a partition, and null values now and then; "  \
          "the transactional id is its name, unless said")                                        \
        X(CONSUMER, LINE,                                                                         \
          "consumer NAME topic TOPIC [group GROUP] [assignor ASSIGNOR] [commit POLICY] "          \
          "[isolation ISOLATION] [process TIME] [instance INSTANCE] [session SESSION]",           \
          "reads a topic from its start on; or shares it with the other members of a group, "     \
          "where each record takes so long to process")                                           \
        X(PIPELINE, LINE,                                                                         \
          "pipeline NAME group GROUP from TOPIC to TARGET [assignor ASSIGNOR] [commit POLICY] "   \
          "[isolation ISOLATION] [process TIME] [instance INSTANCE] [session SESSION] "           \
          "[transactions RECORDS] [id ID]",                                                       \
          "a member of a group that writes one record for each that it reads")                    \
        X(AT, LINE, "at TIME ACTION", "does something at a time after the start")                 \
        X(WHEN, LINE, "when CONDITION ACTION", "does something once, as soon as it holds")        \
        X(THEN_AFTER, LINE, "then after TIME ACTION", "so long after the step above was done")    \
        X(THEN_WHEN, LINE, "then when CONDITION ACTION",                                          \
          "as soon as it holds, but not before the step above was done")                          \
        X(RUN, LINE, "run TIME", "how long things go wrong, before all is healed")                \
        X(EXPECT, LINE, "expect GUARANTEE", "must hold; or must be broken, for its opposite")     \
        X(EXPECT_THAT, LINE, "expect CONDITION",                                                  \
          "must hold when the run is over, before all is healed")                                 \
        X(LOG_HAS, CONDITION, "BROKER has PARTITION up to OFFSET", "the log's end is that far")   \
        X(HW_PASSES, CONDITION, "HW of BROKER [for PARTITION] passes OFFSET",                     \
          "its high watermark is above; of the first topic's first partition, unless said")       \
        X(LEADS, CONDITION, "BROKER leads PARTITION", "it takes itself for the leader")           \
        X(ISR_IS, CONDITION, "ISR of PARTITION is LIST", "the newest metadata says so")           \
        X(ISR_SHRINKS, CONDITION, "ISR of PARTITION shrinks to COUNT", "or has fewer")            \
        X(ISR_GROWS, CONDITION, "ISR of PARTITION grows to COUNT", "or has more")                 \
        X(READY, CONDITION, "BROKER is ready", "it is up, and the controller has taken it in")    \
        X(ACKED, CONDITION, "CLIENT has COUNT acknowledged", "the producer was told of so many")  \
        X(HAS_READ, CONDITION, "CLIENT has COUNT read", "the consumer has seen so many records")  \
        X(OWNS, CONDITION, "CLIENT owns PARTITION", "its group has given it that")                \
        X(HAPPENED, CONDITION, "event COUNT has happened", "as numbered in a replay")             \
        X(KILL, ACTION, "kill NODE [at operation OPERATION]",                                     \
          "the process dies, its page cache survives; at its n-th file operation from now")       \
        X(POWER_CUT, ACTION,                                                                      \
          "power-cut NODE [keeps SURVIVAL] [at operation OPERATION] [within LIMIT]",              \
          "unsynced bytes go, but for what the choice keeps; within budget: only if the "         \
          "promises allow for one more such loss")                                                \
        X(STOP, ACTION, "stop NODE", "a clean shutdown")                                          \
        X(RESTART, ACTION, "restart NODE", "starts what is down; all: the controllers too")       \
        X(WIPE, ACTION, "wipe BROKER [within LIMIT]", "its disk is replaced by an empty one")     \
        X(PAUSE, ACTION, "pause NODE", "the process does nothing for a while")                    \
        X(STALL, ACTION, "stall CLIENT",                                                          \
          "its program is busy and asks for no records; its client code, and heartbeats, go on")  \
        X(RESUME, ACTION, "resume NODE", "it goes on")                                            \
        X(CUT, ACTION, "cut NODE from OTHER", "no bytes between the two, either way")             \
        X(CUT_ONE_WAY, ACTION, "cut NODE to OTHER", "no bytes from the first to the second")      \
        X(HEAL, ACTION, "heal NODE from OTHER", "undoes cuts and slowness between the two")       \
        X(HEAL_ALL, ACTION, "heal network", "undoes all that was done to the network")            \
        X(SLOW, ACTION, "slow NODE from OTHER by FACTOR", "latency times that, both ways")        \
        X(RESET, ACTION, "reset NODE from OTHER", "their connections break")                      \
        X(HOLD, ACTION, "hold API from NODE to OTHER", "requests wait on the wire")               \
        X(HOLD_ANSWERS, ACTION, "hold answers API from NODE to OTHER", "answers do")              \
        X(RELEASE, ACTION, "release API from NODE to OTHER", "lets requests go")                  \
        X(RELEASE_ANSWERS, ACTION, "release answers API from NODE to OTHER", "lets answers go")   \
        X(DROP_ANSWERS, ACTION, "drop answers API from NODE to OTHER [times TIMES]",              \
          "answers are lost, with their connections")                                             \
        X(FAIL_WRITE, ACTION, "fail write at BROKER [after AFTER] [within LIMIT]",                \
          "one append fails, with nothing written; after so many good ones")                      \
        X(SHORT_WRITE, ACTION, "short write at BROKER [after AFTER] [within LIMIT]",              \
          "one append fails, with a part of it written")                                          \
        X(FAIL_SYNCS, ACTION, "fail syncs at BROKER [times TIMES] [within LIMIT]", "syncs fail")  \
        X(DROP_SYNCS, ACTION, "fail syncs at BROKER dropping pages [times TIMES] [within LIMIT]", \
          "and the kernel forgets the pages: later syncs succeed without them")                   \
        X(FULL_DISK, ACTION, "full disk at BROKER [above BYTES]", "no file can grow")             \
        X(FREE_DISK, ACTION, "free disk at BROKER", "they can again")                             \
        X(CLOCK_JUMP, ACTION, "clock NODE jumps JUMP", "the wall clock; +60s or -5s")             \
        X(CLOCK_DRIFT, ACTION, "clock NODE drifts DRIFT", "all clocks; +200ppm or -200ppm")       \
        X(DELETE_RECORDS, ACTION, "delete records PARTITION [before OFFSET]",                     \
          "DeleteRecords; up to the high watermark, unless said")                                 \
        X(CREATE_TOPIC, ACTION,                                                                   \
          "create topic NAME [partitions PARTITIONS] [replication REPLICAS] SETTINGS",            \
          "CreateTopics")                                                                         \
        X(DELETE_TOPIC, ACTION, "delete topic TOPIC", "DeleteTopics")                             \
        X(ELECT, ACTION, "elect preferred leader of PARTITION", "ElectLeaders")                   \
        X(REASSIGN, ACTION, "reassign PARTITION to LIST", "AlterPartitionReassignments")          \
        X(MOVE, ACTION, "move leader of PARTITION to BROKER",                                     \
          "it becomes the preferred replica, and then the preferred one is elected")

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
        SCENARIO_SETTINGS_MAX = 128,
        SCENARIO_PARTITIONS_MAX = 64,
        SCENARIO_NAME_BYTES = 32,
        SCENARIO_BROKERS_MAX = 7,
        SCENARIO_CONTROLLERS_MAX = 5,
        /* Node ids: brokers from 1 on, controllers of their own, clients. */
        SCENARIO_CONTROLLER_ID = 51,
        SCENARIO_CLIENT_ID = 100,
        SCENARIO_ALL_NODES = -1,   /* every broker; of a link: every machine */
        SCENARIO_CONTROLLERS = -2, /* the voters */
        SCENARIO_ACTIVE = -3,      /* the active controller */
        SCENARIO_ROLES = -16,      /* from here down: see struct scenario_role */
};

/* Who has this role when the step runs. */
enum role {
        ROLE_LEADER,
        ROLE_FOLLOWER,
        ROLE_OTHER_FOLLOWER,
        ROLE_COORDINATOR,             /* of the client's group */
        ROLE_TRANSACTION_COORDINATOR, /* of the client's transactional id */
};

struct scenario_role {
        enum role role;
        int64_t topic, partition; /* as in struct statement; or a client's index, and 0 */
};

/* One filled-in form. Which members count is in its pattern; the others are as
 * scenario_statement() sets them. */
struct statement {
        enum verb verb;
        int32_t line;
        char name[SCENARIO_NAME_BYTES];
        int64_t node, other; /* node ids, or one of the above */
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
        int64_t target;    /* of a pipeline: the topic that it writes */
        int64_t idempotence, keys, records, every;
        int64_t assignor, policy,
                isolation;   /* enums assignor_kind, commit_policy, isolation_level */
        int64_t delivery_ns; /* delivery.timeout.ms of a producer */
        int64_t session_ns;  /* of a member, or a transaction */
        char group[SCENARIO_NAME_BYTES], instance[SCENARIO_NAME_BYTES], id[SCENARIO_NAME_BYTES];
        int64_t jump_ns, drift_ppm;
        int64_t brokers; /* a list: the n-th broker's id in the n-th four bits from below */
        int64_t within;  /* 1: the fault budget is asked first */
        int32_t first_setting, setting_count;
};

struct setting {
        char key[48], value[32];
};

struct step {
        struct statement trigger; /* AT, THEN_AFTER or a condition */
        bool follows;             /* not before the step above is done */
        struct statement action;
};

struct scenario {
        struct statement brokers, controllers, run;     /* controllers.count 0: none of their own */
        struct statement topics[SCENARIO_TOPICS_MAX];   /* TOPIC or CREATE_TOPIC */
        struct statement clients[SCENARIO_CLIENTS_MAX]; /* PRODUCER, CONSUMER or PIPELINE */
        struct step steps[SCENARIO_STEPS_MAX];
        struct statement expects[SCENARIO_EXPECTS_MAX]; /* EXPECT */
        struct statement demands[SCENARIO_EXPECTS_MAX]; /* conditions, of EXPECT_THAT */
        struct setting settings[SCENARIO_SETTINGS_MAX];
        int32_t topic_count, client_count, step_count, expect_count, demand_count, setting_count;
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

/* Writes the scenario, or an action or condition of it, in its own language. */
void scenario_print(const struct scenario *s, struct buffer *into);
void scenario_print_statement(const struct scenario *s, const struct statement *statement,
                              struct buffer *into);

/* Writes the table above, the roles and the words, for people. */
void scenario_print_language(struct buffer *into);

/* A role as a node id, and back: false when `node` is none. */
int64_t scenario_of_role(struct scenario_role role);
bool scenario_as_role(int64_t node, struct scenario_role *role);

/* The transactional id of a client; "" when it has none. */
const char *scenario_transactional_id(const struct statement *client);

/* How many of the brokers are voters too; 0: the controllers are. */
int32_t scenario_voting_brokers(const struct scenario *s);

/* The name of a node of that id: "broker 1", "p1", "leader of orders/0". */
const char *scenario_node_name(const struct scenario *s, int64_t id, char *into, size_t size);

#endif

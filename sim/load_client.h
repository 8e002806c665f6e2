/* load_client.h - one client machine of a workload: a producer, a consumer, the admin or the final
 * reader. Internal to the workload.
 *
 * It is an actor over an actor: what the world tells it goes on to the client of src/client, and
 * before each turn of that client's timers it gives it something to do. So what it does follows the
 * machine's own clock, and stops while the machine is paused or dead. */
#ifndef ODRADEK_SIM_LOAD_CLIENT_H
#define ODRADEK_SIM_LOAD_CLIENT_H

#include "client/admin.h"
#include "client/consumer.h"
#include "client/group_metadata.h"
#include "client/producer.h"
#include "sim/notes.h"
#include "sim/workload.h"

enum load_role {
        LOAD_PRODUCER,
        LOAD_CONSUMER, /* of a whole topic */
        LOAD_MEMBER,   /* of a group; pipelines too */
        LOAD_READER,   /* of the final read */
        LOAD_ADMIN,
};

/* Where a client with a transactional id is. Callbacks move it on, work functions act on it. */
enum load_txn_state {
        LOAD_TXN_NONE,   /* it has no transactional id */
        LOAD_TXN_WAITS,  /* a step is under way */
        LOAD_TXN_INIT,   /* the id is to be claimed, again */
        LOAD_TXN_READY,  /* no transaction is open */
        LOAD_TXN_OPEN,   /* may send */
        LOAD_TXN_END,    /* to be ended as wished, again */
        LOAD_TXN_ABORT,  /* to be aborted, whatever was wished */
        LOAD_TXN_BROKEN, /* the producer is of no more use */
};

struct load_txn {
        enum load_txn_state state;
        int32_t id;       /* in the history; -1: none is open */
        int32_t records;  /* sent in it */
        int32_t count;    /* transactions begun, over all lives */
        bool committed;   /* the last one was */
        int64_t retry_us; /* mono: not before */
};

struct load_client {
        struct actor actor; /* first */
        struct workload *load;
        struct sim_node *node;
        enum load_role role;
        const struct statement *plan; /* NULL: the admin or the final reader */
        int32_t id;                   /* in the history */
        char name[SCENARIO_NAME_BYTES];

        /* Of the running process. */
        struct client *client;
        struct client *output; /* of a pipeline's producer: what it asks must not wait for the
                                * answer to a Fetch that was asked before it */
        struct producer *producer;
        struct consumer *consumer;
        struct admin *admin;
        struct load_member *member;
        struct consumer *group_readers[SCENARIO_CLIENTS_MAX]; /* the admin's: ask for offsets */
        struct load_txn txn;
        bool is_leaving; /* asked to stop in good order: it begins nothing new */
        bool is_stalled; /* its program is busy with something else */
        bool has_news;   /* a callback has left something to do */
        int64_t next_us; /* mono: when the next record, or question, is due */

        /* Over all lives. */
        bool is_dying; /* being unmade in a crash: it learns nothing more */
        int32_t acked, records_read;
        bool is_fenced;      /* another client took its place for good, as the scenario wants it */
        bool sent_last;      /* the records of workload_send_last() */
        int32_t last_first;  /* in workload.last_sends; -1: none yet */
        int32_t last_rounds; /* how often they were sent */
};

/* What the admin was asked to do, until it is done. */
enum load_operation {
        LOAD_CREATE_TOPIC,
        LOAD_DELETE_TOPIC,
        LOAD_DELETE_RECORDS,
        LOAD_LIST_OFFSETS,
        LOAD_FETCH_OFFSETS, /* a group's */
        LOAD_ELECT,         /* the preferred leader */
        LOAD_REASSIGN,
        LOAD_MOVE, /* reassign, then elect */
        LOAD_OPERATIONS
};

/* For messages, by enum load_operation. */
extern const char *const load_operations[LOAD_OPERATIONS];

struct load_task {
        struct load_client *admin;
        enum load_operation operation;
        int32_t topic, group;
        int32_t partition; /* of the topic */
        int64_t offset;    /* DELETE_RECORDS: before it; LIST_OFFSETS: LIST_OFFSETS_… */
        int64_t brokers;   /* REASSIGN, MOVE: as in struct statement */
        int64_t invoke_ns, retry_ns;
        bool is_running;
        struct load_task *prev, *next;
};

enum load_topic_state { LOAD_UNMADE, LOAD_ASKED_FOR, LOAD_MADE, LOAD_DELETED };

struct workload {
        struct sim *sim;
        const struct scenario *scenario;
        struct history *history;
        struct zoo zoo;                                    /* of the clients' machines */
        char bootstrap_servers[16 * SCENARIO_BROKERS_MAX]; /* "broker1:9092,broker2:9092" */
        enum load_topic_state topics[SCENARIO_TOPICS_MAX];
        int32_t first_partitions[SCENARIO_TOPICS_MAX]; /* in the history */
        struct load_client clients[SCENARIO_CLIENTS_MAX + 2];
        int32_t client_count;
        struct load_client *admin, *reader;
        struct load_task *tasks;
        bool stopping; /* no more records but the last ones */
        int64_t stopped_ns;
        int32_t *last_sends; /* of workload_send_last() */
        int32_t last_send_count;
        int64_t *must_reach; /* by partition of the history: behind what was acknowledged since */
};

/* Writes a note of the client into the trace. */
void load_note(const struct load_client *c, enum note code, int64_t b, int64_t c_, int64_t d);

/* Draws from the client's generator, both ends included. */
int64_t load_draw(const struct load_client *c, int64_t low, int64_t high);
int64_t load_now_ns(const struct load_client *c);

/* A client's machine, or every one, has something new to do. */
void load_wake(const struct load_client *c);
void load_wake_all(struct workload *w);

/* For struct sim_node_config. */
enum kerr load_client_boot(struct sim_node *node, struct actor **actor);
void load_client_destroy(struct sim_node *node, struct actor *actor, bool clean);
void load_client_begin_stop(struct sim_node *node);
bool load_client_may_stop(const struct sim_node *node);

/* --- load_producer.c --- */

/* Sends what is due; the mono_us at which to call again. */
int64_t load_producer_work(struct load_client *c, int64_t now_us);

/* Nothing is under way, and once the workload stops the last records are there. */
bool load_producer_is_idle(const struct load_client *c);

void load_producer_open(struct load_client *c);
void load_producer_close(struct load_client *c);

/* A record to the partition of the topic, made from a read (-1: of nothing). Returns the send. */
int32_t load_send(struct load_client *c, int32_t topic, int32_t partition, int32_t input);

/* Brings the transactional producer to a state in which the caller may act: READY, OPEN or NONE.
 * False while there is nothing to do before *due_us. */
bool load_txn_is_free(struct load_client *c, int64_t now_us, int64_t *due_us);
void load_txn_begin(struct load_client *c);
void load_txn_end(struct load_client *c, bool commit);

/* --- load_reader.c --- */

void load_reader_open(struct load_client *c);

/* What all consumers have in common. */
struct consumer_config load_consumer_config(struct load_client *c);

/* Adds a read with that of the record in it, and notes it. Returns its index. */
int32_t load_add_record(struct load_client *c, const struct consumer_record *record, int32_t group,
                        int32_t generation);
void load_add_start(struct load_client *c, int32_t partition);

/* A program that is busy is handed no records. */
void load_pause(struct load_client *c, bool pauses);

/* --- load_member.c --- */

void load_member_open(struct load_client *c);
void load_member_close(struct load_client *c);
int64_t load_member_work(struct load_client *c, int64_t now_us);
void load_member_on_delivery(struct load_client *c, enum outcome outcome);
/* A step of its transaction has ended. */
void load_member_on_offsets(struct load_client *c, enum kerr err);

/* All that it owns is read up to what must be reached, processed and committed. */
bool load_member_is_idle(const struct load_client *c);

/* A line about what it waits for, as for workload_check_end(). */
void load_member_tell(const struct load_client *c, struct buffer *waiting);

/* The partition of the history is its own. */
bool load_member_owns(const struct load_client *c, int32_t partition);

/* --- load_admin.c --- */

void load_admin_open(struct load_client *c);
void load_admin_close(struct load_client *c);

/* Starts what waits and asks for offsets now and then; the mono_us at which to call again. */
int64_t load_admin_work(struct load_client *c, int64_t now_us);

/* Adds a task; the admin repeats it until it is done, but for deletions of records. */
void load_admin_add(struct workload *w, const struct load_task *task);

#endif

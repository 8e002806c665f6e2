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
#include "client/producer.h"
#include "sim/notes.h"
#include "sim/workload.h"

enum load_role { LOAD_PRODUCER, LOAD_CONSUMER, LOAD_READER, LOAD_ADMIN };

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
        struct producer *producer;
        struct consumer *consumer;
        struct admin *admin;
        int64_t next_us; /* mono: when the next record, or question, is due */

        /* Over all lives. */
        bool is_dying; /* being unmade in a crash: it learns nothing more */
        int32_t acked, records_read;
        bool sent_last; /* the records of workload_send_last() */
};

/* What the admin was asked to do, until it is done. */
enum load_operation {
        LOAD_CREATE_TOPIC,
        LOAD_DELETE_TOPIC,
        LOAD_DELETE_RECORDS,
        LOAD_LIST_OFFSETS,
        LOAD_ELECT, /* the preferred leader */
        LOAD_REASSIGN,
        LOAD_MOVE, /* reassign, then elect */
        LOAD_OPERATIONS
};

/* For messages, by enum load_operation. */
extern const char *const load_operations[LOAD_OPERATIONS];

struct load_task {
        struct load_client *admin;
        enum load_operation operation;
        int32_t topic;
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
        char bootstrap_servers[16 * SCENARIO_BROKERS_MAX]; /* "broker1:9092,broker2:9092" */
        enum load_topic_state topics[SCENARIO_TOPICS_MAX];
        int32_t first_partitions[SCENARIO_TOPICS_MAX]; /* in the history */
        struct load_client clients[SCENARIO_CLIENTS_MAX + 2];
        int32_t client_count;
        struct load_client *admin, *reader;
        struct load_task *tasks;
        bool stopping;       /* no more records but the last ones */
        int32_t *last_sends; /* of workload_send_last() */
        int32_t last_send_count;
};

/* Writes a note of the client into the trace. */
void load_note(const struct load_client *c, enum note code, int64_t b, int64_t c_, int64_t d);

/* A client's machine, or every one, has something new to do. */
void load_wake(const struct load_client *c);
void load_wake_all(struct workload *w);

/* For struct sim_node_config. */
enum kerr load_client_boot(struct sim_node *node, struct actor **actor);
void load_client_destroy(struct sim_node *node, struct actor *actor, bool clean);

/* --- load_admin.c --- */

void load_admin_open(struct load_client *c);

/* Starts what waits and asks for offsets now and then; the mono_us at which to call again. */
int64_t load_admin_work(struct load_client *c, int64_t now_us);

/* Adds a task; the admin repeats it until it is done, but for deletions of records. */
void load_admin_add(struct workload *w, const struct load_task *task);

#endif

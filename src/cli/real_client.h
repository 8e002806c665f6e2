/* real_client.h - a client in the real world for commands: "a small blocking face".
 *
 * A command asks something of a service (producer, consumer, admin) and then has the world run,
 * step by step, until the answer has come. Nothing happens between the steps. */
#ifndef ODRADEK_CLI_REAL_CLIENT_H
#define ODRADEK_CLI_REAL_CLIENT_H

#include "cli/cli.h"
#include "client/admin.h"
#include "posix/world_posix.h"

#define DEFAULT_SERVER "localhost:9092"

/* For the table of options. */
#define OPTION_SERVER(into)                                        \
        {                                                          \
                "bootstrap-server", CLI_TEXT, (into), "H:P[,H:P]", \
                        "a broker (" DEFAULT_SERVER ")", 0, 0      \
        }

enum { REACH_MS = 10000 }; /* how long a command waits for a broker */

struct real_client {
        const char *command;
        const char *servers; /* as they were given, for messages */
        struct world *world;
        struct client *client;
        void (*log)(struct world *, enum world_log, const char *); /* the world's own */
};

/* Returns CLI_GO_ON, or the exit status after telling what is wrong; then there is nothing to
 * close. The strings of `config` must outlive the client. */
int real_client_open(struct real_client *c, const char *command,
                     const struct client_config *config);

/* The same with Kafka's defaults, for commands that ask an admin: one that gives up after REACH_MS.
 * Close it first. `admin` is untouched unless the answer is CLI_GO_ON. */
int real_client_open_admin(struct real_client *c, const char *command, const char *servers,
                           struct admin **admin);

/* All services must be closed before. */
void real_client_close(struct real_client *c);

/* Handles what has come, or waits for something to come for `wait_ms` at most. */
void real_client_step(struct real_client *c, int wait_ms);

/* Waits until the brokers have told who leads the topic; *partition_count may be NULL. A missing
 * topic is made if client and broker allow that. Returns CLI_GO_ON, or CLI_FAILED after telling. */
int real_client_find_topic(struct real_client *c, const char *topic, int32_t *partition_count);

/* Waits until the leaders of the topic have read all that was sent to them. With acks 0 a record
 * counts as delivered when it is handed to the network, which may still hold megabytes then. */
void real_client_drain(struct real_client *c, const char *topic);

/* Waits for the end of all operations of the admin. */
void real_client_finish(struct real_client *c, const struct admin *admin);

/* The ids of the brokers that live; free(ids). */
struct brokers {
        int32_t *ids;
        int32_t count;
};

/* Asks for them. CLI_DONE; or CLI_FAILED after telling, and there are none. */
int real_client_brokers(struct real_client *c, struct admin *admin, struct brokers *brokers);

/* CLI_DONE; or CLI_FAILED after telling the error. `about` and `name` begin the line: "topic",
 * "orders". */
int real_client_outcome(const struct real_client *c, const struct admin_result *result,
                        const char *about, const char *name);

/* From now on Ctrl-C and SIGTERM do not end the process, but make interrupted() true. */
void interrupts_catch(void);
bool interrupted(void);

#endif

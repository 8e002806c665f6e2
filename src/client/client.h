/* client.h - the part that all clients share: connections, metadata, requests and their answers.
 *
 * A client is the actor of its world: the world tells it of streams and frames, and has it run its
 * timers. Producers, consumers and admins are services attached to it: each is run from the
 * client's run_timers() and sends requests through client_send(). One client per process (or node
 * of the simulator) is enough for any number of services.
 *
 *     producer   consumer   admin         services: what to ask, what an answer means
 *     ------------- client -------------  whom to ask: metadata, routing, bootstrap
 *     connection connection connection    how: dial, versions, time-outs
 *     ------------- world --------------
 *
 * Rules:
 *  (1) No function here or in a service calls back before it returns, but for the _close()
 *      functions. Callbacks come from inside the actor's on_frame, on_close and run_timers.
 *  (2) A callback may call any function of any service except the _close() ones.
 *  (3) What a callback is shown is valid during the call only.
 *  (4) Whoever calls a service from outside the actor's calls must see that run_timers() is called
 *      after it, as a world does after each burst: the work is done there.
 *  (5) The same calls and events in the same order give the same requests: chance comes only from
 *      world->random_u64.
 *
 * All times are mono_ms unless they say wall. Source: Kafka's NetworkClient, Metadata. */
#ifndef ODRADEK_CLIENT_CLIENT_H
#define ODRADEK_CLIENT_CLIENT_H

#include "base/world.h"
#include "client/metadata_cache.h"
#include "wire/api.h"

struct client;

/* Named as Kafka's keys, with '_' for '.'. */
struct client_config {
        const char *bootstrap_servers; /* "host:port,host:port"; copied */
        const char *client_id;         /* copied */
        int64_t request_timeout_ms;
        int64_t retry_backoff_ms; /* between two refreshes of the metadata, too */
        int64_t reconnect_backoff_ms, reconnect_backoff_max_ms;
        int64_t socket_connection_setup_timeout_ms; /* dialling and handshake together */
        int64_t metadata_max_age_ms;
        bool allow_auto_create_topics; /* may asking for a topic's metadata create it? */
};

/* Kafka's defaults; no bootstrap servers. */
struct client_config client_config_default(void);

/* Connects to nobody yet. The world must outlive the client. Errors: INVALID_CONFIG when
 * bootstrap_servers is empty or not of the form above. */
enum kerr client_open(struct world *world, const struct client_config *config,
                      struct client **client);

/* Hangs up. All services must be closed before. */
void client_close(struct client *c);

/* What the world is to call. */
struct actor *client_actor(struct client *c);

/* For two clients in one world: whose stream it is. */
bool client_has_stream(const struct client *c, int64_t stream);

struct world *client_world(struct client *c);

/* --- for callers and services: what the brokers have told --- */

/* What is known of a topic; asks for it when it is new. Never NULL; see `answered`. The pointer
 * lives as long as the client, what is in it may change whenever the actor runs. */
const struct cached_topic *client_topic(struct client *c, const char *topic);

struct leader {
        int32_t node;
        int32_t epoch; /* -1: unknown */
};

/* Who leads the partition. When that is not known it asks the brokers and gives an error:
 * LEADER_NOT_AVAILABLE (also: not answered yet), UNKNOWN_TOPIC_OR_PARTITION or whatever the brokers
 * said. Try again when the service runs next. */
enum kerr client_leader(struct client *c, const char *topic, int32_t partition,
                        struct leader *leader);

/* Says that the leader named last refused us or is out of reach: client_leader() names none until
 * the brokers have been asked again, so that a retry does not go back to where it came from. */
void client_doubt_leader(struct client *c, const char *topic, int32_t partition);

/* Asks for fresh metadata, at most once per retry.backoff.ms. */
void client_refresh_metadata(struct client *c);

/* True for errors that may go away by themselves: worth asking again. */
bool error_is_retriable(enum kerr err);

/* --- for services --- */

/* The first member of a producer, a consumer, an admin. */
struct service {
        /* Does what is due; returns when to be run again at the latest. Also run after each burst
         * of events. */
        int64_t (*run)(struct service *, int64_t now_ms);
        struct service *prev, *next;
};

/* Services are run in the order in which they were attached. */
void client_attach(struct client *c, struct service *s);

/* Forgets the service's requests: their on_response will not be called. */
void client_detach(struct client *c, struct service *s);

/* Says that a service has new work: it will be run soon, even if it has been run in this burst. */
void client_wake(struct client *c);

enum {
        NODE_ANY = -1,        /* whichever broker can be reached */
        NODE_CONTROLLER = -2, /* the one that the metadata calls the controller */
        /* Added to a node's id: a connection to it for what its coordinator is asked. It answers
         * JoinGroup when it likes, and nothing else should stand in line behind that. */
        NODE_COORDINATOR = 1 << 30,
};

struct client_response {
        enum kerr err; /* TIMED_OUT_LOCALLY, CONNECTION_FAILED, UNSUPPORTED_VERSION: no body */
        bool sent;     /* false: not one byte left us, so it was not done for certain */
        /* Reads the body of the answer, in s->version; NULL on error or when none is expected.
         * After reading check body->err. */
        struct serde *body;
};

struct client_request {
        struct service *owner;
        int32_t node; /* id from the metadata (| NODE_COORDINATOR), or NODE_ANY or _CONTROLLER */
        int16_t api_key;
        int16_t version_min; /* lower ones would not do; 0: all do */
        bool no_answer;      /* on_response comes once it is sent (Produce with acks 0) */
        int64_t timeout_ms;
        /* Writes the body in s->version. Called once at most. */
        void (*write)(struct serde *s, void *context);
        /* The end, exactly once, unless the service was detached before. */
        void (*on_response)(void *context, const struct client_response *response);
        void *context; /* must live until the end */
};

/* Sends a request when its node can be reached: it waits until its time-out for a node or
 * controller that the metadata does not tell yet, and for NODE_ANY; to a known node it fails as
 * soon as dialling does. Reports everything through on_response, nothing before it returns. */
void client_send(struct client *c, const struct client_request *request);

#endif

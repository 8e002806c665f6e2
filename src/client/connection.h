/* connection.h - one broker's address and the stream to it: dialling, handshake, requests in
 * flight.
 *
 *     IDLE --dial--> DIALLING --on_open--> HANDSHAKE --ApiVersions answered--> READY
 *       ^                |                     |                                 |
 *       +----------------+---------------------+---- lost, refused, time-out ----+
 *
 * Invariants:
 *  (1) A request that was submitted ends exactly once: with an answer or an error. It ends from
 *      inside connection_run(), _on_frame() or _on_close(), never from inside submit. Nothing is
 *      submitted from inside the end of another: client_send() only queues.
 *  (2) Answers come in the order of the requests (Kafka's promise per connection); one that does
 *      not is a broken peer, and the connection is given up.
 *  (3) A request in flight that gets no answer in time takes the connection with it: the broker may
 *      still work on it, and everything behind it would wait for the same silence.
 *  (4) Each request goes out in the highest version that both sides speak.
 *
 * Errors of a request: TIMED_OUT_LOCALLY, CONNECTION_FAILED, UNSUPPORTED_VERSION.
 * After a failure the next dial waits reconnect.backoff.ms, doubled each time up to
 * reconnect.backoff.max.ms, a fifth more or less by chance, so that clients of a broker that died
 * do not all come back at once. Source: Kafka's NetworkClient; KIP-511. */
#ifndef ODRADEK_CLIENT_CONNECTION_H
#define ODRADEK_CLIENT_CONNECTION_H

#include "client/client.h"

/* A request under way. Made by client_send(), owned by whichever list it is in. */
struct request {
        struct client_request what;
        int32_t correlation_id;
        int16_t version;     /* once written */
        int64_t deadline_ms; /* mono_ms */
        struct request *prev, *next;
};

/* Tells the request's owner the end and frees the request. */
void request_end(struct request *r, enum kerr err, bool sent, struct serde *body);

/* Ends those of a list that are late; says whether there were any. */
bool request_end_late(struct request **list, int64_t now_ms, bool sent);

/* Frees the requests of `owner`, or all when it is NULL, without a word. */
void request_forget(struct request **list, const struct service *owner);

enum connection_state {
        CONNECTION_IDLE,
        CONNECTION_DIALLING,
        CONNECTION_HANDSHAKE,
        CONNECTION_READY,
};

enum { CONNECTION_APIS_MAX = 80 }; /* above the largest key of wire/api.h */

struct connection {
        struct world *world;
        const struct client_config *config;
        int32_t node; /* -1: known by a bootstrap address only */
        char *host;
        int32_t port;

        enum connection_state state;
        int64_t stream;            /* 0 when idle */
        int64_t setup_deadline_ms; /* dialling and handshake must be over by then */
        int32_t failures;          /* in a row */
        int64_t dial_after_ms;     /* back-off */

        struct {
                int16_t min, max; /* max < min: not spoken */
        } peer[CONNECTION_APIS_MAX];
        int16_t handshake_version;
        int32_t handshake_correlation_id;

        struct request *queued;    /* wait for READY */
        struct request *in_flight; /* written, oldest first */
        int32_t next_correlation_id;
};

/* Never NULL. `config` must outlive the connection. */
struct connection *connection_new(struct world *world, const struct client_config *config,
                                  int32_t node, const char *host, int32_t port);

/* Hangs up and drops all requests without a word: their owners are gone. */
void connection_free(struct connection *c);

/* Where to dial from now on; an open stream stays. */
void connection_set_address(struct connection *c, const char *host, int32_t port);

/* Takes the request. It goes out when connection_run() finds the connection ready. */
void connection_submit(struct connection *c, struct request *r);

/* Asks for a stream if there is none and the back-off is over. */
void connection_dial(struct connection *c, int64_t now_ms);

/* Ends what is too late, dials if something waits, writes what may go. Returns when to call again
 * (mono_ms) at the latest. */
int64_t connection_run(struct connection *c, int64_t now_ms);

/* The stream's events. The frame stays the caller's. */
void connection_on_open(struct connection *c);
void connection_on_frame(struct connection *c, struct span frame);
void connection_on_close(struct connection *c, enum kerr why);

/* Forgets the requests of `owner`: the queued are freed, answers to the others are ignored. */
void connection_forget(struct connection *c, const struct service *owner);

#endif

/* request.h - requests and the connections they came on.
 *
 * (1) A request lives from its frame until its answer has been handed to the world, or until its
 *     connection is gone. All that was read from it (strings, arrays) lives as long.
 * (2) Answers leave in the order of the requests of their connection, whatever order they are
 *     finished in: a finished one waits for those in front of it. */
#ifndef ODRADEK_BROKER_REQUEST_H
#define ODRADEK_BROKER_REQUEST_H

#include "base/world.h"
#include "broker/purgatory.h"
#include "wire/api.h"

#include <uthash.h>

struct broker;
struct request;

enum { PEER_NAME_BYTES = 64 };

struct peer {
        int64_t stream;
        char name[PEER_NAME_BYTES];   /* for logs */
        struct request *first, **end; /* in order of arrival */
        UT_hash_handle hh;            /* by stream */
};

struct request {
        struct broker *broker;
        struct peer *peer;
        struct request *next; /* on the same connection */
        struct frame *frame;
        struct arena arena;
        struct request_header header;
        const struct api *api;
        struct serde in; /* stands at the body */
        bool finished;
        struct packet *answer; /* when finished: what to send; NULL: nothing */
        /* For those that wait. The handler's own state is in the arena. */
        struct delayed delayed;
        void *state;
        /* Called when the request dies, if it is set: whoever knows of it must forget it. */
        void (*on_gone)(struct request *r);
        struct forward *forward;           /* on its way to the controller; see forward.c */
        struct verification *verification; /* of a Produce; see verify.c */
        /* It came inside of an Envelope, whose header is kept for the answer. */
        bool is_enveloped;
        struct request_header envelope;
};

/* Reads the header and queues the request on its connection; takes the frame. NULL when the header
 * cannot be read: the frame is released, and the connection should be closed. */
struct request *request_new(struct broker *b, struct peer *p, struct frame *frame);

/* Zeroed memory that dies with the request, for the answer. Never NULL: what an answer needs is a
 * small multiple of what the (limited) request holds or of what the broker has. */
void *request_alloc(struct request *r, size_t size);

/* Gives the ARRAY_OF() `array` of an answer `n` zeroed items. */
#define reply_array(r, array, n) \
        ((array)->count = (n),   \
         (array)->items = request_alloc((r), (size_t)(array)->count * sizeof *(array)->items))

/* True when the body was read without error. Else the connection is closed with a logged reason
 * (an envelope is answered with INVALID_REQUEST: other clients use its connection too), the request
 * is dead, and the handler returns at once. */
bool request_is_sound(struct request *r);

/* Begins the answer: header written, version and flexibility set for the body. */
struct serde request_answer(struct request *r);

/* Ends it: the answer leaves as soon as those in front of it have. `r` is dead afterwards. */
void request_finish(struct request *r, struct serde *out);

/* Ends it with an answer that somebody else has written, header and all. Takes the packet. */
void request_finish_packet(struct request *r, struct packet *answer);

/* There is no answer (acks=0). `r` is dead afterwards. */
void request_finish_silently(struct request *r);

/* Closes the connection with a logged reason; all its requests are dead afterwards. */
void peer_refuse(struct broker *b, struct peer *p, const char *why);

/* Forgets the connection and all its requests; does not hang up. */
void peer_free(struct broker *b, struct peer *p);

#endif

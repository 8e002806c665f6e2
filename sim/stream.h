/* stream.h - one connection of the simulated network, from dial to the end of both of its sides.
 *
 * A stream has two sides: 0 dialled, 1 was dialled. Each side has a pipe of parcels on their way to
 * it, in order; the first parcel's arrival is the pipe's only event. A parcel that may not arrive
 * yet (link cut, frame held, receiver paused or full) leaves the pipe without an event until
 * somebody kicks it.
 *
 *     WAITING -> OPEN        side 1: the dial arrived at a process that listens
 *     DIALLING -> OPEN       side 0: the answer to it arrived
 *     any -> GONE            hung up, refused, told by the peer, or the process died
 *     DIALLING, OPEN -> SILENT   the machine lost power: the peer does not know
 *     SILENT -> GONE         the machine is back and heard something it knows nothing of
 *
 * (1) Parcels are put only on the way to sides that are not GONE.
 * (2) A stream is freed when no side is WAITING, DIALLING or OPEN.
 * (3) Stream ids are 2 * number + side, so each side has its own and none is 0.
 *
 * Internal to the network. */
#ifndef ODRADEK_SIM_STREAM_H
#define ODRADEK_SIM_STREAM_H

#include "sim/network.h"
#include "wire/frame.h"

#include <uthash.h>

enum sim_side_state { SIM_WAITING, SIM_DIALLING, SIM_OPEN, SIM_SILENT, SIM_GONE };

enum sim_parcel_kind {
        SIM_PARCEL_DIAL,   /* to side 1 */
        SIM_PARCEL_ACCEPT, /* to side 0 */
        SIM_PARCEL_FRAME,
        SIM_PARCEL_CLOSE, /* hung up or reset: all the same to who gets it */
};

struct sim_parcel {
        struct sim_parcel *next;
        enum sim_parcel_kind kind;
        int64_t ready_ns;
        /* Of a frame only. */
        struct buffer bytes;
        size_t arrived, delivered; /* bytes: those beyond are a later piece's */
        int16_t api;
};

struct sim_pipe {
        struct sim_parcel *first, *last;
        struct sim_link *link;
        struct sim_event arrival;
        struct frame_cutter cutter;
        struct sim_side *side; /* where it leads */
};

struct sim_side {
        struct sim_stream *stream;
        struct sim_host *host;
        enum sim_side_state state;
        bool unanswered; /* SILENT, and the peer has sent something since */
        int32_t frames_unreleased;
        struct sim_pipe in;
};

enum { SIM_REQUESTS_REMEMBERED = 32 };

struct sim_stream {
        int64_t number; /* the key */
        struct sim_network *network;
        struct sim_side sides[2];
        int32_t port;
        bool busy; /* a function up the call stack still needs it */
        struct sim_event dial_timeout;
        /* The last requests, by correlation id: what an answer answers. */
        struct {
                int32_t correlation_id;
                int16_t api;
        } requests[SIM_REQUESTS_REMEMBERED];
        int64_t request_count;
        UT_hash_handle hh;
};

struct sim_frame {
        struct frame frame; /* first: what the actor gets */
        struct sim_frame *prev, *next;
};

/* A link's delays and whether it lets anything through. */
struct sim_link {
        struct {
                int32_t from, to;
        } key;
        int64_t base_ns;
        int32_t factor;
        bool cut;
        struct rng rng;
        UT_hash_handle hh;
};

/* Frames that match are held back (remaining < 0), or the next `remaining` are dropped. */
struct sim_rule {
        int16_t api;
        bool answer;
        int32_t from, to;
        int32_t remaining;
        struct sim_rule *prev, *next;
};

/* The first rule of that kind for a frame on that link, or NULL. */
struct sim_rule *sim_rule_find(struct sim_rule *rules, bool hold, const struct sim_link *link,
                               int16_t api, bool answer);

/* A new stream, with a dial on its way. */
struct sim_stream *sim_stream_dial(struct sim_network *n, struct sim_host *from,
                                   struct sim_host *to, int32_t port, struct sim_link *there,
                                   struct sim_link *back);

static inline int64_t sim_side_id(const struct sim_side *side)
{
        return 2 * side->stream->number + (side == &side->stream->sides[1]);
}

static inline struct sim_side *sim_side_peer(const struct sim_side *side)
{
        return &side->stream->sides[side == &side->stream->sides[0]];
}

/* DIALLING or OPEN: a process may use it. */
static inline bool sim_side_is_used(const struct sim_side *side)
{
        return side->state == SIM_DIALLING || side->state == SIM_OPEN;
}

/* Puts a parcel on its way to `to`, unless that is GONE. Takes over the bytes; NULL: none. */
void sim_stream_put(struct sim_side *to, enum sim_parcel_kind kind, struct buffer *bytes,
                    int16_t api);

/* Throws away what is on its way to the side. */
void sim_pipe_discard(struct sim_pipe *pipe);

/* Lets the pipe's first parcel arrive when it is ready, if nothing stops it any more. */
void sim_pipe_kick(struct sim_pipe *pipe);

/* The side is GONE, and its peer is told when `tell`. Frees the stream as (2) says. */
void sim_side_end(struct sim_side *side, bool tell);

/* The side's machine loses power, and returns. Free the stream as (2) says. */
void sim_side_fall_silent(struct sim_side *side);
void sim_side_come_back(struct sim_side *side);

/* Frees the stream when (2) says so and nobody is busy with it. */
void sim_stream_settle(struct sim_stream *s);

/* Whatever its state. Nobody is told. */
void sim_stream_free(struct sim_stream *s);

#endif

/* network.h - the simulated network: hosts, and ordered streams of bytes between them.
 *
 * A stream behaves as TCP does for a program:
 * (1) Bytes arrive in order, once, unchanged, in pieces of any size; frames are cut out of them by
 *     wire/frame.h, as behind a real socket.
 * (2) What a link does not let through (a cut, a frame held back) waits, and what was sent behind
 *     it waits too. It arrives when the link is healed, even if its sender has long hung up and
 *     sends the same on a new stream: the old half-open connection that delivers late.
 * (3) A process that dies closes its streams. A machine that loses power closes nothing: its peers
 *     hear nothing until they give up, or send and the machine is back and knows no such stream.
 * (4) Every delay is drawn from the link's own generator.
 *
 * A link is one direction from one host to another: a cut of (1, 2) alone lets 2 still be heard by
 * 1. There is no bandwidth: a frame takes its link's latency however long it is.
 *
 * The network calls a host's hooks only from events of the scheduler, never from inside a call. */
#ifndef ODRADEK_SIM_NETWORK_H
#define ODRADEK_SIM_NETWORK_H

#include "base/rng.h"
#include "base/world.h"
#include "sim/scheduler.h"
#include "sim/trace.h"

enum {
        SIM_ANY_HOST = -1,
        SIM_FRAMES_UNRELEASED_MAX = 16, /* a stream with more frames not given back waits */
};

struct sim_host;

/* What the network tells a host. A hook may call anything but sim_network_deinit(). */
struct sim_host_hooks {
        void (*on_open)(struct sim_host *, int64_t stream, const char *peer);
        /* `api` is the request's API key, or that of the request it answers; -1: unknown. */
        void (*on_frame)(struct sim_host *, struct frame *, int16_t api);
        void (*on_close)(struct sim_host *, int64_t stream, enum kerr why);
        void (*on_burst_end)(struct sim_host *); /* after one or more of the above */
};

/* One machine. Embedded in its owner, who sets the first four members. */
struct sim_host {
        int32_t id;       /* unique, not negative */
        const char *name; /* what others dial; unique; borrowed */
        int32_t port;     /* that it listens on; 0: none */
        const struct sim_host_hooks *hooks;
        /* Changed by sim_host_…() only. */
        bool powered, running, paused;
        struct sim_frame *unreleased; /* frames that the process has not given back */
        struct sim_host *next;        /* in the order of sim_network_add() */
};

struct sim_stream;
struct sim_link;
struct sim_rule;

struct sim_network {
        struct sim_scheduler *scheduler;
        struct sim_trace *trace;
        struct rng rng; /* links fork theirs from it */
        struct sim_host *hosts;
        struct sim_stream *streams; /* hash tables */
        struct sim_link *links;
        struct sim_rule *rules; /* frames to hold, answers to drop */
        int64_t streams_made;
};

void sim_network_init(struct sim_network *n, struct sim_scheduler *scheduler,
                      struct sim_trace *trace, struct rng rng);
void sim_network_deinit(struct sim_network *n);

/* --- what a process does: struct world's stream functions --- */

/* Errors: CONNECTION_FAILED when there is no host of that name. Nobody listening: refused, heard of
 * through on_close(CONNECTION_FAILED). No answer for 10 s: on_close(TIMED_OUT_LOCALLY). */
enum kerr sim_network_dial(struct sim_network *n, struct sim_host *from, const char *name,
                           int32_t port, int64_t *stream);

/* Takes over bytes->data, whatever happens: one whole frame with its length in front. */
void sim_network_send(struct sim_network *n, struct sim_host *from, int64_t stream,
                      struct buffer *bytes);
void sim_network_hang_up(struct sim_network *n, struct sim_host *host, int64_t stream);
void sim_network_release(struct sim_network *n, struct sim_host *host, struct frame *frame);

/* --- what happens to a host --- */

/* Adds a host: powered, with nothing running. */
void sim_network_add(struct sim_network *n, struct sim_host *host);

/* Its process runs (again): it can be dialled, and streams from before a power cut are refused. */
void sim_host_up(struct sim_network *n, struct sim_host *host);

/* Its process ends: its streams are closed behind what it sent; its frames are freed. */
void sim_host_down(struct sim_network *n, struct sim_host *host);

/* Its machine loses power until sim_host_up(): nobody is told; its frames are freed. */
void sim_host_power_off(struct sim_network *n, struct sim_host *host);

/* While paused it takes nothing in: all waits. */
void sim_host_pause(struct sim_network *n, struct sim_host *host, bool paused);

/* --- faults; `from` and `to` are host ids or SIM_ANY_HOST --- */

/* One direction each; call twice for both. Hosts added later are not affected. What waited is sent
 * within a second after the healing. */
void sim_network_cut(struct sim_network *n, int32_t from, int32_t to);
void sim_network_heal(struct sim_network *n, int32_t from, int32_t to);

/* Latency is multiplied; 1: as usual. */
void sim_network_slow(struct sim_network *n, int32_t from, int32_t to, int32_t factor);

/* Holds back frames that `from` sends to `to` (also those on their way): requests of that API, or
 * with `answer` the answers to them; sim_network_release_held() with the same arguments, or with
 * SIM_ANY_HOST in their place, lets them go. */
void sim_network_hold(struct sim_network *n, int16_t api, bool answer, int32_t from, int32_t to);
void sim_network_release_held(struct sim_network *n, int16_t api, bool answer, int32_t from,
                              int32_t to);

/* The next `count` answers to requests of that API from `from` (who handled the request) to `to`
 * are lost, and their connections with them: both ends see them close. */
void sim_network_drop_answers(struct sim_network *n, int16_t api, int32_t from, int32_t to,
                              int32_t count);

/* Every stream between the two dies; both ends hear of it. */
void sim_network_reset(struct sim_network *n, int32_t a, int32_t b);

/* Heals, releases and forgets all of the above. */
void sim_network_heal_all(struct sim_network *n);

#endif

/* node.h - one machine of a simulated cluster, with the process that runs on it: a broker, a
 * controller or a client; the node cannot tell which.
 *
 * A node is the struct world of its actor: its disk, its clocks, its generator and its place on the
 * network. The owner says how the actor is made and unmade; the node calls it, kills it, boots
 * another over the same disk.
 *
 * (1) The actor is called from events only, never from inside one of its own calls, and
 *     run_timers() follows each burst of other calls.
 * (2) A callback takes no virtual time; only syncs begun with sync_start(), the network and timers
 *     do.
 * (3) What an actor asks for after its disk's crash point has no effect: it is dead, and is
 *     unmade as soon as its callback returns.
 * (4) The monotonic clock never goes back, whatever the wall clock does. It starts at another value
 *     on each node, because no two machines may compare it.
 *
 * Extents of a packet are copied out of the disk when the packet is sent. In the real world they
 * are sent by reference; both are the same as long as nobody changes bytes that may be in flight,
 * which is the broker's own rule. */
#ifndef ODRADEK_SIM_NODE_H
#define ODRADEK_SIM_NODE_H

#include "sim/disk_world.h"
#include "sim/network.h"

struct sim_node;

/* Copied by sim_node_new(); `name` and `owner` are borrowed for the node's life. */
struct sim_node_config {
        int32_t id;
        const char *name; /* its host name: what others dial */
        int32_t port;     /* 0: does not listen */
        struct zoo zoo;   /* bugs put back in this node's process */
        void *owner;      /* for the two functions below */
        /* Makes the actor, in the world `&node->files.world`. On error nothing is left over. */
        enum kerr (*boot)(struct sim_node *node, struct actor **actor);
        /* Unmakes it and closes its files. clean: a stop in good order, with all that a clean
         * shutdown writes; else it has crashed: give its memory back and do nothing more. */
        void (*destroy)(struct sim_node *node, struct actor *actor, bool clean);
        /* A stop in good order that takes its time: begin_stop() asks for it, and destroy() follows
         * once may_stop() says so. NULL: destroy() at once. */
        void (*begin_stop)(struct sim_node *node);
        bool (*may_stop)(const struct sim_node *node);
};

/* A machine's oscillator: local = base_ns + (virtual - since_ns), a little faster or slower. */
struct sim_clock {
        int64_t since_ns, base_ns;
        int64_t drift_ppm; /* parts per million; 100 is a bad quartz */
        int64_t wall_offset_ms;
};

struct sim_node {
        struct sim_disk_world files; /* first: a struct world * leads back to the node */
        struct sim_host host;
        struct sim_node_config config;
        struct sim_scheduler *scheduler;
        struct sim_trace *trace;
        struct sim_network *network;
        struct sim_clock clock;
        struct rng random; /* what the actor draws from */
        struct rng delays; /* how long a sync takes */
        struct rng faults; /* what a power cut leaves */

        struct actor *actor; /* NULL: nothing runs */
        bool in_actor;
        uint64_t turns; /* calls of the actor so far: whoever looks on sees when to look again */
        int32_t boots, power_cuts;
        struct sim_event timer;
        struct sim_event stop_deadline; /* scheduled while it is stopping */
        bool starts_again;              /* once it has stopped */
        struct sim_sync *syncs;         /* begun, not ended */

        /* What the crash point of the disk stands for. */
        bool crash_cuts_power;
        struct sim_survival crash_survival;
};

/* Adds the machine to the network; nothing runs on it yet. `rng` is the node's own fork. */
struct sim_node *sim_node_new(const struct sim_node_config *config, struct sim_scheduler *scheduler,
                              struct sim_trace *trace, struct sim_network *network, struct rng rng);

/* Frees the node and its disk. Nothing runs on it any more, and its network is gone already. */
void sim_node_free(struct sim_node *node);

static inline bool sim_node_is_running(const struct sim_node *node)
{
        return node->actor != NULL;
}

/* --- lives and deaths; none of these from inside the node's actor --- */

/* Boots a process, which must not run already. Errors: those of config.boot(); nothing runs then.
 * A boot that meets the disk's crash point ends as a crash: IO. */
enum kerr sim_node_boot(struct sim_node *node);

/* Boots it unless it runs; when it is stopping, as soon as it has stopped. */
void sim_node_start(struct sim_node *node);

/* These do nothing when nothing runs, but for the power cut and the wipe, which also strike the
 * disk of a dead process. */
void sim_node_stop(struct sim_node *node); /* in good order: at once, or within 10 s */
void sim_node_kill(struct sim_node *node); /* the page cache survives */
void sim_node_power_cut(struct sim_node *node, const struct sim_survival *survival);
void sim_node_wipe(struct sim_node *node); /* a power cut, and a new empty disk */

/* SIGSTOP and SIGCONT: the process does nothing, its kernel keeps its streams. */
void sim_node_pause(struct sim_node *node);
void sim_node_resume(struct sim_node *node);

/* Crashes the node inside its n-th file operation from now: a power cut with that survival, or a
 * kill when it is NULL. */
void sim_node_crash_at(struct sim_node *node, int64_t n, const struct sim_survival *survival);

/* --- its clock --- */

int64_t sim_node_mono_ms(const struct sim_node *node);
int64_t sim_node_wall_ms(const struct sim_node *node);

/* The wall clock jumps, forward or back. */
void sim_node_jump_clock(struct sim_node *node, int64_t jump_ms);

/* From now on both clocks run that much faster (or slower, below zero); |drift| < 500,000. */
void sim_node_drift_clock(struct sim_node *node, int64_t drift_ppm);

#endif

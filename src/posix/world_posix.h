/* world_posix.h - the real world: struct world on files, epoll, sockets and clocks.
 *
 *              I/O threads (num.network.threads)              handler thread
 *     peers == reactor 0, reactor 1, ...  -- frames -->  mailbox -> the actor
 *              (read, cut, write, sendfile)  <-- packets --  one mailbox each
 *
 * The handler is whoever calls world_posix_run() or world_posix_step(); it runs the actor and never
 * waits for a socket. With num.network.threads=0 it also runs the one reactor, in the same loop: a
 * hand-over between cores costs a wake-up (about 30 us, twice a request), which a broker with few
 * cores saves. Syncs in the background and look-ups of names have a thread each (worker.h), made
 * when first needed.
 *
 * What belongs to which thread:
 *
 *     handler      the actor; the table of streams; all functions of struct world but those below
 *     any thread   world->log, retain, close, wall_ms, mono_ms, random_u64; world_posix_stop();
 *                  world_posix_counters()
 *     I/O thread   its reactor and connections
 *     shared       mailboxes (a mutex each; a leaf: none is taken while another is held),
 *                  counters (atomic)
 *
 * A burst is: take all messages that have come, call the actor for each, run_timers(), hand what
 * the actor sent to the reactors, all at once. So a sleeping I/O thread is woken once per burst.
 *
 * Streams are running numbers, never used again. What is sent to a stream that is gone, or was hung
 * up, is freed and forgotten. File calls that fail with IO or NO_SPACE are also logged, with the
 * path and the kernel's reason. */
#ifndef ODRADEK_POSIX_WORLD_POSIX_H
#define ODRADEK_POSIX_WORLD_POSIX_H

#include "posix/posix_config.h"

/* Ignores SIGPIPE for the process from now on. Errors: INVALID_CONFIG (an unknown copy strategy or
 * one that is missing here, a value out of its range), IO (no descriptor or thread left); *world is
 * NULL then. */
enum kerr world_posix_new(const struct posix_config *config, struct world **world);

/* Ends the threads and closes what is open. What was sent is written as far as the sockets take it
 * at once. The actor is not called any more; it may have been freed before. */
void world_posix_free(struct world *world);

/* Must be called before the first run or step; the actor is borrowed. */
void world_posix_set_actor(struct world *world, struct actor *actor);

/* Listens on the first address of `host` (empty: every address of the machine). Port 0 picks a free
 * one; *bound_port says which. Errors: IO; errno has the reason. */
enum kerr world_posix_listen(struct world *world, const char *host, int32_t port,
                             int32_t *bound_port);

/* Handles bursts until world_posix_stop(), or until keep_going (NULL: always) says no, which is
 * asked after each burst. */
void world_posix_run(struct world *world, bool (*keep_going)(void *context), void *context);

/* For a program that drives an actor from outside, such as a producer with a blocking face: runs
 * timers (a call from outside may have made work), then waits for one burst, at most `timeout_ms`
 * (-1: no limit), and handles it. */
void world_posix_step(struct world *world, int64_t timeout_ms);

/* Makes world_posix_run() return after the present burst, now or when it is next called. May be
 * called from any thread and from a signal handler. */
void world_posix_stop(struct world *world);

/* What has happened so far, in all threads. */
struct posix_counters {
        /* Calls to the kernel: those about sockets, files, events and sleep. Not those that the C
         * library makes by itself (memory, a contended lock), log lines, and making the world. */
        int64_t syscalls;
        int64_t user_bytes;                      /* file bytes sent through our address space */
        int64_t reference_bytes;                 /* file bytes sent by reference */
        int64_t zerocopy_sends, zerocopy_copied; /* see copy/copy.h */
        int64_t appended_bytes;                  /* to files */
};

struct posix_counters world_posix_counters(struct world *world);

#endif

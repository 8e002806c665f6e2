/* world_parts.h - what the parts of the real world share: world_posix.c (the loop), world_files.c
 * and world_streams.c (the calls of struct world). Internal to them; see world_posix.h for who may
 * touch what. */
#ifndef ODRADEK_POSIX_WORLD_PARTS_H
#define ODRADEK_POSIX_WORLD_PARTS_H

#include "posix/io_thread.h"
#include "posix/worker.h"

struct known_stream;

struct posix_world {
        struct world world; /* first: the actor knows only this */
        struct io_shared shared;
        struct io_thread *threads; /* shared.thread_count of them */
        _Atomic bool stop;

        /* The handler's. */
        struct actor *actor;
        struct known_stream *streams;  /* hash table */
        struct message_list news;      /* the burst that is being handled */
        struct message_list *outboxes; /* for each I/O thread: what the burst has made */
        int64_t timers_due_ms;
        struct worker syncer, resolver;
        _Atomic int64_t syscalls, appended_bytes; /* written by the handler, for all to read */
};

static inline struct posix_world *posix_world_of(struct world *world)
{
        return (struct posix_world *)world;
}

/* Set the calls that each part answers for, and the worker that it needs. */
void world_files_init(struct posix_world *w);
void world_streams_init(struct posix_world *w);

void world_streams_deinit(struct posix_world *w);

/* Calls the actor for one message of an I/O thread, unless the actor has hung the stream up. */
void world_streams_handle(struct posix_world *w, struct message *m);

#endif

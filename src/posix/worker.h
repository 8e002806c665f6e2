/* worker.h - one thread for calls that may take long, so that nobody else waits for them: a
 * background sync of a file, the look-up of a host's name.
 *
 * It is made by the first job. Jobs are done one after the other; what comes of one is posted as a
 * message to whoever waits for it. A world has a worker for syncs and another one for names: a slow
 * name server must not hold up a sync.
 *
 * Threads: all functions are for the handler thread. */
#ifndef ODRADEK_POSIX_WORKER_H
#define ODRADEK_POSIX_WORKER_H

#include "posix/files.h"
#include "posix/mailbox.h"

/* MESSAGE_SYNC: answered with MESSAGE_SYNCED. */
struct sync_job {
        struct file *file; /* one reference, dropped when the sync has ended */
        struct file_sync sync;
};

void sync_job_free(struct sync_job *job);

struct worker {
        bool started;
        pthread_t thread;
        struct mailbox jobs;
        /* Does one job, on the worker's thread; owns what the message carries. */
        void (*work)(void *context, struct message *job);
        void *context;
};

/* Hands a job over, starting the thread first if need be. Errors: IO when there can be no thread;
 * the job is discarded then. */
enum kerr worker_post(struct worker *w, struct message job);

/* Finishes the jobs that are in and ends the thread; nothing when there is none. */
void worker_stop(struct worker *w);

/* Starts a thread that gets no signals: they are for the handler's. */
enum kerr thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

#endif

#include "posix/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

void sync_job_free(struct sync_job *job)
{
        file_close(job->file);
        free(job);
}

enum kerr thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int failed = pthread_create(thread, NULL, run, argument);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return failed ? KERR_IO : KERR_NONE;
}

static void *worker_run(void *argument)
{
        struct worker *w = argument;
        struct message_list jobs = {0};
        bool stop = false;
        while (!stop) {
                mailbox_wait(&w->jobs, -1);
                mailbox_take(&w->jobs, &jobs);
                for (size_t i = 0; i < jobs.count; i++) {
                        if (jobs.items[i].kind == MESSAGE_STOP)
                                stop = true;
                        else
                                w->work(w->context, &jobs.items[i]);
                }
                jobs.count = 0;
        }
        message_list_deinit(&jobs);
        return NULL;
}

static enum kerr worker_start(struct worker *w)
{
        int wake_fd = wake_fd_new();
        if (wake_fd < 0)
                return KERR_IO;
        mailbox_init(&w->jobs, wake_fd);
        enum kerr err = thread_start(&w->thread, worker_run, w);
        if (err) {
                mailbox_deinit(&w->jobs);
                close(wake_fd);
                return err;
        }
        w->started = true;
        return KERR_NONE;
}

enum kerr worker_post(struct worker *w, struct message job)
{
        enum kerr err = w->started ? KERR_NONE : worker_start(w);
        if (err)
                message_discard(&job);
        else
                mailbox_post(&w->jobs, job);
        return err;
}

void worker_stop(struct worker *w)
{
        if (!w->started)
                return;
        mailbox_post(&w->jobs, (struct message){.kind = MESSAGE_STOP});
        pthread_join(w->thread, NULL);
        close(w->jobs.wake_fd);
        mailbox_deinit(&w->jobs);
        w->started = false;
}

#include "bench/group_commit.h"

#include "bench/scratch.h"
#include "bench/usage.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct group {
        const struct group_commit_config *config;
        struct group_commit_report *report;
        double started_s;

        pthread_mutex_t lock; /* over what follows */
        pthread_cond_t handed_in, committed;
        uint8_t *gathering; /* messages that wait for the writer to come round */
        int64_t next;       /* the next message's number */
        int64_t taken;      /* all below have been taken from `gathering` */
        int64_t durable;    /* all below are in a file that was synced */
        int at_work;        /* producers that have not left */
        int failed;         /* errno of a write or sync; 0: none */

        /* The writer's own. */
        uint8_t *writing;
};

/* --- a producer --- */

static bool goes_on(const struct group *g)
{
        return g->failed == 0 && g->next < g->config->messages_max &&
               usage_clock_s() - g->started_s < g->config->seconds;
}

static void *produce(void *context)
{
        struct group *g = context;
        const struct group_commit_config *config = g->config;
        pthread_mutex_lock(&g->lock);
        while (goes_on(g)) {
                double began_s = usage_clock_s();
                int64_t number = g->next++;
                memcpy(g->gathering + (size_t)(number - g->taken) * config->message_bytes,
                       disk_message(config->messages, config->message_bytes, number),
                       config->message_bytes);
                pthread_cond_signal(&g->handed_in);
                while (g->durable <= number && g->failed == 0)
                        pthread_cond_wait(&g->committed, &g->lock);
                if (g->durable <= number)
                        break;
                latency_add(&g->report->wait, (int64_t)((usage_clock_s() - began_s) * 1e9));
                if (config->acknowledged != NULL)
                        config->acknowledged(config->context, number);
        }
        g->at_work--;
        pthread_cond_signal(&g->handed_in);
        pthread_mutex_unlock(&g->lock);
        return NULL;
}

/* --- the writer --- */

/* Called under the lock, which it leaves while it writes. */
static void commit(struct group *g)
{
        const struct group_commit_config *config = g->config;
        int64_t until = g->next;
        size_t size = (size_t)(until - g->taken) * config->message_bytes;
        uint8_t *batch = g->gathering;
        g->gathering = g->writing;
        g->writing = batch;
        g->taken = until;
        pthread_mutex_unlock(&g->lock);

        double began_s = usage_clock_s();
        int err = 0;
        if (!disk_write_all(config->fd, batch, size, -1) ||
            config->sync(config->context, config->fd) != 0)
                err = errno;
        latency_add(&g->report->commit, (int64_t)((usage_clock_s() - began_s) * 1e9));

        pthread_mutex_lock(&g->lock);
        g->failed = err;
        if (err == 0)
                g->durable = until;
        pthread_cond_broadcast(&g->committed);
}

static void write_batches(struct group *g)
{
        pthread_mutex_lock(&g->lock);
        while (g->at_work > 0 && g->failed == 0) {
                if (g->next > g->taken)
                        commit(g);
                else
                        pthread_cond_wait(&g->handed_in, &g->lock);
        }
        pthread_mutex_unlock(&g->lock);
}

/* --- together --- */

static void run_threads(struct group *g)
{
        int count = g->config->producers;
        pthread_t *threads = scratch_memory(1, (size_t)count * sizeof *threads);
        g->at_work = count;
        for (int i = 0; i < count; i++) {
                if (pthread_create(&threads[i], NULL, produce, g) != 0)
                        abort();
        }
        write_batches(g);
        for (int i = 0; i < count; i++)
                pthread_join(threads[i], NULL);
        free(threads);
}

bool group_commit_run(const struct group_commit_config *config, struct group_commit_report *report)
{
        size_t batch_bytes = (size_t)config->producers * config->message_bytes;
        struct group g = {.config = config,
                          .report = report,
                          .gathering = scratch_memory(1, batch_bytes),
                          .writing = scratch_memory(1, batch_bytes)};
        memset(report, 0, sizeof *report);
        pthread_mutex_init(&g.lock, NULL);
        pthread_cond_init(&g.handed_in, NULL);
        pthread_cond_init(&g.committed, NULL);
        g.started_s = usage_clock_s();
        run_threads(&g);
        report->elapsed_s = usage_clock_s() - g.started_s;
        report->messages = g.durable;
        pthread_cond_destroy(&g.committed);
        pthread_cond_destroy(&g.handed_in);
        pthread_mutex_destroy(&g.lock);
        free(g.writing);
        free(g.gathering);
        errno = g.failed;
        return g.failed == 0;
}

#include "posix/world_posix.h"

#include "posix/clock.h"
#include "posix/machine_boot.h"
#include "posix/socket.h"
#include "posix/world_parts.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct posix_config posix_config_default(void)
{
        return (struct posix_config){
                .network_threads = 0,
                .queued_requests_max = 500,
                .queued_request_bytes_max = 256 << 20,
                .request_bytes_max = 100 << 20,
                .connections_max = INT32_MAX,
                .connection_idle_ms_max = 600000,
                .connect_ms_max = 10000,
                .listen_backlog = 50,
                .send_buffer_bytes = -1,
                .receive_buffer_bytes = -1,
                .congestion_control = "reno",
                .copy_strategy = "sendfile",
                .copy_small_bytes = 16 << 10,
                .log_threshold = WORLD_INFO,
        };
}

/* --- the handler's loop --- */

static void handle(struct posix_world *w, struct message *m)
{
        if (m->kind != MESSAGE_SYNCED) {
                world_streams_handle(w, m);
                return;
        }
        copy_count(&w->syscalls, 1); /* the sync itself, made by another thread */
        w->actor->on_synced(w->actor, m->token, m->result);
}

static void run_timers(struct posix_world *w)
{
        w->timers_due_ms = w->actor->run_timers(w->actor);
}

/* Hands what the actor has made to the reactors; the one that is ours acts at once. */
static void empty_outboxes(struct posix_world *w)
{
        for (int32_t i = 0; i < w->shared.thread_count; i++) {
                struct io_thread *io = &w->threads[i];
                if (intake_resume(&w->shared.intake, &io->reactor.starved))
                        message_list_add(&w->outboxes[i], (struct message){.kind = MESSAGE_RESUME});
                mailbox_post_all(&io->inbox, &w->outboxes[i]);
                if (!io->running)
                        io_thread_obey(io);
        }
}

/* Sleeps until there is news, or for `timeout_ms`. Our own reactor makes its news meanwhile. */
static void wait_for_news(struct posix_world *w, int timeout_ms)
{
        struct io_thread *own = &w->threads[0];
        if (own->running) {
                mailbox_wait(&w->shared.handler, timeout_ms);
                return;
        }
        bool nothing = mailbox_sleep(&w->shared.handler) && mailbox_sleep(&own->inbox);
        reactor_wait(&own->reactor, nothing ? timeout_ms : 0);
        /* What we post to ourselves need not wake us. */
        mailbox_awake(&w->shared.handler);
        mailbox_awake(&own->inbox);
        reactor_handle(&own->reactor);
}

static void burst(struct posix_world *w, int64_t until_ms)
{
        if (w->timers_due_ms < until_ms)
                until_ms = w->timers_due_ms;
        wait_for_news(w, timeout_until(until_ms, clock_mono_ms()));
        mailbox_take(&w->shared.handler, &w->news);
        int64_t frames = 0;
        for (size_t i = 0; i < w->news.count; i++)
                frames += w->news.items[i].kind == MESSAGE_FRAME;
        intake_took(&w->shared.intake, frames);
        for (size_t i = 0; i < w->news.count; i++)
                handle(w, &w->news.items[i]);
        w->news.count = 0;
        run_timers(w);
        empty_outboxes(w);
}

void world_posix_run(struct world *world, bool (*keep_going)(void *context), void *context)
{
        struct posix_world *w = posix_world_of(world);
        empty_outboxes(w);
        while (!atomic_exchange(&w->stop, false)) {
                burst(w, INT64_MAX);
                if (keep_going && !keep_going(context))
                        return;
        }
}

void world_posix_step(struct world *world, int64_t timeout_ms)
{
        struct posix_world *w = posix_world_of(world);
        int64_t until_ms = timeout_ms < 0 ? INT64_MAX : clock_mono_ms() + timeout_ms;
        run_timers(w);
        empty_outboxes(w);
        burst(w, until_ms);
}

void world_posix_stop(struct world *world)
{
        struct posix_world *w = posix_world_of(world);
        atomic_store(&w->stop, true);
        wake_fd_ring(w->shared.handler.wake_fd);
}

/* --- making and ending --- */

void world_posix_set_actor(struct world *world, struct actor *actor)
{
        posix_world_of(world)->actor = actor;
}

enum kerr world_posix_listen(struct world *world, const char *host, int32_t port,
                             int32_t *bound_port)
{
        struct posix_world *w = posix_world_of(world);
        char port_text[16], name[SOCKET_NAME_BYTES], congestion[SOCKET_NAME_BYTES];
        snprintf(port_text, sizeof port_text, "%d", port);
        struct addrinfo *addresses = socket_resolve(host[0] ? host : NULL, port_text, AI_PASSIVE);
        errno = EADDRNOTAVAIL;
        int fd = addresses ? socket_listen(addresses, &w->shared.config) : -1;
        if (addresses)
                freeaddrinfo(addresses);
        if (fd < 0)
                return KERR_IO;
        *bound_port = socket_own_port(fd);
        socket_own_name(fd, name);
        socket_congestion(fd, congestion);
        world_log(world, WORLD_INFO, "listening on %s, congestion control %s", name, congestion);
        mailbox_post(&w->threads[0].inbox, (struct message){.kind = MESSAGE_LISTEN, .fd = fd});
        return KERR_NONE;
}

static int64_t now(_Atomic int64_t *counter)
{
        return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add_reactor(struct posix_counters *sum, struct io_thread *io)
{
        struct copy_counters *sent = &io->reactor.tools.lane.counters;
        sum->syscalls += now(&sent->syscalls) + now(&io->reactor.syscalls);
        sum->syscalls += now(&io->inbox.syscalls);
        sum->user_bytes += now(&sent->user_bytes);
        sum->reference_bytes += now(&sent->reference_bytes);
        sum->zerocopy_sends += now(&sent->zerocopy_sends);
        sum->zerocopy_copied += now(&sent->zerocopy_copied);
}

struct posix_counters world_posix_counters(struct world *world)
{
        struct posix_world *w = posix_world_of(world);
        struct posix_counters sum = {
                .syscalls = now(&w->syscalls) + now(&w->shared.handler.syscalls) +
                            now(&w->syncer.jobs.syscalls) + now(&w->resolver.jobs.syscalls),
                .appended_bytes = now(&w->appended_bytes),
        };
        for (int32_t i = 0; i < w->shared.thread_count; i++)
                add_reactor(&sum, &w->threads[i]);
        return sum;
}

/* Makes the reactors and starts their threads. With none, the one reactor is the handler's own and
 * is woken by what wakes the handler. */
static enum kerr make_threads(struct posix_world *w)
{
        bool inline_reactor = w->shared.config.network_threads == 0;
        int32_t wanted = inline_reactor ? 1 : w->shared.config.network_threads;
        w->threads = calloc((size_t)wanted, sizeof *w->threads);
        w->outboxes = calloc((size_t)wanted, sizeof *w->outboxes);
        w->shared.inboxes = calloc((size_t)wanted, sizeof *w->shared.inboxes);
        if (!w->threads || !w->outboxes || !w->shared.inboxes)
                abort();
        for (int32_t i = 0; i < wanted; i++) {
                int wake_fd = inline_reactor ? w->shared.handler.wake_fd : wake_fd_new();
                if (wake_fd < 0)
                        return KERR_IO;
                enum kerr err = io_thread_init(&w->threads[i], &w->shared, i, wake_fd);
                if (err) {
                        if (!inline_reactor)
                                close(wake_fd);
                        return err;
                }
                w->shared.inboxes[i] = &w->threads[i].inbox;
                w->shared.thread_count = i + 1;
        }
        for (int32_t i = 0; i < wanted && !inline_reactor; i++) {
                enum kerr err = io_thread_start(&w->threads[i]);
                if (err)
                        return err;
        }
        return KERR_NONE;
}

/* As it comes, glibc gives the memory of a large frame back to the kernel when it is freed, and the
 * next one costs a page fault for every 4 KiB: 200 us instead of 40 for half a megabyte. */
static void keep_freed_memory(void)
{
        mallopt(M_MMAP_THRESHOLD, 32 << 20);
        mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

static bool config_is_sound(const struct posix_config *c)
{
        const struct copy_strategy *copy = copy_find(c->copy_strategy);
        return copy && !(copy->missing && copy->missing()) && c->network_threads >= 0 &&
               c->queued_requests_max > 0 && c->request_bytes_max > 0;
}

enum kerr world_posix_new(const struct posix_config *config, struct world **world)
{
        *world = NULL;
        if (!config_is_sound(config))
                return KERR_INVALID_CONFIG;
        signal(SIGPIPE, SIG_IGN); /* sendfile() has no other way to be quiet */
        keep_freed_memory();
        int wake_fd = wake_fd_new();
        if (wake_fd < 0)
                return KERR_IO;
        struct posix_world *w = calloc(1, sizeof *w);
        if (!w)
                abort();
        w->world.machine_boot = machine_boot_read(MACHINE_BOOT_PATH);
        world_files_init(w);
        world_streams_init(w);
        w->shared.config = *config;
        w->shared.logger.threshold = config->log_threshold;
        w->shared.intake.waiting_max = config->queued_requests_max;
        w->shared.intake.bytes_max = config->queued_request_bytes_max;
        mailbox_init(&w->shared.handler, wake_fd);
        enum kerr err = make_threads(w);
        if (err)
                world_posix_free(&w->world);
        else
                *world = &w->world;
        return err;
}

void world_posix_free(struct world *world)
{
        struct posix_world *w = posix_world_of(world);
        worker_stop(&w->syncer);
        worker_stop(&w->resolver);
        for (int32_t i = 0; i < w->shared.thread_count; i++) {
                mailbox_post_all(&w->threads[i].inbox, &w->outboxes[i]);
                io_thread_stop(&w->threads[i]);
        }
        for (int32_t i = 0; i < w->shared.thread_count; i++) {
                int wake_fd = w->threads[i].inbox.wake_fd;
                io_thread_deinit(&w->threads[i]);
                if (wake_fd != w->shared.handler.wake_fd)
                        close(wake_fd);
                message_list_deinit(&w->outboxes[i]);
        }
        close(w->shared.handler.wake_fd);
        mailbox_deinit(&w->shared.handler);
        message_list_deinit(&w->news);
        world_streams_deinit(w);
        free(w->threads);
        free(w->outboxes);
        free(w->shared.inboxes);
        free(w);
}

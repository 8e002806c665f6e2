#include "sim/node.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

/* A sync takes from a fast SSD's time to that of a busy disk. */
#define SYNC_MIN_NS (50 * SIM_NS_PER_US)
#define SYNC_MAX_NS (5 * SIM_NS_PER_MS)

/* An actor that always has more to do gets no more than that many turns, so time goes on. */
#define TIMER_MIN_NS (100 * SIM_NS_PER_US)
#define TIMER_MAX_MS (24 * 3600 * INT64_C(1000)) /* asked again after that */

/* A process that cannot finish its stop in good order is told to end as it is. */
#define STOP_MAX_NS (10 * SIM_NS_PER_S)

#define WALL_START_MS INT64_C(1700000000000) /* 14 November 2023 */

enum { RNG_RANDOM, RNG_DELAYS, RNG_FAULTS, RNG_CLOCK };

/* A sync that sync_start() began. */
struct sim_sync {
        struct sim_node *node;
        struct sim_event end;
        struct file *file; /* +1 */
        int64_t size;      /* the bytes that were there when it began: those it covers */
        uint64_t token;
        struct sim_sync *prev, *next;
};

static struct sim_node *node_of(struct world *w)
{
        return (struct sim_node *)(void *)w;
}

static struct sim_node *host_node(struct sim_host *host)
{
        return (struct sim_node *)(void *)((char *)host - offsetof(struct sim_node, host));
}

/* What the process still asks for has no effect: it has met its crash point, or is being killed. */
static bool is_dead(const struct sim_node *node)
{
        return sim_disk_has_crashed(node->files.disk);
}

/* --- clocks --- */

static int64_t local_ns(const struct sim_clock *clock, int64_t virtual_ns)
{
        int64_t passed_ns = virtual_ns - clock->since_ns;
        return clock->base_ns + passed_ns + passed_ns / 1000000 * clock->drift_ppm;
}

/* The virtual time at which the local clock shows `due_ns`. Each round leaves at most half of the
 * error, as the drift is below one half. */
static int64_t virtual_ns(const struct sim_clock *clock, int64_t now_ns, int64_t due_ns)
{
        int64_t at = now_ns, error = due_ns - local_ns(clock, at);
        for (int round = 0; round < 64 && error != 0; round++) {
                at += error;
                error = due_ns - local_ns(clock, at);
        }
        return error > 0 ? at + 2 * error : at;
}

int64_t sim_node_mono_ms(const struct sim_node *node)
{
        return local_ns(&node->clock, node->scheduler->now_ns) / SIM_NS_PER_MS;
}

int64_t sim_node_wall_ms(const struct sim_node *node)
{
        return sim_node_mono_ms(node) + node->clock.wall_offset_ms;
}

void sim_node_jump_clock(struct sim_node *node, int64_t jump_ms)
{
        sim_trace(node->trace, node->config.id, CLOCK, NULL, jump_ms, node->clock.drift_ppm);
        node->clock.wall_offset_ms += jump_ms;
}

/* --- the actor's turns --- */

static void end_process(struct sim_node *node, bool clean, const struct sim_survival *power_cut);

static void trace_crash(struct sim_node *node)
{
        sim_trace(node->trace, node->config.id, DISK_CRASH, NULL,
                  sim_disk_operations(node->files.disk));
}

/* Ends each turn. False: the node has crashed in it. */
static bool survived(struct sim_node *node)
{
        node->in_actor = false;
        if (!is_dead(node))
                return true;
        trace_crash(node);
        end_process(node, false, node->crash_cuts_power ? &node->crash_survival : NULL);
        return false;
}

static void set_timer(struct sim_node *node, int64_t due_ms)
{
        if (due_ms == INT64_MAX) {
                sim_cancel(node->scheduler, &node->timer);
                return;
        }
        int64_t now_ns = node->scheduler->now_ns, now_ms = sim_node_mono_ms(node);
        if (due_ms > now_ms + TIMER_MAX_MS)
                due_ms = now_ms + TIMER_MAX_MS;
        int64_t at_ns = now_ns + TIMER_MIN_NS;
        if (due_ms > now_ms)
                at_ns = virtual_ns(&node->clock, now_ns, due_ms * SIM_NS_PER_MS);
        sim_schedule_at(node->scheduler, &node->timer, at_ns);
}

static void finish_stop(struct sim_node *node)
{
        bool starts_again = node->starts_again;
        end_process(node, true, NULL);
        if (starts_again)
                sim_schedule_after(node->scheduler, &node->stop_deadline, 0);
}

static void begin_turn(struct sim_node *node)
{
        node->in_actor = true;
        node->turns++;
}

static void run_timers(struct sim_node *node)
{
        begin_turn(node);
        int64_t due_ms = node->actor->run_timers(node->actor);
        if (!survived(node))
                return;
        set_timer(node, due_ms);
        if (sim_is_scheduled(&node->stop_deadline) && node->config.may_stop(node))
                finish_stop(node);
}

static void on_stop_deadline(void *context)
{
        struct sim_node *node = context;
        if (!node->actor)
                sim_node_boot(node); /* it has stopped, and starts again */
        else if (node->host.paused)
                sim_schedule_after(node->scheduler, &node->stop_deadline, SIM_NS_PER_S);
        else
                finish_stop(node);
}

static void on_timer(void *context)
{
        struct sim_node *node = context;
        if (node->host.paused)
                return;
        sim_trace(node->trace, node->config.id, TIMERS, NULL, 0);
        run_timers(node);
}

static void on_open(struct sim_host *host, int64_t stream, const char *peer)
{
        struct sim_node *node = host_node(host);
        sim_trace(node->trace, host->id, OPEN, peer, stream);
        begin_turn(node);
        node->actor->on_open(node->actor, stream, peer);
        survived(node);
}

static void on_frame(struct sim_host *host, struct frame *frame, int16_t api)
{
        struct sim_node *node = host_node(host);
        node->trace->frame = frame->bytes;
        sim_trace(node->trace, host->id, FRAME, NULL, frame->stream, (int64_t)frame->bytes.size,
                  api, (int64_t)sim_trace_sum(frame->bytes.data, frame->bytes.size));
        node->trace->frame = (struct span){0};
        begin_turn(node);
        node->actor->on_frame(node->actor, frame);
        survived(node);
}

static void on_close(struct sim_host *host, int64_t stream, enum kerr why)
{
        struct sim_node *node = host_node(host);
        sim_trace(node->trace, host->id, CLOSE, NULL, stream, why);
        begin_turn(node);
        node->actor->on_close(node->actor, stream, why);
        survived(node);
}

static void on_burst_end(struct sim_host *host)
{
        run_timers(host_node(host));
}

static const struct sim_host_hooks hooks = {on_open, on_frame, on_close, on_burst_end};

/* --- syncs that take their time --- */

static void free_sync(struct sim_sync *sync)
{
        DL_DELETE(sync->node->syncs, sync);
        sim_cancel(sync->node->scheduler, &sync->end);
        sim_disk_close(sync->file);
        free(sync);
}

static void on_sync_end(void *context)
{
        struct sim_sync *sync = context;
        struct sim_node *node = sync->node;
        if (node->host.paused)
                return;
        uint64_t token = sync->token;
        enum kerr result = sim_disk_sync_until(node->files.disk, sync->file, sync->size);
        free_sync(sync);
        if (!survived(node))
                return;
        sim_trace(node->trace, node->config.id, SYNCED, NULL, (int64_t)token, result);
        begin_turn(node);
        node->actor->on_synced(node->actor, token, result);
        if (survived(node))
                run_timers(node);
}

static void sync_start(struct world *w, struct file *file, uint64_t token)
{
        struct sim_node *node = node_of(w);
        if (is_dead(node))
                return;
        struct sim_sync *sync = calloc(1, sizeof *sync);
        if (!sync)
                abort();
        *sync = (struct sim_sync){.node = node,
                                  .end = {.run = on_sync_end, .context = sync},
                                  .file = file,
                                  .size = sim_disk_size(file),
                                  .token = token};
        sim_disk_retain(file);
        DL_APPEND(node->syncs, sync);
        sim_schedule_after(node->scheduler, &sync->end,
                           rng_between(&node->delays, SYNC_MIN_NS, SYNC_MAX_NS));
}

/* --- the rest of struct world --- */

static int64_t wall_ms(struct world *w)
{
        return sim_node_wall_ms(node_of(w));
}

static int64_t mono_ms(struct world *w)
{
        return sim_node_mono_ms(node_of(w));
}

static uint64_t random_u64(struct world *w)
{
        return rng_u64(&node_of(w)->random);
}

static enum kerr dial(struct world *w, const char *host, int32_t port, int64_t *stream)
{
        struct sim_node *node = node_of(w);
        if (is_dead(node))
                return KERR_CONNECTION_FAILED;
        return sim_network_dial(node->network, &node->host, host, port, stream);
}

/* The packet's bytes in one piece, extents read in. */
static struct buffer flatten(struct sim_node *node, struct packet *p)
{
        struct buffer bytes = {0};
        if (p->insert_count == 0) {
                bytes = p->memory;
                p->memory = (struct buffer){0};
                return bytes;
        }
        buffer_reserve(&bytes, (size_t)packet_size(p));
        size_t from = 0;
        for (int32_t i = 0; i < p->insert_count; i++) {
                const struct packet_insert *insert = &p->inserts[i];
                size_t length = (size_t)insert->extent.length, got;
                buffer_append(&bytes, p->memory.data + from, insert->at - from);
                from = insert->at;
                sim_disk_read(node->files.disk, insert->extent.file, insert->extent.position,
                              buffer_reserve(&bytes, length), length, &got);
                assert(got == length); /* an extent names bytes that are there */
                bytes.size += length;
        }
        buffer_append(&bytes, p->memory.data + from, p->memory.size - from);
        return bytes;
}

static void send(struct world *w, int64_t stream, struct packet *p)
{
        struct sim_node *node = node_of(w);
        if (!is_dead(node)) {
                sim_trace(node->trace, node->config.id, SEND, NULL, stream, packet_size(p));
                struct buffer bytes = flatten(node, p);
                sim_network_send(node->network, &node->host, stream, &bytes);
        }
        packet_free(p);
}

static void hang_up(struct world *w, int64_t stream)
{
        struct sim_node *node = node_of(w);
        if (!is_dead(node))
                sim_network_hang_up(node->network, &node->host, stream);
}

static void release(struct world *w, struct frame *frame)
{
        struct sim_node *node = node_of(w);
        sim_network_release(node->network, &node->host, frame);
}

static void write_log(struct world *w, enum world_log level, const char *text)
{
        struct sim_node *node = node_of(w);
        if (!is_dead(node))
                sim_trace(node->trace, node->config.id, LOG, text, level);
}

/* --- lives and deaths --- */

/* The id of the machine and how often its power was cut: the same over a kill and a restart. */
static void set_machine_boot(struct sim_node *node)
{
        uint8_t *bytes = node->files.world.machine_boot.bytes;
        store_be32(bytes, (uint32_t)node->config.id);
        store_be32(bytes + 4, (uint32_t)node->power_cuts + 1);
}

struct sim_node *sim_node_new(const struct sim_node_config *config, struct sim_scheduler *scheduler,
                              struct sim_trace *trace, struct sim_network *network, struct rng rng)
{
        struct sim_node *node = calloc(1, sizeof *node);
        if (!node)
                abort();
        node->config = *config;
        node->scheduler = scheduler;
        node->trace = trace;
        node->network = network;
        node->random = rng_fork(&rng, RNG_RANDOM);
        node->delays = rng_fork(&rng, RNG_DELAYS);
        node->faults = rng_fork(&rng, RNG_FAULTS);
        node->timer = (struct sim_event){.run = on_timer, .context = node};
        node->stop_deadline = (struct sim_event){.run = on_stop_deadline, .context = node};

        struct rng draw = rng_fork(&rng, RNG_CLOCK);
        int64_t mono_start_ms = rng_between(&draw, 0, 1000000000);
        node->clock = (struct sim_clock){
                .since_ns = scheduler->now_ns,
                .base_ns = mono_start_ms * SIM_NS_PER_MS,
                .wall_offset_ms = WALL_START_MS + scheduler->now_ns / SIM_NS_PER_MS -
                                  mono_start_ms + rng_between(&draw, -20, 20),
        };

        sim_disk_world_init(&node->files, sim_disk_new());
        struct world *w = &node->files.world;
        w->zoo = config->zoo;
        set_machine_boot(node);
        w->wall_ms = wall_ms;
        w->mono_ms = mono_ms;
        w->random_u64 = random_u64;
        w->sync_start = sync_start;
        w->dial = dial;
        w->send = send;
        w->hang_up = hang_up;
        w->release = release;
        w->log = write_log;

        node->host.id = config->id;
        node->host.name = config->name;
        node->host.port = config->port;
        node->host.hooks = &hooks;
        sim_network_add(network, &node->host);
        return node;
}

void sim_node_free(struct sim_node *node)
{
        assert(!node->actor);
        sim_disk_free(node->files.disk);
        free(node);
}

/* The process ends. power_cut: its machine loses power with it, and keeps that much. */
static void end_process(struct sim_node *node, bool clean, const struct sim_survival *power_cut)
{
        assert(!node->in_actor);
        struct sim_disk *disk = node->files.disk;
        if (!clean)
                sim_disk_crash_now(disk);
        if (node->actor) {
                node->in_actor = true;
                node->config.destroy(node, node->actor, clean);
                node->in_actor = false;
                node->actor = NULL;
        }
        if (clean && is_dead(node)) {
                trace_crash(node);
                power_cut = node->crash_cuts_power ? &node->crash_survival : NULL;
        }
        sim_cancel(node->scheduler, &node->timer);
        sim_cancel(node->scheduler, &node->stop_deadline);
        node->starts_again = false;
        while (node->syncs)
                free_sync(node->syncs);
        assert(sim_disk_open_files(disk) == 0); /* destroy() has closed all */
        if (power_cut) {
                struct sim_unsynced stake = sim_disk_unsynced(disk);
                sim_trace(node->trace, node->config.id, AT_STAKE, NULL, stake.writes, stake.names);
                node->power_cuts++;
                set_machine_boot(node);
                sim_host_power_off(node->network, &node->host);
                sim_disk_power_cut(disk, &node->faults, power_cut);
        } else {
                sim_host_down(node->network, &node->host);
                sim_disk_kill(disk);
        }
}

enum kerr sim_node_boot(struct sim_node *node)
{
        assert(!node->actor && !node->in_actor);
        sim_cancel(node->scheduler, &node->stop_deadline);
        node->boots++;
        sim_trace(node->trace, node->config.id, BOOT, NULL, node->boots);
        sim_host_up(node->network, &node->host);
        begin_turn(node);
        enum kerr err = node->config.boot(node, &node->actor);
        if (err)
                node->actor = NULL;
        if (!survived(node))
                return KERR_IO;
        if (!err) {
                sim_schedule_after(node->scheduler, &node->timer, 0);
                return KERR_NONE;
        }
        sim_trace(node->trace, node->config.id, BOOT_FAILED, NULL, err);
        end_process(node, false, NULL);
        return err;
}

void sim_node_start(struct sim_node *node)
{
        if (!node->actor)
                sim_node_boot(node);
        else if (sim_is_scheduled(&node->stop_deadline))
                node->starts_again = true;
}

void sim_node_stop(struct sim_node *node)
{
        if (!node->actor || sim_is_scheduled(&node->stop_deadline))
                return;
        sim_trace(node->trace, node->config.id, STOP, NULL, 0);
        if (!node->config.begin_stop) {
                end_process(node, true, NULL);
                return;
        }
        sim_schedule_after(node->scheduler, &node->stop_deadline, STOP_MAX_NS);
        begin_turn(node);
        node->config.begin_stop(node);
        if (survived(node) && !node->host.paused)
                sim_schedule_after(node->scheduler, &node->timer, 0);
}

void sim_node_kill(struct sim_node *node)
{
        if (!node->actor)
                return;
        sim_trace(node->trace, node->config.id, KILL, NULL, 0);
        end_process(node, false, NULL);
}

void sim_node_power_cut(struct sim_node *node, const struct sim_survival *survival)
{
        sim_trace(node->trace, node->config.id, POWER_CUT, NULL, 0);
        end_process(node, false, survival);
}

void sim_node_wipe(struct sim_node *node)
{
        sim_trace(node->trace, node->config.id, WIPE, NULL, 0);
        end_process(node, false, &(struct sim_survival){0});
        sim_disk_wipe(node->files.disk);
}

void sim_node_pause(struct sim_node *node)
{
        if (!node->actor || node->host.paused)
                return;
        sim_trace(node->trace, node->config.id, PAUSE, NULL, 0);
        sim_host_pause(node->network, &node->host, true);
}

void sim_node_resume(struct sim_node *node)
{
        if (!node->host.paused)
                return;
        sim_trace(node->trace, node->config.id, RESUME, NULL, 0);
        sim_host_pause(node->network, &node->host, false);
        struct sim_sync *sync;
        DL_FOREACH (node->syncs, sync)
                if (!sim_is_scheduled(&sync->end))
                        sim_schedule_after(node->scheduler, &sync->end, 0);
        if (!sim_is_scheduled(&node->timer))
                sim_schedule_after(node->scheduler, &node->timer, 0);
}

void sim_node_crash_at(struct sim_node *node, int64_t n, const struct sim_survival *survival)
{
        node->crash_cuts_power = survival != NULL;
        node->crash_survival = survival ? *survival : (struct sim_survival){0};
        sim_disk_crash_at(node->files.disk, n);
}

void sim_node_drift_clock(struct sim_node *node, int64_t drift_ppm)
{
        assert(drift_ppm > -500000 && drift_ppm < 500000);
        sim_trace(node->trace, node->config.id, CLOCK, NULL, 0, drift_ppm);
        int64_t now_ns = node->scheduler->now_ns;
        node->clock.base_ns = local_ns(&node->clock, now_ns);
        node->clock.since_ns = now_ns;
        node->clock.drift_ppm = drift_ppm;
        /* The timer was set by the old pace. */
        if (node->actor)
                sim_schedule_after(node->scheduler, &node->timer, 0);
}

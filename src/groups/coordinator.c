#include "groups/coordinator.h"

#include "groups/group_log.h"
#include "wire/coordinator_partition.h"

/* So much of a log is replayed between two looks at what else there is to do. */
enum { LOAD_BYTES = 1 << 20, LOAD_PAUSE_MS = 1 };

static void *allocate(size_t size)
{
        void *memory = calloc(1, size);
        if (!memory)
                abort();
        return memory;
}

struct group_coordinator *group_coordinator_new(const struct group_coordinator_config *config)
{
        struct group_coordinator *c = allocate(sizeof *c);
        c->config = *config;
        if (config->load_bytes == 0)
                c->config.load_bytes = LOAD_BYTES;
        c->next_expiry_ms = group_now_ms(c) + config->retention_check_ms;
        return c;
}

void group_coordinator_set_partitions(struct group_coordinator *c, int32_t partitions)
{
        c->config.partitions = partitions;
}

/* --- groups --- */

enum kerr group_partition_find(const struct group_coordinator *c, struct str group_id,
                               struct group_partition **p)
{
        if (c->config.partitions <= 0)
                return KERR_NOT_COORDINATOR;
        int32_t number = coordinator_partition(group_id, c->config.partitions);
        *p = number < c->partition_count ? c->partitions[number] : NULL;
        if (!*p || (*p)->log.has_failed)
                return KERR_NOT_COORDINATOR;
        return (*p)->is_loaded ? KERR_NONE : KERR_COORDINATOR_LOAD_IN_PROGRESS;
}

struct group *group_partition_group(const struct group_partition *p, struct str group_id)
{
        struct group *g;
        HASH_FIND(hh, p->groups, group_id.data, (unsigned)group_id.size, g);
        return g;
}

struct group *group_partition_make_group(struct group_partition *p, struct str group_id)
{
        struct group *g = group_partition_group(p, group_id);
        if (g)
                return g;
        g = group_new(p, group_id);
        HASH_ADD_KEYPTR(hh, p->groups, g->id.data, (unsigned)g->id.size, g);
        return g;
}

void group_drop(struct group *g, enum kerr err)
{
        group_drop_members(g, err);
        HASH_DEL(g->home->groups, g);
        group_free(g);
}

void group_drop_if_blank(struct group *g)
{
        if (group_is_blank(g))
                group_drop(g, KERR_UNKNOWN_MEMBER_ID);
}

/* --- leading --- */

static void drop_groups(struct group_partition *p)
{
        while (p->groups)
                group_drop(p->groups, KERR_NOT_COORDINATOR);
}

void group_coordinator_lead(struct group_coordinator *c, int32_t partition, struct replica *replica)
{
        group_coordinator_resign(c, partition);
        if (partition >= c->partition_count) {
                size_t count = (size_t)partition + 1;
                c->partitions = realloc(c->partitions, count * sizeof(struct group_partition *));
                if (!c->partitions)
                        abort();
                while (c->partition_count <= partition)
                        c->partitions[c->partition_count++] = NULL;
        }
        struct group_partition *p = allocate(sizeof *p);
        p->coordinator = c;
        p->number = partition;
        c->partitions[partition] = p;
        state_log_begin(&p->log, replica,
                        &(struct state_log_events){.on_record = group_log_on_record,
                                                   .on_marker = group_log_on_marker,
                                                   .context = p});
}

void group_coordinator_resign(struct group_coordinator *c, int32_t partition)
{
        struct group_partition *p = partition < c->partition_count ? c->partitions[partition] : 0;
        if (!p)
                return;
        c->partitions[partition] = NULL;
        state_log_end(&p->log);
        drop_groups(p);
        free(p);
}

void group_call_forget(struct group_call *call)
{
        struct parked *at = call->state;
        if (at)
                at->call = NULL;
        call->state = NULL;
}

/* Members that wait must not be told anything. */
static void silence(struct group_partition *p)
{
        for (struct group *g = p->groups; g; g = g->hh.next) {
                for (struct member *m = g->members; m; m = m->hh.next)
                        m->join.call = m->sync.call = NULL;
        }
}

void group_coordinator_free(struct group_coordinator *c)
{
        c->is_closing = true;
        for (int32_t i = 0; i < c->partition_count; i++) {
                if (c->partitions[i])
                        silence(c->partitions[i]);
                group_coordinator_resign(c, i);
        }
        heap_deinit(&c->timers.heap);
        free(c->partitions);
        free(c);
}

/* --- transactions --- */

void groups_complete_txn(struct group_coordinator *c, int32_t partition, int64_t producer_id,
                         bool commit)
{
        struct group_partition *p = partition < c->partition_count ? c->partitions[partition] : 0;
        struct group *g, *next;
        if (!p)
                return;
        if (!p->is_loaded) { /* what it decides is not known yet: it is replayed in its turn */
                p->log.load_end = partition_log_end(p->log.replica->log);
                return;
        }
        group_log_on_marker(p, producer_id, commit);
        HASH_ITER (hh, p->groups, g, next)
                group_drop_if_blank(g);
}

/* --- time --- */

static void loaded(struct group_partition *p)
{
        struct group *g, *next;
        p->is_loaded = true;
        HASH_ITER (hh, p->groups, g, next) {
                group_resume(g);
                group_drop_if_blank(g);
        }
        if (HASH_COUNT(p->groups) > 0)
                world_log(p->coordinator->config.world, WORLD_INFO,
                          "__consumer_offsets-%d: coordinates %u groups, in leader epoch %d",
                          p->number, HASH_COUNT(p->groups), p->log.leader_epoch);
}

/* False while there is more to load. */
static bool run_partition(struct group_partition *p)
{
        if (!p->log.has_failed && !p->is_loaded &&
            state_log_load(&p->log, p->coordinator->config.load_bytes))
                loaded(p);
        state_log_run(&p->log);
        if (p->log.has_failed)
                drop_groups(p);
        return p->is_loaded || p->log.has_failed;
}

int64_t group_coordinator_run(struct group_coordinator *c)
{
        int64_t now_ms = group_now_ms(c);
        bool idle = true;
        for (int32_t i = 0; i < c->partition_count; i++) {
                if (c->partitions[i] && !run_partition(c->partitions[i]))
                        idle = false;
        }
        if (now_ms >= c->next_expiry_ms) {
                c->next_expiry_ms = now_ms + c->config.retention_check_ms;
                for (int32_t i = 0; i < c->partition_count; i++) {
                        if (c->partitions[i] && c->partitions[i]->is_loaded)
                                groups_expire(c->partitions[i]);
                }
        }
        int64_t next_ms = timers_run(&c->timers, now_ms);
        if (next_ms > c->next_expiry_ms)
                next_ms = c->next_expiry_ms;
        /* The broker has other work. */
        return idle || next_ms < now_ms + LOAD_PAUSE_MS ? next_ms : now_ms + LOAD_PAUSE_MS;
}

#include "sim/cluster.h"

#include "broker/broker.h"
#include "sim/log_check.h"
#include "sim/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { BROKER_PORT = 9092 };

/* One log of one broker, as last seen. */
struct watched {
        bool is_open, is_offline;
        int64_t start, recovery_point, end;
        int64_t synced_to; /* I9: when power was last cut, all below had been synced; -1: never */
};

struct member {
        struct cluster *cluster;
        struct sim_node *node;
        struct config config;
        struct broker *broker; /* NULL: not running */
        char name[20];
        struct watched *logs; /* by partition of the history */

        bool had_power;     /* when it was last looked at */
        int32_t boots_seen; /* the same */
        bool was_wiped;     /* since its power was last cut */
        bool is_hurt;       /* see cluster_hurt_disk() */
        bool has_dropped;   /* see cluster_drop_syncs() */
};

struct cluster {
        struct sim *sim;
        const struct scenario *scenario;
        struct history *history;
        struct verdict *verdict;
        struct member *members;
        int32_t count;
};

static void note(const struct member *m, enum note code, int64_t b, int64_t c, int64_t d)
{
        sim_trace(&m->cluster->sim->trace, m->node->config.id, NOTE, NULL, code, b, c, d);
}

static bool is_promised(const struct member *m)
{
        return !m->cluster->history->nothing_promised;
}

/* --- the process of a broker --- */

static enum kerr boot(struct sim_node *node, struct actor **actor)
{
        struct member *m = node->config.owner;
        if (m->has_dropped)
                m->cluster->history->nothing_promised = true;
        enum kerr err = broker_open(&node->files.world, &m->config, BROKER_PORT, &m->broker);
        if (err)
                return err;
        *actor = broker_actor(m->broker);
        return KERR_NONE;
}

static struct watched *find_watched(struct member *m, const char *topic, int32_t partition)
{
        int32_t i = history_find_partition(m->cluster->history, topic, partition);
        return i < 0 ? NULL : &m->logs[i];
}

static void see_last(void *context, const char *topic, int32_t partition, struct partition_log *log)
{
        struct watched *seen = find_watched(context, topic, partition);
        if (!seen)
                return;
        seen->start = partition_log_start(log);
        seen->recovery_point = partition_log_recovery_point(log);
        seen->end = partition_log_end(log);
        seen->is_offline = partition_log_is_offline(log);
}

static void destroy(struct sim_node *node, struct actor *actor, bool clean)
{
        struct member *m = node->config.owner;
        (void)actor;
        broker_each_log(m->broker, see_last, m);
        bool is_synced = clean && !broker_close(m->broker);
        if (!clean)
                broker_abandon(m->broker);
        for (int32_t i = 0; i < m->cluster->history->partition_count; i++) {
                if (is_synced && m->logs[i].is_open)
                        m->logs[i].recovery_point = m->logs[i].end;
                m->logs[i].is_open = false;
        }
        m->broker = NULL;
}

/* --- making and unmaking --- */

static void configure(struct member *m, const struct scenario *s, int32_t id)
{
        char text[64];
        snprintf(text, sizeof text, "%" PRId32, id);
        config_set(&m->config, CONFIG_NODE_ID, str_of(text), NULL, 0);
        snprintf(text, sizeof text, "PLAINTEXT://%s:%d", m->name, BROKER_PORT);
        config_set(&m->config, CONFIG_LISTENERS, str_of(text), NULL, 0);
        config_set(&m->config, CONFIG_LOG_DIRS, str_of("/data"), NULL, 0);
        config_set(&m->config, CONFIG_AUTO_CREATE_TOPICS, str_of("false"), NULL, 0);
        for (int32_t i = 0; i < s->brokers.setting_count; i++) {
                const struct setting *setting = &s->settings[s->brokers.first_setting + i];
                config_set(&m->config, config_find(str_of(setting->key)), str_of(setting->value),
                           NULL, 0);
        }
}

struct cluster *cluster_new(struct sim *sim, const struct scenario *scenario,
                            struct history *history, struct verdict *verdict, struct zoo zoo)
{
        struct cluster *c = calloc(1, sizeof *c);
        if (!c)
                abort();
        *c = (struct cluster){sim, scenario, history, verdict, NULL, 0};
        c->count = (int32_t)scenario->brokers.count;
        c->members = calloc((size_t)c->count, sizeof *c->members);
        if (!c->members)
                abort();
        for (int32_t i = 0; i < c->count; i++) {
                struct member *m = &c->members[i];
                m->cluster = c;
                m->had_power = true;
                snprintf(m->name, sizeof m->name, "broker%" PRId32, i + 1);
                configure(m, scenario, i + 1);
                m->logs = calloc((size_t)history->partition_count + 1, sizeof *m->logs);
                if (!m->logs)
                        abort();
                for (int32_t k = 0; k < history->partition_count; k++)
                        m->logs[k].synced_to = -1;
                m->node = sim_add_node(sim, &(struct sim_node_config){.id = i + 1,
                                                                      .name = m->name,
                                                                      .port = BROKER_PORT,
                                                                      .zoo = zoo,
                                                                      .owner = m,
                                                                      .boot = boot,
                                                                      .destroy = destroy});
        }
        return c;
}

void cluster_free(struct cluster *c)
{
        for (int32_t i = 0; i < c->count; i++) {
                config_deinit(&c->members[i].config);
                free(c->members[i].logs);
        }
        free(c->members);
        free(c);
}

int32_t cluster_size(const struct cluster *c)
{
        return c->count;
}

struct sim_node *cluster_node(const struct cluster *c, int32_t broker_id)
{
        return c->members[broker_id - 1].node;
}

int64_t cluster_log_end(const struct cluster *c, int32_t broker_id, int32_t partition)
{
        return c->members[broker_id - 1].logs[partition].end;
}

/* --- what happens to them --- */

void cluster_start(struct cluster *c, int32_t broker_id)
{
        struct sim_node *node = c->members[broker_id - 1].node;
        if (!sim_node_is_running(node))
                sim_node_boot(node);
}

void cluster_wipe(struct cluster *c, int32_t broker_id)
{
        struct member *m = &c->members[broker_id - 1];
        m->was_wiped = true;
        sim_node_wipe(m->node);
        m->boots_seen = -1; /* counts as a cut even when the power was off already */
}

void cluster_hurt_disk(struct cluster *c, int32_t broker_id)
{
        c->members[broker_id - 1].is_hurt = true;
}

void cluster_drop_syncs(struct cluster *c, int32_t broker_id)
{
        c->members[broker_id - 1].is_hurt = true;
        c->members[broker_id - 1].has_dropped = true;
}

static void heal(struct member *m)
{
        struct sim_disk *disk = m->node->files.disk;
        struct sim_survival any;
        sim_survival_find("any", &any);
        sim_disk_set_capacity(disk, INT64_MAX);
        sim_disk_kill(disk); /* failures that were asked for and have not come */
        sim_node_resume(m->node);
        if (m->node->clock.drift_ppm != 0)
                sim_node_drift_clock(m->node, 0);
        if (m->has_dropped)
                sim_node_power_cut(m->node, &any);
        else if (m->is_hurt)
                sim_node_stop(m->node);
        cluster_observe(m->cluster);
        if (!sim_node_is_running(m->node))
                sim_node_boot(m->node);
}

void cluster_heal(struct cluster *c)
{
        for (int32_t i = 0; i < c->count; i++)
                heal(&c->members[i]);
}

/* --- looking at them --- */

/* The power was cut since the last look: then unsynced bytes are gone. */
static void note_power_cut(struct member *m)
{
        struct cluster *c = m->cluster;
        bool has_power = m->node->host.powered;
        bool was_cut = !has_power && (m->had_power || m->boots_seen != m->node->boots);
        m->had_power = has_power;
        m->boots_seen = m->node->boots;
        if (!was_cut)
                return;
        m->has_dropped = false;
        for (int32_t i = 0; i < c->history->partition_count; i++) {
                struct watched *seen = &m->logs[i];
                seen->synced_to = m->was_wiped ? 0 : seen->recovery_point;
                history_add_cut(c->history, &(struct history_cut){.time_ns = sim_now_ns(c->sim),
                                                                  .partition = i,
                                                                  .synced_to = seen->synced_to,
                                                                  .wiped = m->was_wiped});
        }
        m->was_wiped = false;
}

static void check_log(struct member *m, int32_t partition, struct partition_log *log,
                      const char *when)
{
        char why[LOG_CHECK_BYTES];
        if (!partition_log_is_offline(log) && !log_check(&m->node->files.world, log, why))
                verdict_add(m->cluster->verdict, ANOMALY_MALFORMED_LOG, is_promised(m),
                            "%s %s (%.3f s): %s", m->cluster->history->partitions[partition].name,
                            when, (double)sim_now_ns(m->cluster->sim) / 1e9, why);
}

static void see_opened(struct member *m, int32_t partition, struct watched *seen,
                       struct partition_log *log)
{
        const struct history_partition *p = &m->cluster->history->partitions[partition];
        int64_t end = partition_log_end(log);
        note(m, NOTE_OPENED, partition, end, seen->end);
        check_log(m, partition, log, "after its recovery");
        if (seen->synced_to > end && !p->deleted)
                verdict_add(m->cluster->verdict, ANOMALY_SYNCED_LOST, is_promised(m),
                            "%s ends at offset %" PRId64 " after a power cut (%.3f s), all below "
                            "%" PRId64 " had been synced",
                            p->name, end, (double)sim_now_ns(m->cluster->sim) / 1e9,
                            seen->synced_to);
        *seen = (struct watched){.is_open = true,
                                 .start = partition_log_start(log),
                                 .recovery_point = partition_log_recovery_point(log),
                                 .end = end,
                                 .synced_to = -1};
}

static void see_log(void *context, const char *topic, int32_t index, struct partition_log *log)
{
        struct member *m = context;
        int32_t partition = history_find_partition(m->cluster->history, topic, index);
        if (partition < 0)
                return;
        struct watched *seen = &m->logs[partition];
        if (!seen->is_open)
                see_opened(m, partition, seen, log);
        struct watched now = {.is_open = true,
                              .is_offline = partition_log_is_offline(log),
                              .start = partition_log_start(log),
                              .recovery_point = partition_log_recovery_point(log),
                              .end = partition_log_end(log),
                              .synced_to = -1};
        if (now.end > seen->end)
                note(m, NOTE_APPENDED, partition, seen->end, now.end - 1);
        if (now.recovery_point > seen->recovery_point)
                note(m, NOTE_SYNCED, partition, now.recovery_point, 0);
        if (now.start > seen->start)
                note(m, NOTE_STARTS, partition, now.start, 0);
        if (now.is_offline && !seen->is_offline)
                note(m, NOTE_OFFLINE, partition, 0, 0);
        if (now.start > now.end || now.recovery_point > now.end)
                verdict_add(m->cluster->verdict, ANOMALY_MARKS_DISORDERED, is_promised(m),
                            "%s starts at %" PRId64 ", is synced up to %" PRId64
                            " and ends at %" PRId64,
                            m->cluster->history->partitions[partition].name, now.start,
                            now.recovery_point, now.end);
        *seen = now;
}

void cluster_observe(struct cluster *c)
{
        for (int32_t i = 0; i < c->count; i++) {
                struct member *m = &c->members[i];
                note_power_cut(m);
                if (m->broker && sim_node_is_running(m->node))
                        broker_each_log(m->broker, see_log, m);
        }
}

static void check_at_end(void *context, const char *topic, int32_t index, struct partition_log *log)
{
        struct member *m = context;
        int32_t partition = history_find_partition(m->cluster->history, topic, index);
        if (partition >= 0)
                check_log(m, partition, log, "at the end");
}

void cluster_check_end(struct cluster *c)
{
        for (int32_t i = 0; i < c->count; i++) {
                struct member *m = &c->members[i];
                if (m->broker)
                        broker_each_log(m->broker, check_at_end, m);
                else
                        verdict_add(c->verdict, ANOMALY_STUCK, is_promised(m),
                                    "broker %" PRId32 " does not start", i + 1);
        }
}

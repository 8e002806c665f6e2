#include "sim/cluster.h"

#include "sim/cluster_parts.h"
#include "sim/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { BROKER_PORT = 9092, VOTERS_BYTES = 200 };

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

static void destroy(struct sim_node *node, struct actor *actor, bool clean)
{
        struct member *m = node->config.owner;
        (void)actor;
        watch_before_end(m);
        bool is_synced = clean && !broker_close(m->broker);
        if (!clean)
                broker_abandon(m->broker);
        m->broker = NULL;
        watch_after_end(m, is_synced);
}

static void begin_stop(struct sim_node *node)
{
        const struct member *m = node->config.owner;
        broker_begin_stop(m->broker);
}

static bool may_stop(const struct sim_node *node)
{
        const struct member *m = node->config.owner;
        return broker_may_close(m->broker);
}

/* --- making and unmaking --- */

static void set(struct member *m, enum config_id id, const char *value)
{
        config_set(&m->config, id, str_of(value), NULL, 0);
}

/* "1@broker1:9092,2@broker2:9092". */
static void set_voters(struct member *m, const struct scenario *s)
{
        char text[VOTERS_BYTES] = "";
        bool own = s->controllers.count > 0;
        int32_t count = own ? (int32_t)s->controllers.count : scenario_voting_brokers(s);
        for (int32_t i = 0, size = 0; i < count; i++)
                size += snprintf(text + size, sizeof text - (size_t)size,
                                 "%s%" PRId32 "@%s%" PRId32 ":%d", i > 0 ? "," : "",
                                 i + (own ? SCENARIO_CONTROLLER_ID : 1),
                                 own ? "controller" : "broker", i + 1, BROKER_PORT);
        set(m, CONFIG_QUORUM_VOTERS, text);
}

static void configure(struct member *m, const struct scenario *s, int32_t id)
{
        char text[64];
        settings_of_brokers(s, &m->config);
        snprintf(text, sizeof text, "%" PRId32, id);
        set(m, CONFIG_NODE_ID, text);
        snprintf(text, sizeof text, "PLAINTEXT://%s:%d", m->name, BROKER_PORT);
        set(m, CONFIG_LISTENERS, text);
        set(m, CONFIG_PROCESS_ROLES,
            id >= SCENARIO_CONTROLLER_ID       ? "controller"
            : id <= scenario_voting_brokers(s) ? "broker,controller"
                                               : "broker");
        set_voters(m, s);
}

static void *allocate(int64_t count, size_t item_bytes)
{
        void *items = calloc((size_t)count + 1, item_bytes);
        if (!items)
                abort();
        return items;
}

static void add_member(struct cluster *c, int32_t id, struct zoo zoo)
{
        struct member *m = &c->members[c->count++];
        bool is_broker = id < SCENARIO_CONTROLLER_ID;
        m->cluster = c;
        m->had_power = true;
        snprintf(m->name, sizeof m->name, "%s%" PRId32, is_broker ? "broker" : "controller",
                 is_broker ? id : id - SCENARIO_CONTROLLER_ID + 1);
        configure(m, c->scenario, id);
        m->logs = allocate(c->history->partition_count, sizeof *m->logs);
        m->order = allocate(c->history->partition_count, sizeof *m->order);
        for (int32_t i = 0; i < c->history->partition_count; i++)
                m->logs[i] = (struct watched){.synced_to = -1, .leader = -1};
        m->node = sim_add_node(c->sim, &(struct sim_node_config){.id = id,
                                                                 .name = m->name,
                                                                 .port = BROKER_PORT,
                                                                 .zoo = zoo,
                                                                 .owner = m,
                                                                 .boot = boot,
                                                                 .destroy = destroy,
                                                                 .begin_stop = begin_stop,
                                                                 .may_stop = may_stop});
}

struct cluster *cluster_new(struct sim *sim, const struct scenario *scenario,
                            struct history *history, struct verdict *verdict, struct zoo zoo)
{
        struct cluster *c = allocate(1, sizeof *c);
        *c = (struct cluster){.sim = sim,
                              .scenario = scenario,
                              .history = history,
                              .verdict = verdict,
                              .broker_count = (int32_t)scenario->brokers.count};
        c->members =
                allocate(scenario->brokers.count + scenario->controllers.count, sizeof *c->members);
        c->moves = allocate(history->partition_count, sizeof *c->moves);
        c->gather = gather_new(sim, history, verdict);
        for (int32_t i = 0; i < scenario->brokers.count; i++)
                add_member(c, i + 1, zoo);
        for (int32_t i = 0; i < scenario->controllers.count; i++)
                add_member(c, SCENARIO_CONTROLLER_ID + i, zoo);
        return c;
}

void cluster_free(struct cluster *c)
{
        for (int32_t i = 0; i < c->count; i++) {
                config_deinit(&c->members[i].config);
                free(c->members[i].logs);
                free(c->members[i].order);
        }
        free(c->members);
        free(c->moves);
        gather_free(c->gather);
        free(c);
}

struct member *cluster_member(const struct cluster *c, int64_t id)
{
        int64_t index = id < SCENARIO_CONTROLLER_ID ? id - 1
                                                    : id - SCENARIO_CONTROLLER_ID + c->broker_count;
        bool is_there =
                id < SCENARIO_CONTROLLER_ID ? id >= 1 && id <= c->broker_count : index < c->count;
        return is_there ? &c->members[index] : NULL;
}

int32_t cluster_size(const struct cluster *c)
{
        return c->count;
}

int32_t cluster_id(const struct cluster *c, int32_t index)
{
        return c->members[index].node->config.id;
}

bool cluster_is_broker(const struct cluster *c, int32_t id)
{
        return id >= 1 && id <= c->broker_count;
}

bool cluster_is_voter(const struct cluster *c, int32_t id)
{
        return id <= scenario_voting_brokers(c->scenario) || id >= SCENARIO_CONTROLLER_ID;
}

struct sim_node *cluster_node(const struct cluster *c, int32_t id)
{
        return cluster_member(c, id)->node;
}

struct broker *cluster_broker(const struct cluster *c, int32_t id)
{
        return cluster_member(c, id)->broker;
}

/* --- what happens to them --- */

void cluster_start(struct cluster *c, int32_t id)
{
        sim_node_start(cluster_node(c, id));
}

void cluster_wipe(struct cluster *c, int32_t id)
{
        struct member *m = cluster_member(c, id);
        m->was_wiped = true;
        sim_node_wipe(m->node);
}

void cluster_hurt_disk(struct cluster *c, int32_t id)
{
        cluster_member(c, id)->is_hurt = true;
}

void cluster_drop_syncs(struct cluster *c, int32_t id)
{
        cluster_member(c, id)->is_hurt = true;
        cluster_member(c, id)->has_dropped = true;
}

void cluster_expect_move(struct cluster *c, int32_t partition)
{
        c->moves[partition] = true;
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
        sim_node_start(m->node);
}

void cluster_heal(struct cluster *c)
{
        for (int32_t i = 0; i < c->count; i++)
                heal(&c->members[i]);
}

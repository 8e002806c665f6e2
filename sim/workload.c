#include "sim/load_client.h"

#include "sim/settings.h"
#include "wire/coordinator_partition.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- making and unmaking --- */

static bool is_in(const char *words, const char *word)
{
        return strstr(words, word) != NULL;
}

static void add_topic(struct workload *w, int32_t index)
{
        const struct statement *topic = &w->scenario->topics[index];
        struct config brokers = {0}, own = {.under = &brokers};
        settings_of_brokers(w->scenario, &brokers);
        settings_add(w->scenario, topic, &own);
        struct log_config config = config_of_log(&own);
        int32_t min_isr = (int32_t)config_number(&own, CONFIG_MIN_INSYNC_REPLICAS);
        bool unclean = config_bool(&own, CONFIG_UNCLEAN_ELECTION);
        bool deletes = is_in(config_string(&own, CONFIG_CLEANUP_POLICY), "delete");
        bool compacts = is_in(config_string(&own, CONFIG_CLEANUP_POLICY), "compact");
        config_deinit(&own);
        config_deinit(&brokers);

        w->first_partitions[index] = w->history->partition_count;
        for (int32_t i = 0; i < topic->partitions; i++) {
                int32_t id = history_add_partition(w->history, topic->name, i);
                struct history_partition *p = &w->history->partitions[id];
                p->replication = (int32_t)topic->replicas;
                p->min_isr = min_isr;
                p->unclean = unclean;
                p->compacts = compacts;
                p->sync_first = config.flush_messages == 1;
                /* Seven days are never over in a run, whatever the clocks do. */
                p->expires = deletes && (config.retention_bytes >= 0 ||
                                         config.retention_ms < INT64_C(7) * 24 * 3600 * 1000);
        }
}

/* One of the topics that brokers make for themselves, once somebody needs it. Returns the index of
 * its first partition. */
static int32_t add_internal_topic(struct workload *w, const struct config *brokers,
                                  const char *name, int64_t partitions, int64_t replicas,
                                  int64_t min_isr)
{
        int32_t first = w->history->partition_count;
        for (int32_t i = 0; i < partitions; i++) {
                int32_t id = history_add_partition(w->history, name, i);
                struct history_partition *p = &w->history->partitions[id];
                p->replication = (int32_t)replicas;
                p->min_isr = (int32_t)min_isr;
                p->sync_first = config_number(brokers, CONFIG_FLUSH_MESSAGES) == 1;
                p->compacts = p->is_internal = true;
        }
        return first;
}

/* The group of a client, which is new when the client is its first member. */
static int32_t find_group(struct workload *w, const struct statement *client, int32_t offsets,
                          int64_t partitions)
{
        int32_t found = history_find_group(w->history, client->group);
        if (found >= 0)
                return found;
        struct history_group group = {
                .topic_first = w->first_partitions[client->topic],
                .topic_partitions = (int32_t)w->scenario->topics[client->topic].partitions,
                .coordinator =
                        offsets + coordinator_partition(str_of(client->group), (int32_t)partitions),
                .policy = (enum commit_policy)client->policy,
                .committed = client->isolation == READ_COMMITTED,
        };
        snprintf(group.name, sizeof group.name, "%s", client->group);
        return history_add_group(w->history, &group);
}

static void join_group(struct workload *w, int32_t index, const struct config *brokers)
{
        const struct statement *client = &w->scenario->clients[index];
        int64_t partitions = settings_number(brokers, "offsets.topic.num.partitions");
        int32_t first = history_find_partition(w->history, "__consumer_offsets", 0);
        if (first < 0)
                first = add_internal_topic(
                        w, brokers, "__consumer_offsets", partitions,
                        settings_number(brokers, "offsets.topic.replication.factor"),
                        config_number(brokers, CONFIG_MIN_INSYNC_REPLICAS));
        w->history->clients[index].group = find_group(w, client, first, partitions);
}

static void claim_id(struct workload *w, int32_t index, const struct config *brokers)
{
        int64_t partitions = settings_number(brokers, "transaction.state.log.num.partitions");
        int32_t first = history_find_partition(w->history, "__transaction_state", 0);
        if (first < 0)
                first = add_internal_topic(
                        w, brokers, "__transaction_state", partitions,
                        settings_number(brokers, "transaction.state.log.replication.factor"),
                        settings_number(brokers, "transaction.state.log.min.isr"));
        const char *id = scenario_transactional_id(&w->scenario->clients[index]);
        w->history->clients[index].coordinator =
                first + coordinator_partition(str_of(id), (int32_t)partitions);
}

/* Groups and transactional ids, and who coordinates them. */
static void add_coordinators(struct workload *w)
{
        struct config brokers = {0};
        settings_of_brokers(w->scenario, &brokers);
        for (int32_t i = 0; i < w->scenario->client_count; i++) {
                if (*w->scenario->clients[i].group)
                        join_group(w, i, &brokers);
                if (*scenario_transactional_id(&w->scenario->clients[i]))
                        claim_id(w, i, &brokers);
        }
        config_deinit(&brokers);
}

static struct load_client *add_client(struct workload *w, enum load_role role, const char *name,
                                      const struct statement *plan)
{
        struct load_client *c = &w->clients[w->client_count];
        c->load = w;
        c->role = role;
        c->plan = plan;
        c->last_first = -1;
        c->txn.id = -1;
        snprintf(c->name, sizeof c->name, "%s", name);
        c->id = history_add_client(w->history, c->name);
        c->node = sim_add_node(w->sim, &(struct sim_node_config){
                                               .id = SCENARIO_CLIENT_ID + w->client_count,
                                               .name = c->name,
                                               .zoo = w->zoo,
                                               .owner = c,
                                               .boot = load_client_boot,
                                               .destroy = load_client_destroy,
                                               .begin_stop = load_client_begin_stop,
                                               .may_stop = load_client_may_stop,
                                       });
        w->client_count++;
        return c;
}

static enum load_role role_of(const struct statement *plan)
{
        if (plan->verb == VERB_PRODUCER)
                return LOAD_PRODUCER;
        return *plan->group ? LOAD_MEMBER : LOAD_CONSUMER;
}

struct workload *workload_new(struct sim *sim, const struct scenario *scenario,
                              struct history *history, struct zoo zoo)
{
        struct workload *w = calloc(1, sizeof *w);
        if (!w)
                abort();
        w->sim = sim;
        w->scenario = scenario;
        w->history = history;
        w->zoo = zoo;
        for (int32_t i = 0, size = 0; i < scenario->brokers.count; i++)
                size += snprintf(w->bootstrap_servers + size,
                                 sizeof w->bootstrap_servers - (size_t)size,
                                 "%sbroker%" PRId32 ":9092", i > 0 ? "," : "", i + 1);
        for (int32_t i = 0; i < scenario->topic_count; i++)
                add_topic(w, i);
        for (int32_t i = 0; i < scenario->client_count; i++) {
                const struct statement *plan = &scenario->clients[i];
                add_client(w, role_of(plan), plan->name, plan);
        }
        add_coordinators(w);
        w->admin = add_client(w, LOAD_ADMIN, "admin", NULL);
        w->reader = add_client(w, LOAD_READER, "reader", NULL);
        w->last_sends = calloc((size_t)history->partition_count * SCENARIO_CLIENTS_MAX + 1,
                               sizeof *w->last_sends);
        w->must_reach = calloc((size_t)history->partition_count + 1, sizeof *w->must_reach);
        if (!w->last_sends || !w->must_reach)
                abort();
        return w;
}

void workload_free(struct workload *w)
{
        struct load_task *t, *next;
        DL_FOREACH_SAFE (w->tasks, t, next)
                free(t);
        free(w->last_sends);
        free(w->must_reach);
        free(w);
}

/* --- the course of a run --- */

void load_wake_all(struct workload *w)
{
        for (int32_t i = 0; i < w->client_count; i++)
                load_wake(&w->clients[i]);
}

void workload_start(struct workload *w)
{
        for (int32_t i = 0; i < w->client_count; i++)
                if (&w->clients[i] != w->reader)
                        sim_node_boot(w->clients[i].node);
        for (int32_t i = 0; i < w->scenario->topic_count; i++)
                if (w->scenario->topics[i].verb == VERB_TOPIC)
                        workload_create_topic(w, i);
}

int32_t workload_acked(const struct workload *w, int32_t index)
{
        return w->clients[index].acked;
}

int32_t workload_read(const struct workload *w, int32_t index)
{
        return w->clients[index].records_read;
}

bool workload_owns(const struct workload *w, int32_t index, int32_t partition)
{
        return load_member_owns(&w->clients[index], partition);
}

void workload_stall(struct workload *w, int32_t node, bool stalls)
{
        int32_t index = node - SCENARIO_CLIENT_ID;
        if (index < 0 || index >= w->scenario->client_count)
                return;
        struct load_client *c = &w->clients[index];
        if (!sim_node_is_running(c->node) || c->is_stalled == stalls)
                return;
        c->is_stalled = stalls;
        load_pause(c, stalls);
        load_wake(c);
}

void workload_create_topic(struct workload *w, int32_t topic)
{
        if (w->topics[topic] != LOAD_UNMADE)
                return;
        w->topics[topic] = LOAD_ASKED_FOR;
        load_admin_add(w, &(struct load_task){.operation = LOAD_CREATE_TOPIC, .topic = topic});
}

void workload_delete_topic(struct workload *w, int32_t topic)
{
        if (w->topics[topic] != LOAD_MADE)
                return;
        w->topics[topic] = LOAD_DELETED;
        for (int32_t i = 0; i < w->scenario->topics[topic].partitions; i++)
                w->history->partitions[w->first_partitions[topic] + i].deleted = true;
        load_admin_add(w, &(struct load_task){.operation = LOAD_DELETE_TOPIC, .topic = topic});
}

void workload_delete_records(struct workload *w, int32_t topic, int32_t partition, int64_t offset)
{
        const struct history *h = w->history;
        if (w->topics[topic] != LOAD_MADE)
                return;
        if (offset < 0) {
                offset = 0;
                for (int32_t i = 0; i < h->send_count; i++)
                        if (h->sends[i].partition == w->first_partitions[topic] + partition &&
                            h->sends[i].offset >= offset)
                                offset = h->sends[i].offset + 1;
        }
        load_admin_add(w, &(struct load_task){.operation = LOAD_DELETE_RECORDS,
                                              .topic = topic,
                                              .partition = partition,
                                              .offset = offset});
}

void workload_elect(struct workload *w, int32_t topic, int32_t partition)
{
        if (w->topics[topic] == LOAD_MADE)
                load_admin_add(w, &(struct load_task){.operation = LOAD_ELECT,
                                                      .topic = topic,
                                                      .partition = partition});
}

void workload_reassign(struct workload *w, int32_t topic, int32_t partition, int64_t brokers,
                       bool elect)
{
        if (w->topics[topic] == LOAD_MADE)
                load_admin_add(w,
                               &(struct load_task){.operation = elect ? LOAD_MOVE : LOAD_REASSIGN,
                                                   .topic = topic,
                                                   .partition = partition,
                                                   .brokers = brokers});
}

void workload_send_last(struct workload *w)
{
        w->stopping = true;
        w->stopped_ns = sim_now_ns(w->sim);
        sim_trace(&w->sim->trace, -1, NOTE, NULL, NOTE_LAST_RECORDS);
        load_wake_all(w);
}

/* A producer that still has records to send, or to hear of. */
static bool is_sending(const struct load_client *c)
{
        return c->role == LOAD_PRODUCER && !load_producer_is_idle(c);
}

/* Every partition of the group's topic has a member that has done all that it must. */
static bool has_settled(const struct workload *w, int32_t group)
{
        const struct history_group *g = &w->history->groups[group];
        for (int32_t i = 0; i < g->topic_partitions; i++) {
                int32_t owners = 0;
                for (int32_t k = 0; k < w->scenario->client_count; k++)
                        owners += w->history->clients[k].group == group &&
                                  load_member_owns(&w->clients[k], g->topic_first + i);
                if (owners != 1)
                        return false;
        }
        for (int32_t k = 0; k < w->scenario->client_count; k++) {
                const struct load_client *c = &w->clients[k];
                if (w->history->clients[k].group == group && !c->is_fenced &&
                    !load_member_is_idle(c))
                        return false;
        }
        return true;
}

/* Groups of topics that are gone have nothing to do, and pipelines to such topics nowhere to. */
static bool is_alive(const struct workload *w, int32_t group)
{
        for (int32_t i = 0; i < w->scenario->client_count; i++) {
                const struct statement *plan = w->clients[i].plan;
                if (w->history->clients[i].group == group && plan->verb == VERB_PIPELINE &&
                    w->topics[plan->target] == LOAD_DELETED)
                        return false;
        }
        return !w->history->partitions[w->history->groups[group].topic_first].deleted;
}

static bool groups_have_settled(const struct workload *w)
{
        for (int32_t i = 0; i < w->history->group_count; i++)
                if (is_alive(w, i) && !has_settled(w, i))
                        return false;
        return true;
}

bool workload_is_quiet(const struct workload *w)
{
        for (int32_t i = 0; i < w->client_count; i++)
                if (is_sending(&w->clients[i]))
                        return false;
        return !w->tasks && groups_have_settled(w);
}

void workload_final_read(struct workload *w)
{
        sim_trace(&w->sim->trace, -1, NOTE, NULL, NOTE_FINAL_READ);
        sim_node_boot(w->reader->node);
}

/* The final read is of committed data; it is over where no transaction is open any more. */
static void see_how_far(const struct workload *w, int32_t topic)
{
        struct consumer_position at;
        for (int32_t i = 0; w->reader->consumer && i < w->scenario->topics[topic].partitions; i++) {
                struct history_partition *p =
                        &w->history->partitions[w->first_partitions[topic] + i];
                if (p->final_end >= 0 || consumer_position(w->reader->consumer, p->topic, i, &at) ||
                    at.position < 0 || at.high_watermark < 0 || at.position < at.high_watermark)
                        continue;
                p->final_start = at.log_start;
                p->final_end = at.position;
        }
}

/* Calls `each` for every partition of a topic that is there. */
static bool all_partitions(const struct workload *w, const struct load_client *c, int32_t topic,
                           bool (*holds)(const struct workload *, const struct load_client *,
                                         int32_t topic, int32_t partition))
{
        for (int32_t i = 0;
             w->topics[topic] == LOAD_MADE && i < w->scenario->topics[topic].partitions; i++)
                if (!holds(w, c, topic, i))
                        return false;
        return true;
}

static bool was_read_to_the_end(const struct workload *w, const struct load_client *c,
                                int32_t topic, int32_t partition)
{
        (void)c;
        return w->history->partitions[w->first_partitions[topic] + partition].final_end >= 0;
}

static bool has_come_as_far(const struct workload *w, const struct load_client *c, int32_t topic,
                            int32_t partition)
{
        struct consumer_position position;
        return c->consumer &&
               !consumer_position(c->consumer, w->scenario->topics[topic].name, partition,
                                  &position) &&
               position.position >=
                       w->history->partitions[w->first_partitions[topic] + partition].final_end;
}

bool workload_is_done(const struct workload *w)
{
        for (int32_t i = 0; i < w->scenario->topic_count; i++)
                see_how_far(w, i);
        for (int32_t i = 0; i < w->scenario->topic_count; i++)
                if (!all_partitions(w, NULL, i, was_read_to_the_end))
                        return false;
        for (int32_t i = 0; i < w->client_count; i++) {
                const struct load_client *c = &w->clients[i];
                if (c->role == LOAD_CONSUMER &&
                    !all_partitions(w, c, (int32_t)c->plan->topic, has_come_as_far))
                        return false;
        }
        return groups_have_settled(w);
}

/* --- the end --- */

struct ending {
        const struct workload *w;
        struct verdict *v;
        struct buffer *waiting;
};

/* One that has not come to its end: a finding, and a line of its own. */
__attribute__((format(printf, 2, 3))) static void stuck(const struct ending *e, const char *format,
                                                        ...)
{
        char text[FINDING_BYTES];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        const struct history *h = e->w->history;
        verdict_add(e->v, ANOMALY_STUCK, !h->nothing_promised && !h->transaction_hangs, "%s", text);
        buffer_printf(e->waiting, "    %s\n", text);
}

static void check_last_send(const struct ending *e, int32_t send)
{
        static const char *const words[] = {"waits for its answer", "is acknowledged",
                                            "was refused", "has no answer"};
        const struct history *h = e->w->history;
        const struct history_send *s = &h->sends[send];
        const struct history_partition *p = &h->partitions[s->partition];
        if (s->outcome != OUTCOME_OK && !p->deleted && !e->w->clients[s->client].is_fenced)
                stuck(e, "%s/%" PRId32 " to %s, after all was healed, %s",
                      h->clients[s->client].name, s->serial, p->name, words[s->outcome]);
}

static void check_reader(const struct ending *e, const struct load_client *c, int32_t topic,
                         bool (*holds)(const struct workload *, const struct load_client *,
                                       int32_t topic, int32_t partition))
{
        const struct statement *plan = &e->w->scenario->topics[topic];
        for (int32_t i = 0; e->w->topics[topic] == LOAD_MADE && i < plan->partitions; i++) {
                if (holds(e->w, c, topic, i))
                        continue;
                struct consumer_position position = {.position = -1};
                if (c->consumer)
                        consumer_position(c->consumer, plan->name, i, &position);
                stuck(e, "%s has come to %s/%" PRId32 " offset %" PRId64, c->name, plan->name, i,
                      position.position);
        }
}

static void check_group(const struct ending *e, int32_t group)
{
        const struct history_group *g = &e->w->history->groups[group];
        if (!is_alive(e->w, group) || has_settled(e->w, group))
                return;
        for (int32_t i = 0; i < e->w->scenario->client_count; i++)
                if (e->w->history->clients[i].group == group)
                        load_member_tell(&e->w->clients[i], e->waiting);
        stuck(e, "group %s has not processed and committed all that it should", g->name);
}

static void check_client(const struct ending *e, const struct load_client *c)
{
        if (is_sending(c))
                stuck(e, "%s waits for the end of %" PRId64 " sends%s", c->name,
                      producer_pending(c->producer), c->txn.id >= 0 ? " and a transaction" : "");
        else if (c->role == LOAD_CONSUMER)
                check_reader(e, c, (int32_t)c->plan->topic, has_come_as_far);
        else if (c->role == LOAD_READER)
                for (int32_t i = 0; i < e->w->scenario->topic_count; i++)
                        check_reader(e, c, i, was_read_to_the_end);
}

void workload_check_end(const struct workload *w, struct verdict *v, struct buffer *waiting)
{
        struct ending e = {w, v, waiting};
        const struct load_task *t;
        DL_FOREACH (w->tasks, t)
                stuck(&e, "%s of %s never ended", load_operations[t->operation],
                      w->scenario->topics[t->topic].name);
        for (int32_t i = 0; i < w->last_send_count; i++)
                check_last_send(&e, w->last_sends[i]);
        for (int32_t i = 0; i < w->client_count; i++)
                check_client(&e, &w->clients[i]);
        for (int32_t i = 0; i < w->history->group_count; i++)
                check_group(&e, i);
}

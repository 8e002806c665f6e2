#include "sim/load_client.h"

#include "broker/config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- making and unmaking --- */

/* The settings of a topic over those of the brokers. */
static void add_settings(const struct scenario *s, const struct statement *from,
                         struct config *into)
{
        for (int32_t i = 0; i < from->setting_count; i++) {
                const struct setting *setting = &s->settings[from->first_setting + i];
                enum config_id id = from->verb == VERB_BROKERS
                                            ? config_find(str_of(setting->key))
                                            : config_find_topic(str_of(setting->key));
                config_set(into, id, str_of(setting->value), NULL, 0);
        }
}

static void add_topic(struct workload *w, int32_t index)
{
        const struct statement *topic = &w->scenario->topics[index];
        struct config brokers = {0}, own = {.under = &brokers};
        add_settings(w->scenario, &w->scenario->brokers, &brokers);
        add_settings(w->scenario, topic, &own);
        struct log_config config = config_of_log(&own);
        int32_t min_isr = (int32_t)config_number(&own, CONFIG_MIN_INSYNC_REPLICAS);
        bool unclean = config_bool(&own, CONFIG_UNCLEAN_ELECTION);
        config_deinit(&own);
        config_deinit(&brokers);

        w->first_partitions[index] = w->history->partition_count;
        for (int32_t i = 0; i < topic->partitions; i++) {
                int32_t id = history_add_partition(w->history, topic->name, i);
                struct history_partition *p = &w->history->partitions[id];
                p->replication = (int32_t)topic->replicas;
                p->min_isr = min_isr;
                p->unclean = unclean;
                p->sync_first = config.flush_messages == 1;
                /* Seven days are never over in a run, whatever the clocks do. */
                p->expires = config.retention_bytes >= 0 ||
                             config.retention_ms < INT64_C(7) * 24 * 3600 * 1000;
        }
}

static struct load_client *add_client(struct workload *w, enum load_role role, const char *name,
                                      const struct statement *plan)
{
        struct load_client *c = &w->clients[w->client_count];
        c->load = w;
        c->role = role;
        c->plan = plan;
        snprintf(c->name, sizeof c->name, "%s", name);
        c->id = history_add_client(w->history, c->name);
        c->node = sim_add_node(w->sim, &(struct sim_node_config){
                                               .id = SCENARIO_CLIENT_ID + w->client_count,
                                               .name = c->name,
                                               .owner = c,
                                               .boot = load_client_boot,
                                               .destroy = load_client_destroy,
                                       });
        w->client_count++;
        return c;
}

struct workload *workload_new(struct sim *sim, const struct scenario *scenario,
                              struct history *history)
{
        struct workload *w = calloc(1, sizeof *w);
        if (!w)
                abort();
        w->sim = sim;
        w->scenario = scenario;
        w->history = history;
        for (int32_t i = 0, size = 0; i < scenario->brokers.count; i++)
                size += snprintf(w->bootstrap_servers + size,
                                 sizeof w->bootstrap_servers - (size_t)size,
                                 "%sbroker%" PRId32 ":9092", i > 0 ? "," : "", i + 1);
        for (int32_t i = 0; i < scenario->topic_count; i++)
                add_topic(w, i);
        for (int32_t i = 0; i < scenario->client_count; i++) {
                const struct statement *plan = &scenario->clients[i];
                add_client(w, plan->verb == VERB_PRODUCER ? LOAD_PRODUCER : LOAD_CONSUMER,
                           plan->name, plan);
        }
        w->admin = add_client(w, LOAD_ADMIN, "admin", NULL);
        w->reader = add_client(w, LOAD_READER, "reader", NULL);
        w->last_sends = calloc((size_t)history->partition_count * SCENARIO_CLIENTS_MAX + 1,
                               sizeof *w->last_sends);
        if (!w->last_sends)
                abort();
        return w;
}

void workload_free(struct workload *w)
{
        struct load_task *t, *next;
        DL_FOREACH_SAFE (w->tasks, t, next)
                free(t);
        free(w->last_sends);
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
        sim_trace(&w->sim->trace, -1, NOTE, NULL, NOTE_LAST_RECORDS);
        load_wake_all(w);
}

/* A producer that still has records to send, or to hear of. */
static bool is_sending(const struct load_client *c)
{
        const struct workload *w = c->load;
        if (c->role != LOAD_PRODUCER || !c->producer)
                return false;
        bool waits = w->topics[c->plan->topic] == LOAD_MADE && !c->sent_last;
        return waits || producer_pending(c->producer) > 0;
}

bool workload_is_quiet(const struct workload *w)
{
        for (int32_t i = 0; i < w->client_count; i++)
                if (is_sending(&w->clients[i]))
                        return false;
        return !w->tasks;
}

void workload_final_read(struct workload *w)
{
        sim_trace(&w->sim->trace, -1, NOTE, NULL, NOTE_FINAL_READ);
        sim_node_boot(w->reader->node);
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
                if (!all_partitions(w, NULL, i, was_read_to_the_end))
                        return false;
        for (int32_t i = 0; i < w->client_count; i++) {
                const struct load_client *c = &w->clients[i];
                if (c->role == LOAD_CONSUMER &&
                    !all_partitions(w, c, (int32_t)c->plan->topic, has_come_as_far))
                        return false;
        }
        return true;
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
        verdict_add(e->v, ANOMALY_STUCK, !e->w->history->nothing_promised, "%s", text);
        buffer_printf(e->waiting, "    %s\n", text);
}

static void check_last_send(const struct ending *e, int32_t send)
{
        static const char *const words[] = {"waits for its answer", "is acknowledged",
                                            "was refused", "has no answer"};
        const struct history *h = e->w->history;
        const struct history_send *s = &h->sends[send];
        const struct history_partition *p = &h->partitions[s->partition];
        if (s->outcome != OUTCOME_OK && !p->deleted)
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

static void check_client(const struct ending *e, const struct load_client *c)
{
        if (is_sending(c))
                stuck(e, "%s waits for the end of %" PRId64 " sends", c->name,
                      producer_pending(c->producer));
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
}

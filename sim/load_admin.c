#include "sim/load_client.h"

#include <stdlib.h>
#include <utlist.h>

enum {
        API_TIMEOUT_MS = 4000,
        LOOK_GAP_MIN_US = 50000, /* between two questions for offsets */
        LOOK_GAP_MAX_US = 150000,
        LOOKS_MAX = 8, /* under way at a time */
};

#define RETRY_NS (50 * SIM_NS_PER_MS)

const char *const load_operations[LOAD_OPERATIONS] = {"CreateTopics",
                                                      "DeleteTopics",
                                                      "DeleteRecords",
                                                      "ListOffsets",
                                                      "OffsetFetch",
                                                      "ElectLeaders",
                                                      "AlterPartitionReassignments",
                                                      "a move of the leader"};

void load_admin_add(struct workload *w, const struct load_task *task)
{
        struct load_task *copy = malloc(sizeof *copy);
        if (!copy)
                abort();
        *copy = *task;
        copy->admin = w->admin;
        DL_APPEND(w->tasks, copy);
        load_wake(w->admin);
}

static struct history_partition *partition_of(const struct load_task *t)
{
        struct workload *w = t->admin->load;
        return &w->history->partitions[w->first_partitions[t->topic] + t->partition];
}

static int64_t place_of(const struct load_task *t)
{
        return t->topic * SCENARIO_PARTITIONS_MAX + t->partition;
}

static void add_mark(const struct load_task *t, enum mark mark, int64_t offset)
{
        struct workload *w = t->admin->load;
        struct history_mark m = {
                .invoke_ns = t->invoke_ns,
                .done_ns = sim_now_ns(w->sim),
                .partition = w->first_partitions[t->topic] + t->partition,
                .mark = mark,
                .is_promise = mark == MARK_END || t->operation == LOAD_DELETE_RECORDS,
                .offset = offset,
        };
        history_add_mark(w->history, &m);
}

/* True when the task is over; else it is asked anew. */
static bool take_result(const struct load_task *t, const struct admin_result *result)
{
        enum load_topic_state *topic = &t->admin->load->topics[t->topic];
        switch (t->operation) {
        case LOAD_CREATE_TOPIC:
                if (result->err && result->err != KERR_TOPIC_ALREADY_EXISTS)
                        return false;
                *topic = LOAD_MADE;
                load_wake_all(t->admin->load); /* its producers wait */
                return true;
        case LOAD_DELETE_TOPIC:
                return !result->err || result->err == KERR_UNKNOWN_TOPIC_OR_PARTITION;
        case LOAD_DELETE_RECORDS:
                if (!result->err)
                        add_mark(t, MARK_START, result->deleted_records->low_watermark);
                if ((!result->err || result->unknown) && partition_of(t)->deleted_to < t->offset)
                        partition_of(t)->deleted_to = t->offset;
                return true;
        case LOAD_LIST_OFFSETS:
                if (!result->err)
                        add_mark(t, t->offset == LIST_OFFSETS_LATEST ? MARK_END : MARK_START,
                                 result->offset->offset);
                return true;
        case LOAD_MOVE:
                if (!result->err)
                        load_admin_add(t->admin->load,
                                       &(struct load_task){.operation = LOAD_ELECT,
                                                           .topic = t->topic,
                                                           .partition = t->partition});
                return true;
        default: return true;
        }
}

static void on_done(void *context, const struct admin_result *result)
{
        struct load_task *t = context;
        load_note(t->admin, NOTE_ANSWERED, t->operation, place_of(t), result->err);
        t->is_running = false;
        t->retry_ns = sim_now_ns(t->admin->load->sim) + RETRY_NS;
        if (!take_result(t, result))
                return;
        DL_DELETE(t->admin->load->tasks, t);
        free(t);
}

static void on_offsets(void *context, enum kerr err, const struct consumer_offset *offsets,
                       int32_t count)
{
        struct load_task *t = context;
        struct workload *w = t->admin->load;
        int32_t partition = w->first_partitions[t->topic] + t->partition;
        if (!err && count == 1) {
                struct history_offset_fetch fetch = {t->invoke_ns, sim_now_ns(w->sim), t->group,
                                                     partition, offsets->offset};
                history_add_offset_fetch(w->history, &fetch);
                load_note(t->admin, NOTE_OFFSET_TOLD, t->group, partition, offsets->offset);
        }
        DL_DELETE(w->tasks, t);
        free(t);
}

static void create_topic(struct load_task *t)
{
        const struct scenario *s = t->admin->load->scenario;
        const struct statement *plan = &s->topics[t->topic];
        struct create_topics_config configs[SCENARIO_SETTINGS_MAX];
        for (int32_t i = 0; i < plan->setting_count; i++) {
                const struct setting *setting = &s->settings[plan->first_setting + i];
                configs[i] =
                        (struct create_topics_config){str_of(setting->key), str_of(setting->value)};
        }
        struct create_topics_topic topic = {
                .name = str_of(plan->name),
                .num_partitions = (int32_t)plan->partitions,
                .replication_factor = (int16_t)plan->replicas,
        };
        topic.configs.items = configs;
        topic.configs.count = plan->setting_count;
        admin_create_topic(t->admin->admin, &topic, false, on_done, t);
}

static void reassign(struct load_task *t, const char *topic)
{
        int32_t replicas[SCENARIO_BROKERS_MAX], count = 0;
        for (int64_t rest = t->brokers; rest > 0; rest >>= 4)
                replicas[count++] = (int32_t)(rest & 15);
        admin_reassign(t->admin->admin, topic, t->partition, replicas, count, on_done, t);
}

static void fetch_offsets(struct load_task *t)
{
        struct workload *w = t->admin->load;
        struct consumer_partition of = {w->scenario->topics[t->topic].name, t->partition};
        if (consumer_fetch_offsets(t->admin->group_readers[t->group], &of, 1, on_offsets, t))
                on_offsets(t, KERR_INVALID_GROUP_ID, NULL, 0);
}

static void start(struct load_task *t)
{
        struct workload *w = t->admin->load;
        const char *topic = w->scenario->topics[t->topic].name;
        struct admin *admin = t->admin->admin;
        t->is_running = true;
        t->invoke_ns = sim_now_ns(w->sim);
        if (t->operation == LOAD_FETCH_OFFSETS) {
                fetch_offsets(t);
                return;
        }
        load_note(t->admin, NOTE_ASKED, t->operation, place_of(t), t->offset);
        switch (t->operation) {
        case LOAD_CREATE_TOPIC: create_topic(t); break;
        case LOAD_DELETE_TOPIC: admin_delete_topic(admin, topic, on_done, t); break;
        case LOAD_DELETE_RECORDS:
                admin_delete_records(admin, topic, t->partition, t->offset, on_done, t);
                break;
        case LOAD_LIST_OFFSETS:
                admin_list_offsets(admin, topic, t->partition, t->offset, on_done, t);
                break;
        case LOAD_ELECT:
                admin_elect_leader(admin, ELECTION_PREFERRED, topic, t->partition, on_done, t);
                break;
        default: reassign(t, topic);
        }
}

/* Asks where some partition starts, or ends. */
static void look(struct load_client *c)
{
        struct workload *w = c->load;
        uint64_t draw = c->node->files.world.random_u64(&c->node->files.world);
        int32_t topic = (int32_t)(draw % (uint64_t)(w->scenario->topic_count + 1));
        if (topic == w->scenario->topic_count || w->topics[topic] != LOAD_MADE)
                return;
        int64_t partitions = w->scenario->topics[topic].partitions;
        load_admin_add(
                w, &(struct load_task){
                           .operation = LOAD_LIST_OFFSETS,
                           .topic = topic,
                           .partition = (int32_t)((draw >> 16) % (uint64_t)partitions),
                           .offset = draw >> 32 & 1 ? LIST_OFFSETS_LATEST : LIST_OFFSETS_EARLIEST,
                   });
}

/* Asks how far some group is. */
static void look_at_group(struct load_client *c)
{
        const struct history *h = c->load->history;
        if (h->group_count == 0)
                return;
        int32_t group = (int32_t)load_draw(c, 0, h->group_count - 1);
        int32_t partition = (int32_t)load_draw(c, 0, h->groups[group].topic_partitions - 1);
        int32_t topic = 0;
        while (c->load->first_partitions[topic] != h->groups[group].topic_first)
                topic++;
        if (c->load->topics[topic] == LOAD_MADE)
                load_admin_add(c->load, &(struct load_task){.operation = LOAD_FETCH_OFFSETS,
                                                            .topic = topic,
                                                            .group = group,
                                                            .partition = partition});
}

int64_t load_admin_work(struct load_client *c, int64_t now_us)
{
        struct load_task *t, *next;
        int32_t count;
        DL_COUNT(c->load->tasks, t, count);
        if (!c->load->stopping && now_us >= c->next_us && count < LOOKS_MAX) {
                look(c);
                look_at_group(c);
                uint64_t draw = c->node->files.world.random_u64(&c->node->files.world);
                c->next_us = now_us + LOOK_GAP_MIN_US +
                             (int64_t)(draw % (LOOK_GAP_MAX_US - LOOK_GAP_MIN_US));
        }
        int64_t now_ns = sim_now_ns(c->load->sim), due_us = INT64_MAX;
        DL_FOREACH_SAFE (c->load->tasks, t, next) {
                if (!t->is_running && t->retry_ns <= now_ns)
                        start(t);
                else if (!t->is_running)
                        due_us = now_us + RETRY_NS / SIM_NS_PER_US;
        }
        if (!c->load->stopping && c->next_us < due_us)
                due_us = c->next_us;
        return due_us;
}

/* Those who only ask for offsets read nothing. */
static void on_no_record(void *context, const struct consumer_record *record)
{
        (void)context;
        (void)record;
}

void load_admin_open(struct load_client *c)
{
        struct admin_config config = admin_config_default();
        config.request_timeout_ms = 1500;
        config.default_api_timeout_ms = API_TIMEOUT_MS;
        c->admin = admin_open(c->client, &config);
        for (int32_t i = 0; i < c->load->history->group_count; i++) {
                struct consumer_config of_group = consumer_config_default();
                of_group.request_timeout_ms = config.request_timeout_ms;
                of_group.group_id = c->load->history->groups[i].name;
                of_group.on_record = on_no_record;
                c->group_readers[i] = consumer_open(c->client, &of_group);
        }
        c->next_us = 0;
}

void load_admin_close(struct load_client *c)
{
        admin_close(c->admin);
        c->admin = NULL;
        for (int32_t i = 0; i < c->load->history->group_count; i++)
                consumer_close(c->group_readers[i]);
}

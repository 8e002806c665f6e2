#include "sim/load_client.h"

#include <stdio.h>
#include <string.h>

enum {
        REQUEST_TIMEOUT_MS = 1500,
        DELIVERY_TIMEOUT_MS = 6000,
        PENDING_MAX = 500, /* a producer that cannot send waits with more */
};

void load_note(const struct load_client *c, enum note code, int64_t b, int64_t c_, int64_t d)
{
        sim_trace(&c->load->sim->trace, c->node->config.id, NOTE, NULL, code, b, c_, d);
}

void load_wake(const struct load_client *c)
{
        if (sim_node_is_running(c->node))
                sim_schedule_after(&c->load->sim->scheduler, &c->node->timer, 0);
}

static int64_t draw(const struct load_client *c, int64_t low, int64_t high)
{
        struct world *w = &c->node->files.world;
        return low + (int64_t)(w->random_u64(w) % (uint64_t)(high - low + 1));
}

static int64_t now_ns(const struct load_client *c)
{
        return sim_now_ns(c->load->sim);
}

/* --- producers --- */

static void on_delivery(void *context, const struct delivery *delivery)
{
        struct load_client *c = context;
        int32_t send = (int32_t)(intptr_t)delivery->opaque;
        enum outcome outcome = OUTCOME_OK;
        if (delivery->err)
                outcome = delivery->unknown || c->is_dying ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
        c->acked += outcome == OUTCOME_OK;
        history_end_send(c->load->history, send, now_ns(c), outcome, delivery->offset,
                         delivery->twice);
        load_note(c, NOTE_ENDED, send, outcome, delivery->err ? delivery->err : delivery->offset);
}

/* Mostly around the size asked for, now and then ten times as much. */
static int32_t draw_size(const struct load_client *c)
{
        int64_t size = c->plan->bytes;
        if (draw(c, 0, 31) == 0)
                size *= 10;
        return (int32_t)draw(c, size / 2, size + size / 2);
}

/* Returns the send. */
static int32_t send_record(struct load_client *c, int32_t partition)
{
        struct history *h = c->load->history;
        int32_t topic = (int32_t)c->plan->topic;
        struct buffer value = {0};
        int32_t send = history_invoke_send(h, now_ns(c), c->id,
                                           c->load->first_partitions[topic] + partition,
                                           (int16_t)c->plan->acks, draw_size(c));
        history_value(h, send, &value);
        int64_t kind = draw(c, 0, 7);
        struct record_header header = {str_of("from"), span_of(c->name, strlen(c->name))};
        struct producer_record record = {
                .topic = c->load->scenario->topics[topic].name,
                .partition = partition,
                .key = kind < 2 ? span_of(c->name, strlen(c->name)) : span_of(NULL, 0),
                .value = buffer_span(&value),
                .headers = &header,
                .header_count = kind == 7,
                .timestamp_ms = -1,
        };
        load_note(c, NOTE_SENT, send, h->sends[send].partition, 0);
        enum kerr err = producer_send(c->producer, &record, (void *)(intptr_t)send);
        if (err) {
                history_end_send(h, send, now_ns(c), OUTCOME_FAILED, -1, false);
                load_note(c, NOTE_ENDED, send, OUTCOME_FAILED, err);
        }
        buffer_deinit(&value);
        return send;
}

static void send_last_records(struct load_client *c)
{
        int32_t partitions = (int32_t)c->load->scenario->topics[c->plan->topic].partitions;
        for (int32_t i = 0; i < partitions; i++)
                c->load->last_sends[c->load->last_send_count++] = send_record(c, i);
        producer_flush(c->producer);
        c->sent_last = true;
}

static int64_t produce(struct load_client *c, int64_t now_us)
{
        struct workload *w = c->load;
        const struct statement *topic = &w->scenario->topics[c->plan->topic];
        if (w->topics[c->plan->topic] != LOAD_MADE)
                return INT64_MAX;
        if (w->stopping) {
                if (!c->sent_last)
                        send_last_records(c);
                return INT64_MAX;
        }
        int64_t gap_us = 1000000 / (c->plan->rate > 0 ? c->plan->rate : 1);
        /* After a pause it goes on; it does not make up for lost time. */
        if (c->next_us < now_us - 100000)
                c->next_us = now_us;
        while (c->next_us <= now_us && producer_pending(c->producer) < PENDING_MAX) {
                send_record(c, (int32_t)draw(c, 0, topic->partitions - 1));
                c->next_us += draw(c, gap_us / 2, gap_us + gap_us / 2);
        }
        return c->next_us;
}

static void open_producer(struct load_client *c)
{
        struct producer_config config = producer_config_default();
        config.acks = (int16_t)c->plan->acks;
        config.compression_type = (enum compression)c->plan->codec;
        config.batch_size_bytes = (int32_t)c->plan->batch_bytes;
        config.linger_ms = c->plan->linger_ns / SIM_NS_PER_MS;
        config.request_timeout_ms = REQUEST_TIMEOUT_MS;
        config.delivery_timeout_ms = DELIVERY_TIMEOUT_MS;
        config.on_delivery = on_delivery;
        config.context = c;
        c->producer = producer_open(c->client, &config);
        c->next_us = 0;
}

/* --- readers --- */

static void add_read(struct load_client *c, enum read_kind kind, int32_t partition, int64_t offset,
                     int32_t send)
{
        struct history_read read = {
                .done_ns = now_ns(c),
                .kind = kind,
                .is_final = c->role == LOAD_READER,
                .client = c->id,
                .partition = partition,
                .send = send,
                .offset = offset,
        };
        history_add_read(c->load->history, &read);
}

static void on_record(void *context, const struct consumer_record *record)
{
        struct load_client *c = context;
        struct history *h = c->load->history;
        int32_t partition = history_find_partition(h, record->topic, record->partition);
        int32_t send = history_find_value(h, record->value);
        add_read(c, READ_RECORD, partition, record->offset, send);
        c->records_read++;
        load_note(c, NOTE_READ, send, partition, record->offset);
}

static void on_end(void *context, const char *topic, int32_t index, int64_t offset)
{
        struct load_client *c = context;
        if (c->role != LOAD_READER)
                return;
        struct history *h = c->load->history;
        struct history_partition *p = &h->partitions[history_find_partition(h, topic, index)];
        struct consumer_position position;
        if (!consumer_position(c->consumer, topic, index, &position))
                p->final_start = position.log_start;
        p->final_end = offset;
}

static void on_error(void *context, const char *topic, int32_t index, int64_t offset, enum kerr err)
{
        struct load_client *c = context;
        int32_t partition = history_find_partition(c->load->history, topic, index);
        bool is_reset = err == KERR_OFFSET_OUT_OF_RANGE;
        add_read(c, is_reset ? READ_RESET : READ_CORRUPT, partition, offset, SEND_PHANTOM);
        load_note(c, is_reset ? NOTE_RESET : NOTE_CORRUPT, partition, offset, err);
}

static void assign_topic(struct load_client *c, int32_t topic)
{
        const struct workload *w = c->load;
        for (int32_t i = 0; i < w->scenario->topics[topic].partitions; i++) {
                add_read(c, READ_START, w->first_partitions[topic] + i, 0, SEND_PHANTOM);
                consumer_assign(c->consumer, w->scenario->topics[topic].name, i,
                                (struct start){.kind = START_EARLIEST});
        }
}

static void open_consumer(struct load_client *c)
{
        struct consumer_config config = consumer_config_default();
        config.fetch_max_wait_ms = (int32_t)draw(c, 50, 500);
        config.max_partition_fetch_bytes = (int32_t)draw(c, 200, 20000);
        config.fetch_max_bytes = (int32_t)draw(c, 1000, 50000);
        config.auto_offset_reset = OFFSET_RESET_EARLIEST;
        config.request_timeout_ms = REQUEST_TIMEOUT_MS;
        config.context = c;
        config.on_record = on_record;
        config.on_end = on_end;
        config.on_error = on_error;
        c->consumer = consumer_open(c->client, &config);
        if (c->plan) {
                assign_topic(c, (int32_t)c->plan->topic);
                return;
        }
        for (int32_t i = 0; i < c->load->scenario->topic_count; i++)
                if (c->load->topics[i] == LOAD_MADE)
                        assign_topic(c, i);
}

/* --- the actor over the client's --- */

static struct actor *inner(struct actor *actor)
{
        return client_actor(((struct load_client *)(void *)actor)->client);
}

static void actor_on_open(struct actor *actor, int64_t stream, const char *peer)
{
        inner(actor)->on_open(inner(actor), stream, peer);
}

static void actor_on_frame(struct actor *actor, struct frame *frame)
{
        inner(actor)->on_frame(inner(actor), frame);
}

static void actor_on_close(struct actor *actor, int64_t stream, enum kerr why)
{
        inner(actor)->on_close(inner(actor), stream, why);
}

static void actor_on_synced(struct actor *actor, uint64_t token, enum kerr result)
{
        inner(actor)->on_synced(inner(actor), token, result);
}

static int64_t actor_run_timers(struct actor *actor)
{
        struct load_client *c = (struct load_client *)(void *)actor;
        int64_t now_us = sim_node_mono_ms(c->node) * 1000, due_us = INT64_MAX;
        if (c->producer)
                due_us = produce(c, now_us);
        else if (c->admin)
                due_us = load_admin_work(c, now_us);
        int64_t due_ms = inner(actor)->run_timers(inner(actor));
        if (due_us < INT64_MAX && due_us / 1000 + 1 < due_ms)
                due_ms = due_us / 1000 + 1;
        return due_ms;
}

enum kerr load_client_boot(struct sim_node *node, struct actor **actor)
{
        struct load_client *c = node->config.owner;
        struct client_config config = client_config_default();
        config.bootstrap_servers = c->load->bootstrap_servers;
        config.client_id = c->name;
        config.request_timeout_ms = REQUEST_TIMEOUT_MS;
        config.reconnect_backoff_ms = 20;
        config.reconnect_backoff_max_ms = 500;
        config.socket_connection_setup_timeout_ms = 1000;
        config.metadata_max_age_ms = 5000;
        config.allow_auto_create_topics = false;
        enum kerr err = client_open(&node->files.world, &config, &c->client);
        if (err)
                return err;
        c->actor = (struct actor){actor_on_open, actor_on_frame, actor_on_close, actor_on_synced,
                                  actor_run_timers};
        if (c->role == LOAD_PRODUCER)
                open_producer(c);
        else if (c->role == LOAD_ADMIN)
                load_admin_open(c);
        else
                open_consumer(c);
        *actor = &c->actor;
        return KERR_NONE;
}

void load_client_destroy(struct sim_node *node, struct actor *actor, bool clean)
{
        struct load_client *c = node->config.owner;
        (void)actor;
        c->is_dying = !clean;
        if (c->producer)
                producer_close(c->producer);
        if (c->consumer)
                consumer_close(c->consumer);
        if (c->admin)
                admin_close(c->admin);
        client_close(c->client);
        c->is_dying = false;
        c->producer = NULL;
        c->consumer = NULL;
        c->admin = NULL;
        c->client = NULL;
}

#include "sim/load_client.h"

#include <string.h>

enum { REQUEST_TIMEOUT_MS = 1500 };

static struct history_read read_of(const struct load_client *c, enum read_kind kind,
                                   int32_t partition, int64_t offset)
{
        struct history_read read = history_read_init();
        read.done_ns = load_now_ns(c);
        read.kind = kind;
        read.is_final = c->role == LOAD_READER;
        read.client = c->id;
        read.partition = partition;
        read.offset = offset;
        read.committed = read.is_final || c->plan->isolation == READ_COMMITTED;
        return read;
}

/* A record without a value says in a header what it is. */
static int32_t find_send(const struct history *h, const struct consumer_record *record)
{
        struct record rest = {.header_count = record->header_count, .headers = record->headers};
        struct record_header header;
        if (record->value.data)
                return history_find_value(h, record->value);
        for (int32_t i = 0; i < record->header_count; i++) {
                if (record_next_header(&rest, &header))
                        return SEND_PHANTOM;
                if (str_equal_c(header.key, "of"))
                        return history_find_tombstone(h, header.value);
        }
        return SEND_PHANTOM;
}

int32_t load_add_record(struct load_client *c, const struct consumer_record *record, int32_t group,
                        int32_t generation)
{
        struct history *h = c->load->history;
        int32_t partition = history_find_partition(h, record->topic, record->partition);
        struct history_read read = read_of(c, READ_RECORD, partition, record->offset);
        read.send = find_send(h, record);
        read.group = group;
        read.generation = generation;
        history_add_read(h, &read);
        c->records_read++;
        load_note(c, NOTE_READ, read.send, partition, record->offset);
        return h->read_count - 1;
}

void load_add_start(struct load_client *c, int32_t partition)
{
        struct history_read read = read_of(c, READ_START, partition, 0);
        history_add_read(c->load->history, &read);
}

static void on_record(void *context, const struct consumer_record *record)
{
        load_add_record(context, record, -1, -1);
}

static void on_error(void *context, const char *topic, int32_t index, int64_t offset, enum kerr err)
{
        struct load_client *c = context;
        int32_t partition = history_find_partition(c->load->history, topic, index);
        bool is_reset = err == KERR_OFFSET_OUT_OF_RANGE;
        struct history_read read =
                read_of(c, is_reset ? READ_RESET : READ_CORRUPT, partition, offset);
        history_add_read(c->load->history, &read);
        load_note(c, is_reset ? NOTE_RESET : NOTE_CORRUPT, partition, offset, err);
}

static void assign_topic(struct load_client *c, int32_t topic)
{
        const struct workload *w = c->load;
        for (int32_t i = 0; i < w->scenario->topics[topic].partitions; i++) {
                load_add_start(c, w->first_partitions[topic] + i);
                consumer_assign(c->consumer, w->scenario->topics[topic].name, i,
                                (struct start){.kind = START_EARLIEST});
        }
}

struct consumer_config load_consumer_config(struct load_client *c)
{
        struct consumer_config config = consumer_config_default();
        config.fetch_max_wait_ms = (int32_t)load_draw(c, 50, 500);
        config.max_partition_fetch_bytes = (int32_t)load_draw(c, 200, 20000);
        config.fetch_max_bytes = (int32_t)load_draw(c, 1000, 50000);
        config.auto_offset_reset = OFFSET_RESET_EARLIEST;
        config.request_timeout_ms = REQUEST_TIMEOUT_MS;
        config.isolation_level =
                c->role == LOAD_READER ? READ_COMMITTED : (enum isolation_level)c->plan->isolation;
        config.context = c;
        config.on_error = on_error;
        return config;
}

void load_pause(struct load_client *c, bool pauses)
{
        const struct statement *topic = &c->load->scenario->topics[c->plan->topic];
        for (int32_t i = 0; c->consumer && i < topic->partitions; i++) {
                if (pauses)
                        consumer_pause(c->consumer, topic->name, i);
                else
                        consumer_resume(c->consumer, topic->name, i);
        }
}

void load_reader_open(struct load_client *c)
{
        struct consumer_config config = load_consumer_config(c);
        config.on_record = on_record;
        c->consumer = consumer_open(c->client, &config);
        if (c->plan) {
                assign_topic(c, (int32_t)c->plan->topic);
                return;
        }
        for (int32_t i = 0; i < c->load->scenario->topic_count; i++)
                if (c->load->topics[i] == LOAD_MADE)
                        assign_topic(c, i);
}

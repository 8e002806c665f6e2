#include "delivery/txn_state.h"

#include <stdlib.h>
#include <string.h>

enum { RECORD_ARENA_BYTES = 16 << 20 };

struct txn_state txn_state_new(void)
{
        return (struct txn_state){.producer_id = -1,
                                  .producer_epoch = -1,
                                  .status = TRANSACTION_EMPTY,
                                  .started_ms = -1,
                                  .updated_ms = -1,
                                  .last_producer_id = -1,
                                  .last_epoch = -1};
}

bool txn_is_prepared(const struct txn_state *s)
{
        return s->status == TRANSACTION_PREPARE_COMMIT || s->status == TRANSACTION_PREPARE_ABORT;
}

bool txn_is_open(const struct txn_state *s)
{
        return s->status == TRANSACTION_ONGOING || txn_is_prepared(s);
}

/* --- topics --- */

static void *grow(void *items, size_t size)
{
        items = realloc(items, size);
        if (!items)
                abort();
        return items;
}

static int compare(struct str a, struct str b)
{
        int32_t size = a.size < b.size ? a.size : b.size;
        int order = size ? memcmp(a.data, b.data, (size_t)size) : 0;
        return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Where it is, or where it belongs. */
static int32_t topic_place(const struct txn_topics *topics, struct str name)
{
        int32_t i = 0;
        while (i < topics->count && compare(topics->items[i].name, name) < 0)
                i++;
        return i;
}

static bool has_topic_at(const struct txn_topics *topics, int32_t i, struct str name)
{
        return i < topics->count && str_equal(topics->items[i].name, name);
}

static int32_t partition_place(const struct transaction_log_topic *topic, int32_t partition)
{
        int32_t i = 0;
        while (i < topic->partitions.count && topic->partitions.items[i] < partition)
                i++;
        return i;
}

static bool has_partition_at(const struct transaction_log_topic *topic, int32_t i,
                             int32_t partition)
{
        return i < topic->partitions.count && topic->partitions.items[i] == partition;
}

static void insert_topic(struct txn_topics *topics, int32_t at, struct str name)
{
        topics->items = grow(topics->items, (size_t)(topics->count + 1) * sizeof *topics->items);
        memmove(&topics->items[at + 1], &topics->items[at],
                (size_t)(topics->count - at) * sizeof *topics->items);
        topics->count++;
        char *copy = grow(NULL, (size_t)name.size + 1);
        memcpy(copy, name.data, (size_t)name.size);
        topics->items[at] = (struct transaction_log_topic){.name = {copy, name.size}};
}

static void insert_partition(struct transaction_log_topic *topic, int32_t at, int32_t partition)
{
        int32_t count = topic->partitions.count++;
        int32_t *items = grow(topic->partitions.items, (size_t)(count + 1) * sizeof *items);
        memmove(&items[at + 1], &items[at], (size_t)(count - at) * sizeof *items);
        items[at] = partition;
        topic->partitions.items = items;
}

void txn_topics_add(struct txn_topics *topics, struct str name, int32_t partition)
{
        int32_t t = topic_place(topics, name);
        if (!has_topic_at(topics, t, name))
                insert_topic(topics, t, name);
        int32_t p = partition_place(&topics->items[t], partition);
        if (!has_partition_at(&topics->items[t], p, partition))
                insert_partition(&topics->items[t], p, partition);
}

bool txn_topics_have(const struct txn_topics *topics, struct str name, int32_t partition)
{
        int32_t t = topic_place(topics, name);
        return has_topic_at(topics, t, name) &&
               has_partition_at(&topics->items[t], partition_place(&topics->items[t], partition),
                                partition);
}

int32_t txn_topics_partitions(const struct txn_topics *topics)
{
        int32_t count = 0;
        for (int32_t t = 0; t < topics->count; t++)
                count += topics->items[t].partitions.count;
        return count;
}

void txn_topics_deinit(struct txn_topics *topics)
{
        for (int32_t t = 0; t < topics->count; t++) {
                free((void *)topics->items[t].name.data);
                free(topics->items[t].partitions.items);
        }
        free(topics->items);
        *topics = (struct txn_topics){0};
}

static void add_all(struct txn_topics *to, const struct transaction_log_topic *items, int32_t count)
{
        for (int32_t t = 0; t < count; t++) {
                for (int32_t p = 0; p < items[t].partitions.count; p++)
                        txn_topics_add(to, items[t].name, items[t].partitions.items[p]);
        }
}

/* --- states --- */

struct txn_state txn_state_copy(const struct txn_state *s)
{
        struct txn_state copy = *s;
        copy.topics = (struct txn_topics){0};
        add_all(&copy.topics, s->topics.items, s->topics.count);
        return copy;
}

void txn_state_deinit(struct txn_state *s)
{
        txn_topics_deinit(&s->topics);
}

/* --- records --- */

static struct packet *finish(struct packet *packet, struct span *bytes)
{
        *bytes = span_of(packet->memory.data + PACKET_LENGTH_BYTES,
                         packet->memory.size - PACKET_LENGTH_BYTES);
        return packet;
}

struct packet *txn_state_encode_key(struct world *w, struct str transactional_id,
                                    struct span *bytes)
{
        struct packet *packet = packet_new(w);
        struct serde out = serde_writer(packet, 0, false);
        struct transaction_log_key key = {transactional_id};
        serde_transaction_log_key(&out, &key);
        return finish(packet, bytes);
}

struct packet *txn_state_encode(struct world *w, const struct txn_state *s, struct span *bytes)
{
        *bytes = (struct span){0};
        if (s->status == TRANSACTION_DEAD)
                return NULL;
        struct packet *packet = packet_new(w);
        struct serde out = serde_writer(packet, 0, false);
        struct transaction_log_value value = {
                .producer_id = s->producer_id,
                .producer_epoch = s->producer_epoch,
                .transaction_timeout_ms = s->timeout_ms,
                .transaction_status = (int8_t)s->status,
                .topics = {s->topics.items, s->topics.count},
                .last_update_timestamp_ms = s->updated_ms,
                .start_timestamp_ms = s->started_ms,
        };
        if (s->status == TRANSACTION_EMPTY)
                value.topics.count = -1; /* as Kafka: null */
        serde_transaction_log_value(&out, &value);
        return finish(packet, bytes);
}

enum kerr txn_state_decode_key(struct span key, struct str *id)
{
        struct serde in = serde_reader(key, 0, false, NULL);
        struct transaction_log_key read = {0};
        serde_transaction_log_key(&in, &read);
        *id = read.transactional_id;
        return in.err;
}

enum kerr txn_state_decode(struct span value, struct txn_state *s)
{
        struct arena arena;
        arena_init(&arena, RECORD_ARENA_BYTES);
        struct serde in = serde_reader(value, 0, false, &arena);
        struct transaction_log_value read = {0};
        serde_transaction_log_value(&in, &read);
        if (!in.err && (read.transaction_status == TRANSACTION_DEAD ||
                        read.transaction_status == TRANSACTION_PREPARE_EPOCH_FENCE))
                in.err = KERR_MALFORMED; /* never written */
        if (!in.err) {
                *s = txn_state_new();
                s->producer_id = read.producer_id;
                s->producer_epoch = read.producer_epoch;
                s->timeout_ms = read.transaction_timeout_ms;
                s->status = (enum transaction_status)read.transaction_status;
                s->updated_ms = read.last_update_timestamp_ms;
                s->started_ms = read.start_timestamp_ms;
                add_all(&s->topics, read.topics.items, read.topics.count);
        }
        arena_deinit(&arena);
        return in.err;
}

#include "groups/offsets.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static void *allocate(size_t size)
{
        void *memory = calloc(1, size);
        if (!memory)
                abort();
        return memory;
}

/* --- values own their metadata --- */

static struct offset_value value_copy(const struct offset_value *value)
{
        struct offset_value copy = *value;
        char *metadata = allocate((size_t)value->metadata.size + 1);
        if (value->metadata.size > 0)
                memcpy(metadata, value->metadata.data, (size_t)value->metadata.size);
        copy.metadata.data = metadata;
        return copy;
}

static void value_free(struct offset_value *value)
{
        free((void *)(uintptr_t)value->metadata.data);
}

/* --- finding and making --- */

static struct topic_offsets *find_topic(const struct offset_table *t, struct str topic)
{
        struct topic_offsets *found;
        HASH_FIND(hh, t->topics, topic.data, (unsigned)topic.size, found);
        return found;
}

static struct partition_offset *find_partition(const struct topic_offsets *topic, int32_t partition)
{
        struct partition_offset *found = NULL;
        if (topic)
                HASH_FIND(hh, topic->partitions, &partition, sizeof partition, found);
        return found;
}

const struct partition_offset *offset_table_find(const struct offset_table *t, struct str topic,
                                                 int32_t partition)
{
        return find_partition(find_topic(t, topic), partition);
}

static struct topic_offsets *make_topic(struct offset_table *t, struct str name)
{
        struct topic_offsets *topic = find_topic(t, name);
        if (topic)
                return topic;
        topic = allocate(sizeof *topic + (size_t)name.size);
        topic->name_size = name.size;
        if (name.size > 0)
                memcpy(topic->name, name.data, (size_t)name.size);
        HASH_ADD_KEYPTR(hh, t->topics, topic->name, (unsigned)name.size, topic);
        return topic;
}

static struct partition_offset *make_partition(struct topic_offsets *topic, int32_t number)
{
        struct partition_offset *p = find_partition(topic, number);
        if (p)
                return p;
        p = allocate(sizeof *p);
        p->partition = number;
        HASH_ADD(hh, topic->partitions, partition, sizeof p->partition, p);
        return p;
}

/* --- changes --- */

static void uncommit(struct topic_offsets *topic, struct partition_offset *p)
{
        if (!p->is_committed)
                return;
        value_free(&p->value);
        p->is_committed = false;
        topic->committed_count--;
}

/* Takes the value. */
static void commit_value(struct topic_offsets *topic, struct partition_offset *p,
                         struct offset_value value)
{
        uncommit(topic, p);
        p->value = value;
        p->is_committed = true;
        topic->committed_count++;
}

static void drop_pending(struct offset_table *t, struct partition_offset *p,
                         struct pending_offset *pending)
{
        LL_DELETE(p->pending, pending);
        value_free(&pending->value);
        free(pending);
        t->pending_count--;
}

/* Partitions and topics of which nothing is known any more go. */
static void tidy(struct offset_table *t, struct topic_offsets *topic, struct partition_offset *p)
{
        if (p->is_committed || p->pending)
                return;
        HASH_DEL(topic->partitions, p);
        free(p);
        if (topic->partitions)
                return;
        HASH_DEL(t->topics, topic);
        free(topic);
}

void offset_table_put(struct offset_table *t, struct str topic, int32_t partition,
                      const struct offset_value *value)
{
        struct topic_offsets *of = make_topic(t, topic);
        commit_value(of, make_partition(of, partition), value_copy(value));
}

static struct pending_offset *find_pending(const struct partition_offset *p, int64_t producer_id)
{
        struct pending_offset *pending;
        LL_SEARCH_SCALAR(p->pending, pending, producer_id, producer_id);
        return pending;
}

void offset_table_put_pending(struct offset_table *t, struct str topic, int32_t partition,
                              int64_t producer_id, const struct offset_value *value)
{
        struct partition_offset *p = make_partition(make_topic(t, topic), partition);
        struct pending_offset *pending = find_pending(p, producer_id);
        if (pending) {
                value_free(&pending->value);
        } else {
                pending = allocate(sizeof *pending);
                pending->producer_id = producer_id;
                LL_APPEND(p->pending, pending);
                t->pending_count++;
        }
        pending->value = value_copy(value);
}

static void remove_all(struct offset_table *t, struct topic_offsets *topic,
                       struct partition_offset *p)
{
        uncommit(topic, p);
        while (p->pending)
                drop_pending(t, p, p->pending);
        tidy(t, topic, p);
}

void offset_table_remove(struct offset_table *t, struct str topic, int32_t partition)
{
        struct topic_offsets *of = find_topic(t, topic);
        struct partition_offset *p = find_partition(of, partition);
        if (p)
                remove_all(t, of, p);
}

static void complete_partition(struct offset_table *t, struct topic_offsets *topic,
                               struct partition_offset *p, int64_t producer_id, bool commit)
{
        struct pending_offset *pending = find_pending(p, producer_id);
        if (!pending)
                return;
        if (commit && (!p->is_committed || p->value.position < pending->value.position))
                commit_value(topic, p, value_copy(&pending->value));
        drop_pending(t, p, pending);
        tidy(t, topic, p);
}

void offset_table_complete(struct offset_table *t, int64_t producer_id, bool commit)
{
        struct topic_offsets *topic, *next_topic;
        struct partition_offset *p, *next;
        if (t->pending_count == 0)
                return;
        HASH_ITER (hh, t->topics, topic, next_topic) {
                HASH_ITER (hh, topic->partitions, p, next)
                        complete_partition(t, topic, p, producer_id, commit);
        }
}

void offset_table_deinit(struct offset_table *t)
{
        struct topic_offsets *topic, *next_topic;
        struct partition_offset *p, *next;
        HASH_ITER (hh, t->topics, topic, next_topic) {
                HASH_ITER (hh, topic->partitions, p, next)
                        remove_all(t, topic, p);
        }
}

#include "cluster/controller.h"

#include "wire/configs.h"
#include "wire/create_topics.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTITIONS_MAX = 100000 };

struct controller_waiter {
        struct controller_waiter *next;
        int64_t offset; /* committed when c->committed has reached this */
        void (*done)(void *context, enum kerr err);
        void *context;
};

static enum kerr apply_to_image(void *context, const struct metadata_record *record)
{
        return image_apply(context, record);
}

/* Adds one record to the change, and to our own image at once. */
static void add(struct controller *c, const struct metadata_record *record)
{
        enum kerr err = image_apply(&c->image, record);
        assert(!err && "the controller writes only records that fit its image");
        metadata_log_add(c->world, &c->batch, record);
}

static void ignore_commit(void *context, enum kerr err)
{
        (void)context;
        (void)err;
}

/* We are the only broker, so we lead what we host; the epoch tells our lives apart. */
static void elect_self(struct controller *c)
{
        for (struct image_topic *topic = c->image.topics; topic; topic = topic->hh.next) {
                for (int32_t p = 0; p < topic->partition_count; p++) {
                        add(c, &(struct metadata_record){
                                       .type = METADATA_PARTITION_CHANGE,
                                       .partition_change = {.index = p,
                                                            .topic_id = topic->id,
                                                            .isr.count = -1,
                                                            .leader = c->node_id,
                                                            .replicas.count = -1,
                                                            .removing_replicas.count = -1,
                                                            .adding_replicas.count = -1}});
                }
        }
}

enum kerr controller_open(struct controller *c, struct world *w, struct partition_log *log,
                          int32_t node_id)
{
        *c = (struct controller){.world = w, .log = log, .node_id = node_id};
        c->waiters_end = &c->waiters;
        batch_builder_init(&c->batch);
        enum kerr err = metadata_log_read(w, log, partition_log_start(log), partition_log_end(log),
                                          apply_to_image, &c->image);
        if (err)
                return err;
        elect_self(c);
        controller_submit(c, ignore_commit, NULL);
        controller_run(c);
        controller_complete(c);
        return c->failed ? KERR_KAFKA_STORAGE_ERROR : KERR_NONE;
}

void controller_close(struct controller *c)
{
        while (c->waiters) {
                struct controller_waiter *next = c->waiters->next;
                free(c->waiters);
                c->waiters = next;
        }
        batch_builder_deinit(&c->batch);
        image_deinit(&c->image);
}

bool controller_topic_name_is_valid(struct str name)
{
        if (name.size < 1 || name.size > TOPIC_NAME_MAX || str_equal_c(name, ".") ||
            str_equal_c(name, ".."))
                return false;
        for (int32_t i = 0; i < name.size; i++) {
                char ch = name.data[i];
                bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
                bool digit = ch >= '0' && ch <= '9';
                if (!letter && !digit && ch != '.' && ch != '_' && ch != '-')
                        return false;
        }
        return true;
}

enum kerr controller_check_topic(const struct controller *c, const struct new_topic *topic,
                                 char *why, size_t why_size)
{
        if (!controller_topic_name_is_valid(topic->name)) {
                snprintf(why, why_size, "a topic name has 1 to %d characters of [a-zA-Z0-9._-]",
                         TOPIC_NAME_MAX);
                return KERR_INVALID_TOPIC_EXCEPTION;
        }
        if (image_topic(&c->image, topic->name) || str_equal_c(topic->name, METADATA_TOPIC_NAME)) {
                snprintf(why, why_size, "Topic '%.*s' already exists.", topic->name.size,
                         topic->name.data);
                return KERR_TOPIC_ALREADY_EXISTS;
        }
        if (topic->partition_count < 1 || topic->partition_count > PARTITIONS_MAX) {
                snprintf(why, why_size, "Number of partitions must be between 1 and %d.",
                         PARTITIONS_MAX);
                return KERR_INVALID_PARTITIONS;
        }
        if (topic->replication_factor != 1) {
                snprintf(why, why_size,
                         "Unable to replicate the partition %d time(s): 1 broker is registered.",
                         topic->replication_factor);
                return KERR_INVALID_REPLICATION_FACTOR;
        }
        return KERR_NONE;
}

static struct uuid random_uuid(struct world *w)
{
        struct uuid id;
        store_be64(id.bytes, w->random_u64(w));
        store_be64(id.bytes + 8, w->random_u64(w));
        id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40); /* RFC 4122, version 4 */
        id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
        return id;
}

static void add_partitions(struct controller *c, const struct uuid *topic_id, int32_t first,
                           int32_t count)
{
        struct broker_ids self = {&c->node_id, 1};
        for (int32_t p = first; p < count; p++) {
                add(c, &(struct metadata_record){.type = METADATA_PARTITION,
                                                 .partition = {.index = p,
                                                               .topic_id = *topic_id,
                                                               .replicas = self,
                                                               .isr = self,
                                                               .leader = c->node_id}});
        }
}

enum kerr controller_create_topic(struct controller *c, const struct new_topic *topic, char *why,
                                  size_t why_size)
{
        enum kerr err = controller_check_topic(c, topic, why, why_size);
        if (err)
                return err;
        struct uuid id = random_uuid(c->world);
        add(c, &(struct metadata_record){.type = METADATA_TOPIC, .topic = {topic->name, id}});
        for (int32_t i = 0; i < topic->setting_count; i++) {
                const struct create_topics_config *setting = &topic->settings[i];
                controller_configure_topic(c, topic->name, setting->name, setting->value);
        }
        add_partitions(c, &id, 0, topic->partition_count);
        return KERR_NONE;
}

static enum kerr unknown_topic(char *why, size_t why_size)
{
        snprintf(why, why_size, "This server does not host this topic-partition.");
        return KERR_UNKNOWN_TOPIC_OR_PARTITION;
}

enum kerr controller_delete_topic(struct controller *c, struct str name, char *why, size_t why_size)
{
        struct image_topic *topic = image_topic(&c->image, name);
        if (!topic)
                return unknown_topic(why, why_size);
        add(c,
            &(struct metadata_record){.type = METADATA_REMOVE_TOPIC, .remove_topic = {topic->id}});
        return KERR_NONE;
}

enum kerr controller_create_partitions(struct controller *c, struct str name, int32_t count,
                                       bool validate_only, char *why, size_t why_size)
{
        struct image_topic *topic = image_topic(&c->image, name);
        if (!topic)
                return unknown_topic(why, why_size);
        if (count <= topic->partition_count || count > PARTITIONS_MAX) {
                snprintf(why, why_size, "The topic has %d partition(s); %d is not an increase.",
                         topic->partition_count, count);
                return KERR_INVALID_PARTITIONS;
        }
        if (!validate_only)
                add_partitions(c, &topic->id, topic->partition_count, count);
        return KERR_NONE;
}

enum kerr controller_configure_topic(struct controller *c, struct str name, struct str key,
                                     struct str value)
{
        if (!image_topic(&c->image, name))
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        add(c, &(struct metadata_record){.type = METADATA_CONFIG,
                                         .config = {CONFIG_RESOURCE_TOPIC, name, key, value}});
        return KERR_NONE;
}

/* The change as one batch at the end of the log. */
static enum kerr append_change(struct controller *c)
{
        if (c->batch.header.records_count == 0 || c->failed)
                return c->failed ? KERR_KAFKA_STORAGE_ERROR : KERR_NONE;
        struct buffer bytes = {0};
        struct log_append result;
        enum kerr err = batch_builder_finish(&c->batch, 0, &bytes);
        if (!err)
                err = partition_log_append(c->log, buffer_span(&bytes), 0, &result);
        buffer_deinit(&bytes);
        return err;
}

void controller_submit(struct controller *c, void (*done)(void *context, enum kerr err),
                       void *context)
{
        if (append_change(c))
                c->failed = true;
        struct controller_waiter *waiter = calloc(1, sizeof *waiter);
        if (!waiter)
                abort();
        waiter->offset = partition_log_end(c->log);
        waiter->done = done;
        waiter->context = context;
        *c->waiters_end = waiter;
        c->waiters_end = &waiter->next;
}

void controller_forget(struct controller *c, const void *context)
{
        for (struct controller_waiter *w = c->waiters; w; w = w->next) {
                if (w->context == context)
                        w->done = ignore_commit;
        }
}

void controller_run(struct controller *c)
{
        if (!c->failed && c->committed < partition_log_end(c->log) && partition_log_flush(c->log))
                c->failed = true;
        if (!c->failed)
                c->committed = partition_log_end(c->log);
}

void controller_complete(struct controller *c)
{
        while (c->waiters && (c->failed || c->waiters->offset <= c->committed)) {
                struct controller_waiter *waiter = c->waiters;
                bool committed = waiter->offset <= c->committed && !c->failed;
                c->waiters = waiter->next;
                if (!c->waiters)
                        c->waiters_end = &c->waiters;
                waiter->done(waiter->context, committed ? KERR_NONE : KERR_KAFKA_STORAGE_ERROR);
                free(waiter);
        }
}

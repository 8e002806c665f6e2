#include "cluster/image.h"

#include <stdlib.h>
#include <string.h>

/* --- looking --- */

struct image_topic *image_topic(const struct image *image, struct str name)
{
        struct image_topic *topic = NULL;
        if (name.size > 0)
                HASH_FIND(hh, image->topics, name.data, (size_t)name.size, topic);
        return topic;
}

struct image_topic *image_topic_by_id(const struct image *image, const struct uuid *id)
{
        struct image_topic *topic;
        HASH_FIND(by_id, image->topics_by_id, id, sizeof *id, topic);
        return topic;
}

struct image_broker *image_broker(const struct image *image, int32_t id)
{
        struct image_broker *broker;
        HASH_FIND(hh, image->brokers, &id, sizeof id, broker);
        return broker;
}

struct image_partition *image_partition(const struct image *image, struct str name,
                                        int32_t partition)
{
        struct image_topic *topic = image_topic(image, name);
        if (!topic || partition < 0 || partition >= topic->partition_count)
                return NULL;
        return &topic->partitions[partition];
}

const char *image_setting(const struct image_topic *topic, const char *key)
{
        for (int32_t i = 0; i < topic->setting_count; i++) {
                if (strcmp(topic->settings[i].name, key) == 0)
                        return topic->settings[i].value;
        }
        return NULL;
}

/* --- topics --- */

static void topic_free(struct image *image, struct image_topic *topic)
{
        HASH_DELETE(by_id, image->topics_by_id, topic);
        HASH_DELETE(hh, image->topics, topic);
        for (int32_t i = 0; i < topic->setting_count; i++) {
                free(topic->settings[i].name);
                free(topic->settings[i].value);
        }
        free(topic->settings);
        free(topic->partitions);
        free(topic);
}

static void *grow(void *items, int32_t count, size_t size)
{
        items = realloc(items, (size_t)count * size);
        if (!items)
                abort();
        return items;
}

static enum kerr apply_topic(struct image *image, const struct topic_record *r)
{
        if (image_topic(image, r->name) || image_topic_by_id(image, &r->topic_id))
                return KERR_MALFORMED;
        struct image_topic *topic = calloc(1, sizeof *topic);
        if (!topic)
                abort();
        topic->id = r->topic_id;
        if (!str_copy(r->name, topic->name, sizeof topic->name) || r->name.size == 0) {
                free(topic);
                return KERR_MALFORMED;
        }
        HASH_ADD(hh, image->topics, name[0], (unsigned)r->name.size, topic);
        HASH_ADD(by_id, image->topics_by_id, id, sizeof topic->id, topic);
        return KERR_NONE;
}

static enum kerr apply_remove_topic(struct image *image, const struct remove_topic_record *r)
{
        struct image_topic *topic = image_topic_by_id(image, &r->topic_id);
        if (!topic)
                return KERR_MALFORMED;
        topic_free(image, topic);
        return KERR_NONE;
}

static char *copy_text(struct str text)
{
        char *copy = strndup(text.data, (size_t)text.size);
        if (!copy)
                abort();
        return copy;
}

static enum kerr apply_config(struct image *image, const struct config_record *r)
{
        struct image_topic *topic = image_topic(image, r->resource_name);
        if (!topic || r->name.size < 0)
                return KERR_MALFORMED;
        int32_t i = 0;
        while (i < topic->setting_count && !str_equal_c(r->name, topic->settings[i].name))
                i++;
        if (i < topic->setting_count) { /* it goes, or makes room for the new value */
                free(topic->settings[i].name);
                free(topic->settings[i].value);
                topic->setting_count--;
                memmove(&topic->settings[i], &topic->settings[i + 1],
                        (size_t)(topic->setting_count - i) * sizeof topic->settings[0]);
        }
        if (r->value.size >= 0) {
                topic->settings =
                        grow(topic->settings, topic->setting_count + 1, sizeof topic->settings[0]);
                topic->settings[topic->setting_count++] =
                        (struct image_setting){copy_text(r->name), copy_text(r->value)};
        }
        return KERR_NONE;
}

/* --- partitions --- */

/* False for what no controller of ours writes. */
static bool copy_ids(const struct broker_ids *from, struct replica_set *into)
{
        return from->count >= 0 && replica_set_from(into, from->items, from->count);
}

static enum kerr apply_partition(struct image *image, const struct partition_record *r)
{
        struct image_topic *topic = image_topic_by_id(image, &r->topic_id);
        if (!topic || r->index != topic->partition_count)
                return KERR_MALFORMED;
        struct image_partition p = {.leader = r->leader,
                                    .leader_epoch = r->leader_epoch,
                                    .partition_epoch = r->partition_epoch};
        if (!copy_ids(&r->replicas, &p.replicas) || !copy_ids(&r->isr, &p.isr) ||
            !copy_ids(&r->elr, &p.elr) || !copy_ids(&r->last_known_elr, &p.last_known_elr) ||
            !copy_ids(&r->adding_replicas, &p.adding) ||
            !copy_ids(&r->removing_replicas, &p.removing))
                return KERR_MALFORMED;
        int32_t n = topic->partition_count++;
        if ((n & (n - 1)) == 0) /* 0 or a power of two: full */
                topic->partitions = grow(topic->partitions, n ? 2 * n : 1, sizeof p);
        topic->partitions[n] = p;
        return KERR_NONE;
}

/* Takes over a list that the change names; one that it leaves out stays. */
static bool change_ids(const struct broker_ids *from, struct replica_set *into)
{
        return from->count < 0 || copy_ids(from, into);
}

static enum kerr apply_partition_change(struct image *image,
                                        const struct partition_change_record *r)
{
        struct image_topic *topic = image_topic_by_id(image, &r->topic_id);
        if (!topic || r->index < 0 || r->index >= topic->partition_count)
                return KERR_MALFORMED;
        struct image_partition p = topic->partitions[r->index];
        if (!change_ids(&r->replicas, &p.replicas) || !change_ids(&r->isr, &p.isr) ||
            !change_ids(&r->elr, &p.elr) || !change_ids(&r->last_known_elr, &p.last_known_elr) ||
            !change_ids(&r->adding_replicas, &p.adding) ||
            !change_ids(&r->removing_replicas, &p.removing))
                return KERR_MALFORMED;
        if (r->leader != PARTITION_CHANGE_SAME_LEADER) {
                p.leader = r->leader;
                p.leader_epoch++;
        }
        p.partition_epoch++;
        topic->partitions[r->index] = p;
        return KERR_NONE;
}

/* --- brokers --- */

static enum kerr apply_register_broker(struct image *image, const struct register_broker_record *r)
{
        struct image_broker made = {.id = r->broker_id,
                                    .epoch = r->broker_epoch,
                                    .incarnation = r->incarnation_id,
                                    .fenced = r->fenced,
                                    .in_shutdown = r->in_controlled_shutdown};
        if (r->endpoints.count < 1 ||
            !str_copy(r->endpoints.items[0].host, made.host, sizeof made.host))
                return KERR_MALFORMED;
        made.port = r->endpoints.items[0].port;
        struct image_broker *broker = image_broker(image, r->broker_id);
        if (broker) { /* it keeps its place in the order */
                made.hh = broker->hh;
                *broker = made;
                return KERR_NONE;
        }
        broker = malloc(sizeof *broker);
        if (!broker)
                abort();
        *broker = made;
        HASH_ADD(hh, image->brokers, id, sizeof broker->id, broker);
        return KERR_NONE;
}

static enum kerr apply_unregister_broker(struct image *image,
                                         const struct unregister_broker_record *r)
{
        struct image_broker *broker = image_broker(image, r->broker_id);
        if (!broker || broker->epoch != r->broker_epoch)
                return KERR_MALFORMED;
        HASH_DEL(image->brokers, broker);
        free(broker);
        return KERR_NONE;
}

static enum kerr apply_broker_change(struct image *image,
                                     const struct broker_registration_change_record *r)
{
        struct image_broker *broker = image_broker(image, r->broker_id);
        if (!broker || broker->epoch != r->broker_epoch)
                return KERR_MALFORMED;
        if (r->fenced != BROKER_SAME)
                broker->fenced = r->fenced == BROKER_FENCED;
        if (r->in_controlled_shutdown == BROKER_IN_SHUTDOWN)
                broker->in_shutdown = true;
        return KERR_NONE;
}

/* --- all --- */

enum kerr image_apply(struct image *image, const struct metadata_record *record)
{
        switch (record->type) {
        case METADATA_REGISTER_BROKER:
                return apply_register_broker(image, &record->register_broker);
        case METADATA_UNREGISTER_BROKER:
                return apply_unregister_broker(image, &record->unregister_broker);
        case METADATA_BROKER_REGISTRATION_CHANGE:
                return apply_broker_change(image, &record->broker_registration_change);
        case METADATA_TOPIC: return apply_topic(image, &record->topic);
        case METADATA_PARTITION: return apply_partition(image, &record->partition);
        case METADATA_PARTITION_CHANGE:
                return apply_partition_change(image, &record->partition_change);
        case METADATA_CONFIG: return apply_config(image, &record->config);
        case METADATA_REMOVE_TOPIC: return apply_remove_topic(image, &record->remove_topic);
        case METADATA_PRODUCER_IDS:
                image->next_producer_id = record->producer_ids.next_producer_id;
                return KERR_NONE;
        case METADATA_NO_OP: return KERR_NONE;
        default: return KERR_MALFORMED;
        }
}

void image_deinit(struct image *image)
{
        struct image_topic *topic, *next_topic;
        HASH_ITER (hh, image->topics, topic, next_topic)
                topic_free(image, topic);
        struct image_broker *broker, *next_broker;
        HASH_ITER (hh, image->brokers, broker, next_broker) {
                HASH_DEL(image->brokers, broker);
                free(broker);
        }
        *image = (struct image){0};
}

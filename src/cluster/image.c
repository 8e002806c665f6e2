#include "cluster/image.h"

#include <stdlib.h>
#include <string.h>

static void topic_free(struct image_topic *topic)
{
        for (int32_t i = 0; i < topic->setting_count; i++) {
                free(topic->settings[i].name);
                free(topic->settings[i].value);
        }
        free(topic->settings);
        free(topic->partitions);
        free(topic);
}

void image_deinit(struct image *image)
{
        struct image_topic *topic, *next;
        HASH_ITER (hh, image->topics, topic, next) {
                HASH_DEL(image->topics, topic);
                topic_free(topic);
        }
}

struct image_topic *image_topic(const struct image *image, struct str name)
{
        struct image_topic *topic = NULL;
        if (name.size > 0)
                HASH_FIND(hh, image->topics, name.data, (size_t)name.size, topic);
        return topic;
}

struct image_topic *image_topic_by_id(const struct image *image, const struct uuid *id)
{
        struct image_topic *topic = image->topics;
        while (topic && memcmp(&topic->id, id, sizeof *id) != 0)
                topic = topic->hh.next;
        return topic;
}

struct image_partition *image_partition(const struct image *image, struct str name,
                                        int32_t partition)
{
        struct image_topic *topic = image_topic(image, name);
        if (!topic || partition < 0 || partition >= topic->partition_count)
                return NULL;
        return &topic->partitions[partition];
}

static void *grow(void *items, int32_t count, size_t size)
{
        items = realloc(items, (size_t)(count + 1) * size);
        if (!items)
                abort();
        return items;
}

static enum kerr apply_topic(struct image *image, const struct topic_record *r)
{
        if (image_topic(image, r->name))
                return KERR_MALFORMED;
        struct image_topic *topic = calloc(1, sizeof *topic);
        if (!topic)
                abort();
        topic->id = r->topic_id;
        if (!str_copy(r->name, topic->name, sizeof topic->name)) {
                free(topic);
                return KERR_MALFORMED;
        }
        HASH_ADD(hh, image->topics, name[0], (unsigned)r->name.size, topic);
        return KERR_NONE;
}

static bool copy_ids(const struct broker_ids *from, int32_t *into, int32_t *count)
{
        if (from->count < 0 || from->count > REPLICAS_MAX)
                return false;
        for (int32_t i = 0; i < from->count; i++)
                into[i] = from->items[i];
        *count = from->count;
        return true;
}

static enum kerr apply_partition(struct image *image, const struct partition_record *r)
{
        struct image_topic *topic = image_topic_by_id(image, &r->topic_id);
        if (!topic || r->index != topic->partition_count)
                return KERR_MALFORMED;
        struct image_partition p = {.leader = r->leader,
                                    .leader_epoch = r->leader_epoch,
                                    .partition_epoch = r->partition_epoch};
        if (!copy_ids(&r->replicas, p.replicas, &p.replica_count) ||
            !copy_ids(&r->isr, p.isr, &p.isr_count))
                return KERR_MALFORMED;
        topic->partitions = grow(topic->partitions, topic->partition_count, sizeof p);
        topic->partitions[topic->partition_count++] = p;
        return KERR_NONE;
}

static enum kerr apply_partition_change(struct image *image,
                                        const struct partition_change_record *r)
{
        struct image_topic *topic = image_topic_by_id(image, &r->topic_id);
        if (!topic || r->index < 0 || r->index >= topic->partition_count)
                return KERR_MALFORMED;
        struct image_partition *p = &topic->partitions[r->index];
        if (r->isr.count >= 0 && !copy_ids(&r->isr, p->isr, &p->isr_count))
                return KERR_MALFORMED;
        if (r->replicas.count >= 0 && !copy_ids(&r->replicas, p->replicas, &p->replica_count))
                return KERR_MALFORMED;
        if (r->leader != PARTITION_CHANGE_SAME_LEADER) {
                p->leader = r->leader;
                p->leader_epoch++;
        }
        p->partition_epoch++;
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
                        grow(topic->settings, topic->setting_count, sizeof topic->settings[0]);
                topic->settings[topic->setting_count++] =
                        (struct image_setting){copy_text(r->name), copy_text(r->value)};
        }
        return KERR_NONE;
}

static enum kerr apply_remove_topic(struct image *image, const struct remove_topic_record *r)
{
        struct image_topic *topic = image_topic_by_id(image, &r->topic_id);
        if (!topic)
                return KERR_MALFORMED;
        HASH_DEL(image->topics, topic);
        topic_free(topic);
        return KERR_NONE;
}

enum kerr image_apply(struct image *image, const struct metadata_record *record)
{
        switch (record->type) {
        case METADATA_TOPIC: return apply_topic(image, &record->topic);
        case METADATA_PARTITION: return apply_partition(image, &record->partition);
        case METADATA_PARTITION_CHANGE:
                return apply_partition_change(image, &record->partition_change);
        case METADATA_CONFIG: return apply_config(image, &record->config);
        case METADATA_REMOVE_TOPIC: return apply_remove_topic(image, &record->remove_topic);
        default: return KERR_MALFORMED;
        }
}

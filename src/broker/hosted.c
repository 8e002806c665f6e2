#include "broker/state.h"

#include <stdlib.h>

struct hosted_topic *hosted_topic(struct broker *b, struct str name)
{
        struct hosted_topic *topic = NULL;
        if (name.size > 0)
                HASH_FIND(hh, b->topics, name.data, (size_t)name.size, topic);
        return topic;
}

struct hosted_partition *hosted_find(struct broker *b, struct str name, int32_t partition,
                                     enum kerr *err)
{
        struct hosted_topic *topic = hosted_topic(b, name);
        *err = KERR_UNKNOWN_TOPIC_OR_PARTITION;
        if (!topic || partition < 0 || partition >= topic->partition_count)
                return NULL;
        *err = topic->partitions[partition] ? KERR_NONE : KERR_KAFKA_STORAGE_ERROR;
        return topic->partitions[partition];
}

void hosted_appended(struct broker *b, struct hosted_partition *p, bool moved)
{
        if (moved) {
                purgatory_check(&p->waiters);
        } else if (!p->uncommitted) {
                p->uncommitted = true;
                p->next_uncommitted = b->uncommitted;
                b->uncommitted = p;
        }
}

void hosted_flushed(struct broker *b)
{
        struct hosted_partition *p = b->uncommitted;
        b->uncommitted = NULL;
        while (p) {
                struct hosted_partition *next = p->next_uncommitted;
                p->uncommitted = false;
                bool moved = replica_advance(&p->replica);
                if (moved || partition_log_is_offline(p->replica.log))
                        purgatory_check(&p->waiters);
                else if (p->replica.high_watermark < partition_log_end(p->replica.log))
                        hosted_appended(b, p, false); /* not due yet: flush.messages > 1 */
                p = next;
        }
}

static struct hosted_topic *add_topic(struct broker *b, struct str name, const struct uuid *id)
{
        struct hosted_topic *topic = calloc(1, sizeof *topic);
        if (!topic)
                abort();
        str_copy(name, topic->name, sizeof topic->name);
        topic->id = *id;
        topic->config.under = b->config;
        HASH_ADD(hh, b->topics, name[0], (unsigned)name.size, topic);
        return topic;
}

/* Opens the log of the topic's next partition. */
static void add_partition(struct broker *b, struct hosted_topic *topic, int32_t leader_epoch)
{
        struct hosted_partition *p = calloc(1, sizeof *p);
        struct hosted_partition **all =
                realloc(topic->partitions, (size_t)(topic->partition_count + 1) * sizeof(void *));
        if (!p || !all)
                abort();
        topic->partitions = all;
        p->topic = topic;
        p->index = topic->partition_count++;
        all[p->index] = p;
        struct log_config config = config_of_log(&topic->config);
        struct partition_log *log;
        enum kerr err =
                log_dir_partition(b->logs, topic->name, p->index, &topic->id, &config, &log);
        /* What recovery has kept counts as committed, so it must be as safe as flush.messages asks.
         */
        if (!err && partition_log_wants_flush(log))
                err = partition_log_flush(log);
        if (err) {
                world_log(b->world, WORLD_ERROR, "%s-%d cannot be opened: %s", topic->name,
                          p->index, kerr_text(err));
                all[p->index] = NULL;
                free(p);
                return;
        }
        replica_lead(&p->replica, log, leader_epoch);
}

static struct hosted_topic *topic_of(struct broker *b, const struct uuid *id)
{
        return hosted_topic(b, str_of(image_topic_by_id(&b->image, id)->name));
}

static void change_partition(struct broker *b, const struct partition_change_record *record)
{
        struct image_topic *image = image_topic_by_id(&b->image, &record->topic_id);
        struct hosted_partition *p = topic_of(b, &record->topic_id)->partitions[record->index];
        if (p)
                p->replica.leader_epoch = image->partitions[record->index].leader_epoch;
}

static void configure(struct broker *b, struct hosted_topic *topic, struct str key,
                      struct str value)
{
        enum config_id id = config_find_topic(key);
        if (id == CONFIG_KEYS || config_set(&topic->config, id, value, NULL, 0)) {
                world_log(b->world, WORLD_WARN, "%s: the setting %.*s is ignored", topic->name,
                          key.size, key.data);
                return;
        }
        struct log_config config = config_of_log(&topic->config);
        for (int32_t i = 0; i < topic->partition_count; i++) {
                if (topic->partitions[i])
                        partition_log_configure(topic->partitions[i]->replica.log, &config);
        }
}

void hosted_load(struct broker *b)
{
        for (struct image_topic *image = b->image.topics; image; image = image->hh.next) {
                struct hosted_topic *topic = add_topic(b, str_of(image->name), &image->id);
                for (int32_t i = 0; i < image->setting_count; i++)
                        configure(b, topic, str_of(image->settings[i].name),
                                  str_of(image->settings[i].value));
                for (int32_t i = 0; i < image->partition_count; i++)
                        add_partition(b, topic, image->partitions[i].leader_epoch);
        }
}

static void forget_uncommitted(struct broker *b, struct hosted_partition *p)
{
        struct hosted_partition **at = &b->uncommitted;
        while (*at && *at != p)
                at = &(*at)->next_uncommitted;
        if (*at)
                *at = p->next_uncommitted;
}

/* Those who wait for a partition look it up again, and find it gone. */
static void remove_topic(struct broker *b, struct hosted_topic *topic, bool delete_logs)
{
        HASH_DEL(b->topics, topic);
        for (int32_t i = 0; i < topic->partition_count; i++) {
                struct hosted_partition *p = topic->partitions[i];
                if (!p)
                        continue;
                purgatory_release(&p->waiters);
                forget_uncommitted(b, p);
                if (delete_logs && log_dir_delete(b->logs, p->replica.log))
                        world_log(b->world, WORLD_WARN, "%s-%d is deleted, but files are left",
                                  topic->name, i);
                free(p);
        }
        free(topic->partitions);
        config_deinit(&topic->config);
        free(topic);
}

enum kerr hosted_apply(void *broker, const struct metadata_record *record)
{
        struct broker *b = broker;
        struct hosted_topic *gone = NULL;
        if (record->type == METADATA_REMOVE_TOPIC &&
            image_topic_by_id(&b->image, &record->remove_topic.topic_id))
                gone = topic_of(b, &record->remove_topic.topic_id);
        enum kerr err = image_apply(&b->image, record);
        if (err)
                return err;
        switch (record->type) {
        case METADATA_TOPIC: add_topic(b, record->topic.name, &record->topic.topic_id); break;
        case METADATA_PARTITION:
                add_partition(b, topic_of(b, &record->partition.topic_id),
                              record->partition.leader_epoch);
                break;
        case METADATA_PARTITION_CHANGE: change_partition(b, &record->partition_change); break;
        case METADATA_CONFIG:
                configure(b, hosted_topic(b, record->config.resource_name), record->config.name,
                          record->config.value);
                break;
        case METADATA_REMOVE_TOPIC: remove_topic(b, gone, true); break;
        default: break;
        }
        return KERR_NONE;
}

void hosted_free(struct broker *b)
{
        struct hosted_topic *topic, *next;
        HASH_ITER (hh, b->topics, topic, next)
                remove_topic(b, topic, false);
}

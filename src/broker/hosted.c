#include "broker/state.h"

#include <stdlib.h>
#include <string.h>

/* --- finding --- */

struct hosted_topic *hosted_topic(struct broker *b, struct str name)
{
        struct hosted_topic *topic = NULL;
        if (name.size > 0)
                HASH_FIND(hh, b->topics, name.data, (size_t)name.size, topic);
        return topic;
}

static struct hosted_topic *topic_by_id(struct broker *b, const struct uuid *id)
{
        struct hosted_topic *topic;
        HASH_FIND(by_id, b->topics_by_id, id, sizeof *id, topic);
        return topic;
}

static struct hosted_partition *find_in(struct hosted_topic *topic, int32_t partition,
                                        enum kerr *err)
{
        *err = KERR_UNKNOWN_TOPIC_OR_PARTITION;
        if (!topic || partition < 0 || partition >= topic->partition_count)
                return NULL;
        struct hosted_partition *p = topic->partitions[partition];
        *err = !p                ? KERR_NOT_LEADER_OR_FOLLOWER
               : !p->replica.log ? KERR_KAFKA_STORAGE_ERROR
                                 : KERR_NONE;
        return *err ? NULL : p;
}

struct hosted_partition *hosted_find(struct broker *b, struct str name, int32_t partition,
                                     enum kerr *err)
{
        return find_in(hosted_topic(b, name), partition, err);
}

struct hosted_partition *hosted_find_by_id(struct broker *b, const struct uuid *id,
                                           int32_t partition, enum kerr *err)
{
        struct hosted_topic *topic = topic_by_id(b, id);
        struct hosted_partition *p = find_in(topic, partition, err);
        if (!topic)
                *err = KERR_UNKNOWN_TOPIC_ID;
        return p;
}

/* --- opening and closing --- */

static struct hosted_topic *add_topic(struct broker *b, const struct image_topic *image)
{
        struct hosted_topic *topic = calloc(1, sizeof *topic);
        if (!topic)
                abort();
        str_copy(str_of(image->name), topic->name, sizeof topic->name);
        topic->id = image->id;
        topic->config.under = b->config;
        HASH_ADD_STR(b->topics, name, topic);
        HASH_ADD(by_id, b->topics_by_id, id, sizeof topic->id, topic);
        return topic;
}

/* Leaves the partition without a log when that cannot be opened. */
static void open_partition(struct broker *b, struct hosted_topic *topic, int32_t index)
{
        struct hosted_partition *p = topic->partitions[index] = calloc(1, sizeof *p);
        if (!p)
                abort();
        p->topic = topic;
        p->index = index;
        struct log_config config = config_of_log(&topic->config);
        struct partition_log *log;
        enum kerr err = log_dir_partition(b->logs, topic->name, index, &topic->id, &config, &log);
        /* What recovery has kept counts, so it must be as safe as flush.messages asks. */
        if (!err && partition_log_wants_flush(log))
                err = partition_log_flush(log);
        if (!err)
                err = producer_state_open(b->world, log,
                                          config_number(b->config, CONFIG_PRODUCER_EXPIRATION_MS),
                                          &p->producers);
        if (err) {
                world_log(b->world, WORLD_ERROR, "%s-%d cannot be opened: %s", topic->name, index,
                          kerr_text(err));
                return;
        }
        replica_init(&p->replica, &b->replica_host, log,
                     log_dir_high_watermark(b->logs, topic->name, index));
        partition_log_set_owner(log, p);
}

/* Those who wait for the partition look it up again, and find it gone. */
static void close_partition(struct broker *b, struct hosted_topic *topic, int32_t index,
                            bool delete_log)
{
        struct hosted_partition *p = topic->partitions[index];
        if (!p)
                return;
        topic->partitions[index] = NULL;
        coordinators_forget(b, p);
        purgatory_release(&p->hw_waiters);
        purgatory_release(&p->end_waiters);
        replicas_forget(b, p);
        if (delete_log && p->replica.log && log_dir_delete(b->logs, p->replica.log))
                world_log(b->world, WORLD_WARN, "%s-%d is deleted, but files are left", topic->name,
                          index);
        producer_state_free(p->producers);
        free(p);
}

static void remove_topic(struct broker *b, struct hosted_topic *topic, bool delete_logs)
{
        HASH_DEL(b->topics, topic);
        HASH_DELETE(by_id, b->topics_by_id, topic);
        for (int32_t i = 0; i < topic->partition_count; i++)
                close_partition(b, topic, i, delete_logs);
        if (delete_logs)
                groups_forget_topic(b->groups, str_of(topic->name));
        free(topic->partitions);
        config_deinit(&topic->config);
        free(topic);
}

void hosted_free(struct broker *b)
{
        struct hosted_topic *topic, *next;
        HASH_ITER (hh, b->topics, topic, next)
                remove_topic(b, topic, false);
}

/* --- following the image --- */

static void configure(struct broker *b, struct hosted_topic *topic, const struct image_topic *image)
{
        config_deinit(&topic->config);
        topic->config.under = b->config;
        for (int32_t i = 0; i < image->setting_count; i++) {
                const struct image_setting *setting = &image->settings[i];
                enum config_id id = config_find_topic(str_of(setting->name));
                if (id == CONFIG_KEYS ||
                    config_set(&topic->config, id, str_of(setting->value), NULL, 0))
                        world_log(b->world, WORLD_WARN, "%s: the setting %s is ignored",
                                  topic->name, setting->name);
        }
        struct log_config config = config_of_log(&topic->config);
        for (int32_t i = 0; i < topic->partition_count; i++) {
                struct hosted_partition *p = topic->partitions[i];
                if (p && p->replica.log)
                        partition_log_configure(p->replica.log, &config);
        }
}

static void assign(struct broker *b, struct hosted_partition *p,
                   const struct image_partition *image)
{
        struct replica_assignment assignment = {
                .leader = image->leader,
                .leader_epoch = image->leader_epoch,
                .partition_epoch = image->partition_epoch,
                .replicas = image->replicas,
                .isr = image->isr,
                .min_isr = (int32_t)config_number(&p->topic->config, CONFIG_MIN_INSYNC_REPLICAS),
        };
        enum replica_role role = p->replica.role;
        int32_t leader_epoch = p->replica.assignment.leader_epoch;
        bool has_moved = replica_apply(&p->replica, &assignment);
        replicas_follow(b, p);
        replicas_touch(b, p);
        /* Fetches that wait do not ask for this partition: the next ones of its followers will. */
        if (role != REPLICA_LEADER && p->replica.role == REPLICA_LEADER)
                purgatory_release(&b->follower_fetches);
        if (role != p->replica.role || leader_epoch != p->replica.assignment.leader_epoch)
                coordinators_follow(b, p);
        if (has_moved) {
                purgatory_check(&p->hw_waiters);
                purgatory_check(&p->end_waiters);
        }
}

static void grow(struct hosted_topic *topic, int32_t count)
{
        size_t size = (size_t)count * sizeof *topic->partitions;
        if (count <= topic->partition_count)
                return;
        topic->partitions = realloc(topic->partitions, size);
        if (!topic->partitions)
                abort();
        while (topic->partition_count < count)
                topic->partitions[topic->partition_count++] = NULL;
}

static bool is_assigned(const struct broker *b, const struct image_topic *image, int32_t i)
{
        return b->is_broker && replica_set_has(&image->partitions[i].replicas, b->node_id);
}

/* Those of a new topic together: a sync for each would take seconds when they are many. An error
 * comes again when the partition is opened. */
static void make_directories(struct broker *b, const struct hosted_topic *topic,
                             const struct image_topic *image)
{
        int32_t *missing = calloc((size_t)image->partition_count + 1, sizeof *missing);
        if (!missing)
                abort();
        int32_t count = 0;
        for (int32_t i = 0; i < image->partition_count; i++) {
                if (is_assigned(b, image, i) && !topic->partitions[i])
                        missing[count++] = i;
        }
        log_dir_make(b->logs, topic->name, missing, count);
        free(missing);
}

static void follow_topic(struct broker *b, const struct image_topic *image)
{
        struct hosted_topic *topic = topic_by_id(b, &image->id);
        if (!topic)
                topic = add_topic(b, image);
        grow(topic, image->partition_count);
        configure(b, topic, image);
        make_directories(b, topic, image);
        for (int32_t i = 0; i < image->partition_count; i++) {
                bool assigned = is_assigned(b, image, i);
                if (assigned && !topic->partitions[i])
                        open_partition(b, topic, i);
                if (!assigned)
                        close_partition(b, topic, i, true);
                struct hosted_partition *p = topic->partitions[i];
                if (p && p->replica.log && b->life.state >= LIFE_SERVING)
                        assign(b, p, &image->partitions[i]);
        }
}

void hosted_note(struct broker *b, const struct metadata_record *record)
{
        struct uuid id;
        switch (record->type) {
        case METADATA_TOPIC: id = record->topic.topic_id; break;
        case METADATA_PARTITION: id = record->partition.topic_id; break;
        case METADATA_PARTITION_CHANGE: id = record->partition_change.topic_id; break;
        case METADATA_REMOVE_TOPIC: id = record->remove_topic.topic_id; break;
        case METADATA_CONFIG: {
                const struct image_topic *topic =
                        image_topic(&b->image, record->config.resource_name);
                if (!topic)
                        return;
                id = topic->id;
                break;
        }
        default: return;
        }
        /* Records of one topic mostly follow one another. */
        struct buffer *ids = &b->changed_topics;
        if (ids->size < sizeof id || memcmp(ids->data + ids->size - sizeof id, &id, sizeof id) != 0)
                buffer_append(ids, &id, sizeof id);
}

/* Names may be used again, so what is gone goes first. */
static void remove_gone(struct broker *b)
{
        struct hosted_topic *topic, *next;
        HASH_ITER (hh, b->topics, topic, next) {
                if (!image_topic_by_id(&b->image, &topic->id))
                        remove_topic(b, topic, true);
        }
}

void hosted_follow(struct broker *b, bool all)
{
        const struct uuid *changed = (const struct uuid *)b->changed_topics.data;
        size_t count = b->changed_topics.size / sizeof *changed;
        bool any_gone = all;
        for (size_t i = 0; i < count; i++)
                any_gone |= !image_topic_by_id(&b->image, &changed[i]);
        if (any_gone)
                remove_gone(b);
        for (size_t i = 0; i < count && !all; i++) {
                const struct image_topic *image = image_topic_by_id(&b->image, &changed[i]);
                if (image)
                        follow_topic(b, image);
        }
        for (struct image_topic *t = b->image.topics; all && t; t = t->hh.next)
                follow_topic(b, t);
        buffer_clear(&b->changed_topics);
}

/* Topics come, grow, change their settings and go. */
#include "cluster/change.h"
#include "cluster/metadata_log.h"
#include "cluster/placement.h"
#include "wire/configs.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTITIONS_MAX = 100000 };

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

/* --- where the replicas go --- */

static enum kerr check_replication(const struct controller *c, int32_t replicas, char *why,
                                   size_t why_size)
{
        int32_t active = 0;
        for (const struct image_broker *b = c->image.brokers; b; b = b->hh.next)
                active += change_is_active(c, b->id);
        if (replicas >= 1 && replicas <= active && replicas <= REPLICAS_MAX)
                return KERR_NONE;
        snprintf(why, why_size,
                 "Unable to replicate the partition %d time(s): %d broker%s registered.", replicas,
                 active, active == 1 ? " is" : "s are");
        return KERR_INVALID_REPLICATION_FACTOR;
}

/* Reads where a partition's replicas are told to go; there must be `replicas` of them. */
static enum kerr read_assignment(const struct controller *c, int32_t partition, const int32_t *ids,
                                 int32_t count, int32_t replicas, struct replica_set *set,
                                 char *why, size_t why_size)
{
        enum kerr err = placement_read(&c->image, ids, count, set, why, why_size);
        if (err)
                return err;
        int32_t k = 0;
        while (k < set->count && !change_is_active(c, set->ids[k]))
                k++;
        if (k == set->count) {
                snprintf(why, why_size, "None of partition %d's brokers is alive.", partition);
                return KERR_INVALID_REPLICA_ASSIGNMENT;
        }
        if (set->count != replicas) {
                snprintf(why, why_size, "All partitions need the same number of replicas.");
                return KERR_INVALID_REPLICA_ASSIGNMENT;
        }
        return KERR_NONE;
}

/* Reads the assignments, which may come in any order (Java's client walks a hash map), into one
 * replica set for each partition. */
static enum kerr read_assignments(const struct controller *c, const struct new_topic *topic,
                                  struct replica_set *placed, char *why, size_t why_size)
{
        for (int32_t i = 0; i < topic->assignment_count; i++) {
                const struct create_topics_assignment *a = &topic->assignments[i];
                if (a->index < 0 || a->index >= topic->partition_count ||
                    placed[a->index].count > 0) {
                        snprintf(why, why_size, "The partitions assigned must be 0, 1, 2 …");
                        return KERR_INVALID_REPLICA_ASSIGNMENT;
                }
                enum kerr err = read_assignment(
                        c, a->index, a->broker_ids.items, a->broker_ids.count,
                        topic->assignments[0].broker_ids.count, &placed[a->index], why, why_size);
                if (err)
                        return err;
        }
        return KERR_NONE;
}

static struct replica_set *new_sets(int32_t count)
{
        struct replica_set *sets = calloc((size_t)count, sizeof *sets);
        if (!sets)
                abort();
        return sets;
}

/* Those of the replicas that are active are in sync: there is nothing yet that they could lack. */
static void add_partition(struct controller *c, const struct uuid *topic_id, int32_t index,
                          struct replica_set *replicas)
{
        struct replica_set isr = {.count = 0};
        for (int32_t i = 0; i < replicas->count; i++) {
                if (change_is_active(c, replicas->ids[i]))
                        replica_set_add(&isr, replicas->ids[i]);
        }
        change_add(c,
                   &(struct metadata_record){.type = METADATA_PARTITION,
                                             .partition = {
                                                     .index = index,
                                                     .topic_id = *topic_id,
                                                     .replicas = {replicas->ids, replicas->count},
                                                     .isr = {isr.ids, isr.count},
                                                     .leader = isr.ids[0],
                                             }});
}

static void place(struct controller *c, int32_t replicas, struct replica_set *placed, int32_t count)
{
        struct placement placement;
        placement_init(&placement, c->config.world, &c->image);
        for (int32_t i = 0; i < count; i++)
                placed[i] = placement_next(&placement, replicas);
        placement_deinit(&placement);
}

/* --- create, delete, grow --- */

static enum kerr check_shape(const struct controller *c, const struct new_topic *topic, char *why,
                             size_t why_size)
{
        if (topic->partition_count < 1 || topic->partition_count > PARTITIONS_MAX) {
                snprintf(why, why_size, "Number of partitions must be between 1 and %d.",
                         PARTITIONS_MAX);
                return KERR_INVALID_PARTITIONS;
        }
        if (topic->assignment_count == 0)
                return check_replication(c, topic->replication_factor, why, why_size);
        if (topic->assignment_count != topic->partition_count) {
                snprintf(why, why_size, "Every partition needs an assignment, or none.");
                return KERR_INVALID_REPLICA_ASSIGNMENT;
        }
        struct replica_set *placed = new_sets(topic->partition_count);
        enum kerr err = read_assignments(c, topic, placed, why, why_size);
        free(placed);
        return err;
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
        return check_shape(c, topic, why, why_size);
}

enum kerr controller_create_topic(struct controller *c, const struct new_topic *topic, char *why,
                                  size_t why_size)
{
        enum kerr err = controller_check_topic(c, topic, why, why_size);
        if (err)
                return err;
        struct uuid id = uuid_random(c->config.world);
        change_add(c,
                   &(struct metadata_record){.type = METADATA_TOPIC, .topic = {topic->name, id}});
        for (int32_t i = 0; i < topic->setting_count; i++) {
                const struct create_topics_config *setting = &topic->settings[i];
                controller_configure_topic(c, topic->name, setting->name, setting->value);
        }
        struct replica_set *placed = new_sets(topic->partition_count);
        if (topic->assignment_count > 0)
                err = read_assignments(c, topic, placed, why, why_size);
        else
                place(c, topic->replication_factor, placed, topic->partition_count);
        assert(!err && "assignments were checked");
        for (int32_t i = 0; i < topic->partition_count; i++)
                add_partition(c, &id, i, &placed[i]);
        free(placed);
        return KERR_NONE;
}

static enum kerr unknown_topic(char *why, size_t why_size)
{
        snprintf(why, why_size, "This server does not host this topic-partition.");
        return KERR_UNKNOWN_TOPIC_OR_PARTITION;
}

enum kerr controller_delete_topic(struct controller *c, struct str name, char *why, size_t why_size)
{
        const struct image_topic *topic = image_topic(&c->image, name);
        if (!topic)
                return unknown_topic(why, why_size);
        change_add(c, &(struct metadata_record){.type = METADATA_REMOVE_TOPIC,
                                                .remove_topic = {topic->id}});
        return KERR_NONE;
}

/* Where the partitions from `first` on go: chosen, when nothing is told. */
static enum kerr place_more(struct controller *c, const struct create_partitions_topic *asked,
                            int32_t first, int32_t replicas, struct replica_set *placed, char *why,
                            size_t why_size)
{
        int32_t count = asked->count - first;
        if (asked->assignments.count < 0) {
                enum kerr err = check_replication(c, replicas, why, why_size);
                if (!err)
                        place(c, replicas, placed, count);
                return err;
        }
        if (asked->assignments.count != count) {
                snprintf(why, why_size, "%d partition(s) are to be added, %d assigned.", count,
                         asked->assignments.count);
                return KERR_INVALID_REPLICA_ASSIGNMENT;
        }
        for (int32_t i = 0; i < count; i++) {
                const struct create_partitions_assignment *a = &asked->assignments.items[i];
                enum kerr err =
                        read_assignment(c, first + i, a->broker_ids.items, a->broker_ids.count,
                                        replicas, &placed[i], why, why_size);
                if (err)
                        return err;
        }
        return KERR_NONE;
}

enum kerr controller_create_partitions(struct controller *c,
                                       const struct create_partitions_topic *asked,
                                       bool validate_only, char *why, size_t why_size)
{
        const struct image_topic *topic = image_topic(&c->image, asked->name);
        if (!topic)
                return unknown_topic(why, why_size);
        int32_t first = topic->partition_count;
        if (asked->count <= first || asked->count > PARTITIONS_MAX) {
                snprintf(why, why_size, "The topic has %d partition(s); %d is not an increase.",
                         first, asked->count);
                return KERR_INVALID_PARTITIONS;
        }
        const struct image_partition *like = &topic->partitions[0];
        int32_t replicas = like->replicas.count - like->removing.count;
        struct replica_set *placed = new_sets(asked->count - first);
        enum kerr err = place_more(c, asked, first, replicas, placed, why, why_size);
        for (int32_t i = first; !err && !validate_only && i < asked->count; i++)
                add_partition(c, &topic->id, i, &placed[i - first]);
        free(placed);
        return err;
}

/* --- settings --- */

enum kerr controller_configure_topic(struct controller *c, struct str name, struct str key,
                                     struct str value)
{
        const struct image_topic *topic = image_topic(&c->image, name);
        if (!topic)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        int32_t i = 0;
        while (i < topic->setting_count && !str_equal_c(key, topic->settings[i].name))
                i++;
        bool is_set = i < topic->setting_count;
        if (value.size < 0 ? !is_set : is_set && str_equal_c(value, topic->settings[i].value))
                return KERR_NONE;
        change_add(c,
                   &(struct metadata_record){.type = METADATA_CONFIG,
                                             .config = {CONFIG_RESOURCE_TOPIC, name, key, value}});
        /* A smaller min.insync.replicas ends ELRs; unclean elections may end a wait. */
        change_settle_topic(c, topic, -1);
        return KERR_NONE;
}

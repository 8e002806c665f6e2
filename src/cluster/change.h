/* change.h - the change that the controller is putting together; for the files of this folder.
 *
 * (1) A record is applied to the controller's image as soon as it is added, so what is decided next
 *     sees it. All records added until controller_submit() go into the log as one batch: all or
 *     nothing.
 * (2) What changes nothing adds nothing. */
#ifndef ODRADEK_CLUSTER_CHANGE_H
#define ODRADEK_CLUSTER_CHANGE_H

#include "cluster/controller.h"
#include "cluster/election.h"

#include <string.h>

void change_add(struct controller *c, const struct metadata_record *record);

/* The offset that the next record added will have in the log. */
int64_t change_next_offset(const struct controller *c);

/* True when the broker may lead and be in ISRs. */
bool change_is_active(const struct controller *c, int32_t broker);

/* The rules for partitions of that topic, with its settings; nobody lost anything. */
struct electorate change_electorate(const struct controller *c, const struct image_topic *topic);

/* Settles a partition on what is asked for (see election.h), and adds the record if that differs
 * from what is. True when it does. */
bool change_partition(struct controller *c, const struct image_topic *topic, int32_t index,
                      const struct image_partition *asked, const struct electorate *e);

/* Settles the partitions of a topic, or all, as they are: brokers or settings have changed.
 * `lost_broker` has lost unsynced bytes; -1: none. */
void change_settle_topic(struct controller *c, const struct image_topic *topic,
                         int32_t lost_broker);
void change_settle_all(struct controller *c, int32_t lost_broker);

/* Zeroed memory for an answer. The arena of an answer has no limit: NULL aborts. */
void *answer_alloc(struct arena *arena, size_t size);

/* Gives the ARRAY_OF() `array` of an answer `n` zeroed items. */
#define answer_array(arena, array, n) \
        ((array)->count = (n),        \
         (array)->items = answer_alloc((arena), (size_t)(array)->count * sizeof *(array)->items))

/* The ARRAY_OF(int32_t) `array` of an answer becomes a copy of `set`. */
#define answer_ids(arena, array, set)                  \
        (answer_array((arena), (array), (set)->count), \
         memcpy((array)->items, (set)->ids, (size_t)(set)->count * sizeof(set)->ids[0]))

/* A copy of `text`. */
struct str answer_text(struct arena *arena, const char *text);

#endif

/* segment_list.h - the segments of one log, in order; the last one is active. */
#ifndef ODRADEK_LOG_SEGMENT_LIST_H
#define ODRADEK_LOG_SEGMENT_LIST_H

#include "log/segment.h"

/* Zero-initialise. Owns its segments. */
struct segment_list {
        struct segment **items;
        int32_t count, capacity;
};

/* Closes all. */
void segment_list_close(struct segment_list *list);

/* Takes the segment over. Its base offset is above all others. */
void segment_list_push(struct segment_list *list, struct segment *segment);

/* Removes the files of the first or last segment and closes it. On error it stays in the list. */
enum kerr segment_list_remove_first(struct segment_list *list);
enum kerr segment_list_remove_last(struct segment_list *list);

/* Puts `segment` in the place of `count` segments from number `first` on, which are closed; what
 * becomes of their files is the caller's business. */
void segment_list_replace(struct segment_list *list, int32_t first, int32_t count,
                          struct segment *segment);

static inline struct segment *segment_list_active(const struct segment_list *list)
{
        return list->items[list->count - 1];
}

/* The number of the last segment whose base offset is at most `offset`, or -1. */
int32_t segment_list_floor(const struct segment_list *list, int64_t offset);

/* The first batch that ends at or above `offset`, and its segment; *segment is NULL when there is
 * none. */
enum kerr segment_list_find(const struct segment_list *list, int64_t offset,
                            struct segment **segment, int64_t *position);

/* Bytes of all .log files. */
int64_t segment_list_size(const struct segment_list *list);

#endif

#include "log/segment_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void segment_list_close(struct segment_list *list)
{
        for (int32_t i = 0; i < list->count; i++)
                segment_close(list->items[i]);
        free(list->items);
        *list = (struct segment_list){0};
}

void segment_list_push(struct segment_list *list, struct segment *segment)
{
        assert(list->count == 0 || segment_list_active(list)->base_offset < segment->base_offset);
        if (list->count == list->capacity) {
                list->capacity = list->capacity ? 2 * list->capacity : 4;
                list->items = realloc(list->items, (size_t)list->capacity * sizeof *list->items);
                if (!list->items)
                        abort();
        }
        list->items[list->count++] = segment;
}

enum kerr segment_list_remove_first(struct segment_list *list)
{
        enum kerr err = segment_remove(list->items[0]);
        if (err)
                return err;
        segment_close(list->items[0]);
        list->count--;
        memmove(list->items, list->items + 1, (size_t)list->count * sizeof *list->items);
        return KERR_NONE;
}

enum kerr segment_list_remove_last(struct segment_list *list)
{
        enum kerr err = segment_remove(segment_list_active(list));
        if (err)
                return err;
        segment_close(list->items[--list->count]);
        return KERR_NONE;
}

void segment_list_replace(struct segment_list *list, int32_t first, int32_t count,
                          struct segment *segment)
{
        for (int32_t i = first; i < first + count; i++)
                segment_close(list->items[i]);
        list->items[first] = segment;
        int32_t behind = list->count - first - count;
        memmove(list->items + first + 1, list->items + first + count,
                (size_t)behind * sizeof *list->items);
        list->count -= count - 1;
}

int32_t segment_list_floor(const struct segment_list *list, int64_t offset)
{
        int32_t low = 0, high = list->count;
        while (low < high) {
                int32_t middle = low + (high - low) / 2;
                if (list->items[middle]->base_offset <= offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low - 1;
}

enum kerr segment_list_find(const struct segment_list *list, int64_t offset,
                            struct segment **segment, int64_t *position)
{
        *segment = NULL;
        for (int32_t i = segment_list_floor(list, offset); i < list->count; i++) {
                enum kerr err = segment_find(list->items[i], offset, position);
                if (err)
                        return err;
                if (*position < list->items[i]->size_bytes) {
                        *segment = list->items[i];
                        break;
                }
        }
        return KERR_NONE;
}

int64_t segment_list_size(const struct segment_list *list)
{
        int64_t sum = 0;
        for (int32_t i = 0; i < list->count; i++)
                sum += list->items[i]->size_bytes;
        return sum;
}

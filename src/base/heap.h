/* heap.h - a binary min-heap of items embedded in their owners: timers and simulated events.
 *
 * Items come out by (key, order); `order` breaks ties and must be unique among items of one key, so
 * that two runs pop in the same sequence. The heap holds pointers only: an item must stay where it
 * is while it is in the heap. Source: Williams 1964. */
#ifndef ODRADEK_BASE_HEAP_H
#define ODRADEK_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_item {
        int64_t key;    /* a time in ms or ns; the smallest comes first */
        uint64_t order; /* the tie-breaker, usually a running number */
        size_t place;   /* where it stands, plus one; 0: not in a heap */
};

struct heap {
        struct heap_item **items;
        size_t count, capacity;
};

/* Zero-initialise a heap; this frees it. The items are the caller's. */
void heap_deinit(struct heap *h);

/* `item` must not be in a heap. */
void heap_push(struct heap *h, struct heap_item *item);

/* The smallest item, or NULL. heap_pop() also takes it out. */
struct heap_item *heap_peek(const struct heap *h);
struct heap_item *heap_pop(struct heap *h);

/* Takes `item` out; does nothing when it is not in a heap. */
void heap_remove(struct heap *h, struct heap_item *item);

static inline bool heap_contains(const struct heap_item *item)
{
        return item->place != 0;
}

/* The struct of type `type` whose member `member` is the item. */
#define heap_owner(item, type, member) ((type *)(void *)((char *)(item)-offsetof(type, member)))

#endif

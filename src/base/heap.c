#include "base/heap.h"

#include <assert.h>
#include <stdlib.h>

static bool before(const struct heap_item *a, const struct heap_item *b)
{
        return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void put(struct heap *h, size_t place, struct heap_item *item)
{
        h->items[place] = item;
        item->place = place + 1;
}

static void sift_up(struct heap *h, size_t place, struct heap_item *item)
{
        while (place > 0 && before(item, h->items[(place - 1) / 2])) {
                put(h, place, h->items[(place - 1) / 2]);
                place = (place - 1) / 2;
        }
        put(h, place, item);
}

static void sift_down(struct heap *h, size_t place, struct heap_item *item)
{
        for (size_t child; (child = 2 * place + 1) < h->count; place = child) {
                if (child + 1 < h->count && before(h->items[child + 1], h->items[child]))
                        child++;
                if (!before(h->items[child], item))
                        break;
                put(h, place, h->items[child]);
        }
        put(h, place, item);
}

void heap_deinit(struct heap *h)
{
        free(h->items);
        *h = (struct heap){0};
}

void heap_push(struct heap *h, struct heap_item *item)
{
        assert(!heap_contains(item));
        if (h->count == h->capacity) {
                h->capacity = h->capacity ? 2 * h->capacity : 16;
                h->items = realloc(h->items, h->capacity * sizeof *h->items);
                if (!h->items)
                        abort();
        }
        sift_up(h, h->count++, item);
}

struct heap_item *heap_peek(const struct heap *h)
{
        return h->count ? h->items[0] : NULL;
}

struct heap_item *heap_pop(struct heap *h)
{
        struct heap_item *first = heap_peek(h);
        if (first)
                heap_remove(h, first);
        return first;
}

void heap_remove(struct heap *h, struct heap_item *item)
{
        if (!heap_contains(item))
                return;
        size_t place = item->place - 1;
        assert(place < h->count && h->items[place] == item);
        item->place = 0;
        struct heap_item *last = h->items[--h->count];
        if (last == item)
                return;
        if (place > 0 && before(last, h->items[(place - 1) / 2]))
                sift_up(h, place, last);
        else
                sift_down(h, place, last);
}

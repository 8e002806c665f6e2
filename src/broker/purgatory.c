#include "broker/purgatory.h"

#include <stdlib.h>

void purgatory_deinit(struct purgatory *p)
{
        heap_deinit(&p->deadlines);
}

static void watch_join(struct watch *w, struct watch_list *list, struct delayed *d)
{
        *w = (struct watch){.list = list, .delayed = d, .previous = list->last};
        if (list->last)
                list->last->next = w;
        else
                list->first = w;
        list->last = w;
}

static void watch_leave(struct watch *w)
{
        if (w->previous)
                w->previous->next = w->next;
        else
                w->list->first = w->next;
        if (w->next)
                w->next->previous = w->previous;
        else
                w->list->last = w->previous;
}

void purgatory_add(struct purgatory *p, struct delayed *d, int64_t deadline_ms,
                   struct watch_list *const *lists, int32_t count)
{
        d->deadline = (struct heap_item){.key = deadline_ms, .order = p->order++};
        heap_push(&p->deadlines, &d->deadline);
        d->watches = calloc((size_t)count + 1, sizeof *d->watches);
        if (!d->watches)
                abort();
        d->watch_count = count;
        for (int32_t i = 0; i < count; i++)
                watch_join(&d->watches[i], lists[i], d);
}

void purgatory_cancel(struct purgatory *p, struct delayed *d)
{
        heap_remove(&p->deadlines, &d->deadline);
        for (int32_t i = 0; i < d->watch_count; i++)
                watch_leave(&d->watches[i]);
        free(d->watches);
        d->watches = NULL;
        d->watch_count = 0;
}

void purgatory_check(struct watch_list *list)
{
        /* Completing one operation can end no other: an answer goes to the world, not to us. But an
         * operation may stand on this list twice, and then both of its places go at once. */
        for (struct watch *w = list->first, *next; w; w = next) {
                next = w->next;
                while (next && next->delayed == w->delayed)
                        next = next->next;
                w->delayed->try_complete(w->delayed, false);
        }
}

void purgatory_release(struct watch_list *list)
{
        while (list->first)
                list->first->delayed->try_complete(list->first->delayed, true);
}

int64_t purgatory_expire(struct purgatory *p, int64_t now_ms)
{
        struct heap_item *first;
        while ((first = heap_peek(&p->deadlines)) && first->key <= now_ms) {
                struct delayed *d = heap_owner(first, struct delayed, deadline);
                d->try_complete(d, true);
        }
        return first ? first->key : INT64_MAX;
}

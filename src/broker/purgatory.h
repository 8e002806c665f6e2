/* purgatory.h - where requests wait for something to become true, with a deadline.
 *
 * A delayed operation watches one or more lists (one list for each thing that can change: a
 * partition's high watermark, say). When a thing changes, its list is checked: every operation on
 * it is asked whether it can be completed now. At the deadline it is expired. Each operation ends
 * exactly once: by completing, by expiring or by being cancelled; then it is on no list any more.
 *
 * Source: Kafka's DelayedOperationPurgatory. Kafka keeps time in hierarchical wheels and watches in
 * hash tables of many threads; with one handler thread a heap and plain lists do. */
#ifndef ODRADEK_BROKER_PURGATORY_H
#define ODRADEK_BROKER_PURGATORY_H

#include "base/heap.h"

struct delayed;

struct watch {
        struct watch *previous, *next;
        struct watch_list *list;
        struct delayed *delayed;
};

/* Zero-initialise. Must be empty (purgatory_release()) before its memory goes. */
struct watch_list {
        struct watch *first, *last; /* the longest waiting first */
};

/* Embedded in what waits. */
struct delayed {
        struct heap_item deadline;
        struct watch *watches; /* owned */
        int32_t watch_count;
        /* Ends the operation and returns true, or returns false and changes nothing. When `late`
         * the deadline has come: it must end. */
        bool (*try_complete)(struct delayed *d, bool late);
};

struct purgatory {
        struct heap deadlines;
        uint64_t order;
};

/* Zero-initialise; this frees the table. All operations must have ended. */
void purgatory_deinit(struct purgatory *p);

/* Makes `d` wait until deadline_ms (mono) on `count` lists. d->try_complete must be set. */
void purgatory_add(struct purgatory *p, struct delayed *d, int64_t deadline_ms,
                   struct watch_list *const *lists, int32_t count);

/* Takes `d` off everything; does nothing when it does not wait. try_complete() functions call it
 * before they end their operation. */
void purgatory_cancel(struct purgatory *p, struct delayed *d);

/* Something that `list` watches has changed. */
void purgatory_check(struct watch_list *list);

/* What is watched goes away: every operation on the list is asked to complete, as if late. */
void purgatory_release(struct watch_list *list);

/* Ends what is due; returns the next deadline (mono_ms), or INT64_MAX. */
int64_t purgatory_expire(struct purgatory *p, int64_t now_ms);

#endif

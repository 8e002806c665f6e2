/* arena.h - memory of one request: many small allocations, one free.
 *
 * An arena never gives out more than its limit, so a request that claims a billion array entries
 * costs at most the limit. Pointers into an arena die with arena_deinit() or arena_reset(). */
#ifndef ODRADEK_BASE_ARENA_H
#define ODRADEK_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
        struct arena_block *blocks; /* newest first */
        size_t used_bytes;          /* given out, with alignment */
        size_t limit_bytes;         /* never give out more than this */
};

/* Allocates nothing yet. */
void arena_init(struct arena *a, size_t limit_bytes);

/* Zeroed memory aligned for any type, or NULL when the limit would be passed. size 0 gives a valid
 * pointer that must not be read. */
void *arena_alloc(struct arena *a, size_t size);

/* Frees all blocks. The arena can be used again. */
void arena_deinit(struct arena *a);

#endif

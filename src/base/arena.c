#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Most requests fit into one small block, of a size that malloc() hands out again at once. */
enum { FIRST_BLOCK_BYTES = 960, BLOCK_BYTES_MIN = 4096 };

struct arena_block {
        struct arena_block *next;
        size_t used, capacity;
        alignas(max_align_t) uint8_t bytes[];
};

void arena_init(struct arena *a, size_t limit_bytes)
{
        *a = (struct arena){.limit_bytes = limit_bytes};
}

static struct arena_block *arena_grow(struct arena *a, size_t size)
{
        size_t least = a->blocks ? BLOCK_BYTES_MIN : FIRST_BLOCK_BYTES;
        size_t capacity = size > least ? size : least;
        struct arena_block *block = malloc(sizeof *block + capacity);
        if (!block)
                return NULL;
        block->next = a->blocks;
        block->used = 0;
        block->capacity = capacity;
        a->blocks = block;
        return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
        const size_t align = alignof(max_align_t);
        if (size > a->limit_bytes)
                return NULL;
        size = size ? (size + align - 1) / align * align : align;
        if (size > a->limit_bytes - a->used_bytes)
                return NULL;
        struct arena_block *block = a->blocks;
        if (!block || block->capacity - block->used < size)
                block = arena_grow(a, size);
        if (!block)
                return NULL;
        void *at = block->bytes + block->used;
        block->used += size;
        a->used_bytes += size;
        return memset(at, 0, size);
}

void arena_deinit(struct arena *a)
{
        while (a->blocks) {
                struct arena_block *next = a->blocks->next;
                free(a->blocks);
                a->blocks = next;
        }
        a->used_bytes = 0;
}

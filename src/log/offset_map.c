#include "log/offset_map.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct offset_map_entry {
        int64_t offset;
        UT_hash_handle hh; /* by the key behind this struct */
        uint8_t key[];
};

/* A slot of uthash's table, on average. */
enum { SLOT_BYTES = 16 };

static struct offset_map_entry *find(const struct offset_map *map, struct span key)
{
        struct offset_map_entry *e;
        HASH_FIND(hh, map->entries, key.data, key.size, e);
        return e;
}

void offset_map_put(struct offset_map *map, struct span key, int64_t offset)
{
        struct offset_map_entry *e = find(map, key);
        if (!e) {
                e = calloc(1, sizeof *e + key.size);
                if (!e)
                        abort();
                if (key.size > 0)
                        memcpy(e->key, key.data, key.size);
                HASH_ADD_KEYPTR(hh, map->entries, e->key, key.size, e);
                map->size_bytes += (int64_t)(sizeof *e + key.size) + SLOT_BYTES;
        }
        e->offset = offset;
}

int64_t offset_map_get(const struct offset_map *map, struct span key)
{
        const struct offset_map_entry *e = find(map, key);
        return e ? e->offset : -1;
}

void offset_map_deinit(struct offset_map *map)
{
        struct offset_map_entry *e, *next;
        HASH_ITER (hh, map->entries, e, next) {
                HASH_DEL(map->entries, e);
                free(e);
        }
        *map = (struct offset_map){0};
}

/* offset_map.h - for each key of the part of a log that compaction looks at, where its last record
 * lies. Its memory is bounded: what does not fit waits for the next round.
 *
 * Kafka keeps a hash of 16 bytes in place of the key and so takes 24 bytes for each. We keep the
 * key: no two keys are ever taken for one. Source: Kafka's SkimpyOffsetMap. */
#ifndef ODRADEK_LOG_OFFSET_MAP_H
#define ODRADEK_LOG_OFFSET_MAP_H

#include "base/bytes.h"

struct offset_map {
        struct offset_map_entry *entries;
        int64_t size_bytes;
};

/* `key` lies at `offset`, which is above all before. */
void offset_map_put(struct offset_map *map, struct span key, int64_t offset);

/* The last offset of `key`, or -1. */
int64_t offset_map_get(const struct offset_map *map, struct span key);

/* Empties it. */
void offset_map_deinit(struct offset_map *map);

#endif

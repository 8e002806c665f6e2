#include "client/partitioner.h"

#include <assert.h>

enum { MURMUR2_SEED = (int32_t)0x9747b28c, MURMUR2_M = 0x5bd1e995, MURMUR2_R = 24 };

static uint32_t load_le32(const uint8_t *at)
{
        return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

int32_t murmur2(struct span bytes)
{
        const uint32_t m = MURMUR2_M;
        uint32_t hash = (uint32_t)MURMUR2_SEED ^ (uint32_t)bytes.size;
        const uint8_t *at = bytes.data;
        size_t left = bytes.size;
        for (; left >= 4; at += 4, left -= 4) {
                uint32_t k = load_le32(at) * m;
                k ^= k >> MURMUR2_R;
                hash = hash * m ^ k * m;
        }
        if (left > 0) {
                uint32_t tail = 0;
                while (left-- > 0)
                        tail = tail << 8 | at[left];
                hash = (hash ^ tail) * m;
        }
        hash ^= hash >> 13;
        hash *= m;
        hash ^= hash >> 15;
        return (int32_t)hash;
}

int32_t partition_of_key(struct span key, int32_t partition_count)
{
        assert(partition_count > 0);
        /* Kafka's toPositive(): the sign bit goes, abs() would fail for the smallest number. */
        return (murmur2(key) & INT32_MAX) % partition_count;
}

void partitioner_init(struct partitioner *p, enum partitioner_kind kind)
{
        *p = (struct partitioner){.kind = kind, .current = -1};
}

int32_t partitioner_next(struct partitioner *p, struct world *world, int32_t partition_count)
{
        assert(partition_count > 0);
        uint32_t count = (uint32_t)partition_count;
        if (p->kind == PARTITIONER_ROUND_ROBIN || count == 1) {
                p->current = (int32_t)((uint32_t)(p->current + 1) % count);
        } else if (p->current < 0) {
                p->current = (int32_t)(world->random_u64(world) % count);
        } else {
                /* One of the others: a step of 1 to count - 1. */
                uint64_t step = 1 + world->random_u64(world) % (count - 1);
                p->current = (int32_t)(((uint32_t)p->current + step) % count);
        }
        return p->current;
}

#include "base/rng.h"

#include <assert.h>

static const uint64_t golden_gamma = 0x9e3779b97f4a7c15u;

uint64_t rng_mix(uint64_t x)
{
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
        return x ^ (x >> 31);
}

void rng_init(struct rng *r, uint64_t seed)
{
        r->state = rng_mix(seed + golden_gamma);
}

struct rng rng_fork(const struct rng *r, uint64_t label)
{
        struct rng fork;
        rng_init(&fork, r->state ^ rng_mix(label));
        return fork;
}

uint64_t rng_u64(struct rng *r)
{
        r->state += golden_gamma;
        return rng_mix(r->state);
}

int64_t rng_between(struct rng *r, int64_t low, int64_t high)
{
        assert(low <= high);
        uint64_t width = (uint64_t)high - (uint64_t)low + 1;
        uint64_t draw = rng_u64(r);
        /* The bias of the remainder is below 2^-32 for the widths that faults need. */
        return (int64_t)((uint64_t)low + (width ? draw % width : draw));
}

bool rng_chance(struct rng *r, uint32_t numerator, uint32_t denominator)
{
        assert(denominator > 0);
        return rng_u64(r) % denominator < numerator;
}

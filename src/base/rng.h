/* rng.h - a seeded random generator: the same seed gives the same numbers on every machine.
 *
 * SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): one 64-bit counter and a mixing function. Small,
 * fast, good enough to draw faults with; not for secrets. */
#ifndef ODRADEK_BASE_RNG_H
#define ODRADEK_BASE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
        uint64_t state;
};

/* The bit mixer alone: a bijection that scatters neighbouring inputs. */
uint64_t rng_mix(uint64_t x);

void rng_init(struct rng *r, uint64_t seed);

/* A generator of its own that depends on r's state and `label`; r is not changed. Streams with
 * names keep a new draw in one place from shifting the draws of every other. */
struct rng rng_fork(const struct rng *r, uint64_t label);

uint64_t rng_u64(struct rng *r);

/* Uniform in [low, high], both included; low <= high. */
int64_t rng_between(struct rng *r, int64_t low, int64_t high);

/* True in `numerator` of `denominator` cases. */
bool rng_chance(struct rng *r, uint32_t numerator, uint32_t denominator);

#endif

#include "bench/experiments.h"

#include <string.h>
#include <strings.h>

/* In the order of the report: E0, E1, …, W1, W2, … */
static const struct experiment *const all[] = {
        &experiment_limits,    &experiment_copypath,   &experiment_wirespeed, &experiment_consumer,
        &experiment_fanout,    &experiment_smallfetch, &experiment_pagecache, &experiment_cold,
        &experiment_neighbour, &experiment_byref,      &experiment_zerocopy,  &experiment_traps,
        &experiment_append,    &experiment_durability, &experiment_layout,    &experiment_disk,
        &experiment_checksum,
};

const struct experiment *const *experiments_all(int *count)
{
        *count = (int)(sizeof all / sizeof *all);
        return all;
}

const struct experiment *experiment_find(const char *name)
{
        int count;
        const struct experiment *const *known = experiments_all(&count);
        for (int i = 0; i < count; i++) {
                if (strcmp(known[i]->name, name) == 0 || strcasecmp(known[i]->id, name) == 0)
                        return known[i];
        }
        return NULL;
}

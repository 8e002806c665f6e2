#include "sim/survival.h"

#include <stddef.h>
#include <string.h>

/* "any" is not in the table: it is the one name that leaves a choice. */
static const char any[] = "any";

static const struct {
        const char *name;
        enum sim_keep_bytes bytes;
        enum sim_keep_names names;
} table[] = {
        {"nothing", SIM_KEEP_NO_BYTES, SIM_KEEP_NO_NAMES},
        {"prefix", SIM_KEEP_PREFIX, SIM_KEEP_FIRST_NAMES},
        {"torn", SIM_KEEP_TORN, SIM_KEEP_ALL_NAMES},
        {"torn-byte", SIM_KEEP_TORN_BYTE, SIM_KEEP_ALL_NAMES},
        {"hole", SIM_KEEP_HOLE, SIM_KEEP_ALL_NAMES},
        {"garbage", SIM_KEEP_GARBAGE, SIM_KEEP_ALL_NAMES},
        {"size-only", SIM_KEEP_SIZE_ONLY, SIM_KEEP_ALL_NAMES},
        {"nameless", SIM_KEEP_ALL_BYTES, SIM_KEEP_NO_NAMES},
        {"contentless", SIM_KEEP_NO_BYTES, SIM_KEEP_ALL_NAMES},
        {"all", SIM_KEEP_ALL_BYTES, SIM_KEEP_ALL_NAMES},
};

enum { TABLE_SIZE = sizeof table / sizeof table[0] };

bool sim_survival_find(const char *name, struct sim_survival *into)
{
        *into = (struct sim_survival){0};
        for (int i = 0; i < TABLE_SIZE; i++) {
                if (strcmp(name, table[i].name) != 0)
                        continue;
                into->bytes[table[i].bytes] = 1;
                into->names[table[i].names] = 1;
                return true;
        }
        if (strcmp(name, any) != 0)
                return false;
        for (int i = 0; i < SIM_KEEP_BYTES_COUNT; i++)
                into->bytes[i] = 1;
        for (int i = 0; i < SIM_KEEP_NAMES_COUNT; i++)
                into->names[i] = 1;
        return true;
}

const char *sim_survival_name(int index)
{
        if (index < TABLE_SIZE)
                return table[index].name;
        return index == TABLE_SIZE ? any : NULL;
}

static int draw(const uint32_t *weights, int count, struct rng *r)
{
        int64_t sum = 0;
        for (int i = 0; i < count; i++)
                sum += weights[i];
        if (sum == 0)
                return 0;
        int64_t ticket = rng_between(r, 0, sum - 1);
        int choice = 0;
        while (ticket >= weights[choice])
                ticket -= weights[choice++];
        return choice;
}

enum sim_keep_bytes sim_survival_draw_bytes(const struct sim_survival *s, struct rng *r)
{
        return (enum sim_keep_bytes)draw(s->bytes, SIM_KEEP_BYTES_COUNT, r);
}

enum sim_keep_names sim_survival_draw_names(const struct sim_survival *s, struct rng *r)
{
        return (enum sim_keep_names)draw(s->names, SIM_KEEP_NAMES_COUNT, r);
}

#include "sim/trace.h"

#include "base/rng.h"

#include <inttypes.h>
#include <string.h>

static const struct {
        const char *name;
        const char *labels[SIM_TRACE_NUMBERS];
} kinds[SIM_TRACE_KINDS] = {
#define SIM_TRACE_ROW(KIND, name, ...) {name, {__VA_ARGS__}},
        SIM_TRACE_LIST(SIM_TRACE_ROW)
#undef SIM_TRACE_ROW
};

static uint64_t fold(uint64_t hash, uint64_t value)
{
        return rng_mix((hash ^ value) + 0x9e3779b97f4a7c15u);
}

uint64_t sim_trace_sum(const void *data, size_t size)
{
        const uint8_t *at = data;
        uint64_t hash = size;
        for (; size >= 8; at += 8, size -= 8)
                hash = fold(hash, load_be64(at));
        uint64_t rest = 0;
        while (size > 0)
                rest = rest << 8 | at[--size];
        return fold(hash, rest);
}

void sim_trace_add(struct sim_trace *t, int32_t node, enum sim_trace_kind kind,
                   const int64_t numbers[SIM_TRACE_NUMBERS], const char *text)
{
        if (!text)
                text = "";
        t->count++;
        uint64_t hash = fold(t->hash, (uint64_t)*t->now_ns);
        hash = fold(hash, (uint64_t)(uint32_t)node << 32 | (uint32_t)kind);
        for (int i = 0; i < SIM_TRACE_NUMBERS; i++)
                hash = fold(hash, (uint64_t)numbers[i]);
        t->hash = fold(hash, sim_trace_sum(text, strlen(text)));
        if (!t->sink)
                return;
        struct sim_trace_entry entry = {t->count, *t->now_ns, node, kind, {0}, text, t->frame};
        memcpy(entry.numbers, numbers, sizeof entry.numbers);
        t->sink(t->context, &entry);
}

void sim_trace_print(const struct sim_trace_entry *entry, struct buffer *into)
{
        buffer_printf(into, "%8" PRIu64 " %12.6f ", entry->number, (double)entry->time_ns / 1e9);
        if (entry->node >= 0)
                buffer_printf(into, "%4" PRId32 " ", entry->node);
        else
                buffer_printf(into, "   - ");
        buffer_printf(into, "%s", kinds[entry->kind].name);
        for (int i = 0; i < SIM_TRACE_NUMBERS; i++)
                if (kinds[entry->kind].labels[i])
                        buffer_printf(into, " %s=%" PRId64, kinds[entry->kind].labels[i],
                                      entry->numbers[i]);
        if (entry->text[0])
                buffer_printf(into, " %s", entry->text);
}

#include "sim/crash_points.h"

#include "sim/notes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RESTART_NS (100 * INT64_C(1000000))

/* What the client did last, before it was killed. */
#define PHASE_LIST(X)                                       \
        X(STARTS, "starts")                                 \
        X(JOINS, "joins its group")                         \
        X(READS, "reads")                                   \
        X(BEGINS, "begins a transaction")                   \
        X(WRITES, "writes the output")                      \
        X(HEARS, "hears that the output is there")          \
        X(COMMITS, "commits the offset, or sends it along") \
        X(COMMITTED, "hears that the offset is taken")      \
        X(ENDS, "asks for the end of the transaction")      \
        X(ENDED, "hears that the transaction has ended")

enum phase {
#define PHASE_ENUM(ID, name) PHASE_##ID,
        PHASE_LIST(PHASE_ENUM)
#undef PHASE_ENUM
                PHASES
};

static const char *const phase_names[PHASES] = {
#define PHASE_NAME(ID, name) name,
        PHASE_LIST(PHASE_NAME)
#undef PHASE_NAME
};

enum effect { EFFECT_LOST, EFFECT_DOUBLED, EFFECT_EXACT, EFFECTS };

struct point {
        uint64_t event;
        enum phase phase;
};

/* The events of one policy, and what came of a crash at each. */
struct column {
        enum commit_policy policy;
        struct scenario *scenario; /* with that policy, and room for two steps more */
        struct point *points;
        int32_t count, capacity;
        int32_t node;
        enum phase phase; /* while looking */
        int64_t last_ns;
        bool is_over;
        int32_t effects[PHASES][EFFECTS];
        int32_t stuck;
};

/* --- where --- */

static enum phase phase_of(int64_t note, enum phase before)
{
        switch ((enum note)note) {
        case NOTE_ASSIGNED: return PHASE_JOINS;
        case NOTE_READ: return PHASE_READS;
        case NOTE_BEGINS: return PHASE_BEGINS;
        case NOTE_SENT: return PHASE_WRITES;
        case NOTE_ENDED: return PHASE_HEARS;
        case NOTE_COMMITS: return PHASE_COMMITS;
        case NOTE_COMMIT_ENDED: return PHASE_COMMITTED;
        case NOTE_ENDS: return PHASE_ENDS;
        case NOTE_TXN_ENDED: return PHASE_ENDED;
        default: return before;
        }
}

/* What happens at one time on one machine is one turn: its last entry stands for it. */
static void on_entry(void *context, const struct sim_trace_entry *entry)
{
        struct column *c = context;
        bool is_note = entry->kind == SIM_TRACE_NOTE;
        if (is_note && entry->numbers[0] == NOTE_HEALED)
                c->is_over = true;
        if (c->is_over || entry->node != c->node)
                return;
        if (is_note)
                c->phase = phase_of(entry->numbers[0], c->phase);
        if (c->count == 0 || entry->time_ns != c->last_ns) {
                if (c->count == c->capacity) {
                        c->capacity = c->capacity > 0 ? 2 * c->capacity : 64;
                        c->points = realloc(c->points, (size_t)c->capacity * sizeof *c->points);
                        if (!c->points)
                                abort();
                }
                c->count++;
        }
        c->points[c->count - 1] = (struct point){entry->number, c->phase};
        c->last_ns = entry->time_ns;
}

/* --- what came of it --- */

static bool is_pipeline_input(const struct scenario *s, const struct history_partition *p)
{
        for (int32_t i = 0; i < s->client_count; i++)
                if (s->clients[i].verb == VERB_PIPELINE &&
                    strcmp(s->topics[s->clients[i].topic].name, p->topic) == 0)
                        return true;
        return false;
}

/* Counts, for each input in the final read, the outputs in it. */
static void judge(const struct scenario *s, const struct history *h, bool found[EFFECTS])
{
        int32_t *outputs = calloc((size_t)h->send_count + 1, sizeof *outputs);
        if (!outputs)
                abort();
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                if (r->is_final && r->send >= 0 && h->sends[r->send].input >= 0 &&
                    h->reads[h->sends[r->send].input].send >= 0)
                        outputs[h->reads[h->sends[r->send].input].send]++;
        }
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                if (!r->is_final || r->send < 0 ||
                    !is_pipeline_input(s, &h->partitions[r->partition]))
                        continue;
                found[EFFECT_LOST] |= outputs[r->send] == 0;
                found[EFFECT_DOUBLED] |= outputs[r->send] > 1;
        }
        found[EFFECT_EXACT] = !found[EFFECT_LOST] && !found[EFFECT_DOUBLED];
        free(outputs);
}

static void run_once(struct column *c, const struct crash_points_options *o,
                     const struct point *point)
{
        struct step *steps = &c->scenario->steps[c->scenario->step_count - 2];
        steps[0].trigger.count = (int64_t)point->event;
        struct run_options options = {.seed = o->seed, .zoo = o->zoo};
        struct run_report report;
        bool found[EFFECTS] = {false};
        run_scenario(c->scenario, &options, &report);
        judge(c->scenario, &report.history, found);
        for (int i = 0; i < EFFECTS; i++)
                c->effects[point->phase][i] += found[i];
        c->stuck += report.verdict.tallies[ANOMALY_STUCK].broken > 0;
        run_report_deinit(&report);
}

static void fill(struct column *c, const struct crash_points_options *o)
{
        struct scenario *s = c->scenario;
        struct run_report report;
        for (int32_t i = 0; i < s->client_count; i++)
                if (s->clients[i].verb == VERB_PIPELINE)
                        s->clients[i].policy = c->policy;
        struct run_options options = {
                .seed = o->seed, .zoo = o->zoo, .sink = on_entry, .context = c};
        run_scenario(s, &options, &report);
        run_report_deinit(&report);

        struct step *dies = &s->steps[s->step_count++], *returns = &s->steps[s->step_count++];
        *dies = (struct step){.trigger = scenario_statement(VERB_HAPPENED),
                              .action = scenario_statement(VERB_KILL)};
        *returns = (struct step){.trigger = scenario_statement(VERB_THEN_AFTER),
                                 .follows = true,
                                 .action = scenario_statement(VERB_RESTART)};
        dies->action.node = returns->action.node = c->node;
        returns->trigger.time_ns = RESTART_NS;
        for (int32_t i = 0; i < c->count; i++)
                run_once(c, o, &c->points[i]);
}

/* --- the table --- */

static const char *const titles[] = {
        [COMMIT_AFTER] = "process, then commit",
        [COMMIT_BEFORE] = "commit, then process",
        [COMMIT_AUTO] = "commit now and then",
        [COMMIT_TRANSACTION] = "one transaction",
};

static void print_cells(const int32_t effects[EFFECTS], FILE *out)
{
        for (int i = 0; i < EFFECTS; i++)
                if (effects[i] > 0)
                        fprintf(out, "%s%7" PRId32, i == 0 ? "  " : " ", effects[i]);
                else
                        fprintf(out, "%s      -", i == 0 ? "  " : " ");
}

static void print_table(const struct column *columns, int32_t count, FILE *out)
{
        fprintf(out, "%-40s", "");
        for (int32_t i = 0; i < count; i++)
                fprintf(out, "  %23s", titles[columns[i].policy]);
        fprintf(out, "\n%-40s", "killed after it did this last");
        for (int32_t i = 0; i < count; i++)
                fprintf(out, "  %7s %7s %7s", "lost", "doubled", "exact");
        fprintf(out, "\n");
        for (int phase = 0; phase < PHASES; phase++) {
                bool is_empty = true;
                for (int32_t i = 0; i < count; i++)
                        for (int k = 0; k < EFFECTS; k++)
                                is_empty &= columns[i].effects[phase][k] == 0;
                if (is_empty)
                        continue;
                fprintf(out, "%-40s", phase_names[phase]);
                for (int32_t i = 0; i < count; i++)
                        print_cells(columns[i].effects[phase], out);
                fprintf(out, "\n");
        }
        fprintf(out, "%-40s", "all");
        for (int32_t i = 0; i < count; i++) {
                int32_t sums[EFFECTS] = {0};
                for (int phase = 0; phase < PHASES; phase++)
                        for (int k = 0; k < EFFECTS; k++)
                                sums[k] += columns[i].effects[phase][k];
                print_cells(sums, out);
        }
        fprintf(out, "\n");
}

static bool is_promised(const struct column *c, enum effect effect)
{
        if (c->policy == COMMIT_TRANSACTION)
                return effect != EFFECT_EXACT;
        return effect == (c->policy == COMMIT_BEFORE ? EFFECT_DOUBLED : EFFECT_LOST);
}

static enum run_result result_of(const struct column *columns, int32_t count, FILE *out)
{
        enum run_result result = RUN_GOOD;
        for (int32_t i = 0; i < count; i++) {
                const struct column *c = &columns[i];
                if (c->stuck > 0) {
                        fprintf(out, "%s: %" PRId32 " runs did not come to an end\n",
                                titles[c->policy], c->stuck);
                        if (result == RUN_GOOD)
                                result = RUN_STUCK;
                }
                for (int phase = 0; phase < PHASES; phase++)
                        for (int k = 0; k < EFFECT_EXACT; k++)
                                if (is_promised(c, (enum effect)k) && c->effects[phase][k] > 0)
                                        result = RUN_BROKEN;
        }
        return result;
}

/* --- the whole --- */

static void *allocate(size_t bytes)
{
        void *memory = calloc(1, bytes);
        if (!memory)
                abort();
        return memory;
}

static int64_t first_pipeline(const struct scenario *s)
{
        int64_t i = 0;
        while (i + 1 < s->client_count && s->clients[i].verb != VERB_PIPELINE)
                i++;
        return SCENARIO_CLIENT_ID + i;
}

enum run_result crash_points(const struct crash_points_options *o)
{
        static const enum commit_policy all[] = {COMMIT_BEFORE, COMMIT_AFTER, COMMIT_TRANSACTION};
        struct column columns[3];
        int32_t count = o->policy < 0 ? 3 : 1, runs = 0;
        int64_t node = o->node < 0 ? first_pipeline(o->scenario) : o->node;
        char name[SCENARIO_NAME_BYTES + 32];
        for (int32_t i = 0; i < count; i++) {
                struct column *c = &columns[i];
                *c = (struct column){.policy =
                                             o->policy < 0 ? all[i] : (enum commit_policy)o->policy,
                                     .scenario = allocate(sizeof *c->scenario),
                                     .node = (int32_t)node};
                memcpy(c->scenario, o->scenario, sizeof *c->scenario);
                fill(c, o);
                runs += c->count;
        }
        fprintf(o->out,
                "%s, seed %" PRIu64 ": %s is killed at each of its events, %" PRId32 " runs\n\n",
                o->name, o->seed, scenario_node_name(o->scenario, node, name, sizeof name), runs);
        print_table(columns, count, o->out);
        enum run_result result = result_of(columns, count, o->out);
        for (int32_t i = 0; i < count; i++) {
                free(columns[i].scenario);
                free(columns[i].points);
        }
        return result;
}

/* The targets of the project, as an experiment: see targets.h. */
#include "bench/scratch.h"
#include "bench/targets_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BIG_BYTES = 512 << 20, QUICK_BIG_BYTES = 128 << 20, SMALL_BYTES = 16 << 20 };

static const struct target_trial *const trials[] = {
        &target_catch_up,
        &target_fetch_64k,
        &target_fetch_4k,
        &target_fetch_wide,
        &target_zero_copy,
        &target_fan_out,
        &target_link,
        &target_tls,
        &target_append,
        &target_durable,
        &target_many_partitions,
        &target_round_trip,
        &target_start,
        &target_cluster,
};
enum { TRIALS = sizeof trials / sizeof trials[0] };

/* Which row a column belongs to is told by its number. */
static const struct figure figures[] = {
#define ROW(n)                                                                 \
        {"ours " n, "", FIGURE_NEITHER, 3}, {"raw " n, "", FIGURE_NEITHER, 3}, \
        {                                                                      \
                "score " n, "", FIGURE_NEITHER, 3                              \
        }
        ROW("1"), ROW("2"), ROW("3"), ROW("4"), ROW("5"),
#undef ROW
};

/* --- for the trials --- */

bool target_fail(char *why, const char *what)
{
        snprintf(why, CASE_WHY_BYTES, "%s: %s", what, strerror(errno));
        return false;
}

bool target_side_run(const struct target_side *side, struct raw_outcome *outcome, char *why)
{
        enum { CONNECTIONS_MAX = 64 };
        struct raw_client *clients[CONNECTIONS_MAX] = {0};
        int count = side->connections > 0 ? side->connections : 1;
        struct raw_place place = {.host = side->host ? side->host : "127.0.0.1",
                                  .port = side->port,
                                  .topic = side->topic,
                                  .partitions = side->partitions > 0 ? side->partitions : 1,
                                  .replication_factor = 1};
        struct raw_load load = side->load;
        enum kerr err = KERR_NONE;
        load.server_pids = &side->pid;
        load.server_pid_count = 1;
        for (int i = 0; i < count && !err; i++)
                err = raw_client_open(&place, &clients[i]);
        if (!err)
                err = (side->produce ? raw_produce : raw_fetch)(clients, count, &load, outcome);
        for (int i = 0; i < count; i++)
                raw_client_close(clients[i]);
        if (err)
                snprintf(why, CASE_WHY_BYTES, "topic %s: %s", side->topic, kerr_text(err));
        return !err;
}

bool target_broker_start(const struct targets *t, struct broker_process *broker, const char *host,
                         const char *const *settings, char *why)
{
        char data[PATH_MAX];
        snprintf(data, sizeof data, "%s/broker", t->options->scratch);
        struct broker_process_config config = {
                .program = t->options->program, .data = data, .host = host, .settings = settings};
        return broker_process_start(broker, &config, why);
}

void target_segment_path(const struct targets *t, const char *topic, char path[PATH_MAX])
{
        snprintf(path, PATH_MAX, "%s/filled/%s-0/00000000000000000000.log", t->options->scratch,
                 topic);
}

/* --- before --- */

static bool fill(struct targets *t, const char *topic, int32_t partitions, int32_t records,
                 int64_t bytes, char *why)
{
        struct target_side side = {.port = t->broker.port,
                                   .pid = t->broker.pid,
                                   .topic = topic,
                                   .partitions = partitions,
                                   .produce = true,
                                   .load = {.records = bytes / TARGET_RECORD_BYTES,
                                            .in_flight = 16,
                                            .acks = 1,
                                            .record_size = TARGET_RECORD_BYTES,
                                            .records_per_request = records}};
        struct raw_outcome outcome;
        return target_side_run(&side, &outcome, why);
}

static bool open_segment(struct targets *t, char *why)
{
        struct stat info;
        target_segment_path(t, "big", t->segment_path);
        int fd = open(t->segment_path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &info) != 0)
                return target_fail(why, "the segment of topic big");
        t->segment =
                (struct data_file){.path = t->segment_path, .source.fd = fd, .size = info.st_size};
        return true;
}

/* 2048 partitions take more descriptors than a process gets unasked. */
static void raise_descriptor_limit(void)
{
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
                limit.rlim_cur = limit.rlim_max;
                setrlimit(RLIMIT_NOFILE, &limit);
        }
}

static bool plan(struct bench *b, char *why)
{
        struct targets *t = b->state = scratch_memory(1, sizeof *t);
        char data[PATH_MAX];
        t->options = b->options;
        t->seconds = b->options->quick ? 0.1 : 0.4;
        t->many_partitions = b->options->quick ? 256 : 2048;
        t->segment.source.fd = -1;
        raise_descriptor_limit();
        snprintf(data, sizeof data, "%s/filled", b->options->scratch);
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "both ends on CPU 0, %.1f s a side, reno, one topic of %d MiB", t->seconds,
                 (b->options->quick ? QUICK_BIG_BYTES : BIG_BYTES) >> 20);
        struct broker_process_config config = {.program = b->options->program, .data = data};
        machine_pin(0);
        bool ready =
                broker_process_start(&t->broker, &config, why) &&
                fill(t, "big", 1, TARGET_BIG_RECORDS,
                     b->options->quick ? QUICK_BIG_BYTES : BIG_BYTES, why) &&
                fill(t, "small", 1, TARGET_SMALL_RECORDS, SMALL_BYTES, why) &&
                fill(t, "wide", TARGET_WIDE_PARTITIONS, TARGET_SMALL_RECORDS, SMALL_BYTES, why) &&
                open_segment(t, why);
        machine_pin(-1);
        for (int i = 0; ready && i < TRIALS; i++)
                bench_add(b, trials[i]->name, "", 0)->knobs = trials[i];
        return ready;
}

static void end(struct bench *b)
{
        struct targets *t = b->state;
        if (t->segment.source.fd >= 0) {
                copy_source_deinit(&t->segment.source);
                close(t->segment.source.fd);
        }
        broker_process_stop(&t->broker, true);
        free(t);
}

/* --- a run --- */

static double score(const struct target *row, double ours, double raw)
{
        switch (row->kind) {
        case TARGET_RATIO_AT_LEAST:
        case TARGET_RATIO_AT_MOST: return raw > 0 ? ours / raw : 0;
        case TARGET_EXCESS_AT_MOST: return ours - raw;
        case TARGET_VALUE_AT_MOST: break;
        }
        return ours;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        struct targets *t = b->state;
        const struct target_trial *trial = c->knobs;
        double before_s = raw_cpu_of(&t->broker.pid, 1);
        machine_pin(0);
        bool done = trial->measure(t, values, why);
        bench_charge(b, raw_cpu_of(&t->broker.pid, 1) - before_s);
        for (int i = 0; done && i < trial->row_count; i++) {
                double *v = values + i * TARGET_FIGURES;
                v[2] = score(&trial->rows[i], v[0], v[1]);
        }
        return done;
}

/* --- after --- */

static bool holds(const struct target *row, double value, double limit)
{
        return row->kind == TARGET_RATIO_AT_LEAST ? value >= limit : value <= limit;
}

static struct sample column(const struct bench_case *c, int row, int figure)
{
        double values[CASE_RUNS_MAX];
        for (int i = 0; i < c->runs; i++)
                values[i] = c->values[i][row * TARGET_FIGURES + figure];
        return sample_of(values, c->runs);
}

enum target_verdict target_judge(const struct bench_case *c, int row)
{
        const struct target *target = &((const struct target_trial *)c->knobs)->rows[row];
        struct sample s = column(c, row, 2);
        if (s.runs == 0)
                return TARGET_SKIPPED;
        if (4 * c->disturbed > c->runs)
                return TARGET_NOISY;
        if (holds(target, s.median, target->should))
                return TARGET_EXCEEDED;
        return holds(target, s.median, target->must) ? TARGET_MET : TARGET_MISSED;
}

const char *target_verdict_name(enum target_verdict v)
{
        static const char *const names[] = {[TARGET_EXCEEDED] = "met, and more",
                                            [TARGET_MET] = "met",
                                            [TARGET_MISSED] = "MISSED",
                                            [TARGET_NOISY] = "noisy",
                                            [TARGET_SKIPPED] = "skipped"};
        return names[v];
}

static void print_limits(const struct target *row, FILE *to)
{
        const char *sign = row->kind == TARGET_RATIO_AT_LEAST ? ">=" : "<=";
        char should[24] = "";
        if (row->should != row->must)
                snprintf(should, sizeof should, "%s %g", sign, row->should);
        fprintf(to, "%s %-6g %-9s", sign, row->must, should);
}

static void print_row(const struct bench_case *c, int i, FILE *to)
{
        const struct target_trial *trial = c->knobs;
        const struct target *row = &trial->rows[i];
        struct sample ours = column(c, i, 0), raw = column(c, i, 1), s = column(c, i, 2);
        bool is_ratio = row->kind == TARGET_RATIO_AT_LEAST || row->kind == TARGET_RATIO_AT_MOST;
        int decimals = is_ratio ? 2 : row->decimals;
        char range[40];
        snprintf(range, sizeof range, "(%.*f-%.*f)", decimals, s.min, decimals, s.max);
        /* Bytes that are more than columns, in the "…" that continues a row. */
        int width = 33 + (strncmp(row->name, "…", 3) == 0 ? 2 : 0);
        fprintf(to, "%-*s %8.*f %-15s", width, row->name, decimals, s.median, range);
        print_limits(row, to);
        fprintf(to, "%-14s", target_verdict_name(target_judge(c, i)));
        fprintf(to, "%.*f", row->decimals, ours.median);
        if (row->kind != TARGET_VALUE_AT_MOST)
                fprintf(to, " against %.*f", row->decimals, raw.median);
        fprintf(to, " %s\n", row->unit);
}

void targets_print(const struct results *r, FILE *to)
{
        fprintf(to, "%-33s %8s %-15s%-9s %-9s%-14s%s\n", "target", "score", "(min-max)", "must",
                "should", "verdict", "ours against the raw limit");
        for (int i = 0; i < r->case_count; i++) {
                const struct bench_case *c = &r->cases[i];
                const struct target_trial *trial = c->knobs;
                if (*c->skipped)
                        fprintf(to, "%-33s skipped: %s\n", trial->name, c->skipped);
                for (int k = 0; !*c->skipped && c->runs > 0 && k < trial->row_count; k++)
                        print_row(c, k, to);
        }
        fprintf(to, "\nThe raw limits:\n");
        for (int i = 0; i < r->case_count; i++) {
                const struct target_trial *trial = r->cases[i].knobs;
                if (*trial->raw)
                        fprintf(to, "  %-48s %s\n", trial->name, trial->raw);
        }
}

const struct experiment experiment_targets = {
        .id = "T",
        .name = "targets",
        .question = "What does our broker cost beyond moving the bytes?",
        .expected = "A fetch of 1 MiB cost little more than its sendfile; the smaller the request, "
                    "the more of its cost was the broker's.",
        .figures = figures,
        .figure_count = sizeof figures / sizeof figures[0],
        .runs = 3,
        .quick_runs = 1,
        .plan = plan,
        .measure = measure,
        .tell = targets_print,
        .end = end,
};

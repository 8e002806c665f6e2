#include "sim/sweep.h"

#include "sim/swarm.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS_MAX = 256, SECONDS_A_RUN_MAX = 120 };

/* What a job tells of a seed. Smaller than what a pipe takes in one piece. */
struct row {
        uint64_t seed, events, hash;
        int64_t virtual_ns;
        enum run_result result;
        char first[FINDING_BYTES];
};

struct job {
        pid_t process;
        int pipe;
};

struct sweep {
        const struct sweep_options *o;
        struct job jobs[JOBS_MAX];
        int64_t failing, seeds, stuck;
        uint64_t events, first_failing;
        int64_t virtual_ns;
};

/* --- in a job --- */

static struct row run_seed(const struct sweep_options *o, struct scenario *s, uint64_t seed)
{
        struct run_options options = {.seed = seed, .zoo = o->zoo};
        struct run_report report;
        struct row row;
        memset(&row, 0, sizeof row);
        swarm_draw(seed, s);
        run_scenario(s, &options, &report);
        row.seed = seed;
        row.events = report.events;
        row.hash = report.hash;
        row.virtual_ns = report.virtual_ns;
        row.result = run_judge(s, &report.verdict, NULL);
        verdict_first(&report.verdict, row.first);
        run_report_deinit(&report);
        return row;
}

static void work(const struct sweep_options *o, uint64_t seed, uint64_t stride, int pipe)
{
        struct scenario *s = malloc(sizeof *s);
        if (!s)
                abort();
        for (; seed <= o->last; seed += stride) {
                alarm(SECONDS_A_RUN_MAX); /* a run that hangs is killed, and told as such */
                struct row row = run_seed(o, s, seed);
                if (write(pipe, &row, sizeof row) != (ssize_t)sizeof row)
                        break; /* nobody listens any more */
                if (seed > UINT64_MAX - stride)
                        break;
        }
        free(s);
}

/* --- in the parent --- */

static void start_job(struct sweep *w, struct job *job, uint64_t seed, uint64_t stride)
{
        int ends[2];
        fflush(NULL);
        if (pipe(ends) != 0 || (job->process = fork()) < 0) {
                perror("odradek-sim");
                exit(2);
        }
        if (job->process == 0) {
                close(ends[0]);
                work(w->o, seed, stride, ends[1]);
                _exit(0);
        }
        close(ends[1]);
        job->pipe = ends[0];
}

/* The status with which the job ended. */
static int end_job(struct job *job)
{
        int status = 0;
        close(job->pipe);
        waitpid(job->process, &status, 0);
        return status;
}

/* False when the job is dead. */
static bool read_row(const struct job *job, struct row *row)
{
        size_t have = 0;
        while (have < sizeof *row) {
                ssize_t got = read(job->pipe, (char *)row + have, sizeof *row - have);
                if (got <= 0)
                        return false;
                have += (size_t)got;
        }
        return true;
}

static struct row take_row(struct sweep *w, struct job *job, uint64_t seed, uint64_t stride)
{
        struct row row;
        if (read_row(job, &row))
                return row;
        int status = end_job(job);
        row = (struct row){.seed = seed, .result = RUN_BROKEN};
        snprintf(row.first, sizeof row.first, "crash: the run ended with %s %d",
                 WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        start_job(w, job, seed + stride, stride);
        return row;
}

static void write_csv(FILE *csv, const struct row *row)
{
        static const char *const verdicts[] = {"good", "broken", "", "stuck"};
        char first[FINDING_BYTES];
        snprintf(first, sizeof first, "%s", row->first);
        for (char *c = first; *c; c++)
                if (*c == ',' || *c == '"')
                        *c = ';';
        fprintf(csv, "%" PRIu64 ",%s,%" PRIu64 ",%" PRId64 ",%016" PRIx64 ",%s\n", row->seed,
                verdicts[row->result], row->events, row->virtual_ns / 1000000, row->hash, first);
}

static void count_row(struct sweep *w, const struct row *row)
{
        const struct sweep_options *o = w->o;
        w->seeds++;
        w->events += row->events;
        w->virtual_ns += row->virtual_ns;
        if (o->csv)
                write_csv(o->csv, row);
        if (row->result == RUN_GOOD)
                return;
        if (w->failing++ == 0)
                w->first_failing = row->seed;
        w->stuck += row->result == RUN_STUCK;
        fprintf(o->out, "seed %" PRIu64 ": %s (%s replay --seed %" PRIu64 "%s%s)\n", row->seed,
                row->first, o->program, row->seed, o->bug ? " --bug " : "", o->bug ? o->bug : "");
}

static double seconds_now(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_summary(const struct sweep *w, double real_s)
{
        fprintf(w->o->out, "%" PRId64 " seeds, %" PRId64 " failing", w->seeds, w->failing);
        if (w->failing > 0)
                fprintf(w->o->out, " (first: seed %" PRIu64 ")", w->first_failing);
        fprintf(w->o->out, ", %" PRIu64 " events, %.0f s of virtual time in %.1f s\n", w->events,
                (double)w->virtual_ns / 1e9, real_s);
}

enum run_result sweep_run(const struct sweep_options *o)
{
        struct sweep w = {.o = o};
        uint64_t shards = (uint64_t)o->shards, stride = shards * (uint64_t)o->jobs;
        uint64_t first = o->first + (uint64_t)o->shard - 1;
        double start_s = seconds_now();
        assert(o->jobs >= 1 && o->jobs <= JOBS_MAX);
        if (o->csv)
                fprintf(o->csv, "seed,verdict,events,virtual_ms,trace_hash,first_finding\n");
        for (int32_t i = 0; i < o->jobs; i++)
                start_job(&w, &w.jobs[i], first + (uint64_t)i * shards, stride);
        int32_t turn = 0;
        for (uint64_t seed = first; seed <= o->last && seed >= first; seed += shards) {
                struct row row = take_row(&w, &w.jobs[turn], seed, stride);
                count_row(&w, &row);
                turn = (turn + 1) % o->jobs;
        }
        for (int32_t i = 0; i < o->jobs; i++)
                end_job(&w.jobs[i]);
        print_summary(&w, seconds_now() - start_s);
        if (w.failing == 0)
                return RUN_GOOD;
        return w.failing == w.stuck ? RUN_STUCK : RUN_BROKEN;
}

/* E7b: a consumer that catches up from the disk, and a consumer at the tail, in one event loop.
 *
 *     hot client   one byte to ask, 64 KiB back, and again; it times each answer
 *     neighbour    none; or one to whom a hot file is pushed; or a cold one
 *
 * No strategy can wait for the disk without stopping the loop, so the hot client waits with it. The
 * hot neighbour is the control: it takes its share of the loop, too, but never stops it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/copy_trial.h"
#include "bench/experiments.h"
#include "bench/latency.h"
#include "bench/loopback.h"
#include "bench/scratch.h"

enum { MIB = 1 << 20, RANGE_BYTES = 64 << 10, TAIL_BYTES = MIB, REQUESTS_MAX = 3000 };

enum neighbour { NOBODY, HOT_NEIGHBOUR, COLD_NEIGHBOUR, NEIGHBOURS };

static const char *const settings[NEIGHBOURS] = {"alone", "beside a hot one", "beside a cold one"};

enum { P50, P99, ANSWERS, CPU };

static const struct figure figures[] = {
        [P50] = {"p50", "us", FIGURE_LESS, 0},
        [P99] = {"p99", "us", FIGURE_LESS, 0},
        [ANSWERS] = {"answers", "per s", FIGURE_MORE, 0},
        [CPU] = {"cpu", "ms/GiB", FIGURE_LESS, 0},
};

static const struct copy_strategy *const strategies[] = {&copy_sendfile, &copy_splice, &copy_mmap,
                                                         &copy_read_write, &copy_io_uring};
enum { STRATEGIES = sizeof strategies / sizeof *strategies, QUICK_STRATEGIES = 1 };

struct visit {
        const struct copy_strategy *strategy;
        enum neighbour neighbour;
};

struct state {
        struct data_file tail, other;
        struct visit visits[STRATEGIES * NEIGHBOURS];
        int count;
        enum bench_mode mode;
};

static bool plan(struct bench *b, char *why)
{
        (void)why;
        bool quick = b->options->quick;
        struct state *s = scratch_memory(1, sizeof *s);
        b->state = s;
        s->mode = copy_cases_mode(b, BENCH_TWO_CORES);
        data_file_make(&s->tail, b->options->scratch, TAIL_BYTES, RANGE_BYTES);
        data_file_make(&s->other, b->options->scratch, (quick ? 64 : 256) * (int64_t)MIB, MIB);
        for (int i = 0; i < (quick ? QUICK_STRATEGIES : STRATEGIES); i++) {
                for (int n = 0; n < NEIGHBOURS; n++) {
                        struct visit *v = &s->visits[s->count++];
                        *v = (struct visit){strategies[i], n};
                        struct bench_case *c = bench_add(b, strategies[i]->name, settings[n], 0);
                        c->knobs = v;
                        c->reference = i == 0 && n == NOBODY;
                }
        }
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "64 KiB an answer, one request at a time; the neighbour gets %lld MiB as fast as "
                 "it "
                 "can; read-ahead %lld KiB; reno; %s",
                 (long long)(s->other.size >> 20), (long long)b->results->machine.read_ahead_kib,
                 s->mode == BENCH_SAME_CORE ? "all on CPU 0"
                                            : "sender on CPU 0, the others on CPU 1");
        return true;
}

/* --- the hot client, a process of its own --- */

/* Asks until it has enough, or the other end closes. */
static void ask(int socket, struct latency *times)
{
        uint8_t *bytes = malloc(RANGE_BYTES);
        if (!bytes)
                _exit(1);
        for (int i = 0; i < REQUESTS_MAX; i++) {
                double start_s = usage_clock_s();
                if (send(socket, "", 1, MSG_NOSIGNAL) != 1)
                        break;
                ssize_t got = recv(socket, bytes, RANGE_BYTES, MSG_WAITALL);
                if (got != RANGE_BYTES)
                        break;
                latency_add(times, (int64_t)((usage_clock_s() - start_s) * 1e9));
        }
        _exit(0);
}

struct client {
        int socket; /* the sender's end */
        pid_t process;
        struct latency *times; /* shared with it */
};

static bool start_client(struct client *c, enum bench_mode mode, char *why)
{
        struct loopback l;
        if (!loopback_open(&l, "reno")) {
                snprintf(why, CASE_WHY_BYTES, "loopback: %s", strerror(errno));
                return false;
        }
        c->times = mmap(NULL, sizeof *c->times, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);
        if (c->times == MAP_FAILED)
                abort();
        fflush(NULL); /* or the child would print it again */
        c->process = fork();
        if (c->process < 0)
                abort();
        if (c->process == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                signal(SIGINT, SIG_IGN);
                close(l.server);
                machine_pin(mode == BENCH_TWO_CORES ? 1 : 0);
                ask(l.client, c->times);
        }
        close(l.client);
        c->socket = l.server;
        fcntl(c->socket, F_SETFL, fcntl(c->socket, F_GETFL) | O_NONBLOCK);
        return true;
}

static void end_client(struct client *c)
{
        close(c->socket);
        while (waitpid(c->process, NULL, 0) < 0 && errno == EINTR)
                ;
}

/* --- one run --- */

static bool place(struct state *s, enum neighbour neighbour, char *why)
{
        bool cold = neighbour == COLD_NEIGHBOUR;
        if (data_file_warm(&s->tail) &&
            (cold ? data_file_evict(&s->other) : data_file_warm(&s->other)))
                return true;
        snprintf(why, CASE_WHY_BYTES, "the page cache does not %s the file",
                 cold ? "drop" : "keep");
        return false;
}

static void fill_in(const struct client *c, const struct usage *spent,
                    const struct sender_counts *counts, double *values)
{
        double moved = (double)counts->file_bytes / (1 << 30);
        values[P50] = latency_percentile_us(c->times, 0.5);
        values[P99] = latency_percentile_us(c->times, 0.99);
        values[ANSWERS] = (double)c->times->count / spent->wall_s;
        values[CPU] = (spent->user_s + spent->system_s) * 1e3 / moved;
}

/* The neighbour's receiver stands ready even when nothing is sent to it. */
static bool serve(struct state *s, const struct visit *v, struct client *c,
                  const struct receivers *r, double *values, char *why)
{
        struct sender_config config = {.strategy = v->strategy, .range_bytes = RANGE_BYTES};
        struct sender_stream streams[] = {
                {.socket = c->socket, .source = &s->tail.source, .part_bytes = TAIL_BYTES},
                {.socket = r->sockets[0],
                 .source = &s->other.source,
                 .part_bytes = s->other.size,
                 .bytes = s->other.size},
        };
        struct copy_lane lane = {0};
        struct sender_counts counts;
        struct usage start = usage_now();
        bool sent = bench_sender_run(&config, &lane, streams, v->neighbour == NOBODY ? 1 : 2,
                                     &counts, why);
        struct usage end = usage_now(), spent = usage_between(&start, &end);
        copy_lane_deinit(&lane);
        end_client(c);
        if (sent)
                fill_in(c, &spent, &counts, values);
        return sent;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        struct state *s = b->state;
        const struct visit *v = c->knobs;
        struct receivers_config config = {.count = 1, .kind = RECEIVER_DISCARD, .mode = s->mode};
        struct receivers r;
        struct client client;
        const char *missing = v->strategy->missing ? v->strategy->missing() : NULL;
        if (missing) {
                snprintf(why, CASE_WHY_BYTES, "%s", missing);
                return false;
        }
        if (!place(s, v->neighbour, why) || !receivers_start(&r, &config, why))
                return false;
        bool sent = start_client(&client, s->mode, why);
        if (sent) {
                sent = serve(s, v, &client, &r, values, why);
                munmap(client.times, sizeof *client.times);
        }
        receivers_end(&r, NULL);
        return sent;
}

static void tell(const struct results *r, FILE *to)
{
        for (int i = 0; i < STRATEGIES; i++) {
                const char *name = strategies[i]->name;
                struct sample p99[NEIGHBOURS];
                for (int n = 0; n < NEIGHBOURS; n++)
                        p99[n] = results_get(r, name, settings[n], 0, figures[P99].name);
                if (!p99[NOBODY].runs || !p99[HOT_NEIGHBOUR].runs || !p99[COLD_NEIGHBOUR].runs)
                        continue;
                enum sample_order order = sample_compare(&p99[COLD_NEIGHBOUR], &p99[HOT_NEIGHBOUR]);
                fprintf(to,
                        "%s: 99 of 100 answers came within %.0f us alone, %.0f us beside a hot "
                        "neighbour and %.0f us beside a cold one%s.\n",
                        name, p99[NOBODY].median, p99[HOT_NEIGHBOUR].median,
                        p99[COLD_NEIGHBOUR].median,
                        order == SAMPLE_MORE   ? ": the disk stops the loop"
                        : order == SAMPLE_LESS ? ": the disk does not show"
                                               : "; no difference seen between the neighbours");
        }
        fprintf(to, "A real broker can read ahead in other threads, or ask first what is in the "
                    "cache; an event loop that sends what it is asked for cannot.\n");
}

static void end(struct bench *b)
{
        struct state *s = b->state;
        data_file_remove(&s->tail);
        data_file_remove(&s->other);
        free(s);
        b->state = NULL;
}

const struct experiment experiment_neighbour = {
        .id = "E7b",
        .name = "neighbour",
        .question = "What does a consumer that reads from the disk do to one at the tail?",
        .expected = "Its answers waited: the median grew by the neighbour's share of the loop, and "
                    "the 99th percentile by the time of a disk access, thousands of microseconds.",
        .plot = "p99",
        .plot_more = "p50",
        .figures = figures,
        .figure_count = sizeof figures / sizeof *figures,
        .runs = 3,
        .quick_runs = 2,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = end,
};

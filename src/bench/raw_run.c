/* The course of a run: its limits, its clocks, and how clients are kept busy. */
#include "bench/raw_private.h"

#include <assert.h>
#include <time.h>

int64_t raw_now_ns(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

double raw_cpu_of(const pid_t *pids, int count)
{
        double seconds = 0;
        for (int i = 0; i < count; i++) {
                clockid_t clock;
                struct timespec spent;
                if (clock_getcpuclockid(pids[i], &clock) == 0 && clock_gettime(clock, &spent) == 0)
                        seconds += (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
        }
        return seconds;
}

int32_t raw_load_partitions(const struct raw_load *load, const struct raw_client *client)
{
        bool fewer = load->partitions > 0 && load->partitions < client->partition_count;
        return fewer ? load->partitions : client->partition_count;
}

void raw_run_begin(struct raw_run *r, const struct raw_load *load, const struct raw_client *client,
                   int64_t records_per_request, struct raw_outcome *outcome)
{
        assert(load->in_flight > 0 && load->in_flight <= RAW_IN_FLIGHT_MAX);
        assert(load->seconds > 0 || load->records > 0);
        *outcome = (struct raw_outcome){0};
        *r = (struct raw_run){.load = load, .outcome = outcome, .requests_max = INT64_MAX};
        r->partitions = raw_load_partitions(load, client);
        if (load->records > 0)
                r->requests_max = (load->records + records_per_request - 1) / records_per_request;
        r->server_start_s = raw_cpu_of(load->server_pids, load->server_pid_count);
        r->usage_start = usage_now();
        r->start_ns = raw_now_ns();
        r->end_ns = load->seconds > 0 ? r->start_ns + (int64_t)(load->seconds * 1e9) : INT64_MAX;
}

void raw_run_end(struct raw_run *r)
{
        struct usage end = usage_now();
        r->outcome->seconds = (double)(raw_now_ns() - r->start_ns) / 1e9;
        r->outcome->spent = usage_between(&r->usage_start, &end);
        r->outcome->server_cpu_s =
                raw_cpu_of(r->load->server_pids, r->load->server_pid_count) - r->server_start_s;
}

bool raw_may_ask(const struct raw_run *r)
{
        return r->asked < r->requests_max && raw_now_ns() < r->end_ns;
}

void raw_note_asked(struct raw_run *r, struct raw_client *c)
{
        c->sent_ns[(uint32_t)c->correlation % RAW_IN_FLIGHT_MAX] = raw_now_ns();
        c->pending++;
        r->asked++;
}

enum kerr raw_note_answered(struct raw_run *r, struct raw_client *c, int32_t correlation)
{
        if (correlation != c->correlation - c->pending + 1)
                return KERR_MALFORMED;
        c->pending--;
        r->outcome->requests++;
        latency_add(&r->outcome->latency,
                    raw_now_ns() - c->sent_ns[(uint32_t)correlation % RAW_IN_FLIGHT_MAX]);
        return KERR_NONE;
}

static enum kerr fill(struct raw_run *r, struct raw_client *c, const struct raw_work *work)
{
        enum kerr err = KERR_NONE;
        while (!err && c->pending < r->load->in_flight && raw_may_ask(r))
                err = work->ask(work->context, c);
        return err;
}

enum kerr raw_keep_busy(struct raw_run *r, struct raw_client **clients, int count,
                        const struct raw_work *work)
{
        enum kerr err = KERR_NONE;
        bool waiting = true;
        /* All ask before one waits: else there would be the requests of one on their way. */
        for (int i = 0; i < count && !err; i++)
                err = fill(r, clients[i], work);
        while (waiting && !err) {
                waiting = false;
                for (int i = 0; i < count && !err; i++) {
                        if (clients[i]->pending > 0)
                                err = work->take(work->context, clients[i]);
                        if (!err)
                                err = fill(r, clients[i], work);
                        waiting |= clients[i]->pending > 0;
                }
        }
        return err;
}

#include "bench/copy_broker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/broker_process.h"
#include "bench/raw_client.h"

enum { RECORD_BYTES = 4000, PRODUCE_DEPTH = 16, FETCH_DEPTH = 8, CONSUMERS_MAX = 64 };

static const char topic[] = "bench";

static bool failed(char *why, const char *what, enum kerr err)
{
        snprintf(why, CASE_WHY_BYTES, "%s: %s", what, kerr_text(err));
        return false;
}

static enum kerr open_client(const struct broker_process *process, struct raw_client **client)
{
        struct raw_place place = {.host = "127.0.0.1",
                                  .port = process->port,
                                  .topic = topic,
                                  .partitions = 1,
                                  .replication_factor = 1};
        return raw_client_open(&place, client);
}

static bool start(const struct copy_broker *b, struct broker_process *process, const char *strategy,
                  char *why)
{
        char set[64];
        snprintf(set, sizeof set, "copy.strategy=%s", strategy);
        const char *const settings[] = {set, "copy.small.bytes=1", NULL};
        struct broker_process_config config = {
                .program = b->program, .data = b->data, .settings = settings};
        return broker_process_start(process, &config, why);
}

/* --- the data --- */

static bool produce(const struct broker_process *process, int64_t bytes, char *why)
{
        struct raw_client *client = NULL;
        struct raw_outcome outcome;
        struct raw_load load = {.records = bytes / RECORD_BYTES,
                                .in_flight = PRODUCE_DEPTH,
                                .record_size = RECORD_BYTES,
                                .records_per_request = 1,
                                .acks = 1};
        enum kerr err = open_client(process, &client);
        if (!err)
                err = raw_produce(&client, 1, &load, &outcome);
        raw_client_close(client);
        return !err || failed(why, "filling the broker", err);
}

static bool find_segment(struct copy_broker *b, char *why)
{
        struct stat st;
        int length = snprintf(b->path, sizeof b->path, "%s/%s-0/%020d.log", b->data, topic, 0);
        int fd = length < (int)sizeof b->path ? open(b->path, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0 || fstat(fd, &st) < 0) {
                snprintf(why, CASE_WHY_BYTES, "the segment's file: %s", strerror(errno));
                if (fd >= 0)
                        close(fd);
                return false;
        }
        fdatasync(fd);
        b->segment = (struct data_file){
                .path = b->path, .source = {.fd = fd}, .size = (int64_t)st.st_size};
        return true;
}

bool copy_broker_fill(struct copy_broker *b, const struct bench_options *options, int64_t bytes,
                      char *why)
{
        struct broker_process process = {0};
        *b = (struct copy_broker){.program = options->program};
        if (!options->program || !*options->program) {
                snprintf(why, CASE_WHY_BYTES, "the odradek program is not known");
                return false;
        }
        if (snprintf(b->data, sizeof b->data, "%s/broker", options->scratch) >=
            (int)sizeof b->data) {
                snprintf(why, CASE_WHY_BYTES, "the scratch directory's name is too long");
                return false;
        }
        bool filled = start(b, &process, "read-write", why) && produce(&process, bytes, why);
        broker_process_stop(&process, false);
        return filled && find_segment(b, why);
}

void copy_broker_end(struct copy_broker *b)
{
        if (b->segment.size > 0)
                close(b->segment.source.fd);
        b->segment.size = 0;
}

/* --- a run --- */

static void fill_in(const struct broker_spent *s, const struct raw_outcome *raw,
                    struct copy_outcome *o)
{
        *o = (struct copy_outcome){
                .seconds = raw->seconds,
                .sender = {.wall_s = raw->seconds,
                           .user_s = (double)s->user_us / 1e6,
                           .system_s = (double)s->system_us / 1e6,
                           .voluntary = s->voluntary,
                           .involuntary = s->involuntary,
                           .minor_faults = s->minor_faults,
                           .major_faults = s->major_faults},
                .receivers = raw->spent,
                .counts = {.file_bytes = raw->bytes,
                           .syscalls = s->syscalls,
                           .user_bytes = s->user_bytes,
                           .reference_bytes = s->reference_bytes,
                           .zerocopy_sends = s->zerocopy_sends,
                           .zerocopy_copied = s->zerocopy_copied},
        };
}

static bool fetch(struct broker_process *process, struct raw_client **clients,
                  const struct copy_trial *t, struct copy_outcome *o, char *why)
{
        struct raw_load load = {.records = t->bytes / RECORD_BYTES,
                                .in_flight = FETCH_DEPTH,
                                .max_bytes = t->range_bytes,
                                .copy = t->receivers.kind != RECEIVER_DISCARD};
        struct raw_outcome raw;
        struct broker_spent before, after;
        if (!broker_process_spent(process, &before, why))
                return false;
        enum kerr err = raw_fetch(clients, t->receivers.count, &load, &raw);
        if (err)
                return failed(why, "fetching", err);
        if (!broker_process_spent(process, &after, why))
                return false;
        struct broker_spent spent = broker_spent_between(&before, &after);
        fill_in(&spent, &raw, o);
        return true;
}

static bool connect_and_fetch(struct broker_process *process, const struct copy_trial *t,
                              struct copy_outcome *o, char *why)
{
        struct raw_client *clients[CONSUMERS_MAX] = {NULL};
        enum kerr err = KERR_NONE;
        for (int i = 0; i < t->receivers.count && !err; i++)
                err = open_client(process, &clients[i]);
        bool done = err ? failed(why, "connecting to the broker", err)
                        : fetch(process, clients, t, o, why);
        for (int i = 0; i < t->receivers.count; i++)
                raw_client_close(clients[i]);
        return done;
}

/* Only now: a broker that starts reads in some of its log. */
static bool place(struct copy_broker *b, const struct copy_trial *t, char *why)
{
        struct copy_trial placed = *t;
        placed.file = &b->segment;
        if (!copy_trial_prepare(&placed, why))
                return false;
        if (machine_pin(t->receivers.mode == BENCH_TWO_CORES ? 1 : 0))
                return true;
        snprintf(why, CASE_WHY_BYTES, "there is only one CPU");
        return false;
}

bool copy_broker_run(struct copy_broker *b, const struct copy_trial *t, struct copy_outcome *o,
                     char *why)
{
        struct broker_process process = {0};
        const char *missing = t->strategy->missing ? t->strategy->missing() : NULL;
        if (missing) {
                snprintf(why, CASE_WHY_BYTES, "%s", missing);
                return false;
        }
        machine_pin(0); /* the broker inherits it */
        bool done = start(b, &process, t->strategy->name, why) && place(b, t, why) &&
                    connect_and_fetch(&process, t, o, why);
        broker_process_stop(&process, false);
        return done;
}

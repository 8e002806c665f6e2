#include "bench/copy_trial.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "bench/scratch.h"
#include "bench/strawmen.h"
#include "copy/mapping.h"

static const double gib = 1 << 30;

/* --- what each consumer is to get --- */

static int64_t part_bytes(const struct copy_trial *t)
{
        int64_t part = t->part_bytes > 0 ? t->part_bytes : t->file->size;
        return part - part % t->range_bytes;
}

static int64_t bytes_each(const struct copy_trial *t)
{
        int64_t each = t->bytes / t->receivers.count;
        return each < t->range_bytes ? t->range_bytes : each - each % t->range_bytes;
}

static int64_t start_of(const struct copy_trial *t, int consumer)
{
        int64_t start = t->spread ? part_bytes(t) / t->receivers.count * consumer : 0;
        return start - start % t->range_bytes;
}

static uint32_t crc_of(const struct copy_trial *t, int consumer)
{
        enum { PIECE_BYTES = 1 << 20 };
        uint8_t *bytes = scratch_memory(1, PIECE_BYTES);
        int64_t part = part_bytes(t), left = bytes_each(t), at = start_of(t, consumer);
        uint32_t crc = 0;
        while (left > 0) {
                int64_t some = left < PIECE_BYTES ? left : PIECE_BYTES;
                if (some > part - at)
                        some = part - at;
                ssize_t got = pread(t->file->source.fd, bytes, (size_t)some, at);
                assert(got > 0);
                crc = crc32c(crc, bytes, (size_t)got);
                left -= got;
                at = (at + got) % part;
        }
        free(bytes);
        return crc;
}

static void check(const struct copy_trial *t, const struct receiver_report *reports)
{
        bool crc = t->receivers.kind == RECEIVER_CRC && t->strategy != &strawman_hot;
        for (int i = 0; i < t->receivers.count; i++) {
                bool sound = reports[i].bytes == bytes_each(t);
                if (sound && (!crc || reports[i].crc == crc_of(t, i)))
                        continue;
                fprintf(stderr, "odradek bench: %s lost or spoilt bytes (%lld of %lld arrived)\n",
                        t->strategy ? t->strategy->name : COPY_TRIAL_RAW,
                        (long long)reports[i].bytes, (long long)bytes_each(t));
                abort();
        }
}

/* --- sending --- */

/* The yardstick. It must stay the plainest way, so it shares nothing with the sender. */
static bool send_raw(const struct copy_trial *t, const int *sockets, struct sender_counts *counts)
{
        int consumers = t->receivers.count;
        int64_t part = part_bytes(t), each = bytes_each(t);
        for (int i = 0; i < consumers; i++)
                fcntl(sockets[i], F_SETFL, fcntl(sockets[i], F_GETFL) & ~O_NONBLOCK);
        for (int64_t sent = 0; sent < each; sent += t->range_bytes) {
                for (int i = 0; i < consumers; i++) {
                        off_t at = (start_of(t, i) + sent) % part, end = at + t->range_bytes;
                        while (at < end) {
                                counts->syscalls++;
                                if (sendfile(sockets[i], t->file->source.fd, &at,
                                             (size_t)(end - at)) <= 0)
                                        return false;
                        }
                }
        }
        counts->file_bytes = counts->reference_bytes = each * consumers;
        return true;
}

static struct sender_stream *make_streams(const struct copy_trial *t, struct copy_source *source,
                                          const int *sockets)
{
        struct sender_stream *streams = scratch_memory((size_t)t->receivers.count, sizeof *streams);
        for (int i = 0; i < t->receivers.count; i++)
                streams[i] = (struct sender_stream){.socket = sockets[i],
                                                    .source = source,
                                                    .part_bytes = part_bytes(t),
                                                    .start = start_of(t, i),
                                                    .bytes = bytes_each(t)};
        return streams;
}

static struct usage sum(const struct receiver_report *reports, int count)
{
        struct usage all = {0};
        for (int i = 0; i < count; i++) {
                const struct usage *u = &reports[i].spent;
                all.user_s += u->user_s;
                all.system_s += u->system_s;
                all.voluntary += u->voluntary;
                all.involuntary += u->involuntary;
                all.minor_faults += u->minor_faults;
                all.major_faults += u->major_faults;
        }
        return all;
}

static int64_t disk_bytes_now(void)
{
        struct rusage r;
        getrusage(RUSAGE_SELF, &r);
        return r.ru_inblock * 512; /* the kernel's unit, whatever the disk's is */
}

static bool send_all(const struct copy_trial *t, struct copy_source *source,
                     const struct receivers *r, struct copy_outcome *o, char *why)
{
        struct sender_config config = {.strategy = t->strategy, .range_bytes = t->range_bytes};
        struct sender_stream *streams = make_streams(t, source, r->sockets);
        struct copy_lane lane = {0};
        int64_t disk = disk_bytes_now();
        struct usage start = usage_now();
        bool sent;
        if (t->strategy) {
                sent = bench_sender_run(&config, &lane, streams, r->count, &o->counts, why);
        } else {
                sent = send_raw(t, r->sockets, &o->counts);
                if (!sent)
                        snprintf(why, CASE_WHY_BYTES, "sendfile failed");
        }
        struct usage end = usage_now();
        o->sender = usage_between(&start, &end);
        o->disk_bytes = disk_bytes_now() - disk;
        if (sent)
                bench_sender_settle(t->strategy, &lane, streams, r->count);
        o->seconds = usage_clock_s() - start.wall_s;
        if (t->strategy)
                bench_sender_read_counts(&lane, &o->counts);
        copy_lane_deinit(&lane);
        free(streams);
        return sent;
}

/* --- where the file is --- */

/* Maps the file where the strategies will look for it, with its page tables filled in. */
static void keep_mapping(struct data_file *f)
{
        enum { PAGE_BYTES = 4096 };
        if (atomic_load(&f->source.mapping))
                return;
        const volatile uint8_t *bytes = mapping_at(&f->source, 0, (size_t)f->size);
        for (int64_t at = 0; bytes && at < f->size; at += PAGE_BYTES)
                (void)bytes[at];
}

bool copy_trial_prepare(const struct copy_trial *t, char *why)
{
        const char *missing = t->strategy && t->strategy->missing ? t->strategy->missing() : NULL;
        if (missing) {
                snprintf(why, CASE_WHY_BYTES, "%s", missing);
                return false;
        }
        if (t->cold) {
                if (data_file_evict(t->file))
                        return true;
                snprintf(why, CASE_WHY_BYTES, "the file does not leave the page cache");
                return false;
        }
        if (data_file_residency(t->file) < 1 && !data_file_warm(t->file)) {
                snprintf(why, CASE_WHY_BYTES, "the file does not stay in the page cache");
                return false;
        }
        keep_mapping(t->file);
        return true;
}

bool copy_trial_run(const struct copy_trial *t, struct copy_outcome *o, char *why)
{
        struct receivers r;
        struct copy_source fresh = {.fd = t->file->source.fd};
        bool keeps = t->strategy != &strawman_mmap_fresh;
        *o = (struct copy_outcome){0};
        if (!copy_trial_prepare(t, why) || !receivers_start(&r, &t->receivers, why))
                return false;
        signal(SIGPIPE, SIG_IGN);
        bool sent = send_all(t, keeps ? &t->file->source : &fresh, &r, o, why);
        struct receiver_report *reports =
                scratch_memory((size_t)t->receivers.count, sizeof *reports);
        receivers_end(&r, reports);
        if (sent) {
                check(t, reports);
                o->receivers = sum(reports, t->receivers.count);
        }
        free(reports);
        copy_source_deinit(&fresh);
        return sent;
}

/* --- figures --- */

const struct figure copy_trial_figures[COPY_FIGURES] = {
        [COPY_THROUGHPUT] = {"throughput", "GiB/s", FIGURE_MORE, 2},
        [COPY_CPU] = {"cpu", "ms/GiB", FIGURE_LESS, 0},
        [COPY_USER] = {"user cpu", "ms/GiB", FIGURE_LESS, 0},
        [COPY_SYSTEM] = {"system cpu", "ms/GiB", FIGURE_LESS, 0},
        [COPY_SYSCALLS] = {"syscalls", "per GiB", FIGURE_LESS, 0},
        [COPY_VOLUNTARY] = {"voluntary switches", "per GiB", FIGURE_LESS, 0},
        [COPY_INVOLUNTARY] = {"involuntary switches", "per GiB", FIGURE_LESS, 0},
        [COPY_MINOR_FAULTS] = {"minor faults", "per GiB", FIGURE_LESS, 0},
        [COPY_MAJOR_FAULTS] = {"major faults", "per GiB", FIGURE_LESS, 0},
        [COPY_USER_BYTES] = {"user bytes", "GiB/GiB", FIGURE_LESS, 2},
        [COPY_RECEIVER_CPU] = {"receiver cpu", "ms/GiB", FIGURE_LESS, 0},
        [COPY_TOTAL_CPU] = {"total cpu", "ms/GiB", FIGURE_LESS, 0},
        [COPY_DISK_READ] = {"disk read", "GiB/GiB", FIGURE_LESS, 2},
};

void copy_trial_values(const struct copy_outcome *o, double values[COPY_FIGURES])
{
        double moved = (double)o->counts.file_bytes / gib;
        values[COPY_THROUGHPUT] = moved / o->seconds;
        values[COPY_CPU] = (o->sender.user_s + o->sender.system_s) * 1e3 / moved;
        values[COPY_USER] = o->sender.user_s * 1e3 / moved;
        values[COPY_SYSTEM] = o->sender.system_s * 1e3 / moved;
        values[COPY_SYSCALLS] = (double)o->counts.syscalls / moved;
        values[COPY_VOLUNTARY] = (double)o->sender.voluntary / moved;
        values[COPY_INVOLUNTARY] = (double)o->sender.involuntary / moved;
        values[COPY_MINOR_FAULTS] = (double)o->sender.minor_faults / moved;
        values[COPY_MAJOR_FAULTS] = (double)o->sender.major_faults / moved;
        values[COPY_USER_BYTES] = (double)o->counts.user_bytes / gib / moved;
        values[COPY_RECEIVER_CPU] = (o->receivers.user_s + o->receivers.system_s) * 1e3 / moved;
        values[COPY_TOTAL_CPU] = values[COPY_CPU] + values[COPY_RECEIVER_CPU];
        values[COPY_DISK_READ] = (double)o->disk_bytes / gib / moved;
}

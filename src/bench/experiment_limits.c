/* E0: what this machine can do at all. Each limit is the shortest loop that meets it; whatever a
 * strategy or a broker reaches is to be read against these. */
#include "bench/experiments.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "bench/data_file.h"
#include "bench/receivers.h"
#include "bench/scratch.h"

enum { KIB = 1 << 10, MIB = 1 << 20, PAGE = 4096 };
enum { FILE_BYTES = 256 * MIB, QUICK_FILE_BYTES = 32 * MIB, BUFFER_BYTES = 64 * MIB };

struct lab {
        struct data_file file;   /* cached */
        struct data_file target; /* to be overwritten */
        uint8_t *from, *to;      /* BUFFER_BYTES each, touched */
        const char *scratch;
        bool quick;
};

/* One limit: `operations` of `size` bytes each. */
struct limit {
        const char *series, *setting;
        /* Does the operations (timing itself); `seconds` gets the time of all. */
        bool (*run)(struct lab *lab, const struct limit *limit, int64_t operations, double *seconds,
                    char *why);
        int64_t size; /* of one, in bytes; 0: it moves none */
        int64_t operations;
};

static bool failed(char *why, const char *what)
{
        snprintf(why, CASE_WHY_BYTES, "%s: %s", what, strerror(errno));
        return false;
}

/* --- calls and wake-ups --- */

static bool call_kernel(struct lab *lab, const struct limit *limit, int64_t operations,
                        double *seconds, char *why)
{
        (void)lab;
        (void)limit;
        (void)why;
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations; i++)
                syscall(SYS_gettid);
        *seconds = usage_clock_s() - start_s;
        return true;
}

static bool read_clock(struct lab *lab, const struct limit *limit, int64_t operations,
                       double *seconds, char *why)
{
        (void)lab;
        (void)limit;
        (void)why;
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations; i++) {
                struct timespec now;
                clock_gettime(CLOCK_MONOTONIC, &now);
        }
        *seconds = usage_clock_s() - start_s;
        return true;
}

/* There and back through two pipes; how often is machine.c's to choose. */
static bool ping_pong(struct lab *lab, const struct limit *limit, int64_t operations,
                      double *seconds, char *why)
{
        (void)lab;
        double wake_us = machine_wake_us(0, limit->setting[0] == 's' ? 0 : 1);
        *seconds = 2 * wake_us / 1e6 * (double)operations;
        if (wake_us == 0)
                snprintf(why, CASE_WHY_BYTES, "there is only one CPU");
        return wake_us > 0;
}

/* --- memory and page cache --- */

static bool copy_memory(struct lab *lab, const struct limit *limit, int64_t operations,
                        double *seconds, char *why)
{
        (void)why;
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations; i++) {
                memcpy(lab->to, lab->from, (size_t)limit->size);
                __asm__ volatile("" ::: "memory"); /* each copy counts */
        }
        *seconds = usage_clock_s() - start_s;
        return true;
}

static bool check_sum(struct lab *lab, const struct limit *limit, int64_t operations,
                      double *seconds, char *why)
{
        (void)why;
        bool table = strstr(limit->setting, "table") != NULL;
        uint32_t crc = 0;
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations; i++)
                crc = table ? crc32c_table(crc, lab->from, (size_t)limit->size)
                            : crc32c(crc, lab->from, (size_t)limit->size);
        *seconds = usage_clock_s() - start_s;
        lab->to[0] = (uint8_t)crc;
        return true;
}

/* Through the whole file and again from its beginning, so that no cache of a CPU holds it. */
static bool read_cached(struct lab *lab, const struct limit *limit, int64_t operations,
                        double *seconds, char *why)
{
        int64_t at = 0;
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations; i++) {
                if (pread(lab->file.source.fd, lab->to, (size_t)limit->size, at) != limit->size)
                        return failed(why, "pread");
                at = (at + limit->size) % lab->file.size;
        }
        *seconds = usage_clock_s() - start_s;
        return true;
}

static bool overwrite(struct lab *lab, const struct limit *limit, int64_t operations,
                      double *seconds, char *why)
{
        int64_t at = 0;
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations; i++) {
                if (pwrite(lab->target.source.fd, lab->from, (size_t)limit->size, at) !=
                    limit->size)
                        return failed(why, "pwrite");
                at = (at + limit->size) % lab->target.size;
        }
        *seconds = usage_clock_s() - start_s;
        return true;
}

/* Appends, and syncs after each when the setting says so. */
static bool append(struct lab *lab, const struct limit *limit, int64_t operations, double *seconds,
                   char *why)
{
        bool syncs = strcmp(limit->series, "fdatasync") == 0, sound = true;
        int fd = scratch_file(lab->scratch);
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations && sound; i++) {
                sound = write(fd, lab->from, (size_t)limit->size) == limit->size;
                if (syncs && sound)
                        sound = fdatasync(fd) == 0;
        }
        *seconds = usage_clock_s() - start_s;
        if (!sound)
                failed(why, "append");
        close(fd);
        return sound;
}

static bool sync_prewritten(struct lab *lab, const struct limit *limit, int64_t operations,
                            double *seconds, char *why)
{
        int fd = lab->target.source.fd;
        if (fdatasync(fd))
                return failed(why, "fdatasync");
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations; i++) {
                if (pwrite(fd, lab->from, (size_t)limit->size, i * limit->size) != limit->size ||
                    fdatasync(fd))
                        return failed(why, "fdatasync");
        }
        *seconds = usage_clock_s() - start_s;
        return true;
}

/* Past the page cache, one at a time. */
static bool direct(struct lab *lab, const struct limit *limit, int64_t operations, double *seconds,
                   char *why)
{
        bool writes = strstr(limit->setting, "write"), random = strstr(limit->setting, "random");
        int64_t places = lab->target.size / limit->size, place = 0;
        int fd = open(lab->target.path, O_RDWR | O_DIRECT | O_CLOEXEC);
        bool sound = fd >= 0;
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations && sound; i++) {
                /* A stride that meets every place is random enough for a disk. */
                place = (place + (random ? 104729 : 1)) % places;
                ssize_t done =
                        writes ? pwrite(fd, lab->from, (size_t)limit->size, place * limit->size)
                               : pread(fd, lab->to, (size_t)limit->size, place * limit->size);
                sound = done == limit->size;
        }
        *seconds = usage_clock_s() - start_s;
        if (!sound)
                failed(why, "O_DIRECT");
        if (fd >= 0)
                close(fd);
        return sound;
}

/* --- page faults --- */

/* Pages of a mapping, touched one after another; an operation is a page. */
static bool touch(struct lab *lab, const struct limit *limit, int64_t operations, double *seconds,
                  char *why)
{
        bool file = strstr(limit->setting, "file") != NULL;
        assert(!file || operations * PAGE <= lab->file.size);
        size_t size = (size_t)operations * PAGE;
        volatile uint8_t *map =
                file ? mmap(NULL, size, PROT_READ, MAP_SHARED, lab->file.source.fd, 0)
                     : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (map == MAP_FAILED)
                return failed(why, "mmap");
        madvise((void *)map, size, MADV_NOHUGEPAGE);
        double start_s = usage_clock_s();
        for (size_t at = 0; at < size; at += PAGE) {
                if (file)
                        (void)map[at];
                else
                        map[at] = 1;
        }
        *seconds = usage_clock_s() - start_s;
        munmap((void *)map, size);
        return true;
}

static bool map_and_unmap(struct lab *lab, const struct limit *limit, int64_t operations,
                          double *seconds, char *why)
{
        int64_t at = 0;
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations; i++) {
                volatile uint8_t *map = mmap(NULL, (size_t)limit->size, PROT_READ, MAP_SHARED,
                                             lab->file.source.fd, at);
                if (map == MAP_FAILED)
                        return failed(why, "mmap");
                (void)map[0];
                munmap((void *)map, (size_t)limit->size);
                at = (at + limit->size) % lab->file.size;
        }
        *seconds = usage_clock_s() - start_s;
        return true;
}

/* --- loopback --- */

static bool push(int socket, struct lab *lab, int64_t *at, int64_t size, bool file)
{
        for (int64_t left = size; left > 0;) {
                off_t position = *at;
                ssize_t sent = file ? sendfile(socket, lab->file.source.fd, &position, (size_t)left)
                                    : send(socket, lab->from, (size_t)left, MSG_NOSIGNAL);
                if (sent < 0 && errno != EAGAIN)
                        return false;
                if (sent < 0)
                        poll(&(struct pollfd){socket, POLLOUT, 0}, 1, -1);
                left -= sent > 0 ? sent : 0;
                *at = (*at + (sent > 0 ? sent : 0)) % lab->file.size;
        }
        return true;
}

static bool over_loopback(struct lab *lab, const struct limit *limit, int64_t operations,
                          double *seconds, char *why)
{
        const struct receivers_config config = {.count = 1, .kind = RECEIVER_DISCARD};
        struct receivers r;
        if (!receivers_start(&r, &config, why))
                return false;
        bool file = strstr(limit->setting, "sendfile") != NULL, sound = true;
        int64_t at = 0;
        double start_s = usage_clock_s();
        for (int64_t i = 0; i < operations && sound; i++)
                sound = push(r.sockets[0], lab, &at, limit->size, file);
        if (!sound)
                failed(why, "sending");
        struct receiver_report seen;
        receivers_end(&r, &seen);
        *seconds = usage_clock_s() - start_s;
        assert(!sound || seen.bytes == operations * limit->size);
        return sound;
}

/* --- the table --- */

static const struct limit limits[] = {
        {"system call", "gettid", call_kernel, 0, 300000},
        {"clock", "no system call (vdso)", read_clock, 0, 1000000},
        {"pread", "1 byte cached", read_cached, 1, 100000},
        {"ping-pong", "same cpu", ping_pong, 0, 1},
        {"ping-pong", "two cpus", ping_pong, 0, 1},
        {"memcpy", "16 KiB", copy_memory, 16 * KIB, 200000},
        {"memcpy", "64 KiB", copy_memory, 64 * KIB, 30000},
        {"memcpy", "64 MiB", copy_memory, 64 * MIB, 8},
        {"crc32c", "64 KiB", check_sum, 64 * KIB, 30000},
        {"crc32c", "64 KiB by table", check_sum, 64 * KIB, 300},
        {"read", "cached 4 KiB", read_cached, 4 * KIB, 65536},
        {"read", "cached 64 KiB", read_cached, 64 * KIB, 8192},
        {"read", "cached 1 MiB", read_cached, MIB, 512},
        {"write", "new pages 1 MiB", append, MIB, 128},
        {"write", "overwrite 4 KiB", overwrite, 4 * KIB, 32768},
        {"write", "overwrite 64 KiB", overwrite, 64 * KIB, 4096},
        {"write", "overwrite 1 MiB", overwrite, MIB, 256},
        {"fault", "page of a cached file", touch, PAGE, 65536},
        {"fault", "new page of memory", touch, PAGE, 8192},
        {"fault", "map 64 KiB and touch and unmap", map_and_unmap, 64 * KIB, 10000},
        {"loopback", "sendfile 64 KiB", over_loopback, 64 * KIB, 8192},
        {"loopback", "sendfile 256 KiB", over_loopback, 256 * KIB, 2048},
        {"loopback", "sendfile 1 MiB", over_loopback, MIB, 512},
        {"loopback", "send hot buffer 64 KiB", over_loopback, 64 * KIB, 8192},
        {"fdatasync", "append 4 KiB", append, 4 * KIB, 200},
        {"fdatasync", "prewritten 4 KiB", sync_prewritten, 4 * KIB, 200},
        {"direct", "read 4 KiB sequential", direct, 4 * KIB, 500},
        {"direct", "read 4 KiB random", direct, 4 * KIB, 500},
        {"direct", "read 1 MiB sequential", direct, MIB, 64},
        {"direct", "write 4 KiB sequential", direct, 4 * KIB, 500},
        {"direct", "write 4 KiB random", direct, 4 * KIB, 500},
        {"direct", "write 1 MiB sequential", direct, MIB, 64},
};

static const struct figure figures[] = {
        {"time", "us", FIGURE_LESS, 3},
        {"operations", "per s", FIGURE_MORE, 0},
        {"rate", "GiB/s", FIGURE_MORE, 3},
};
enum { TIME, OPERATIONS, RATE, FIGURES };

static uint8_t *touched_buffer(void)
{
        uint8_t *buffer = aligned_alloc(PAGE, BUFFER_BYTES);
        if (!buffer)
                abort();
        memset(buffer, 1, BUFFER_BYTES);
        return buffer;
}

static bool plan(struct bench *b, char *why)
{
        (void)why;
        struct lab *lab = scratch_memory(1, sizeof *lab);
        b->state = lab;
        lab->quick = b->options->quick;
        lab->scratch = b->options->scratch;
        int64_t size = lab->quick ? QUICK_FILE_BYTES : FILE_BYTES;
        data_file_make(&lab->file, lab->scratch, size, 16 * KIB);
        data_file_make(&lab->target, lab->scratch, size / 4, MIB);
        lab->from = touched_buffer();
        lab->to = touched_buffer();
        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
                struct bench_case *c = bench_add(b, limits[i].series, limits[i].setting, 0);
                c->knobs = &limits[i];
                c->reference = limits[i].run == copy_memory && limits[i].size == 64 * KIB;
        }
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "one process on one CPU; cached file of %lld MiB; loopback: both ends on one CPU, "
                 "reno",
                 (long long)size / MIB);
        return true;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        struct lab *lab = b->state;
        const struct limit *limit = c->knobs;
        int64_t operations = lab->quick ? (limit->operations + 9) / 10 : limit->operations;
        double seconds = 0;
        machine_pin(0);
        if (!limit->run(lab, limit, operations, &seconds, why))
                return false;
        double per_s = (double)operations / seconds;
        values[TIME] = 1e6 / per_s;
        values[OPERATIONS] = per_s;
        values[RATE] = per_s * (double)limit->size / (1 << 30);
        return true;
}

static void end(struct bench *b)
{
        struct lab *lab = b->state;
        data_file_remove(&lab->file);
        data_file_remove(&lab->target);
        free(lab->from);
        free(lab->to);
        free(lab);
}

static void tell(const struct results *r, FILE *to)
{
        struct sample near = results_get(r, "ping-pong", "same cpu", 0, "time");
        struct sample far = results_get(r, "ping-pong", "two cpus", 0, "time");
        struct sample call = results_get(r, "system call", "gettid", 0, "time");
        struct sample sendfile_rate = results_get(r, "loopback", "sendfile 1 MiB", 0, "rate");
        struct sample sync = results_get(r, "fdatasync", "append 4 KiB", 0, "operations");
        if (near.runs && far.runs && sendfile_rate.runs)
                fprintf(to,
                        "To wake a process on the other CPU and be woken by it takes %.0f us, on "
                        "the "
                        "same CPU %.1f us. In one such wake-up sendfile moves %.0f KiB: a "
                        "hand-over "
                        "between CPUs on the data path must pay for itself.\n",
                        far.median, near.median,
                        far.median / 2e6 * sendfile_rate.median * (1 << 20));
        if (call.runs && sendfile_rate.runs)
                fprintf(to,
                        "A system call takes %.2f us, a MiB by sendfile %.0f us: with large "
                        "pieces, "
                        "calls are not the cost.\n",
                        call.median, 1e6 / (sendfile_rate.median * 1024));
        if (sync.runs)
                fprintf(to,
                        "The disk syncs %.0f times a second, so a broker that syncs after each "
                        "message "
                        "stores no more than that from one producer.\n",
                        sync.median);
}

const struct experiment experiment_limits = {
        .id = "E0",
        .name = "limits",
        .question = "what can this machine do at all?",
        .expected = "System call 0.1 us, ping-pong 2.5 us on one CPU and 67 us across, cached read "
                    "9.8 GB/s, CRC-32C 68 GB/s, sendfile over loopback 13 GiB/s, 4,200 fdatasync a "
                    "second.",
        .plot = "time",
        .figures = figures,
        .figure_count = FIGURES,
        .runs = 5,
        .quick_runs = 2,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = end,
};

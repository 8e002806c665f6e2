#include "bench/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/scratch.h"
#include "bench/usage.h"

/* --- what the kernel tells --- */

/* Copies text; what does not fit is cut. */
static void put(char *into, size_t size, const char *text)
{
        snprintf(into, size, "%s", text);
}

/* The first line of a small file, without its newline; "" when it cannot be read. */
static void read_line(const char *path, char *line, int size)
{
        FILE *f = fopen(path, "re");
        if (!f || !fgets(line, size, f))
                *line = '\0';
        line[strcspn(line, "\n")] = '\0';
        if (f)
                fclose(f);
}

static void look_at_cpu(struct machine *m)
{
        struct utsname name;
        if (uname(&name) == 0)
                snprintf(m->kernel, sizeof m->kernel, "%.60s %.30s", name.release, name.machine);
        char line[256];
        FILE *f = fopen("/proc/cpuinfo", "re");
        while (f && fgets(line, sizeof line, f)) {
                char *value = strchr(line, ':');
                if (!value || strncmp(line, "model name", 10) != 0)
                        continue;
                value[1 + strcspn(value + 1, "\n")] = '\0';
                put(m->cpu, sizeof m->cpu, value + 2);
                break;
        }
        if (f)
                fclose(f);
        cpu_set_t set;
        if (sched_getaffinity(0, sizeof set, &set) == 0)
                m->cpus = CPU_COUNT(&set);
        m->memory_bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BUILT " with sanitizers"
#elif defined(__OPTIMIZE__)
#define BUILT " optimised"
#else
#define BUILT " not optimised"
#endif
#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* "always [madvise] never": the word in brackets. */
static void look_at_huge_pages(struct machine *m)
{
        char line[100];
        read_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof line);
        char *word = strchr(line, '['), *end = strchr(line, ']');
        if (!word || !end)
                return;
        *end = '\0';
        put(m->huge_pages, sizeof m->huge_pages, word + 1);
}

/* /proc/self/mountinfo: "36 35 98:0 /root /mount … - ext4 /dev/sda …", a line a mount. */
static void look_at_filesystem(struct machine *m, const char *scratch)
{
        struct stat st;
        char line[1024], wanted[32], type[32];
        m->read_ahead_kib = -1;
        if (stat(scratch, &st))
                return;
        snprintf(wanted, sizeof wanted, " %u:%u ", major(st.st_dev), minor(st.st_dev));
        FILE *f = fopen("/proc/self/mountinfo", "re");
        while (f && fgets(line, sizeof line, f)) {
                const char *tail = strstr(line, " - ");
                if (strstr(line, wanted) && tail && sscanf(tail, " - %31s", type) == 1)
                        put(m->filesystem, sizeof m->filesystem, type);
        }
        if (f)
                fclose(f);
        snprintf(line, sizeof line, "/sys/class/bdi/%u:%u/read_ahead_kb", major(st.st_dev),
                 minor(st.st_dev));
        char text[32];
        read_line(line, text, sizeof text);
        if (*text)
                m->read_ahead_kib = atoll(text);
}

static bool counts_cycles(void)
{
        struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE,
                                       .size = sizeof attr,
                                       .config = PERF_COUNT_HW_CPU_CYCLES,
                                       .exclude_kernel = 1};
        long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
        if (fd >= 0)
                close((int)fd);
        return fd >= 0;
}

/* --- what must be tried out --- */

static double first_touch_us(void)
{
        enum { PAGE = 4096, PAGES = 4096 };
        char *memory = mmap(NULL, (size_t)PAGE * PAGES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
                return 0;
        madvise(memory, (size_t)PAGE * PAGES, MADV_NOHUGEPAGE);
        double start_s = usage_clock_s();
        for (int i = 0; i < PAGES; i++)
                ((volatile char *)memory)[i * PAGE] = 1;
        double spent_s = usage_clock_s() - start_s;
        munmap(memory, (size_t)PAGE * PAGES);
        return spent_s / PAGES * 1e6;
}

static double syscall_ns(void)
{
        enum { CALLS = 100000 };
        double start_s = usage_clock_s();
        for (int i = 0; i < CALLS; i++)
                syscall(SYS_gettid);
        return (usage_clock_s() - start_s) / CALLS * 1e9;
}

double machine_wake_us(int near, int far)
{
        enum { ROUNDS = 2000 };
        int there[2], back[2];
        char byte = 0;
        if (pipe2(there, O_CLOEXEC))
                return 0;
        if (pipe2(back, O_CLOEXEC)) {
                close(there[0]);
                close(there[1]);
                return 0;
        }
        pid_t child = fork();
        if (child == 0) {
                close(there[1]);
                machine_pin(far);
                while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
                        ;
                _exit(0);
        }
        bool works = child > 0 && machine_pin(near);
        double start_s = 0;
        for (int i = -ROUNDS / 10; works && i < ROUNDS; i++) {
                if (i == 0)
                        start_s = usage_clock_s();
                works = write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1;
        }
        double spent_s = usage_clock_s() - start_s;
        close(there[0]);
        close(there[1]);
        close(back[0]);
        close(back[1]);
        if (child > 0)
                waitpid(child, NULL, 0);
        machine_pin(-1);
        return works ? spent_s / ROUNDS / 2 * 1e6 : 0;
}

/* A file written as a log is, in appends of 16 KiB, then mapped and walked through. */
static int64_t fault_around_bytes(const char *scratch)
{
        enum { APPEND = 16 << 10, SIZE = 4 << 20, PAGE = 4096 };
        static const char bytes[APPEND];
        int fd = scratch_file(scratch);
        if (fd < 0)
                return 0;
        bool sound = true;
        for (int at = 0; at < SIZE && sound; at += APPEND)
                sound = write(fd, bytes, APPEND) == APPEND;
        const volatile char *map =
                sound ? mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
        close(fd);
        if (map == MAP_FAILED)
                return 0;
        int64_t before = usage_now().minor_faults;
        for (int at = 0; at < SIZE; at += PAGE)
                (void)map[at];
        int64_t faults = usage_now().minor_faults - before;
        munmap((void *)map, SIZE);
        return faults > 0 ? SIZE / faults : SIZE;
}

void machine_look(struct machine *m, const char *scratch)
{
        *m = (struct machine){0};
        look_at_cpu(m);
        put(m->compiler, sizeof m->compiler, COMPILER BUILT);
        look_at_filesystem(m, scratch);
        read_line("/proc/sys/net/ipv4/tcp_congestion_control", m->congestion, sizeof m->congestion);
        look_at_huge_pages(m);
        m->has_pmu = counts_cycles();
        m->first_touch_us = first_touch_us();
        if (m->cpus > 1)
                m->wake_us = machine_wake_us(0, 1);
        m->syscall_ns = syscall_ns();
        m->fault_around_bytes = fault_around_bytes(scratch);
}

static const char *known(const char *text)
{
        return *text ? text : "unknown";
}

void machine_print(const struct machine *m, FILE *to)
{
        fprintf(to, "kernel %s; cpu %s, %d to use; memory %.1f GiB; %s; scratch on %s",
                known(m->kernel), known(m->cpu), m->cpus, (double)m->memory_bytes / (1 << 30),
                m->compiler, known(m->filesystem));
        if (m->read_ahead_kib >= 0)
                fprintf(to, ", read-ahead %lld KiB", (long long)m->read_ahead_kib);
        fprintf(to, "; system's congestion control %s; huge pages %s; hardware counters %s; ",
                known(m->congestion), known(m->huge_pages), m->has_pmu ? "yes" : "no");
        fprintf(to, "first touch of a page %.2f us; wake-up across CPUs %.1f us; ",
                m->first_touch_us, m->wake_us);
        fprintf(to, "system call %.0f ns; fault-around %lld KiB\n", m->syscall_ns,
                (long long)m->fault_around_bytes >> 10);
}

/* --- is it quiet? --- */

struct machine_load machine_load_now(void)
{
        char line[512];
        double user = 0, nice = 0, system = 0, idle, wait, irq = 0, soft = 0, steal = 0;
        read_line("/proc/stat", line, sizeof line);
        sscanf(line, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle, &wait,
               &irq, &soft, &steal);
        double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
        return (struct machine_load){
                .wall_s = usage_clock_s() * (double)sysconf(_SC_NPROCESSORS_ONLN),
                .busy_s = (user + nice + system + irq + soft) / ticks_per_s,
                .steal_s = steal / ticks_per_s,
        };
}

double machine_foreign_share(const struct machine_load *start, double own_cpu_s)
{
        struct machine_load now = machine_load_now();
        double wall_s = now.wall_s - start->wall_s;
        double foreign_s = now.busy_s - start->busy_s + now.steal_s - start->steal_s - own_cpu_s;
        return wall_s > 0 && foreign_s > 0 ? foreign_s / wall_s : 0;
}

bool machine_pin(int cpu)
{
        cpu_set_t set;
        memset(&set, 0xff, sizeof set);
        if (sched_setaffinity(0, sizeof set, &set) || cpu < 0)
                return cpu < 0;
        if (sched_getaffinity(0, sizeof set, &set))
                return false;
        /* The CPUs that we may use need not begin with 0, in a container say. */
        for (int i = 0; i < CPU_SETSIZE; i++) {
                if (CPU_ISSET(i, &set) && cpu-- == 0) {
                        CPU_ZERO(&set);
                        CPU_SET(i, &set);
                        return sched_setaffinity(0, sizeof set, &set) == 0;
                }
        }
        return false;
}

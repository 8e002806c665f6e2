#include "bench/broker_process.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/scratch.h"
#include "bench/usage.h"

enum {
        READY_MS = 30000,
        ANSWER_MS = 10000,
        STOP_MS = 10000,
        ARGUMENTS_MAX = 64,
        SETTING_BYTES = 4096,
        BROKERS_MAX = 9,
};

static bool fail(char *why, const char *what)
{
        snprintf(why, CASE_WHY_BYTES, "%s: %s", what, strerror(errno));
        return false;
}

static void pause_ms(int ms)
{
        nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

/* --- what it says --- */

/* The next line that begins with `start`, without its end, within so long. */
static bool next_line(struct broker_process *b, const char *start, int wait_ms, char *line,
                      size_t size)
{
        double give_up_s = usage_clock_s() + wait_ms / 1000.0;
        for (;;) {
                char *end = memchr(b->said, '\n', (size_t)b->said_size);
                if (end) {
                        *end = '\0';
                        snprintf(line, size, "%s", b->said);
                        b->said_size -= (int)(end + 1 - b->said);
                        memmove(b->said, end + 1, (size_t)b->said_size);
                        if (strncmp(line, start, strlen(start)) == 0)
                                return true;
                        continue;
                }
                struct pollfd out = {.fd = b->out, .events = POLLIN};
                int left_ms = (int)((give_up_s - usage_clock_s()) * 1000);
                if (left_ms <= 0 || b->said_size == (int)sizeof b->said)
                        return false;
                if (poll(&out, 1, left_ms) <= 0)
                        continue;
                ssize_t n =
                        read(b->out, b->said + b->said_size, sizeof b->said - (size_t)b->said_size);
                if (n <= 0)
                        return false;
                b->said_size += (int)n;
        }
}

/* The last line of what it wrote to stderr: most often why it ended. */
static void last_words(const struct broker_process *b, char *why)
{
        char path[SETTING_BYTES], line[512];
        snprintf(path, sizeof path, "%s.log", b->data);
        snprintf(why, CASE_WHY_BYTES, "the broker did not become ready");
        FILE *file = fopen(path, "re");
        if (!file)
                return;
        while (fgets(line, sizeof line, file)) {
                line[strcspn(line, "\n")] = '\0';
                snprintf(why, CASE_WHY_BYTES, "%.*s", CASE_WHY_BYTES - 1, line);
        }
        fclose(file);
}

/* --- start --- */

static const char *host_of(const struct broker_process_config *config)
{
        return config->host ? config->host : "127.0.0.1";
}

/* In the child. */
static void become_broker(const struct broker_process_config *config, int out, pid_t parent)
{
        char listener[64], data[SETTING_BYTES], log[SETTING_BYTES];
        const char *arguments[ARGUMENTS_MAX] = {"odradek", "broker",     "--override",
                                                listener,  "--override", data};
        int count = 6;
        snprintf(listener, sizeof listener, "listeners=PLAINTEXT://%s:%d", host_of(config),
                 config->port);
        snprintf(data, sizeof data, "log.dirs=%s", config->data);
        snprintf(log, sizeof log, "%s.log", config->data);
        for (int i = 0; config->settings && config->settings[i]; i++) {
                assert(count + 3 < ARGUMENTS_MAX);
                arguments[count++] = "--override";
                arguments[count++] = config->settings[i];
        }
        int errors = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        int in = open("/dev/null", O_RDONLY);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || errors < 0 || in < 0)
                _exit(127);
        setpgid(0, 0); /* a Ctrl-C is the parent's */
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(errors, STDERR_FILENO);
        execv(config->program, (char *const *)arguments);
        _exit(127);
}

bool broker_process_spawn(struct broker_process *b, const struct broker_process_config *config,
                          char *why)
{
        int ends[2];
        *b = (struct broker_process){
                .host = host_of(config), .data = strdup(config->data), .out = -1};
        if (!b->data)
                abort();
        if (pipe2(ends, O_CLOEXEC) != 0)
                return fail(why, "cannot make a pipe");
        b->ready_ms = -usage_clock_s() * 1000;
        pid_t parent = getpid(), pid = fork();
        if (pid == 0)
                become_broker(config, ends[1], parent);
        close(ends[1]);
        b->out = ends[0];
        if (pid < 0)
                return fail(why, "cannot start a broker");
        b->pid = pid;
        return true;
}

bool broker_process_wait_ready(struct broker_process *b, char *why)
{
        char line[sizeof b->said];
        if (!next_line(b, "odradek: broker ", READY_MS, line, sizeof line)) {
                last_words(b, why);
                return false;
        }
        b->ready_ms += usage_clock_s() * 1000;
        const char *place = strstr(line, b->host);
        b->port = place ? atoi(place + strlen(b->host) + 1) : 0;
        if (b->port == 0)
                snprintf(why, CASE_WHY_BYTES, "the broker told no port");
        return b->port != 0;
}

bool broker_process_start(struct broker_process *b, const struct broker_process_config *config,
                          char *why)
{
        bool started = broker_process_spawn(b, config, why) && broker_process_wait_ready(b, why);
        if (!started)
                broker_process_stop(b, true);
        return started;
}

/* --- several --- */

/* Ports that nobody has; held all at once, so that they differ. */
static bool free_ports(int32_t *ports, int count, char *why)
{
        int sockets[BROKERS_MAX];
        bool found = true;
        for (int i = 0; i < count; i++) {
                struct sockaddr_in address = {.sin_family = AF_INET};
                socklen_t size = sizeof address;
                address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                found = found && sockets[i] >= 0 &&
                        bind(sockets[i], (struct sockaddr *)&address, sizeof address) == 0 &&
                        getsockname(sockets[i], (struct sockaddr *)&address, &size) == 0;
                ports[i] = ntohs(address.sin_port);
        }
        if (!found)
                fail(why, "no free port");
        for (int i = 0; i < count; i++)
                close(sockets[i]);
        return found;
}

static bool spawn_node(struct broker_process *b, int id, int32_t port, const char *voters,
                       const struct broker_process_config *config, char *why)
{
        char node[32], data[SETTING_BYTES];
        const char *settings[ARGUMENTS_MAX] = {"process.roles=broker,controller",
                                               "controller.listener.names=CONTROLLER", node,
                                               voters};
        struct broker_process_config own = *config;
        snprintf(node, sizeof node, "node.id=%d", id);
        snprintf(data, sizeof data, "%s-%d", config->data, id);
        for (int i = 0; config->settings && config->settings[i]; i++)
                settings[4 + i] = config->settings[i];
        own.settings = settings;
        own.data = data;
        own.port = port;
        return broker_process_spawn(b, &own, why);
}

bool broker_cluster_start(struct broker_process *brokers, int count,
                          const struct broker_process_config *config, char *why)
{
        int32_t ports[BROKERS_MAX];
        char voters[512] = "controller.quorum.voters=";
        assert(count <= BROKERS_MAX);
        memset(brokers, 0, (size_t)count * sizeof *brokers);
        bool sound = free_ports(ports, count, why);
        for (int i = 0; sound && i < count; i++) {
                size_t used = strlen(voters);
                snprintf(voters + used, sizeof voters - used, "%s%d@127.0.0.1:%d", i ? "," : "",
                         i + 1, ports[i]);
        }
        for (int i = 0; sound && i < count; i++)
                sound = spawn_node(&brokers[i], i + 1, ports[i], voters, config, why);
        for (int i = 0; sound && i < count; i++)
                sound = broker_process_wait_ready(&brokers[i], why);
        if (!sound)
                broker_cluster_stop(brokers, count);
        return sound;
}

void broker_cluster_stop(struct broker_process *brokers, int count)
{
        for (int i = 0; i < count; i++)
                broker_process_stop(&brokers[i], true);
}

/* --- stop --- */

static void end(struct broker_process *b, int number)
{
        const int step_ms = 2;
        int status;
        if (b->pid > 0) {
                kill(b->pid, number);
                for (int waited = 0; waitpid(b->pid, &status, WNOHANG) == 0; waited += step_ms) {
                        if (waited == STOP_MS)
                                kill(b->pid, SIGKILL);
                        pause_ms(step_ms);
                }
        }
        if (b->out >= 0)
                close(b->out);
        b->pid = 0;
        b->out = -1;
}

void broker_process_stop(struct broker_process *b, bool remove_data)
{
        char log[SETTING_BYTES];
        if (!b->data)
                return;
        end(b, remove_data ? SIGKILL : SIGTERM);
        if (remove_data) {
                snprintf(log, sizeof log, "%s.log", b->data);
                unlink(log);
                scratch_remove(b->data);
        }
        free(b->data);
        b->data = NULL;
}

void broker_process_kill(struct broker_process *b)
{
        end(b, SIGKILL);
        free(b->data);
        b->data = NULL;
}

/* --- what it has spent --- */

static const struct {
        const char *name;
        size_t offset;
} figures[] = {
#define FIGURE(name)                                       \
        {                                                  \
#name, offsetof(struct broker_spent, name) \
        }
        FIGURE(user_us),         FIGURE(system_us),       FIGURE(syscalls),
        FIGURE(user_bytes),      FIGURE(reference_bytes), FIGURE(zerocopy_sends),
        FIGURE(zerocopy_copied), FIGURE(minor_faults),    FIGURE(major_faults),
        FIGURE(voluntary),       FIGURE(involuntary),     FIGURE(appended_bytes),
#undef FIGURE
};

enum { FIGURES = sizeof figures / sizeof figures[0] };

static int64_t *member(struct broker_spent *s, int i)
{
        return (int64_t *)(void *)((char *)s + figures[i].offset);
}

bool broker_process_spent(struct broker_process *b, struct broker_spent *spent, char *why)
{
        char line[sizeof b->said];
        *spent = (struct broker_spent){0};
        kill(b->pid, SIGUSR1);
        if (!next_line(b, "odradek: spent ", ANSWER_MS, line, sizeof line)) {
                snprintf(why, CASE_WHY_BYTES, "the broker did not tell what it has spent");
                return false;
        }
        for (int i = 0; i < FIGURES; i++) {
                char key[32];
                snprintf(key, sizeof key, " %s=", figures[i].name);
                const char *at = strstr(line, key);
                if (!at) {
                        snprintf(why, CASE_WHY_BYTES, "the broker does not tell its%s", key);
                        return false;
                }
                *member(spent, i) = strtoll(at + strlen(key), NULL, 10);
        }
        return true;
}

struct broker_spent broker_spent_between(const struct broker_spent *earlier,
                                         const struct broker_spent *later)
{
        struct broker_spent a = *earlier, b = *later, between;
        for (int i = 0; i < FIGURES; i++)
                *member(&between, i) = *member(&b, i) - *member(&a, i);
        return between;
}

/* The number behind `key` in /proc/PID/FILE; -1: not told. */
static int64_t told_by_kernel(pid_t pid, const char *file_name, const char *key)
{
        char path[64], line[256];
        long long found = -1;
        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file_name);
        FILE *file = fopen(path, "re");
        if (!file)
                return -1;
        while (found < 0 && fgets(line, sizeof line, file)) {
                if (strncmp(line, key, strlen(key)) == 0)
                        found = strtoll(line + strlen(key), NULL, 10);
        }
        fclose(file);
        return found;
}

int64_t process_resident_bytes(pid_t pid)
{
        int64_t kib = told_by_kernel(pid, "status", "VmRSS:");
        return kib < 0 ? -1 : kib * 1024;
}

int64_t process_disk_read_bytes(pid_t pid)
{
        return told_by_kernel(pid, "io", "read_bytes:");
}

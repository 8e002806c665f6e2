#include "cli/cluster_nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/data_dir.h"
#include "posix/clock.h"
#include "posix/socket.h"

enum { TICK_MS = 50, START_MS = 60000, STOP_MS = 15000 };

struct node {
        pid_t pid; /* 0: not running */
        bool ready;
};

struct cluster {
        const char *command;
        const struct cluster_plan *plan;
        sigset_t signals;                           /* blocked, and taken by wait_for_signal() */
        sigset_t before;                            /* what was blocked before: the nodes' */
        struct node nodes[CLUSTER_BROKERS_MAX + 6]; /* by id */
        int failures;                               /* nodes that ended otherwise than well */
};

static void path_of(const struct cluster *c, int id, const char *suffix,
                    char into[CLUSTER_PATH_BYTES])
{
        cluster_path(c->plan->data, id, suffix, into);
}

static bool has_file(const struct cluster *c, int id, const char *suffix)
{
        char path[CLUSTER_PATH_BYTES];
        path_of(c, id, suffix, path);
        return access(path, F_OK) == 0;
}

static void remove_file(const struct cluster *c, int id, const char *suffix)
{
        char path[CLUSTER_PATH_BYTES];
        path_of(c, id, suffix, path);
        unlink(path);
}

static const char *kind_of(const struct cluster *c, int id)
{
        return cluster_plan_is_broker(c->plan, id) ? "broker" : "controller";
}

/* --- one node --- */

static int write_properties(const struct cluster *c, int id)
{
        struct buffer text = {0};
        char path[CLUSTER_PATH_BYTES];
        path_of(c, id, ".properties", path);
        cluster_properties(c->plan, id, &text);
        FILE *file = fopen(path, "we");
        bool sound = file && fwrite(text.data, 1, text.size, file) == text.size;
        if (file && fclose(file) != 0)
                sound = false;
        buffer_deinit(&text);
        return sound ? CLI_GO_ON
                     : cli_fail(c->command, "cannot write %s: %s", path, strerror(errno));
}

/* In the child. */
static void become_broker(const struct cluster *c, int id, pid_t parent)
{
        char properties[CLUSTER_PATH_BYTES], log[CLUSTER_PATH_BYTES], port[CLUSTER_PATH_BYTES];
        path_of(c, id, ".properties", properties);
        path_of(c, id, ".log", log);
        path_of(c, id, ".port", port);
        int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        int in = open("/dev/null", O_RDONLY);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent || out < 0 || in < 0)
                _exit(127);
        setpgid(0, 0);
        sigprocmask(SIG_SETMASK, &c->before, NULL);
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        execl("/proc/self/exe", "odradek", "broker", properties, "--port-file", port, (char *)NULL);
        _exit(127);
}

static int start_node(struct cluster *c, int id)
{
        char path[CLUSTER_PATH_BYTES];
        struct node *node = &c->nodes[id];
        remove_file(c, id, ".port");
        remove_file(c, id, ".restart");
        node->ready = false;
        pid_t parent = getpid(), pid = fork();
        if (pid == 0)
                become_broker(c, id, parent);
        if (pid < 0)
                return cli_fail(c->command, "cannot start a process: %s", strerror(errno));
        node->pid = pid;
        path_of(c, id, ".pid", path);
        return number_file_write(c->command, path, pid);
}

/* The last line of what the node said: most often why it ended. */
static void last_words(const struct cluster *c, int id, char *into, size_t size)
{
        char path[CLUSTER_PATH_BYTES];
        path_of(c, id, ".log", path);
        *into = '\0';
        FILE *file = fopen(path, "re");
        if (!file)
                return;
        char line[500];
        while (fgets(line, sizeof line, file))
                snprintf(into, size, "%s", line);
        fclose(file);
        into[strcspn(into, "\n")] = '\0';
}

static void tell_end(struct cluster *c, int id, int status, bool expected)
{
        char words[500], again[CLUSTER_PATH_BYTES] = "";
        if (!expected)
                snprintf(again, sizeof again, "; odradek cluster --restart %d --data %s", id,
                         c->plan->data);
        if (expected && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
                return; /* our own, before it could stop in good order: it had not begun */
        if (WIFSIGNALED(status)) {
                cli_note(c->command, "%s %d was ended by signal %d (%s)%s", kind_of(c, id), id,
                         WTERMSIG(status), strsignal(WTERMSIG(status)), again);
        } else if (WEXITSTATUS(status) != 0) {
                last_words(c, id, words, sizeof words);
                cli_note(c->command, "%s %d ended with status %d: %s%s", kind_of(c, id), id,
                         WEXITSTATUS(status), words, again);
        } else if (!expected) {
                cli_note(c->command, "%s %d has stopped%s", kind_of(c, id), id, again);
        }
        if (status != 0)
                c->failures++;
}

/* Takes note of the nodes that have ended. Returns how many still run. */
static int reap(struct cluster *c, bool expected)
{
        int running = 0;
        for (int id = 1; id <= cluster_nodes(c->plan); id++) {
                struct node *node = &c->nodes[id];
                siginfo_t info = {0};
                if (node->pid == 0)
                        continue;
                waitid(P_PID, (id_t)node->pid, &info, WEXITED | WNOHANG | WNOWAIT);
                if (info.si_pid != node->pid) {
                        running++;
                        continue;
                }
                int status;
                remove_file(c, id, ".pid");
                remove_file(c, id, ".port");
                waitpid(node->pid, &status, 0);
                node->pid = 0;
                tell_end(c, id, status, expected);
        }
        return running;
}

/* --- all of them --- */

/* Waits for one of ours for TICK_MS: Ctrl-C and the like are returned, a child's end is not. */
static int wait_for_signal(const struct cluster *c)
{
        const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
        int number = sigtimedwait(&c->signals, NULL, &tick);
        return number == SIGCHLD || number < 0 ? 0 : number;
}

/* Of those that vote, or of the others. Returns how many there are. */
static int signal_some(const struct cluster *c, bool voters, int number)
{
        int running = 0;
        for (int id = 1; id <= cluster_nodes(c->plan); id++) {
                if (c->nodes[id].pid == 0 || cluster_plan_is_voter(c->plan, id) != voters)
                        continue;
                kill(c->nodes[id].pid, number);
                running++;
        }
        return running;
}

/* In good order; but those that take too long, or all at a second Ctrl-C, the hard way. */
static void stop_some(struct cluster *c, bool voters, bool *hurried)
{
        int64_t deadline_ms = clock_mono_ms() + STOP_MS;
        signal_some(c, voters, SIGTERM);
        signal_some(c, voters, SIGCONT); /* one that was paused must run to see the other */
        for (; signal_some(c, voters, *hurried ? SIGKILL : 0) > 0; reap(c, true)) {
                if (wait_for_signal(c) != 0) {
                        *hurried = true;
                } else if (!*hurried && clock_mono_ms() >= deadline_ms) {
                        cli_note(c->command, "not all have stopped within %d s: the rest is killed",
                                 STOP_MS / 1000);
                        *hurried = true;
                }
        }
}

/* A broker hands over by way of the controller: so those that may be one go last. */
static void stop_all(struct cluster *c)
{
        bool hurried = false;
        stop_some(c, false, &hurried);
        stop_some(c, true, &hurried);
}

/* Marks who serves by now; true when all do. */
static bool all_ready(struct cluster *c)
{
        bool all = true;
        for (int id = 1; id <= cluster_nodes(c->plan); id++) {
                struct node *node = &c->nodes[id];
                node->ready = node->ready || has_file(c, id, ".port");
                all &= node->ready;
        }
        return all;
}

static int start_all(struct cluster *c)
{
        int nodes = cluster_nodes(c->plan), status = CLI_GO_ON;
        for (int id = 1; id <= nodes && status == CLI_GO_ON; id++)
                status = write_properties(c, id);
        for (int id = 1; id <= nodes && status == CLI_GO_ON; id++)
                status = start_node(c, id);
        int64_t deadline_ms = clock_mono_ms() + START_MS;
        while (status == CLI_GO_ON && !all_ready(c)) {
                if (wait_for_signal(c) != 0)
                        return CLI_FAILED;
                if (reap(c, true) < nodes)
                        return cli_fail(c->command, "not all could be started; see %s/broker-*.log",
                                        c->plan->data);
                if (clock_mono_ms() >= deadline_ms)
                        return cli_fail(c->command,
                                        "not all are ready within %d s; see %s/broker-*.log",
                                        START_MS / 1000, c->plan->data);
        }
        return status;
}

static void tell_ready(const struct cluster *c, int64_t start_ms)
{
        const struct cluster_plan *plan = c->plan;
        struct buffer servers = {0};
        cluster_servers(plan, &servers);
        printf("odradek: cluster of %d broker%s", (int)plan->brokers, plan->brokers > 1 ? "s" : "");
        if (plan->controllers > 0)
                printf(" and %d controller%s", (int)plan->controllers,
                       plan->controllers > 1 ? "s" : "");
        printf(" ready (%lld ms)\n"
               "  bootstrap servers  %.*s\n"
               "  look around        kcat -L -b 127.0.0.1:%d\n"
               "  what they say      %s/broker-*.log\n"
               "  crash one          odradek cluster --kill 1 --data %s\n"
               "  start it again     odradek cluster --restart 1 --data %s\n"
               "  stop all           Ctrl-C\n",
               (long long)(clock_mono_ms() - start_ms), (int)servers.size,
               (const char *)servers.data, cluster_port(plan, 1), plan->data, plan->data,
               plan->data);
        fflush(stdout);
        buffer_deinit(&servers);
}

static void look_after(struct cluster *c)
{
        while (wait_for_signal(c) == 0) {
                reap(c, false);
                for (int id = 1; id <= cluster_nodes(c->plan); id++) {
                        struct node *node = &c->nodes[id];
                        if (node->pid == 0 && has_file(c, id, ".restart"))
                                start_node(c, id);
                        if (node->pid != 0 && !node->ready && has_file(c, id, ".port")) {
                                node->ready = true;
                                cli_note(c->command, "%s %d is ready again", kind_of(c, id), id);
                        }
                }
        }
}

/* Looked at before anything is started: the brokers would say it only in their logs. */
static int check_ports(const struct cluster *c)
{
        struct posix_config config = posix_config_default();
        for (int id = 1; id <= cluster_nodes(c->plan); id++) {
                char port[16];
                snprintf(port, sizeof port, "%d", cluster_port(c->plan, id));
                struct addrinfo *address = socket_resolve("127.0.0.1", port, AI_PASSIVE);
                int fd = address ? socket_listen(address, &config) : -1;
                if (address)
                        freeaddrinfo(address);
                if (fd < 0)
                        return cli_fail(c->command, "cannot listen on port %s for %s %d: %s", port,
                                        kind_of(c, id), id, strerror(errno));
                close(fd);
        }
        return CLI_GO_ON;
}

int cluster_run(const char *command, const struct cluster_plan *plan)
{
        struct cluster c = {.command = command, .plan = plan};
        int64_t start_ms = clock_mono_ms();
        int lock_fd;
        int status = data_dir_lock(command, plan->data, &lock_fd);
        if (status != CLI_GO_ON)
                return status;
        sigemptyset(&c.signals);
        sigaddset(&c.signals, SIGINT);
        sigaddset(&c.signals, SIGTERM);
        sigaddset(&c.signals, SIGHUP);
        sigaddset(&c.signals, SIGCHLD);
        sigprocmask(SIG_BLOCK, &c.signals, &c.before);
        status = check_ports(&c);
        if (status == CLI_GO_ON) {
                status = start_all(&c);
                if (status == CLI_GO_ON) {
                        tell_ready(&c, start_ms);
                        look_after(&c);
                        c.failures = 0; /* those before were told and may have been wanted */
                }
                stop_all(&c);
        }
        close(lock_fd);
        if (status != CLI_GO_ON)
                return status;
        printf("odradek: cluster stopped%s\n", c.failures > 0 ? ", not all of it cleanly" : "");
        return c.failures > 0 ? CLI_FAILED : CLI_DONE;
}

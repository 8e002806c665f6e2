/* odradek broker: runs one broker until SIGTERM or Ctrl-C; SIGUSR1 has it tell what it has spent.
 */
#include "cli/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "broker/broker.h"
#include "cli/cli.h"
#include "cli/data_dir.h"
#include "cli/generate_docs.h"
#include "cli/listeners.h"
#include "cli/settings.h"
#include "copy/copy.h"
#include "posix/clock.h"
#include "posix/world_posix.h"

struct broker_cmd {
        const char *command;
        const char *properties_path, *pid_path, *port_path, *docs;
        struct cli_list overrides;
        struct config config;

        struct listeners listeners;
        int lock_fd;
        struct world *world;
        struct broker *broker;
};

/* --- settings --- */

static void warn(const char *text)
{
        cli_note("broker", "%s", text);
}

static int load_file(struct broker_cmd *b, struct settings *settings)
{
        FILE *file = fopen(b->properties_path, "r");
        if (!file)
                return cli_fail(b->command, "cannot read %s: %s", b->properties_path,
                                strerror(errno));
        bool sound = settings_read(settings, file, b->properties_path);
        fclose(file);
        return sound ? CLI_GO_ON : CLI_USAGE;
}

static int load_settings(struct broker_cmd *b)
{
        struct settings settings = {.config = &b->config, .warn = warn};
        int status = CLI_GO_ON;
        if (b->properties_path)
                status = load_file(b, &settings);
        for (int i = 0; i < b->overrides.count && status == CLI_GO_ON; i++) {
                if (!settings_override(&settings, b->overrides.items[i]))
                        status = CLI_USAGE;
        }
        if (status == CLI_USAGE)
                cli_note(b->command, "%s", settings.why);
        else if (status == CLI_GO_ON && !listeners_read(&b->config, &b->listeners))
                return cli_misuse(b->command, "listeners must be NAME://HOST:PORT,…, not '%s'",
                                  config_string(&b->config, CONFIG_LISTENERS));
        return status;
}

static struct posix_config world_config(const struct config *c)
{
        struct posix_config posix = posix_config_default();
        posix.network_threads = (int32_t)config_number(c, CONFIG_NUM_NETWORK_THREADS);
        posix.queued_requests_max = (int32_t)config_number(c, CONFIG_QUEUED_MAX_REQUESTS);
        posix.queued_request_bytes_max = config_number(c, CONFIG_QUEUED_MAX_BYTES);
        posix.request_bytes_max = (int32_t)config_number(c, CONFIG_SOCKET_REQUEST_MAX_BYTES);
        posix.connections_max = (int32_t)config_number(c, CONFIG_MAX_CONNECTIONS);
        posix.connection_idle_ms_max = config_number(c, CONFIG_CONNECTIONS_MAX_IDLE_MS);
        posix.send_buffer_bytes = (int32_t)config_number(c, CONFIG_SOCKET_SEND_BUFFER_BYTES);
        posix.receive_buffer_bytes = (int32_t)config_number(c, CONFIG_SOCKET_RECEIVE_BUFFER_BYTES);
        posix.listen_backlog = (int32_t)config_number(c, CONFIG_SOCKET_LISTEN_BACKLOG);
        posix.congestion_control = config_string(c, CONFIG_CONGESTION_CONTROL);
        posix.copy_strategy = config_string(c, CONFIG_COPY_STRATEGY);
        posix.copy_small_bytes = (int32_t)config_number(c, CONFIG_COPY_SMALL_BYTES);
        return posix;
}

/* --- start and stop --- */

/* Each connection and each segment takes a descriptor. */
static void raise_descriptor_limit(void)
{
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
                limit.rlim_cur = limit.rlim_max;
                setrlimit(RLIMIT_NOFILE, &limit);
        }
}

/* For the signal handler, which can reach nothing but variables of the program. */
static struct world *running;
static _Atomic bool stop_wanted, account_wanted;

static void on_signal(int number)
{
        atomic_store(number == SIGUSR1 ? &account_wanted : &stop_wanted, true);
        world_posix_stop(running);
}

static void listen_to_signals(struct world *world)
{
        /* A second one, during the clean stop, ends the process: the next start recovers. */
        struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
        struct sigaction account = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        running = world;
        sigaction(SIGTERM, &stop, NULL);
        sigaction(SIGINT, &stop, NULL);
        sigaction(SIGUSR1, &account, NULL);
}

static long long microseconds(struct timeval t)
{
        return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

/* What the process has spent so far: two of these lines tell what lay between. */
static void print_account(struct world *world)
{
        struct posix_counters c = world_posix_counters(world);
        struct rusage r;
        getrusage(RUSAGE_SELF, &r);
        printf("odradek: spent user_us=%lld system_us=%lld syscalls=%lld user_bytes=%lld "
               "reference_bytes=%lld minor_faults=%ld major_faults=%ld voluntary=%ld "
               "involuntary=%ld zerocopy_sends=%lld zerocopy_copied=%lld appended_bytes=%lld\n",
               microseconds(r.ru_utime), microseconds(r.ru_stime), (long long)c.syscalls,
               (long long)c.user_bytes, (long long)c.reference_bytes, r.ru_minflt, r.ru_majflt,
               r.ru_nvcsw, r.ru_nivcsw, (long long)c.zerocopy_sends, (long long)c.zerocopy_copied,
               (long long)c.appended_bytes);
        fflush(stdout);
}

/* Runs until a signal says stop, or `keep_going` (NULL: always) says no. */
static void run_world(struct broker_cmd *b, bool (*keep_going)(void *context))
{
        do {
                world_posix_run(b->world, keep_going, b);
                if (atomic_exchange(&account_wanted, false))
                        print_account(b->world);
        } while (!atomic_load(&stop_wanted) && (!keep_going || keep_going(b)));
}

/* Brings up every listener, and puts the ports that they got in the place of zeros. */
static int listen_everywhere(struct broker_cmd *b)
{
        for (int i = 0; i < b->listeners.count; i++) {
                struct listener_place *place = &b->listeners.places[i];
                if (world_posix_listen(b->world, place->host, place->port, &place->port))
                        return cli_fail(b->command, "cannot listen on %s:%d: %s", place->host,
                                        place->port, strerror(errno));
        }
        return CLI_GO_ON;
}

static int tell_ready(struct broker_cmd *b, int64_t start_ms)
{
        const struct listener_place *told = &b->listeners.places[b->listeners.told];
        const char *roles = config_string(&b->config, CONFIG_PROCESS_ROLES);
        int status = CLI_GO_ON;
        printf("odradek: %s %lld ready on %s:%d, data in %s (%lld ms)\n",
               strcmp(roles, "controller") == 0 ? "controller" : "broker",
               (long long)config_number(&b->config, CONFIG_NODE_ID), told->host, told->port,
               config_string(&b->config, CONFIG_LOG_DIRS), (long long)(clock_mono_ms() - start_ms));
        fflush(stdout);
        if (b->pid_path)
                status = number_file_write(b->command, b->pid_path, getpid());
        if (b->port_path && status == CLI_GO_ON)
                status = number_file_write(b->command, b->port_path, told->port);
        return status;
}

static bool is_not_ready(void *context)
{
        return !broker_is_ready(((const struct broker_cmd *)context)->broker);
}

/* Until a signal; that may come before it is ready, as when its peers are not there. */
static int serve_until_signal(struct broker_cmd *b, int64_t start_ms)
{
        run_world(b, is_not_ready);
        if (is_not_ready(b))
                return CLI_GO_ON;
        int status = tell_ready(b, start_ms);
        if (status == CLI_GO_ON)
                run_world(b, NULL);
        return status;
}

/* With the world there and the data locked. */
static int serve(struct broker_cmd *b, int64_t start_ms)
{
        int status = listen_everywhere(b);
        if (status != CLI_GO_ON)
                return status;
        if (broker_open(b->world, &b->config, b->listeners.places[b->listeners.told].port,
                        &b->broker))
                return CLI_FAILED; /* the broker has logged why */
        world_posix_set_actor(b->world, broker_actor(b->broker));
        listen_to_signals(b->world);
        status = serve_until_signal(b, start_ms);
        broker_begin_stop(b->broker);
        while (!broker_may_close(b->broker))
                world_posix_step(b->world, -1);
        enum kerr err = broker_close(b->broker);
        if (err)
                return cli_fail(b->command, "the stop was not clean: %s", kerr_text(err));
        return status == CLI_GO_ON ? CLI_DONE : status;
}

/* Another strategy in its place would make every figure a lie, so there is none. */
static int check_strategy(const struct broker_cmd *b)
{
        const struct copy_strategy *s = copy_find(config_string(&b->config, CONFIG_COPY_STRATEGY));
        const char *why = s->missing ? s->missing() : NULL;
        if (why)
                return cli_fail(b->command, "copy.strategy=%s cannot be used: %s", s->name, why);
        return CLI_GO_ON;
}

static int run(struct broker_cmd *b)
{
        int64_t start_ms = clock_mono_ms();
        struct posix_config posix = world_config(&b->config);
        raise_descriptor_limit();
        int status =
                data_dir_lock(b->command, config_string(&b->config, CONFIG_LOG_DIRS), &b->lock_fd);
        if (status != CLI_GO_ON)
                return status;
        enum kerr err = world_posix_new(&posix, &b->world);
        if (err) {
                status = cli_fail(b->command, "cannot set up the network: %s", kerr_text(err));
        } else {
                status = serve(b, start_ms);
                world_posix_free(b->world);
        }
        close(b->lock_fd);
        return status;
}

/* --- the command --- */

static int parse(struct broker_cmd *b, int argc, char **argv)
{
        struct cli_list files = {0};
        const struct cli_option options[] = {
                {"override", CLI_LIST, &b->overrides, "K=V", "a setting, whatever the file says", 0,
                 0},
                {"pid-file", CLI_TEXT, &b->pid_path, "F", "write the process id there when ready",
                 0, 0},
                {"port-file", CLI_TEXT, &b->port_path, "F", "write the port there when ready", 0,
                 0},
                {"generate-docs", CLI_TEXT, &b->docs, "TABLE",
                 "only print a table: configs or apis", 0, 0},
        };
        const struct cli_usage usage = {
                .synopsis = "[FILE.properties] [options]",
                .text = "Runs a broker until SIGTERM or Ctrl-C. The file has Kafka's keys.",
                .example = "odradek broker --override listeners=PLAINTEXT://127.0.0.1:9092 "
                           "--override log.dirs=data",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, &files);
        if (status == CLI_GO_ON && files.count > 1)
                return cli_misuse(argv[0], "more than one properties file: '%s'", files.items[1]);
        if (files.count == 1)
                b->properties_path = files.items[0];
        return status;
}

int broker_cmd(int argc, char **argv)
{
        struct broker_cmd b = {.command = argv[0]};
        int status = parse(&b, argc, argv);
        if (status == CLI_GO_ON && b.docs && generate_docs(b.docs, stdout))
                return CLI_DONE;
        if (status == CLI_GO_ON && b.docs)
                return cli_misuse(b.command, "there is no table '%s'", b.docs);
        if (status == CLI_GO_ON)
                status = load_settings(&b);
        if (status == CLI_GO_ON)
                status = check_strategy(&b);
        if (status == CLI_GO_ON)
                status = run(&b);
        config_deinit(&b.config);
        return status;
}

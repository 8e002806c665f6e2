#include "cli/real_client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "posix/clock.h"

enum { STEP_MS = 100 };

/* While a command has no broker yet, its last line says all: not one line for each attempt. */
static void log_nothing(struct world *world, enum world_log level, const char *text)
{
        (void)world;
        (void)level;
        (void)text;
}

int real_client_open(struct real_client *c, const char *command, const struct client_config *config)
{
        struct posix_config posix = posix_config_default();
        posix.log_threshold = WORLD_WARN;
        c->command = command;
        c->servers = config->bootstrap_servers;
        enum kerr err = world_posix_new(&posix, &c->world);
        if (err)
                return cli_fail(command, "cannot use the network: %s", kerr_text(err));
        c->log = c->world->log;
        c->world->log = log_nothing;
        if (client_open(c->world, config, &c->client)) {
                world_posix_free(c->world);
                return cli_misuse(command, "a broker is given as HOST:PORT, not '%s'", c->servers);
        }
        world_posix_set_actor(c->world, client_actor(c->client));
        return CLI_GO_ON;
}

static struct admin *new_admin(struct real_client *c)
{
        struct admin_config config = admin_config_default();
        config.default_api_timeout_ms = REACH_MS;
        return admin_open(c->client, &config);
}

int real_client_open_admin(struct real_client *c, const char *command, const char *servers,
                           struct admin **admin)
{
        struct client_config config = client_config_default();
        config.bootstrap_servers = servers;
        config.allow_auto_create_topics = false; /* to look at a topic must not make it */
        int status = real_client_open(c, command, &config);
        if (status == CLI_GO_ON)
                *admin = new_admin(c);
        return status;
}

void real_client_close(struct real_client *c)
{
        client_close(c->client);
        world_posix_free(c->world);
}

void real_client_step(struct real_client *c, int wait_ms)
{
        world_posix_step(c->world, wait_ms);
}

/* The broker's text for a missing topic is meant for its peers. */
static const char *reason(enum kerr err)
{
        return err == KERR_UNKNOWN_TOPIC_OR_PARTITION ? "there is no such topic" : kerr_text(err);
}

static int fail_to_reach(const struct real_client *c)
{
        return cli_fail(c->command, "cannot reach %s within %d s", c->servers, REACH_MS / 1000);
}

int real_client_find_topic(struct real_client *c, const char *topic, int32_t *partition_count)
{
        const struct cached_topic *cached = client_topic(c->client, topic);
        int64_t deadline_ms = clock_mono_ms() + REACH_MS;
        struct leader leader;
        enum kerr err;
        while ((err = client_leader(c->client, topic, 0, &leader)) && !interrupted()) {
                bool hopeless = cached->answered && !error_is_retriable(err);
                if (hopeless || clock_mono_ms() >= deadline_ms)
                        break;
                real_client_step(c, STEP_MS);
        }
        if (err && !cached->answered)
                return fail_to_reach(c);
        if (err)
                return cli_fail(c->command, "topic %s: %s", topic, reason(err));
        if (partition_count)
                *partition_count = cached->partition_count;
        c->world->log = c->log;
        return CLI_GO_ON;
}

void real_client_finish(struct real_client *c, const struct admin *admin)
{
        while (admin_pending(admin) > 0)
                real_client_step(c, STEP_MS);
}

static void ignore(void *context, const struct admin_result *result)
{
        (void)context;
        (void)result;
}

void real_client_drain(struct real_client *c, const char *topic)
{
        /* A broker answers the requests of a connection in their order, so any answer will do. */
        struct admin *admin = new_admin(c);
        int32_t count = client_topic(c->client, topic)->partition_count, asked = -1;
        for (int32_t i = 0; i < count; i++) {
                struct leader leader;
                char node[16];
                if (client_leader(c->client, topic, i, &leader) || leader.node == asked)
                        continue;
                asked = leader.node;
                snprintf(node, sizeof node, "%d", leader.node);
                admin_describe_configs(admin, CONFIG_RESOURCE_BROKER, node, ignore, NULL);
        }
        real_client_finish(c, admin);
        admin_close(admin);
}

int real_client_outcome(const struct real_client *c, const struct admin_result *result,
                        const char *about, const char *name)
{
        if (!result->err)
                return CLI_DONE;
        bool silent =
                result->err == KERR_TIMED_OUT_LOCALLY || result->err == KERR_CONNECTION_FAILED;
        if (silent && !result->unknown)
                return fail_to_reach(c);
        struct str why = result->message;
        if (why.size <= 0 || result->err == KERR_UNKNOWN_TOPIC_OR_PARTITION)
                why = str_of(reason(result->err));
        return cli_fail(c->command, "%s%s%s: %.*s%s", about, name ? " " : "", name ? name : "",
                        why.size, why.data,
                        result->unknown ? " (it may have been done all the same)" : "");
}

struct brokers_question {
        struct real_client *client;
        struct brokers *brokers;
        int status;
};

static void on_brokers(void *context, const struct admin_result *result)
{
        struct brokers_question *q = context;
        q->status = real_client_outcome(q->client, result, "cluster", NULL);
        if (result->err)
                return;
        q->brokers->count = result->cluster->brokers.count;
        q->brokers->ids = calloc((size_t)q->brokers->count + 1, sizeof *q->brokers->ids);
        if (!q->brokers->ids)
                abort();
        for (int32_t i = 0; i < q->brokers->count; i++)
                q->brokers->ids[i] = result->cluster->brokers.items[i].node_id;
}

int real_client_brokers(struct real_client *c, struct admin *admin, struct brokers *brokers)
{
        struct brokers_question question = {c, brokers, CLI_FAILED};
        *brokers = (struct brokers){0};
        admin_describe_cluster(admin, on_brokers, &question);
        real_client_finish(c, admin);
        return question.status;
}

/* Set by the signal handler, which can reach nothing but a variable of the program. */
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
        (void)number;
        caught = 1;
}

void interrupts_catch(void)
{
        /* One that comes while the command is winding up ends the process. */
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
}

bool interrupted(void)
{
        return caught;
}

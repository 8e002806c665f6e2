#include "base/rng.h"
#include "broker/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct peer *peer_find(struct broker *b, int64_t stream)
{
        struct peer *p;
        HASH_FIND(hh, b->peers, &stream, sizeof stream, p);
        return p;
}

static void on_open(struct actor *actor, int64_t stream, const char *name)
{
        struct broker *b = (struct broker *)actor;
        if (links_on_open(b->links, stream))
                return;
        struct peer *p = calloc(1, sizeof *p);
        if (!p)
                abort();
        p->stream = stream;
        p->end = &p->first;
        snprintf(p->name, sizeof p->name, "%s", name);
        HASH_ADD(hh, b->peers, stream, sizeof p->stream, p);
}

static void on_frame(struct actor *actor, struct frame *frame)
{
        struct broker *b = (struct broker *)actor;
        struct peer *p = peer_find(b, frame->stream);
        if (!p) { /* an answer to us, or refused while this frame was on its way */
                links_on_frame(b->links, frame);
                b->world->release(b->world, frame);
                return;
        }
        struct request *r = request_new(b, p, frame);
        if (r)
                dispatch(r);
        else
                peer_refuse(b, p, "the request header cannot be read");
}

static void on_close(struct actor *actor, int64_t stream, enum kerr why)
{
        struct broker *b = (struct broker *)actor;
        struct peer *p = peer_find(b, stream);
        if (p)
                peer_free(b, p);
        else
                links_on_close(b->links, stream, why);
}

static void on_synced(struct actor *actor, uint64_t token, enum kerr result)
{
        log_dir_on_synced(((struct broker *)actor)->logs, token, result);
}

/* For the log directory. The metadata log has nobody who hosts it, and is not its business. */
static int64_t high_watermark_of(void *context, struct partition_log *log)
{
        struct hosted_partition *p = partition_log_owner(log);
        (void)context;
        return p ? p->replica.high_watermark : -1;
}

static int64_t last_stable_offset_of(void *context, struct partition_log *log)
{
        struct hosted_partition *p = partition_log_owner(log);
        (void)context;
        return p ? replica_last_stable_offset(&p->replica) : -1;
}

static int64_t earlier(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

/* The links come first and last: what is too late ends before anything is decided, and what was
 * decided goes out. */
static int64_t run_timers(struct actor *actor)
{
        struct broker *b = (struct broker *)actor;
        links_run(b->links);
        b->must_run_again = false;
        int64_t next_ms = metadata_run(b);
        dispatch_waiting(b);
        next_ms = earlier(next_ms, lifecycle_run(b));
        next_ms = earlier(next_ms, coordinators_run(b));
        next_ms = earlier(next_ms, log_dir_run_timers(b->logs));
        next_ms = earlier(next_ms, replicas_run(b));
        next_ms = earlier(next_ms, purgatory_expire(&b->purgatory, b->world->mono_ms(b->world)));
        next_ms = earlier(next_ms, links_run(b->links));
        return b->must_run_again ? b->world->mono_ms(b->world) : next_ms;
}

static enum kerr parse_listener(struct broker *b, enum config_id key, char *host, int32_t *port)
{
        const char *text = config_string(b->config, key);
        if (!config_parse_listener(text, host, sizeof b->host, port)) {
                world_log(b->world, WORLD_ERROR, "not a listener: '%s'", text);
                return KERR_INVALID_CONFIG;
        }
        if (strcmp(host, "0.0.0.0") == 0)
                snprintf(host, sizeof b->host, "127.0.0.1");
        return KERR_NONE;
}

/* Clients, and the other brokers, are told advertised.listeners; what we ask of ourselves goes to
 * our own listener, wherever the advertised one leads. */
static enum kerr read_address(struct broker *b, int32_t port)
{
        enum kerr err = parse_listener(b, CONFIG_LISTENERS, b->host, &b->port);
        if (!err && port > 0)
                b->port = port;
        if (!err)
                links_set_address(b->links, b->node_id, b->host, b->port);
        if (!err && *config_string(b->config, CONFIG_ADVERTISED_LISTENERS) != '\0')
                err = parse_listener(b, CONFIG_ADVERTISED_LISTENERS, b->host, &b->port);
        return err;
}

/* Nodes of one cluster must agree on its id before they can talk, so it follows from what they all
 * are told: who the voters are. One that is alone takes a random one. */
static struct uuid cluster_id(const struct broker *b)
{
        struct uuid id = {{0}};
        struct rng rng;
        uint64_t hash = 14695981039346656037u; /* FNV-1a */
        const char *voters = config_string(b->config, CONFIG_QUORUM_VOTERS);
        if (*voters == '\0')
                return id;
        for (; *voters != '\0'; voters++)
                hash = (hash ^ (uint8_t)*voters) * 1099511628211u;
        rng_init(&rng, hash);
        store_be64(id.bytes, rng_u64(&rng) >> 1); /* no '-' in front of its text */
        store_be64(id.bytes + 8, rng_u64(&rng));
        return id;
}

static enum kerr open_logs(struct broker *b)
{
        struct log_dir_open how = {
                .world = b->world,
                .path = config_string(b->config, CONFIG_LOG_DIRS),
                .node_id = b->node_id,
                .cluster_id = cluster_id(b),
                .retention_check_ms = config_number(b->config, CONFIG_RETENTION_CHECK_MS),
                .checkpoint_ms = config_number(b->config, CONFIG_CHECKPOINT_MS),
                .hw_checkpoint_ms = config_number(b->config, CONFIG_HW_CHECKPOINT_MS),
                .cleaner_enabled = config_bool(b->config, CONFIG_CLEANER_ENABLE),
                .cleaner_backoff_ms = config_number(b->config, CONFIG_CLEANER_BACKOFF_MS),
                .cleaner_buffer_bytes = config_number(b->config, CONFIG_CLEANER_BUFFER_BYTES),
                .high_watermark = high_watermark_of,
                .last_stable_offset = last_stable_offset_of,
                .context = b,
        };
        enum kerr err = log_dir_open(&how, &b->logs);
        if (err)
                return err;
        world_log(b->world, WORLD_INFO, "%s: %s", how.path,
                  log_dir_was_clean(b->logs) ? "was stopped cleanly"
                                             : "is new or was not stopped cleanly: recovering");
        struct log_config config = metadata_log_config();
        return log_dir_partition(b->logs, METADATA_TOPIC_NAME, 0, &metadata_topic_id, &config,
                                 &b->metadata);
}

static enum kerr open_all(struct broker *b, int32_t port)
{
        b->links = links_new(b->world, config_number(b->config, CONFIG_QUORUM_REQUEST_TIMEOUT_MS));
        enum kerr err = read_address(b, port);
        if (!err)
                err = open_logs(b);
        if (err)
                return err;
        b->is_broker = strstr(config_string(b->config, CONFIG_PROCESS_ROLES), "broker") != NULL;
        replicas_init(b);
        lifecycle_init(b);
        coordinators_init(b);
        return metadata_open(b);
}

enum kerr broker_open(struct world *world, const struct config *config, int32_t port,
                      struct broker **broker)
{
        struct broker *b = calloc(1, sizeof *b);
        if (!b)
                abort();
        b->actor = (struct actor){on_open, on_frame, on_close, on_synced, run_timers};
        b->world = world;
        b->config = config;
        b->node_id = (int32_t)config_number(config, CONFIG_NODE_ID);
        enum kerr err = open_all(b, port);
        if (err) {
                world_log(world, WORLD_ERROR, "cannot start over %s: %s",
                          config_string(config, CONFIG_LOG_DIRS), kerr_text(err));
                broker_abandon(b);
                b = NULL;
        }
        *broker = b;
        return err;
}

struct actor *broker_actor(struct broker *b)
{
        return &b->actor;
}

/* What waits goes first: nobody asks the parts below any more. */
static void free_streams(struct broker *b)
{
        struct peer *p, *next;
        HASH_ITER (hh, b->peers, p, next)
                peer_free(b, p);
        if (b->links)
                links_free(b->links);
        forward_free(b);
        verify_free(b);
}

static void free_parts(struct broker *b)
{
        hosted_free(b);
        coordinators_free(b);
        replicas_free(b);
        metadata_close(b);
        purgatory_deinit(&b->purgatory);
        free(b);
}

/* The logs are closed while their high watermarks are still to be had. */
enum kerr broker_close(struct broker *b)
{
        quorum_resign(&b->quorum);
        links_run(b->links);
        free_streams(b);
        enum kerr err = log_dir_close(b->logs);
        free_parts(b);
        return err;
}

void broker_abandon(struct broker *b)
{
        struct log_dir *logs = b->logs;
        free_streams(b);
        free_parts(b);
        if (logs)
                log_dir_abandon(logs);
}

struct partition_log *broker_log(struct broker *b, const char *topic, int32_t partition)
{
        enum kerr err;
        struct hosted_partition *p = hosted_find(b, str_of(topic), partition, &err);
        return p ? p->replica.log : NULL;
}

const struct group_coordinator *broker_groups(const struct broker *b)
{
        return b->groups;
}

void broker_each_partition(struct broker *b,
                           void (*each)(void *context, const struct broker_partition *p),
                           void *context)
{
        for (struct hosted_topic *topic = b->topics; topic; topic = topic->hh.next) {
                for (int32_t i = 0; i < topic->partition_count; i++) {
                        if (topic->partitions[i] && topic->partitions[i]->replica.log)
                                each(context,
                                     &(struct broker_partition){topic->name, &topic->id, i,
                                                                &topic->partitions[i]->replica});
                }
        }
}

const struct image *broker_image(const struct broker *b)
{
        return &b->image;
}

int64_t broker_applied(const struct broker *b)
{
        return b->applied;
}

const struct quorum *broker_quorum(const struct broker *b)
{
        return &b->quorum;
}

const struct controller *broker_controller(const struct broker *b)
{
        return &b->controller;
}

struct partition_log *broker_metadata_log(struct broker *b)
{
        return b->metadata;
}

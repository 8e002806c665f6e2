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
        if (!p) { /* refused while this frame was on its way */
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
        (void)why;
        struct peer *p = peer_find(b, stream);
        if (p)
                peer_free(b, p);
}

static void on_synced(struct actor *actor, uint64_t token, enum kerr result)
{
        log_dir_on_synced(((struct broker *)actor)->logs, token, result);
}

/* Below which offset retention may drop records. */
static int64_t high_watermark_of(void *context, struct partition_log *log)
{
        struct broker *b = context;
        for (struct hosted_topic *topic = b->topics; topic; topic = topic->hh.next) {
                for (int32_t i = 0; i < topic->partition_count; i++) {
                        struct hosted_partition *p = topic->partitions[i];
                        if (p && p->replica.log == log)
                                return p->replica.high_watermark;
                }
        }
        return partition_log_start(log); /* the metadata log keeps all */
}

/* Commits what was submitted to the controller, follows it, and then lets the waiters answer. */
static void run_metadata(struct broker *b)
{
        controller_run(&b->controller);
        if (b->applied < b->controller.committed) {
                enum kerr err = metadata_log_read(b->world, b->metadata, b->applied,
                                                  b->controller.committed, hosted_apply, b);
                if (err)
                        b->controller.failed = true;
                b->applied = b->controller.committed;
        }
        controller_complete(&b->controller);
}

static int64_t run_timers(struct actor *actor)
{
        struct broker *b = (struct broker *)actor;
        run_metadata(b);
        int64_t next = log_dir_run_timers(b->logs, high_watermark_of, b);
        hosted_flushed(b);
        int64_t deadline = purgatory_expire(&b->purgatory, b->world->mono_ms(b->world));
        return deadline < next ? deadline : next;
}

/* Where clients are told to find us: advertised.listeners, else the first listener. */
static enum kerr read_address(struct broker *b, int32_t port)
{
        const char *text = config_string(b->config, CONFIG_ADVERTISED_LISTENERS);
        bool advertised = *text != '\0';
        if (!advertised)
                text = config_string(b->config, CONFIG_LISTENERS);
        if (!config_parse_listener(text, b->host, sizeof b->host, &b->port)) {
                world_log(b->world, WORLD_ERROR, "not a listener: '%s'", text);
                return KERR_INVALID_CONFIG;
        }
        if (!advertised && port > 0)
                b->port = port;
        if (strcmp(b->host, "0.0.0.0") == 0)
                snprintf(b->host, sizeof b->host, "127.0.0.1");
        return KERR_NONE;
}

static enum kerr open_logs(struct broker *b)
{
        struct log_dir_open how = {
                .world = b->world,
                .path = config_string(b->config, CONFIG_LOG_DIRS),
                .node_id = b->node_id,
                .retention_check_ms = config_number(b->config, CONFIG_RETENTION_CHECK_MS),
                .checkpoint_ms = config_number(b->config, CONFIG_CHECKPOINT_MS),
        };
        enum kerr err = log_dir_open(&how, &b->logs);
        if (err)
                return err;
        world_log(b->world, WORLD_INFO, "%s: %s", how.path,
                  log_dir_was_clean(b->logs) ? "was stopped cleanly"
                                             : "is new or was not stopped cleanly: recovering");
        struct log_config config = metadata_log_config();
        err = log_dir_partition(b->logs, METADATA_TOPIC_NAME, 0, &metadata_topic_id, &config,
                                &b->metadata);
        if (!err)
                err = controller_open(&b->controller, b->world, b->metadata, b->node_id);
        return err;
}

static enum kerr apply_to_image(void *image, const struct metadata_record *record)
{
        return image_apply(image, record);
}

static enum kerr open_all(struct broker *b, int32_t port)
{
        enum kerr err = read_address(b, port);
        if (!err)
                err = open_logs(b);
        if (err)
                return err;
        b->applied = b->controller.committed;
        err = metadata_log_read(b->world, b->metadata, partition_log_start(b->metadata), b->applied,
                                apply_to_image, &b->image);
        if (err)
                return err;
        hosted_load(b);
        return log_dir_set_strays_aside(b->logs);
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

/* Frees everything but the logs. Connections first: they hold what waits. */
static void free_parts(struct broker *b)
{
        struct peer *p, *next;
        HASH_ITER (hh, b->peers, p, next)
                peer_free(b, p);
        hosted_free(b);
        if (b->controller.world)
                controller_close(&b->controller);
        image_deinit(&b->image);
        purgatory_deinit(&b->purgatory);
}

enum kerr broker_close(struct broker *b)
{
        free_parts(b);
        enum kerr err = log_dir_close(b->logs);
        free(b);
        return err;
}

void broker_abandon(struct broker *b)
{
        free_parts(b);
        if (b->logs)
                log_dir_abandon(b->logs);
        free(b);
}

struct partition_log *broker_log(struct broker *b, const char *topic, int32_t partition)
{
        enum kerr err;
        struct hosted_partition *p = hosted_find(b, str_of(topic), partition, &err);
        return p ? p->replica.log : NULL;
}

void broker_each_log(struct broker *b,
                     void (*each)(void *context, const char *topic, int32_t partition,
                                  struct partition_log *log),
                     void *context)
{
        for (struct hosted_topic *topic = b->topics; topic; topic = topic->hh.next) {
                for (int32_t i = 0; i < topic->partition_count; i++) {
                        if (topic->partitions[i])
                                each(context, topic->name, i, topic->partitions[i]->replica.log);
                }
        }
}

#include "client/client_private.h"

#include <stdlib.h>

static void write_metadata(struct serde *s, void *context)
{
        struct client *c = context;
        size_t count = HASH_COUNT(c->metadata.topics);
        struct metadata_topic *topics = calloc(count + 1, sizeof *topics);
        if (!topics)
                abort();
        struct metadata_request m = {.allow_auto_topic_creation =
                                             c->config.allow_auto_create_topics};
        m.topics.items = topics;
        for (struct cached_topic *t = c->metadata.topics; t; t = t->hh.next)
                topics[m.topics.count++].name = str_of(t->name);
        serde_metadata_request(s, &m);
        free(topics);
}

static void on_metadata(void *context, const struct client_response *response)
{
        struct client *c = context;
        struct metadata_response m = {0};
        enum kerr err = response->err;
        if (!err) {
                serde_metadata_response(response->body, &m);
                err = response->body->err;
        }
        c->refresh_in_flight = false;
        c->refresh_after_ms = client_now_ms(c) + c->config.retry_backoff_ms;
        if (err) {
                world_log(c->world, WORLD_WARN, "no metadata: %s", kerr_text(err));
                c->refresh_wanted = true;
        } else {
                metadata_cache_update(&c->metadata, &m);
                c->refreshed_ms = client_now_ms(c);
        }
        client_wake(c);
}

int64_t client_run_metadata(struct client *c, int64_t now_ms)
{
        if (c->refresh_in_flight)
                return INT64_MAX;
        int64_t due_ms = c->refresh_wanted    ? c->refresh_after_ms
                         : c->metadata.topics ? c->refreshed_ms + c->config.metadata_max_age_ms
                                              : INT64_MAX;
        if (now_ms < due_ms)
                return due_ms;
        c->refresh_wanted = false;
        c->refresh_in_flight = true;
        client_send(c, &(struct client_request){.node = NODE_ANY,
                                                .api_key = API_METADATA,
                                                .timeout_ms = c->config.request_timeout_ms,
                                                .write = write_metadata,
                                                .on_response = on_metadata,
                                                .context = c});
        return INT64_MAX;
}

const struct cached_topic *client_topic(struct client *c, const char *topic)
{
        bool is_new;
        const struct cached_topic *cached = metadata_cache_topic(&c->metadata, topic, &is_new);
        if (is_new)
                c->refresh_after_ms = 0; /* whoever is new need not wait for the others */
        if (cached->partition_count == 0)
                client_refresh_metadata(c);
        return cached;
}

enum kerr client_leader(struct client *c, const char *topic, int32_t partition,
                        struct leader *leader)
{
        const struct cached_topic *cached = client_topic(c, topic);
        enum kerr err = cached->err;
        if (partition >= 0 && partition < cached->partition_count) {
                const struct cached_partition *p = &cached->partitions[partition];
                *leader = (struct leader){.node = p->leader, .epoch = p->leader_epoch};
                if (p->leader >= 0)
                        return KERR_NONE;
                err = p->err;
        } else if (!err) {
                err = cached->answered ? KERR_UNKNOWN_TOPIC_OR_PARTITION
                                       : KERR_LEADER_NOT_AVAILABLE;
        }
        client_refresh_metadata(c);
        return err;
}

void client_doubt_leader(struct client *c, const char *topic, int32_t partition)
{
        bool is_new;
        struct cached_topic *cached = metadata_cache_topic(&c->metadata, topic, &is_new);
        if (partition >= 0 && partition < cached->partition_count) {
                cached->partitions[partition].leader = -1;
                cached->partitions[partition].err = KERR_LEADER_NOT_AVAILABLE;
        }
        client_refresh_metadata(c);
}

void client_refresh_metadata(struct client *c)
{
        /* The one under way will do; whoever still misses something then asks again. */
        if (c->refresh_in_flight || c->refresh_wanted)
                return;
        c->refresh_wanted = true;
        client_wake(c);
}

/* The cluster's metadata on one node: quorum -> image -> logs, and the controller where this node
 * leads the quorum. */
#include "broker/state.h"

#include <stdlib.h>
#include <string.h>

static int64_t earlier(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

/* --- opening --- */

/* "1@host:port"; false when it is none. */
static bool parse_voter(const char *text, size_t size, struct voter *voter)
{
        char copy[300];
        if (!str_copy((struct str){text, (int32_t)size}, copy, sizeof copy))
                return false;
        char *end;
        long id = strtol(copy, &end, 10);
        voter->id = (int32_t)id;
        return end != copy && *end == '@' && id >= 0 && id <= INT32_MAX &&
               config_parse_listener(end + 1, voter->host, sizeof voter->host, &voter->port);
}

/* Without controller.quorum.voters this node is the quorum. */
static enum kerr read_voters(struct broker *b, struct quorum_config *q)
{
        const char *text = config_string(b->config, CONFIG_QUORUM_VOTERS);
        if (*text == '\0') {
                q->voter_count = 1;
                q->voters[0].id = b->node_id;
                return KERR_NONE;
        }
        while (*text != '\0') {
                size_t size = strcspn(text, ",");
                if (q->voter_count == VOTERS_MAX ||
                    !parse_voter(text, size, &q->voters[q->voter_count])) {
                        world_log(b->world, WORLD_ERROR,
                                  "controller.quorum.voters: expected ID@HOST:PORT,… (at most %d), "
                                  "not '%s'",
                                  VOTERS_MAX, text);
                        return KERR_INVALID_CONFIG;
                }
                q->voter_count++;
                text += size + (text[size] == ',');
        }
        return KERR_NONE;
}

static bool is_voter(const struct quorum_config *q, int32_t id)
{
        for (int32_t i = 0; i < q->voter_count; i++) {
                if (q->voters[i].id == id)
                        return true;
        }
        return false;
}

/* The roles of a node and the list of voters must tell the same. */
static enum kerr check_roles(struct broker *b, const struct quorum_config *q)
{
        bool wants = strstr(config_string(b->config, CONFIG_PROCESS_ROLES), "controller") != NULL;
        if (wants == is_voter(q, b->node_id))
                return KERR_NONE;
        world_log(b->world, WORLD_ERROR,
                  wants ? "process.roles names a controller, but controller.quorum.voters lacks "
                          "node %d"
                        : "controller.quorum.voters names node %d, but its process.roles lack "
                          "controller",
                  b->node_id);
        return KERR_INVALID_CONFIG;
}

enum kerr metadata_open(struct broker *b)
{
        const struct config *config = b->config;
        struct quorum_config q = {
                .world = b->world,
                .sender = links_sender(b->links, LANE_QUORUM),
                .log = b->metadata,
                .node_id = b->node_id,
                .election_timeout_ms = config_number(config, CONFIG_ELECTION_TIMEOUT_MS),
                .election_backoff_max_ms = config_number(config, CONFIG_ELECTION_BACKOFF_MS),
                .fetch_timeout_ms = config_number(config, CONFIG_QUORUM_FETCH_TIMEOUT_MS),
                .request_timeout_ms = config_number(config, CONFIG_QUORUM_REQUEST_TIMEOUT_MS),
                .fetch_wait_max_ms = config_number(config, CONFIG_QUORUM_FETCH_TIMEOUT_MS) / 4,
        };
        enum kerr err = read_voters(b, &q);
        if (!err)
                err = check_roles(b, &q);
        if (err)
                return err;
        for (int32_t i = 0; i < q.voter_count; i++) {
                if (q.voters[i].id != b->node_id)
                        links_set_address(b->links, q.voters[i].id, q.voters[i].host,
                                          q.voters[i].port);
        }
        bool rebalances = config_bool(config, CONFIG_AUTO_REBALANCE);
        controller_init(
                &b->controller,
                &(struct controller_config){
                        .world = b->world,
                        .store = &b->quorum.store,
                        .node_id = b->node_id,
                        .session_timeout_ms = config_number(config, CONFIG_SESSION_TIMEOUT_MS),
                        .imbalance_check_ms =
                                rebalances ? 1000 * config_number(config, CONFIG_IMBALANCE_CHECK_S)
                                           : 0,
                        .min_isr = (int32_t)config_number(config, CONFIG_MIN_INSYNC_REPLICAS),
                        .unclean_election = config_bool(config, CONFIG_UNCLEAN_ELECTION),
                });
        b->applied = -1;
        return quorum_open(&b->quorum, &q);
}

void metadata_close(struct broker *b)
{
        if (b->controller.config.world)
                controller_deinit(&b->controller);
        if (b->quorum.config.world)
                quorum_close(&b->quorum);
        image_deinit(&b->image);
        buffer_deinit(&b->changed_topics);
}

int32_t metadata_controller(const struct broker *b)
{
        return b->quorum.leader;
}

/* --- applying what is committed --- */

static void learn_address(struct broker *b, const struct metadata_record *record)
{
        const struct image_broker *broker =
                image_broker(&b->image, record->register_broker.broker_id);
        if (broker->id != b->node_id)
                links_set_address(b->links, broker->id, broker->host, broker->port);
}

static enum kerr apply(void *broker, const struct metadata_record *record)
{
        struct broker *b = broker;
        hosted_note(b, record);
        enum kerr err = image_apply(&b->image, record);
        if (!err && record->type == METADATA_REGISTER_BROKER)
                learn_address(b, record);
        return err;
}

/* A snapshot has replaced what lay between: begins anew with an empty image. */
static enum kerr read_committed(struct broker *b, bool *all)
{
        bool reload = false;
        enum kerr err = quorum_read(&b->quorum, &b->applied, &reload, apply, b);
        if (err || !reload)
                return err;
        *all = true;
        image_deinit(&b->image);
        b->applied = -1;
        return quorum_read(&b->quorum, &b->applied, &reload, apply, b);
}

/* Part of a change may be in the image: nothing may follow it. */
static void fail(struct broker *b, enum kerr err)
{
        b->metadata_failed = true;
        world_log(b->world, WORLD_ERROR, "the metadata cannot be applied at offset %lld: %s",
                  (long long)b->applied, kerr_text(err));
}

static void follow_committed(struct broker *b)
{
        int64_t before = b->applied;
        bool all = false;
        if (b->metadata_failed)
                return;
        enum kerr err = read_committed(b, &all);
        if (err)
                fail(b, err);
        bool joined = lifecycle_applied(b), moved = b->applied != before;
        b->loaded |= moved;
        /* Up to our own registration the log tells of the past: a partition that was taken from us
         * and given back since would lose its log here. */
        if (b->is_broker && b->life.state < LIFE_SERVING)
                return;
        if (moved || joined)
                hosted_follow(b, all || joined);
        if (joined && log_dir_set_strays_aside(b->logs))
                world_log(b->world, WORLD_WARN, "logs of unknown partitions stay where they are");
}

static void emit_image(void *broker, void (*put)(void *to, const struct metadata_record *record),
                       void *to)
{
        image_each_record(&((struct broker *)broker)->image, put, to);
}

static void write_snapshot(struct broker *b)
{
        if (!quorum_wants_snapshot(&b->quorum, config_number(b->config, CONFIG_SNAPSHOT_BYTES)))
                return;
        enum kerr err = quorum_write_snapshot(&b->quorum, b->applied, emit_image, b);
        if (err)
                world_log(b->world, WORLD_ERROR, "a snapshot of the metadata failed: %s",
                          kerr_text(err));
}

/* --- the controller --- */

static bool leads_quorum(const struct broker *b)
{
        return quorum_may_write(&b->quorum) && b->quorum.epoch == b->controller_epoch;
}

static void follow_leadership(struct broker *b)
{
        if (b->controller.active && !leads_quorum(b))
                controller_resign(&b->controller);
        if (!b->controller.active && quorum_may_write(&b->quorum) &&
            b->applied == partition_log_end(b->metadata)) {
                b->controller_epoch = b->quorum.epoch;
                controller_activate(&b->controller, &b->image);
        }
}

static void wake_fetches(struct broker *b)
{
        int64_t end = partition_log_end(b->metadata);
        if (end == b->seen_end && b->quorum.high_watermark == b->seen_high_watermark &&
            b->quorum.epoch == b->seen_epoch && b->quorum.role == b->seen_role)
                return;
        b->seen_end = end;
        b->seen_high_watermark = b->quorum.high_watermark;
        b->seen_epoch = b->quorum.epoch;
        b->seen_role = b->quorum.role;
        purgatory_check(&b->metadata_waiters);
}

int64_t metadata_run(struct broker *b)
{
        int64_t next_ms = INT64_MAX;
        follow_leadership(b);
        if (b->controller.active)
                next_ms = controller_run(&b->controller);
        next_ms = earlier(next_ms, quorum_run(&b->quorum));
        follow_committed(b);
        bool was_active = b->controller.active;
        follow_leadership(b);
        if (b->controller.active && !was_active)
                next_ms = b->world->mono_ms(b->world);
        controller_complete(&b->controller, b->applied);
        write_snapshot(b);
        wake_fetches(b);
        return next_ms;
}

#include "cluster/quorum_private.h"

static int64_t now_ms(const struct quorum *q)
{
        return q->config.world->mono_ms(q->config.world);
}

/* Sorts downwards: there are few. */
static void insert(int64_t *values, int32_t count, int64_t value)
{
        int32_t at = count;
        for (; at > 0 && values[at - 1] < value; at--)
                values[at] = values[at - 1];
        values[at] = value;
}

/* --- what the followers have --- */

void quorum_advance(struct quorum *q)
{
        int64_t ends[VOTERS_MAX];
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                const struct quorum_replica *r = &q->own->peers[i].replica;
                insert(ends, i, r->id == q->config.node_id ? q->own->safe_end : r->end_offset);
        }
        int64_t end_offset = ends[quorum_majority(q) - 1];
        /* Raft 5.4.2: a majority that has a record of an older epoch is no promise, as a voter with
         * a later epoch in its log may yet win and cut it. Our own epoch's record ends that. */
        if (end_offset > q->own->epoch_start && end_offset > q->high_watermark)
                q->high_watermark = end_offset;
}

int64_t quorum_check_due_ms(const struct quorum *q)
{
        int64_t heard_ms[VOTERS_MAX];
        int32_t count = 0, others_needed = quorum_majority(q) - 1;
        if (others_needed == 0)
                return INT64_MAX;
        if (zoo_has(q->config.world->zoo, ZOO_NEVER_RESIGNS)) /* KAFKA-15489 */
                return INT64_MAX;
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                const struct quorum_replica *r = &q->own->peers[i].replica;
                bool heard = r->last_fetch_ms > q->own->led_since_ms;
                if (r->id != q->config.node_id)
                        insert(heard_ms, count++, heard ? r->last_fetch_ms : q->own->led_since_ms);
        }
        return heard_ms[others_needed - 1] + q->config.fetch_timeout_ms * 3 / 2;
}

/* The observer's place; when all are taken, the place of the one that was silent for longest. */
static struct quorum_replica *observer(struct quorum *q, int32_t id)
{
        struct quorum_private *own = q->own;
        struct quorum_replica *place = &own->observers[0];
        for (int32_t i = 0; i < own->observer_count; i++) {
                if (own->observers[i].id == id)
                        return &own->observers[i];
                if (own->observers[i].last_fetch_ms < place->last_fetch_ms)
                        place = &own->observers[i];
        }
        if (own->observer_count < OBSERVERS_MAX)
                place = &own->observers[own->observer_count++];
        *place = (struct quorum_replica){id, -1, -1, -1, -1};
        return place;
}

/* Hears from a replica in our epoch; NULL for a consumer. */
static struct quorum_replica *hear_from(struct quorum *q, int32_t id)
{
        if (id < 0 || id == q->config.node_id)
                return NULL;
        struct quorum_peer *peer = quorum_peer(q, id);
        if (peer)
                peer->answered = true;
        struct quorum_replica *r = peer ? &peer->replica : observer(q, id);
        r->last_fetch_ms = now_ms(q);
        return r;
}

/* --- Fetch --- */

static enum kerr check_epoch(struct quorum *q, int32_t epoch)
{
        if (!quorum_save(q))
                return KERR_KAFKA_STORAGE_ERROR;
        if (epoch >= 0 && epoch < q->epoch)
                return KERR_FENCED_LEADER_EPOCH;
        if (epoch > q->epoch)
                return KERR_UNKNOWN_LEADER_EPOCH;
        return q->role == QUORUM_LEADER ? KERR_NONE : KERR_NOT_LEADER_OR_FOLLOWER;
}

/* The epoch of the last record below the log start, which a snapshot ends at. */
static int32_t epoch_before_start(const struct quorum *q)
{
        const struct snapshots *s = &q->own->snapshots;
        bool is_newest = s->newest.end_offset == partition_log_start(q->config.log);
        return is_newest ? s->newest.epoch : s->older.epoch;
}

/* Whether the log that ends with `last_fetched_epoch` before `fetch_offset` is a beginning of ours;
 * if not, `out` says what to do about it. */
static bool is_prefix(struct quorum *q, const struct fetch_partition *in,
                      struct fetch_partition_response *out)
{
        struct partition_log *log = q->config.log;
        int64_t start = partition_log_start(log), end = partition_log_end(log), epoch_end;
        int32_t found;
        if (in->fetch_offset < start || (in->fetch_offset == start && start > 0 &&
                                         in->last_fetched_epoch != epoch_before_start(q))) {
                out->has_snapshot_id = true;
                out->snapshot_id = q->own->snapshots.newest;
                return false;
        }
        if (in->fetch_offset == start)
                return true;
        leader_epochs_end(partition_log_epochs(log), in->last_fetched_epoch, end, &found,
                          &epoch_end);
        if (found == in->last_fetched_epoch && epoch_end >= in->fetch_offset)
                return true;
        out->has_diverging_epoch = true;
        out->diverging_epoch = (struct fetch_diverging_epoch){found, epoch_end};
        return false;
}

/* It has all below `end_offset`, synced. */
static void note_end(struct quorum *q, struct quorum_replica *r, int64_t end_offset)
{
        r->end_offset = end_offset;
        if (end_offset == partition_log_end(q->config.log))
                r->caught_up_ms = r->last_fetch_ms;
        quorum_advance(q);
}

bool quorum_handle_fetch(struct quorum *q, int32_t replica_id, const struct fetch_partition *in,
                         int32_t size_max, int64_t known_hw, struct fetch_partition_response *out)
{
        struct partition_log *log = q->config.log;
        enum kerr err = check_epoch(q, in->current_leader_epoch);
        struct quorum_replica *r = err ? NULL : hear_from(q, replica_id);
        *out = (struct fetch_partition_response){
                .index = in->index,
                .high_watermark = q->high_watermark,
                .last_stable_offset = q->high_watermark,
                .log_start_offset = partition_log_start(log),
                .has_current_leader = true,
                .current_leader = {q->leader, q->epoch},
                .aborted_transactions.count = -1,
                .preferred_read_replica = -1,
        };
        if (!err && r && !is_prefix(q, in, out))
                return true;
        if (!err && r)
                note_end(q, r, in->fetch_offset);
        if (!err)
                err = partition_log_read(log, in->fetch_offset, partition_log_end(log), size_max,
                                         true, &out->records.extent);
        out->error_code = (int16_t)err;
        out->high_watermark = out->last_stable_offset = q->high_watermark;
        bool has_news = q->high_watermark != known_hw;
        if (r) {
                has_news |= q->high_watermark != r->told_high_watermark;
                r->told_high_watermark = q->high_watermark;
        }
        return err || has_news || out->records.extent.length > 0;
}

/* --- FetchSnapshot --- */

void quorum_close_served(struct quorum *q)
{
        if (q->own->served)
                q->config.world->close(q->config.world, q->own->served);
        q->own->served = NULL;
}

/* The file stays open between the pieces, also when a newer snapshot has replaced it meanwhile. */
static enum kerr open_served(struct quorum *q, struct fetch_snapshot_id id)
{
        struct quorum_private *own = q->own;
        struct world *w = q->config.world;
        if (own->served && own->served_id.end_offset == id.end_offset &&
            own->served_id.epoch == id.epoch)
                return KERR_NONE;
        quorum_close_served(q);
        own->served_id = id;
        enum kerr err = w->open(w, snapshot_path(partition_log_directory(q->config.log), id).text,
                                WORLD_READ, &own->served);
        if (err)
                own->served = NULL;
        return err ? KERR_SNAPSHOT_NOT_FOUND : KERR_NONE;
}

static enum kerr read_piece(struct quorum *q, const struct fetch_snapshot_partition *p,
                            int32_t max_bytes, struct fetch_snapshot_partition_response *out)
{
        if (p->snapshot_id.end_offset < 0 || p->snapshot_id.epoch < 0)
                return KERR_SNAPSHOT_NOT_FOUND;
        enum kerr err = open_served(q, p->snapshot_id);
        if (err)
                return err;
        out->size = q->config.world->size(q->config.world, q->own->served);
        if (p->position < 0 || p->position >= out->size)
                return KERR_POSITION_OUT_OF_RANGE;
        int64_t left = out->size - p->position;
        int32_t length = left < max_bytes ? (int32_t)left : max_bytes;
        if (length > 0)
                out->records.extent = (struct extent){q->own->served, p->position, length};
        return KERR_NONE;
}

void quorum_handle_fetch_snapshot(struct quorum *q, const struct fetch_snapshot_request *in,
                                  struct arena *arena, struct fetch_snapshot_response *out)
{
        const struct fetch_snapshot_partition *p = QUORUM_PARTITION(in);
        out->error_code = KERR_INVALID_REQUEST;
        if (!p || !QUORUM_MAKE_ONE(arena, &out->topics) ||
            !QUORUM_MAKE_ONE(arena, &out->topics.items->partitions))
                return;
        out->error_code = KERR_NONE;
        out->topics.items->name = str_of(METADATA_TOPIC_NAME);
        struct fetch_snapshot_partition_response *answer = out->topics.items->partitions.items;
        enum kerr err = check_epoch(q, p->current_leader_epoch);
        if (!err) {
                hear_from(q, in->replica_id);
                err = read_piece(q, p, in->max_bytes, answer);
        }
        answer->error_code = (int16_t)err;
        answer->snapshot_id = p->snapshot_id;
        answer->position = p->position;
        answer->has_current_leader = true;
        answer->current_leader = (struct fetch_current_leader){q->leader, q->epoch};
}

/* --- DescribeQuorum --- */

/* The protocol tells times by the wall clock. */
static int64_t wall_time(struct quorum *q, int64_t mono_ms)
{
        struct world *w = q->config.world;
        return mono_ms < 0 ? -1 : w->wall_ms(w) - (w->mono_ms(w) - mono_ms);
}

static struct describe_quorum_replica describe(struct quorum *q, const struct quorum_replica *r)
{
        if (r->id == q->config.node_id)
                return (struct describe_quorum_replica){r->id, partition_log_end(q->config.log),
                                                        wall_time(q, now_ms(q)),
                                                        wall_time(q, now_ms(q))};
        return (struct describe_quorum_replica){r->id, r->end_offset,
                                                wall_time(q, r->last_fetch_ms),
                                                wall_time(q, r->caught_up_ms)};
}

static void describe_all(struct quorum *q, struct arena *arena,
                         struct describe_quorum_partition_response *out)
{
        const struct quorum_private *own = q->own;
        size_t size = sizeof *out->observers.items;
        out->current_voters.items = arena_alloc(arena, (size_t)q->config.voter_count * size);
        out->observers.items = arena_alloc(arena, (size_t)own->observer_count * size);
        if (!out->current_voters.items || !out->observers.items)
                return;
        for (int32_t i = 0; i < q->config.voter_count; i++)
                out->current_voters.items[out->current_voters.count++] =
                        describe(q, &own->peers[i].replica);
        for (int32_t i = 0; i < own->observer_count; i++)
                out->observers.items[out->observers.count++] = describe(q, &own->observers[i]);
}

void quorum_handle_describe(struct quorum *q, const struct describe_quorum_request *in,
                            struct arena *arena, struct describe_quorum_response *out)
{
        out->error_code = KERR_INVALID_REQUEST;
        if (!QUORUM_PARTITION(in) || !QUORUM_MAKE_ONE(arena, &out->topics) ||
            !QUORUM_MAKE_ONE(arena, &out->topics.items->partitions))
                return;
        out->topics.items->name = str_of(METADATA_TOPIC_NAME);
        struct describe_quorum_partition_response *answer = out->topics.items->partitions.items;
        enum kerr err = check_epoch(q, -1);
        out->error_code = KERR_NONE;
        answer->error_code = (int16_t)err;
        answer->leader_id = q->leader;
        answer->leader_epoch = q->epoch;
        answer->high_watermark = q->high_watermark;
        if (!err)
                describe_all(q, arena, answer);
}

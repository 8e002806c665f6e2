#include "replication/replica.h"

void replica_init(struct replica *r, const struct replica_host *host, struct partition_log *log,
                  int64_t high_watermark)
{
        int64_t start = partition_log_start(log), end = partition_log_end(log);
        *r = (struct replica){
                .host = host,
                .log = log,
                .role = REPLICA_IDLE,
                .assignment = {.leader = -1, .leader_epoch = -1, .partition_epoch = -1},
                .high_watermark = high_watermark,
        };
        if (r->high_watermark < start)
                r->high_watermark = start;
        if (r->high_watermark > end)
                r->high_watermark = end;
}

/* --- assignments --- */

static struct follower *find_follower(struct replica *r, int32_t id)
{
        for (int32_t i = 0; i < r->follower_count; i++) {
                if (r->followers[i].id == id)
                        return &r->followers[i];
        }
        return NULL;
}

static struct follower unknown_follower(int32_t id)
{
        return (struct follower){.id = id,
                                 .broker_epoch = -1,
                                 .log_end_offset = -1,
                                 .log_start_offset = -1,
                                 .caught_up_ms = REPLICA_NEVER_MS,
                                 .last_fetch_ms = REPLICA_NEVER_MS,
                                 .end_at_last_fetch = -1};
}

/* Members that are new in the ISR, and all when the leader is, get the benefit of the doubt: they
 * have a full replica.lag.time.max.ms to show that they keep up. */
static void set_followers(struct replica *r, const struct replica_assignment *before, bool forget)
{
        int64_t now_ms = r->host->world->mono_ms(r->host->world);
        const struct replica_assignment *a = &r->assignment;
        struct follower followers[REPLICAS_MAX];
        int32_t count = 0;
        for (int32_t i = 0; i < a->replicas.count; i++) {
                int32_t id = a->replicas.ids[i];
                if (id == r->host->id)
                        continue;
                struct follower *known = forget ? NULL : find_follower(r, id);
                struct follower *f = &followers[count++];
                *f = known ? *known : unknown_follower(id);
                if (replica_set_has(&a->isr, id) && (forget || !replica_set_has(&before->isr, id)))
                        f->caught_up_ms = now_ms;
        }
        for (int32_t i = 0; i < count; i++)
                r->followers[i] = followers[i];
        r->follower_count = count;
}

static enum replica_role role_in(const struct replica *r, const struct replica_assignment *a)
{
        if (a->leader == r->host->id)
                return REPLICA_LEADER;
        return a->leader >= 0 && replica_set_has(&a->replicas, r->host->id) ? REPLICA_FOLLOWER
                                                                            : REPLICA_IDLE;
}

static void begin_to_lead(struct replica *r)
{
        r->epoch_start = partition_log_end(r->log);
        r->propose_after_ms = REPLICA_NEVER_MS;
        /* A failure takes the log offline: then nothing is appended in this epoch. */
        partition_log_begin_epoch(r->log, r->assignment.leader_epoch);
}

static void begin_to_follow(struct replica *r)
{
        /* KIP-101: the high watermark is one fetch behind, so what it cuts may be committed. */
        if (zoo_has(r->host->world->zoo, ZOO_TRUNCATE_TO_HW))
                partition_log_truncate(r->log, r->high_watermark);
}

bool replica_apply(struct replica *r, const struct replica_assignment *a)
{
        struct replica_assignment before = r->assignment;
        r->assignment.min_isr = a->min_isr;
        if (a->partition_epoch <= before.partition_epoch || a->leader_epoch < before.leader_epoch)
                return replica_advance(r);

        enum replica_role role = role_in(r, a);
        bool is_new = role != r->role || a->leader_epoch != before.leader_epoch;
        r->assignment = *a;
        r->role = role;
        r->isr_state = ISR_SETTLED;
        r->doubtful.count = 0;
        if (is_new && role == REPLICA_LEADER)
                begin_to_lead(r);
        if (is_new && role == REPLICA_FOLLOWER)
                begin_to_follow(r);
        if (role == REPLICA_LEADER)
                set_followers(r, &before, is_new);
        bool moved = replica_advance(r);
        return is_new || moved;
}

enum kerr replica_check_leader(const struct replica *r, int32_t current_leader_epoch)
{
        if (current_leader_epoch >= 0 && current_leader_epoch < r->assignment.leader_epoch)
                return KERR_FENCED_LEADER_EPOCH;
        if (current_leader_epoch > r->assignment.leader_epoch)
                return KERR_UNKNOWN_LEADER_EPOCH;
        return r->role == REPLICA_LEADER ? KERR_NONE : KERR_NOT_LEADER_OR_FOLLOWER;
}

int64_t replica_safe_end(const struct replica *r)
{
        /* An offline log wants no flush any more: what it holds behind the recovery point may be
         * lost. */
        bool unsafe = partition_log_is_offline(r->log) || partition_log_wants_flush(r->log);
        return unsafe ? partition_log_recovery_point(r->log) : partition_log_end(r->log);
}

/* --- the leader's high watermark --- */

/* Those who left an ISR that was too small are then in the ELR, and may be elected from there: what
 * they lack must not count as committed. A partition with fewer replicas than the minimum goes by
 * their number, as Kafka does. */
static bool is_under_min_isr(const struct replica *r)
{
        const struct replica_assignment *a = &r->assignment;
        if (zoo_has(r->host->world->zoo, ZOO_HW_UNDER_MIN_ISR)) /* KAFKA-15583 */
                return false;
        return a->isr.count < a->min_isr && a->isr.count < a->replicas.count;
}

bool replica_advance(struct replica *r)
{
        //@lab 12 begin
        if (r->role != REPLICA_LEADER || partition_log_is_offline(r->log) || is_under_min_isr(r))
                return false;
        int64_t committed = replica_safe_end(r);
        for (int32_t i = 0; i < r->follower_count && committed > r->high_watermark; i++) {
                const struct follower *f = &r->followers[i];
                if (f->log_end_offset < committed &&
                    (isr_waits_for(r, f->id) || (isr_keeps_up(r, f) && isr_may_join(r, f))))
                        committed = f->log_end_offset;
        }
        if (committed <= r->high_watermark)
                return false;
        r->high_watermark = committed;
        return true;
        //@lab 12 starter
        // (void)r;
        // return false; /* yours to write: it never moves yet */
        //@lab 12 end
}

int64_t replica_last_stable_offset(const struct replica *r)
{
        const struct log_observer *observer = partition_log_observer(r->log);
        int64_t unstable =
                observer ? observer->first_unstable(observer, r->high_watermark) : INT64_MAX;
        if (zoo_has(r->host->world->zoo, ZOO_PAST_LSO)) /* KAFKA-9807 */
                unstable = INT64_MAX;
        return unstable < r->high_watermark ? unstable : r->high_watermark;
}

static int64_t end_for(const struct replica *r, enum replica_reader reader)
{
        if (reader == READER_FOLLOWER)
                return partition_log_end(r->log);
        return reader == READER_COMMITTED ? replica_last_stable_offset(r) : r->high_watermark;
}

enum kerr replica_visible_end(const struct replica *r, enum replica_reader reader, int64_t *end)
{
        if (r->role != REPLICA_LEADER)
                return KERR_NOT_LEADER_OR_FOLLOWER;
        *end = end_for(r, reader);
        if (zoo_has(r->host->world->zoo, ZOO_END_OFFSET_BACK)) /* KAFKA-2334, before KIP-207 */
                return KERR_NONE;
        return r->high_watermark < r->epoch_start ? KERR_OFFSET_NOT_AVAILABLE : KERR_NONE;
}

int64_t replica_low_watermark(const struct replica *r)
{
        int64_t low = partition_log_start(r->log);
        for (int32_t i = 0; i < r->follower_count; i++) {
                const struct follower *f = &r->followers[i];
                bool may_lead = isr_waits_for(r, f->id) || is_under_min_isr(r);
                if (may_lead && f->log_start_offset < low)
                        low = f->log_start_offset;
        }
        return low;
}

/* --- the leader's log --- */

enum kerr replica_append(struct replica *r, struct span batches, bool acks_all,
                         enum append_origin origin, struct log_append *result,
                         int64_t *committed_at)
{
        if (r->role != REPLICA_LEADER)
                return KERR_NOT_LEADER_OR_FOLLOWER;
        if (acks_all && r->assignment.isr.count < r->assignment.min_isr) {
                /* KAFKA-6683: the check takes the batch for seen, and it is not appended. */
                if (zoo_has(r->host->world->zoo, ZOO_STATE_BEFORE_APPEND))
                        partition_log_check(r->log, batches, r->assignment.leader_epoch, origin,
                                            result);
                return KERR_NOT_ENOUGH_REPLICAS;
        }
        enum kerr err =
                partition_log_append(r->log, batches, r->assignment.leader_epoch, origin, result);
        if (err)
                return err;
        *committed_at = result->last_offset + 1;
        /* It is in our log; but if that is cut, nobody else has it. */
        if (result->is_duplicate && zoo_has(r->host->world->zoo, ZOO_EARLY_DUPLICATE_ACK))
                *committed_at = 0;
        replica_advance(r);
        if (r->host->on_append)
                r->host->on_append(r->host->context, r);
        return KERR_NONE;
}

enum kerr replica_committed(const struct replica *r, int32_t leader_epoch, int64_t committed_at,
                            bool *done)
{
        *done = false;
        if (r->role != REPLICA_LEADER || r->assignment.leader_epoch != leader_epoch)
                return KERR_NOT_LEADER_OR_FOLLOWER;
        if (zoo_has(r->host->world->zoo, ZOO_ACK_ON_APPEND)) { /* acks=all in name only */
                *done = true;
                return KERR_NONE;
        }
        if (r->high_watermark < committed_at)
                return partition_log_is_offline(r->log) ? KERR_KAFKA_STORAGE_ERROR : KERR_NONE;
        if (r->assignment.isr.count < r->assignment.min_isr)
                return KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND;
        *done = true;
        return KERR_NONE;
}

enum kerr replica_read(struct replica *r, int64_t offset, enum replica_reader reader,
                       int32_t size_max, bool at_least_one, struct extent *extent)
{
        int64_t upper_bound = end_for(r, reader);
        if (zoo_has(r->host->world->zoo, ZOO_READS_PAST_HW)) /* KAFKA-725 */
                upper_bound = partition_log_end(r->log);
        if (zoo_has(r->host->world->zoo, ZOO_HW_FORGOTTEN) && offset > upper_bound)
                return KERR_OFFSET_OUT_OF_RANGE; /* KAFKA-769: what is not known is not there */
        return partition_log_read(r->log, offset, upper_bound, size_max, at_least_one, extent);
}

bool replica_diverges(const struct replica *r, int32_t last_fetched_epoch, int64_t fetch_offset,
                      int32_t *epoch, int64_t *end_offset)
{
        //@lab 12 begin
        const struct leader_epochs *epochs = partition_log_epochs(r->log);
        if (last_fetched_epoch < 0 || fetch_offset < partition_log_start(r->log))
                return false;
        if (zoo_has(r->host->world->zoo, ZOO_IGNORE_DIVERGENCE)) /* KIP-101, scenario 2 */
                return false;
        leader_epochs_end(epochs, last_fetched_epoch, partition_log_end(r->log), epoch, end_offset);
        if (*epoch < 0) { /* newer than all of ours */
                *epoch = leader_epochs_latest(epochs);
                *end_offset = partition_log_end(r->log);
        }
        return *epoch < last_fetched_epoch || *end_offset < fetch_offset;
        //@lab 12 starter
        // (void)r;
        // (void)last_fetched_epoch;
        // (void)fetch_offset;
        // *epoch = -1;
        // *end_offset = -1;
        // return false; /* yours to write: all logs are taken for prefixes of ours */
        //@lab 12 end
}

/* One that has now what there was when it last asked, did keep up with that. */
static void note_caught_up(struct follower *f, int64_t fetch_offset, int64_t end, int64_t now_ms)
{
        if (fetch_offset >= end)
                f->caught_up_ms = now_ms;
        else if (fetch_offset >= f->end_at_last_fetch && f->last_fetch_ms > f->caught_up_ms)
                f->caught_up_ms = f->last_fetch_ms;
}

bool replica_fetched(struct replica *r, int32_t follower, int64_t broker_epoch,
                     int64_t fetch_offset, int64_t log_start, enum kerr *err)
{
        struct follower *f = r->role == REPLICA_LEADER ? find_follower(r, follower) : NULL;
        int64_t end = partition_log_end(r->log);
        *err = f ? KERR_NONE : KERR_NOT_LEADER_OR_FOLLOWER;
        if (!f || broker_epoch < 0 || broker_epoch < f->broker_epoch || fetch_offset > end)
                return false;
        if (broker_epoch > f->broker_epoch) {
                int64_t caught_up_ms = f->caught_up_ms;
                *f = unknown_follower(follower);
                f->broker_epoch = broker_epoch;
                if (isr_waits_for(r, follower))
                        f->caught_up_ms = caught_up_ms;
        }
        int64_t now_ms = r->host->world->mono_ms(r->host->world);
        note_caught_up(f, fetch_offset, end, now_ms);
        f->log_end_offset = fetch_offset;
        f->log_start_offset = log_start;
        f->last_fetch_ms = now_ms;
        f->end_at_last_fetch = end;
        return replica_advance(r);
}

/* --- the follower --- */

/* Never falls by what a leader tells: a new one may know less than the one before. */
static void raise_high_watermark(struct replica *r, int64_t leader_hw)
{
        //@lab 12 begin
        int64_t end = replica_safe_end(r), start = partition_log_start(r->log);
        int64_t told = leader_hw < end ? leader_hw : end;
        if (told > r->high_watermark)
                r->high_watermark = told;
        if (start > r->high_watermark)
                r->high_watermark = start; /* what its leader has deleted was committed */
        //@lab 12 starter
        // (void)r;
        // (void)leader_hw; /* yours to write: a follower learns nothing yet */
        //@lab 12 end
}

/* What falls must fall first: cutting a log writes the checkpoints, and a high watermark in there
 * above the cut would take for committed what comes next. */
static void lower_high_watermark(struct replica *r, int64_t offset)
{
        if (r->high_watermark <= offset)
                return;
        world_log(r->host->world, WORLD_WARN, "%s: high watermark falls from %lld to %lld",
                  partition_log_directory(r->log), (long long)r->high_watermark, (long long)offset);
        r->high_watermark = offset;
}

static enum kerr restart_at(struct replica *r, int64_t offset)
{
        lower_high_watermark(r, offset);
        enum kerr err = partition_log_restart_at(r->log, offset);
        if (!err)
                r->high_watermark = offset;
        return err;
}

/* An empty log that begins inside a batch (DeleteRecords may cut there) gets that batch whole, so
 * it must begin where the batch does. */
static enum kerr make_room(struct replica *r, struct span batches)
{
        struct batch_header first;
        int64_t start = partition_log_start(r->log);
        if (start < partition_log_end(r->log) || batch_check(batches, &first) ||
            first.base_offset >= start || batch_last_offset(&first) < start)
                return KERR_NONE;
        return restart_at(r, first.base_offset);
}

enum kerr replica_append_fetched(struct replica *r, struct span batches, int64_t leader_hw,
                                 int64_t leader_log_start)
{
        struct log_append result;
        enum kerr err = KERR_NONE;
        if (batches.size > 0)
                err = make_room(r, batches);
        if (!err && batches.size > 0)
                err = partition_log_append_as_follower(r->log, batches, &result);
        if (!err && leader_log_start <= partition_log_end(r->log))
                err = partition_log_advance_start(r->log, leader_log_start);
        if (!err)
                raise_high_watermark(r, leader_hw);
        return err;
}

enum kerr replica_truncate(struct replica *r, int32_t leaders_epoch, int64_t leaders_end_offset)
{
        //@lab 12 begin
        int64_t end = partition_log_end(r->log);
        int64_t cut = leader_epochs_common_end(partition_log_epochs(r->log), leaders_epoch,
                                               leaders_end_offset, end);
        world_log(r->host->world, WORLD_INFO,
                  "%s: ends at %lld, the leader's epoch %d at %lld: cut at %lld",
                  partition_log_directory(r->log), (long long)end, (int)leaders_epoch,
                  (long long)leaders_end_offset, (long long)cut);
        lower_high_watermark(r, cut);
        enum kerr err = partition_log_truncate(r->log, cut);
        lower_high_watermark(r, partition_log_end(r->log)); /* whole batches go */
        return err;
        //@lab 12 starter
        // (void)r;
        // (void)leaders_epoch;
        // (void)leaders_end_offset;
        // return KERR_NONE; /* yours to write: nothing is cut yet */
        //@lab 12 end
}

enum kerr replica_restart_at(struct replica *r, int64_t offset)
{
        world_log(r->host->world, WORLD_WARN,
                  "%s: what it has, %lld to %lld, is no part of the leader's log: restart at %lld",
                  partition_log_directory(r->log), (long long)partition_log_start(r->log),
                  (long long)partition_log_end(r->log), (long long)offset);
        return restart_at(r, offset);
}

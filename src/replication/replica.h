/* replica.h - one replica of one partition: whom it follows or who follows it, and how far all is
 * committed.
 *
 *     log start <= high watermark <= log end offset (LEO)
 *
 *                 leader                     follower
 *     LEO         its appends                what it fetched
 *     HW          min LEO of maximal ISR     min(leader's HW as told, own LEO)
 *
 * The metadata log says who leads in which leader epoch and who is in sync; replica_apply() brings
 * it here. A replica that the metadata does not make leader or follower (no leader, say) is idle:
 * it answers NOT_LEADER_OR_FOLLOWER and asks nobody.
 *
 * (1) Consumers see only offsets below the high watermark, and it never falls, but where a follower
 *     must cut its log below it (only after an unclean election, or when unsynced bytes were lost).
 * (2) The leader waits for the maximal ISR: the members that the controller has confirmed, and
 *     those of a proposal under way (KIP-497). It waits as well for a follower that keeps up and
 *     may join, else one could never reach a high watermark that moves with the leader's own log.
 *     And the high watermark does not move while the ISR has fewer than min.insync.replicas members
 *     (KIP-966; or fewer than all replicas, where these are fewer), because those then in the ELR
 *     count on it.
 * (3) An offset of ours counts when it is as safe as flush.messages asks: synced, or appended. The
 *     same holds for what a follower asks next: asking for n says that all below n is as safe.
 * (4) What was told of a follower (LEO, caught-up time) counts for one leader epoch and one life of
 *     its broker. Before its first fetch in them nothing is known.
 * (5) A follower may join the ISR when it has reached the high watermark and the start of the
 *     leader's epoch (KAFKA-7128), its broker epoch is the metadata's (KIP-903), and that broker is
 *     neither fenced nor on its way out (KIP-841).
 * (6) A request that names another leader epoch than ours is refused (KIP-320).
 *
 * Offsets count records; times are mono_ms. Not thread-safe. Sources: Kafka's Partition, Replica,
 * ReplicaManager; KIP-101, 279, 320, 497, 841, 903, 966. */
#ifndef ODRADEK_REPLICATION_REPLICA_H
#define ODRADEK_REPLICATION_REPLICA_H

#include "log/partition_log.h"
#include "replication/replica_set.h"

enum replica_role { REPLICA_IDLE, REPLICA_LEADER, REPLICA_FOLLOWER };

struct replica;

/* What all replicas on one broker share; it outlives them. */
struct replica_host {
        struct world *world;
        int32_t id;              /* of the broker */
        int64_t broker_epoch;    /* of its registration; -1: none yet */
        int64_t lag_time_max_ms; /* replica.lag.time.max.ms */
        /* What the metadata knows of another broker: true when it may be in an ISR, because it is
         * registered under that epoch (-1: whichever), not fenced, not shutting down. */
        bool (*may_join)(void *context, int32_t broker, int64_t broker_epoch);
        /* A leader's log has grown: those who wait for that must look again. May be NULL. */
        void (*on_append)(void *context, struct replica *r);
        void *context;
};

/* What the metadata says of the partition. */
struct replica_assignment {
        int32_t leader; /* -1: none */
        int32_t leader_epoch;
        int32_t partition_epoch; /* one more with each change; -1: nothing is known yet */
        struct replica_set replicas, isr;
        int32_t min_isr; /* min.insync.replicas: a setting of the topic, outside of the epochs */
};

#define REPLICA_NEVER_MS INT64_MIN

/* What a leader knows of one that follows it. */
struct follower {
        int32_t id;
        int64_t broker_epoch;      /* of the life that fetched last; -1: has not fetched */
        int64_t log_end_offset;    /* -1: has not fetched in this leader epoch */
        int64_t log_start_offset;  /* -1: the same */
        int64_t caught_up_ms;      /* when it last had all that was there, or REPLICA_NEVER_MS */
        int64_t last_fetch_ms;     /* the same */
        int64_t end_at_last_fetch; /* our LEO then */
};

/* What to ask of the controller (AlterPartition). */
struct isr_proposal {
        struct replica_set isr;
        int64_t broker_epochs[REPLICAS_MAX]; /* of isr.ids: as in their last fetch; -1: not known */
        int32_t leader_epoch, partition_epoch;
};

enum isr_state {
        ISR_SETTLED, /* no proposal is under way */
        ISR_UNSENT,  /* made, but not sent yet */
        ISR_SENT,    /* the controller may have taken it, or not */
};

struct replica {
        const struct replica_host *host;
        struct partition_log *log; /* borrowed: it is the log_dir's */
        enum replica_role role;
        struct replica_assignment assignment;
        int64_t high_watermark; /* first offset not yet committed */

        /* The leader's. */
        int64_t epoch_start; /* LEO when it began to lead in this epoch */
        struct follower followers[REPLICAS_MAX];
        int32_t follower_count;
        enum isr_state isr_state;
        struct isr_proposal proposal; /* unless ISR_SETTLED */
        int32_t sendings;             /* how often it was sent */
        struct replica_set doubtful;  /* of refused ones, of which copies may still be on the way */
        int64_t propose_after_ms;     /* not sooner, after a refusal */
};

/* `high_watermark` is the checkpointed one; it is brought within the log. Idle until applied. Needs
 * no end. */
void replica_init(struct replica *r, const struct replica_host *host, struct partition_log *log,
                  int64_t high_watermark);

/* The metadata has changed. True when role, leader, leader epoch or high watermark have: those who
 * wait must look again. A new leader notes the start of its epoch in the epoch cache and forgets
 * what it knew of followers, also when it led in the epoch before. The metadata log only moves
 * forward, but isr_confirmed() may be ahead of it: so an assignment that is not newer than the one
 * applied changes nothing but min_isr. */
bool replica_apply(struct replica *r, const struct replica_assignment *a);

/* NONE when we lead and the epoch is ours (-1: the asker does not say); NOT_LEADER_OR_FOLLOWER,
 * FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH; KAFKA_STORAGE_ERROR is not said here. */
enum kerr replica_check_leader(const struct replica *r, int32_t current_leader_epoch);

/* How far our own log counts: LEO, or what is synced of it while flush.messages asks for more. */
int64_t replica_safe_end(const struct replica *r);

/* --- the leader --- */

/* Appends and moves the high watermark if it may. With acks=all it checks min.insync.replicas
 * first. Then replica_committed() says, now and whenever something has moved, whether what ends at
 * *committed_at (an offset) is committed. A repeat of what is in the log already waits like the
 * original. Errors: those of partition_log_append(); NOT_LEADER_OR_FOLLOWER; NOT_ENOUGH_REPLICAS.
 */
enum kerr replica_append(struct replica *r, struct span batches, bool acks_all,
                         enum append_origin origin, struct log_append *result,
                         int64_t *committed_at);

/* For those who wait for `committed_at` with acks=all in `leader_epoch`: NONE and *done, NONE and
 * not yet, or an error: NOT_LEADER_OR_FOLLOWER (the epoch is over: even if we lead again the record
 * may be gone), NOT_ENOUGH_REPLICAS_AFTER_APPEND (committed, but the ISR has shrunk below the
 * minimum meanwhile), KAFKA_STORAGE_ERROR. */
enum kerr replica_committed(const struct replica *r, int32_t leader_epoch, int64_t committed_at,
                            bool *done);

/* Moves the leader's high watermark up to what is committed; true when it moved. Call after a flush
 * and at isr_next_ms(): a slow follower may no longer be waited for. */
bool replica_advance(struct replica *r);

/* All below is committed, and decided: the smaller of the high watermark and the start of the
 * oldest transaction that is open, or whose marker is not committed. */
int64_t replica_last_stable_offset(const struct replica *r);

/* Who reads, and so how far: all there is, what is committed, what is decided as well. */
enum replica_reader { READER_FOLLOWER, READER_UNCOMMITTED, READER_COMMITTED };

/* How far clients may be told that the log goes (ListOffsets). NOT_LEADER_OR_FOLLOWER;
 * OFFSET_NOT_AVAILABLE while the high watermark of a new leader has not reached the start of its
 * epoch (KIP-207). */
enum kerr replica_visible_end(const struct replica *r, enum replica_reader reader, int64_t *end);

/* The lowest log start of all that may lead next: ours, the ISR's and, while the ISR is below its
 * minimum, every replica's, because those that left it may be in the ELR. What lies below is
 * deleted for good. -1 while one of them has not told. Source: Kafka's
 * Partition.lowWatermarkIfLeader. */
int64_t replica_low_watermark(const struct replica *r);

/* Where the bytes lie that this reader may see. See partition_log_read(). */
enum kerr replica_read(struct replica *r, int64_t offset, enum replica_reader reader,
                       int32_t size_max, bool at_least_one, struct extent *extent);

/* A log that ends its batch before `fetch_offset` with `last_fetched_epoch` is no prefix of ours:
 * true, with the largest epoch that both may share and where it ends in ours (KIP-595, by the
 * lookup of KIP-279). Never for last_fetched_epoch -1, nor below our log start, where
 * replica_read() has more to say. */
bool replica_diverges(const struct replica *r, int32_t last_fetched_epoch, int64_t fetch_offset,
                      int32_t *epoch, int64_t *end_offset);

/* A follower asks for `fetch_offset`: so it has all below. Notes it, unless `broker_epoch` is older
 * than the one noted (or not said: -1); true when the high watermark moved. FENCED_LEADER_EPOCH and
 * the like were checked before; NOT_LEADER_OR_FOLLOWER in *err when it is none of our replicas.
 * Call after replica_read() was good and only when the logs do not diverge. */
bool replica_fetched(struct replica *r, int32_t follower, int64_t broker_epoch,
                     int64_t fetch_offset, int64_t log_start, enum kerr *err);

/* --- the in-sync replicas, for the leader (isr.c) ---
 *
 *                   isr_propose()           isr_sent()         a newer assignment, isr_confirmed()
 *     ISR_SETTLED ----------------> UNSENT -----------> SENT ------------------------> ISR_SETTLED
 *                                                       |  ^                                ^
 *                                                       +--+ nobody knows                   |
 *                                                       +--- isr_refused() for good --------+
 *
 * Who is proposed is waited for until someone who knows has spoken. */

/* Followers that have not been caught up for lag_time_max_ms go, those that rule (5) lets in come.
 * True when a proposal is made. Nothing while one is under way, or shortly after a refusal. */
bool isr_propose(struct replica *r);

/* True while the proposal is to be sent: for the first time or, when nobody knows what became of
 * it, once more and unchanged. To be asked when no AlterPartition is under way. */
bool isr_must_send(const struct replica *r);

/* The proposal goes out now, as it stands in r->proposal. Its broker epochs stay those of the first
 * time: a follower that began a new life since is not what we vouched for. */
void isr_sent(struct replica *r);

/* The controller has answered the proposal sent last with this error, or the rpc ended with it;
 * true when the high watermark moved. INELIGIBLE_REPLICA and OPERATION_NOT_ATTEMPTED say that the
 * epochs were right and that it was not taken: so it is dropped. If it had been sent before, an
 * earlier copy may still arrive somewhere and be taken; so those in it are waited for until a newer
 * assignment makes the copies worthless, and the next proposal asks for one even if it changes
 * nobody. After any other error nobody knows: FENCED_LEADER_EPOCH or INVALID_UPDATE_VERSION may
 * mean that an earlier copy was taken. It is sent again after a pause, until a newer assignment
 * comes. */
bool isr_refused(struct replica *r, enum kerr err);

/* The controller has taken it: the assignment that the answer names, applied like one that comes by
 * the metadata log, in which it may have come already. True as replica_apply(). */
bool isr_confirmed(struct replica *r, int32_t leader_epoch, int32_t partition_epoch,
                   const struct replica_set *isr);

/* When isr_propose() and replica_advance() should be asked again though nothing happens: a mono_ms,
 * in the past when now; INT64_MAX: never. */
int64_t isr_next_ms(const struct replica *r);

/* The leader's high watermark waits for this member: confirmed, proposed or doubtful. */
bool isr_waits_for(const struct replica *r, int32_t id);

/* All of those: the maximal ISR. */
struct replica_set isr_maximal(const struct replica *r);

/* A follower, in the ISR or not, that keeps up: it has all, or had so at most lag_time_max_ms ago.
 */
bool isr_keeps_up(const struct replica *r, const struct follower *f);

/* True when rule (5) lets it into the ISR as far as its broker is concerned. */
bool isr_may_join(const struct replica *r, const struct follower *f);

/* --- the follower; see fetcher.h for who asks --- */

/* Appends what the leader sent (maybe nothing), and follows its high watermark and its log start.
 * Errors: those of partition_log_append_as_follower(). */
enum kerr replica_append_fetched(struct replica *r, struct span batches, int64_t leader_hw,
                                 int64_t leader_log_start);

/* The leader said that our log parts from its own: cuts ours to the last offset that both may
 * share, in the largest epoch that both know (KIP-279). The high watermark falls with it if it
 * must. Errors: KAFKA_STORAGE_ERROR. */
enum kerr replica_truncate(struct replica *r, int32_t leaders_epoch, int64_t leaders_end_offset);

/* Our log ends before the leader's begins (or, empty, lies beyond its end after an unclean
 * election): begins anew at `offset`, empty. Errors: KAFKA_STORAGE_ERROR. */
enum kerr replica_restart_at(struct replica *r, int64_t offset);

#endif

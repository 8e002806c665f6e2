/* quorum.h - the metadata log, replicated: Raft as Kafka does it (KRaft), where followers pull.
 *
 *                    election time-out               majority of votes
 *     UNATTACHED  ---------------------> CANDIDATE ---------------------> LEADER
 *      |   ^  ^                           |  ^ | new epoch, lost           | no majority fetches
 *      |   |  +---------------------------+--+-+                          | (check-quorum)
 *      |   +---- new epoch seen ----------+-----------------------------> RESIGNED
 *      +--- hears of a leader --> FOLLOWER --- fetch time-out --> CANDIDATE
 *
 * A node that is no voter (a broker on its own) is an observer: it finds the leader by asking the
 * voters in turn, follows it, and never stands.
 *
 * (1) One vote per epoch: epoch and vote are synced to the file `quorum-state` before either leaves
 *     this node (Raft 5.2).
 * (2) A vote goes only to a candidate whose log is at least as long: by (last epoch, end offset)
 *     (Raft 5.4.1).
 * (3) A new leader first appends a LeaderChange control batch of its epoch. Nothing is committed in
 *     an epoch before that batch is (Raft 5.4.2, figure 8): until then the high watermark stays
 *     what the node knew before, -1 after a start without a snapshot.
 * (4) An offset of a voter counts when it is synced there: the leader's own too; a follower syncs
 *     before it asks for the next offset.
 * (5) The high watermark is the largest offset that a majority of the voters has. It never falls on
 *     one node while the process lives. Brokers apply only what lies below it.
 * (6) A leader that has not heard a Fetch from a majority for 1.5 fetch time-outs resigns
 *     (check-quorum): its followers may have another one.
 * (7) A follower that lies behind the leader's log start fetches a snapshot first.
 * (8) A voter that has just started stands before its election time-out when every other voter has
 *     answered its Fetch that it knows no leader. All of them, not a majority: then none of them
 *     led when it was asked, and nobody is deposed. Kafka waits for the time-out.
 *
 * Each of the handlers takes a message that came in and fills the answer. All times are mono_ms.
 * Sources: KIP-595, KIP-630, KIP-631; Ongaro & Ousterhout 2014; Kafka's KafkaRaftClient,
 * QuorumState, LeaderState. Not here: pre-vote (KIP-996), changes of the voter set (KIP-853). */
#ifndef ODRADEK_CLUSTER_QUORUM_H
#define ODRADEK_CLUSTER_QUORUM_H

#include "cluster/metadata_store.h"
#include "cluster/quorum_state.h"
#include "cluster/snapshot.h"
#include "wire/describe_quorum.h"
#include "wire/fetch.h"
#include "wire/fetch_snapshot.h"
#include "wire/quorum_epoch.h"
#include "wire/rpc.h"
#include "wire/vote.h"

enum quorum_role {
        QUORUM_UNATTACHED, /* knows the epoch, no leader; may have voted */
        QUORUM_FOLLOWER,
        QUORUM_CANDIDATE,
        QUORUM_LEADER,
        QUORUM_RESIGNED, /* led this epoch; waits for the next */
};

/* One entry of controller.quorum.voters. */
struct voter {
        int32_t id;
        char host[256];
        int32_t port;
};

struct quorum_config {
        struct world *world;
        struct rpc_sender *sender; /* must reach every voter by its id */
        struct partition_log *log; /* of the metadata partition; borrowed */
        int32_t node_id;
        struct voter voters[VOTERS_MAX];
        int32_t voter_count;
        int64_t election_timeout_ms;     /* controller.quorum.election.timeout.ms */
        int64_t election_backoff_max_ms; /* controller.quorum.election.backoff.max.ms */
        int64_t fetch_timeout_ms;        /* controller.quorum.fetch.timeout.ms */
        int64_t request_timeout_ms;      /* controller.quorum.request.timeout.ms */
        int64_t fetch_wait_max_ms;       /* how long the leader may hold a Fetch */
};

struct quorum {
        struct metadata_store store; /* first: what the controller writes through */
        struct quorum_config config;
        enum quorum_role role;
        int32_t epoch;
        int32_t leader;         /* -1: unknown */
        int32_t voted_for;      /* in this epoch; -1: nobody */
        int64_t high_watermark; /* -1: unknown yet */
        /* The rest is the module's own. */
        struct quorum_private *own;
};

/* Reads quorum-state and opens the log's snapshots. A single voter elects itself at the first
 * quorum_run(). Errors: IO; MALFORMED for a quorum-state that cannot be read; INVALID_CONFIG when
 * it names other voters. Undone by quorum_close(), also after an error. */
enum kerr quorum_open(struct quorum *q, const struct quorum_config *config);
void quorum_close(struct quorum *q);

/* Does what is due: flushes what was appended (once for a whole burst), moves the high watermark,
 * fetches, stands for election, resigns. Call after each burst; returns when to call again at the
 * latest. After an error of the log or of quorum-state the node takes no part any more and says so
 * (quorum_has_failed()). */
int64_t quorum_run(struct quorum *q);
bool quorum_has_failed(const struct quorum *q);

bool quorum_is_voter(const struct quorum *q);

/* --- the leader --- */

/* True when this node leads and all of its log up to its own LeaderChange is committed: from here
 * on the controller may decide. */
bool quorum_may_write(const struct quorum *q);

/* Appends one change, as one batch, in the leader's epoch. Committed when high_watermark reaches
 * *end_offset and the epoch is still `q->epoch`. Errors: NOT_CONTROLLER when this node does not
 * lead; KAFKA_STORAGE_ERROR: it resigns. */
enum kerr quorum_append(struct quorum *q, struct batch_builder *batch, int64_t *end_offset);

/* Steps down in good order: tells the voters (EndQuorumEpoch), the most advanced one first. */
void quorum_resign(struct quorum *q);

/* --- messages that come in --- */

void quorum_handle_vote(struct quorum *q, const struct vote_request *in, struct arena *arena,
                        struct vote_response *out);
void quorum_handle_begin_epoch(struct quorum *q, const struct begin_quorum_epoch_request *in,
                               struct arena *arena, struct begin_quorum_epoch_response *out);
void quorum_handle_end_epoch(struct quorum *q, const struct end_quorum_epoch_request *in,
                             struct arena *arena, struct end_quorum_epoch_response *out);
void quorum_handle_describe(struct quorum *q, const struct describe_quorum_request *in,
                            struct arena *arena, struct describe_quorum_response *out);
void quorum_handle_fetch_snapshot(struct quorum *q, const struct fetch_snapshot_request *in,
                                  struct arena *arena, struct fetch_snapshot_response *out);

/* One Fetch of the metadata partition, by voter or observer `replica_id`. Fills `out`: error
 * (NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH), current leader, diverging
 * epoch, snapshot id, high watermark, or records as an extent, at most size_max bytes. True when
 * the answer should not wait: something of these is there, or `known_hw`, the high watermark when
 * this Fetch came, is no longer ours. May be called again and again for one Fetch. */
bool quorum_handle_fetch(struct quorum *q, int32_t replica_id, const struct fetch_partition *in,
                         int32_t size_max, int64_t known_hw, struct fetch_partition_response *out);

/* --- the fold --- */

/* Calls `each` for the committed records from *applied on and moves *applied up to the high
 * watermark. When a snapshot has replaced what lies there, *reload becomes true and nothing else
 * happens: forget all, set *applied to -1 and call again; from -1 it starts with the newest
 * snapshot. Errors: those of metadata_log_read(). */
enum kerr quorum_read(struct quorum *q, int64_t *applied, bool *reload, metadata_each *each,
                      void *context);

/* True when so much was committed since the last snapshot (metadata.log.max.record.bytes.between
 * .snapshots) that the owner should write one. */
bool quorum_wants_snapshot(const struct quorum *q, int64_t bytes_between);

/* Writes a snapshot of all below `applied` (at most the high watermark): `emit` is called once and
 * gives every record that rebuilds the image. Then the log below may go, but for what followers
 * still fetch. Errors: IO, NO_SPACE: there is no new one; KAFKA_STORAGE_ERROR: there is, but the
 * log has failed. */
enum kerr quorum_write_snapshot(struct quorum *q, int64_t applied, snapshot_emit *emit,
                                void *context);

#endif

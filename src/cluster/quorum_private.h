/* quorum_private.h - what the files quorum*.c share; nobody else but their tests includes it.
 *
 *     quorum.c            opening, time, roles: who becomes what, and what is written down then
 *     quorum_election.c   Vote, BeginQuorumEpoch, EndQuorumEpoch: both sides
 *     quorum_leader.c     answers Fetch, FetchSnapshot, DescribeQuorum; the high watermark
 *     quorum_follower.c   asks Fetch and FetchSnapshot
 *     quorum_fold.c       gives the committed records out; snapshots */
#ifndef ODRADEK_CLUSTER_QUORUM_PRIVATE_H
#define ODRADEK_CLUSTER_QUORUM_PRIVATE_H

#include "cluster/quorum.h"

enum {
        OBSERVERS_MAX = 64,
        RETRY_MS = 100, /* rest after a question that failed */
};

/* What a leader knows of a node that fetches from it. */
struct quorum_replica {
        int32_t id;
        int64_t end_offset;          /* -1: has not fetched in this epoch */
        int64_t last_fetch_ms;       /* -1: the same */
        int64_t caught_up_ms;        /* -1: the same */
        int64_t told_high_watermark; /* in the last answer; -1: none yet */
};

/* One of the voters, as this node has dealt with it in its present role. */
struct quorum_peer {
        struct quorum_replica replica;
        bool granted;             /* its vote */
        bool knows_no_leader;     /* it has told us so */
        bool answered;            /* the message of our role need not be sent (again) */
        struct quorum_call *call; /* that message, under way */
        int64_t retry_ms;         /* not before */
};

/* One rpc under way, with what it says: that must not change any more. */
struct quorum_call {
        struct quorum *q;
        struct quorum_call *next; /* in own->calls */
        int32_t node;
        int16_t api_key;
        int32_t epoch;
        int32_t last_epoch; /* Vote and Fetch: where our log ends */
        int64_t end_offset;
        struct fetch_snapshot_id snapshot; /* FetchSnapshot */
        int64_t position;
};

/* A snapshot that is being fetched. */
struct quorum_download {
        struct file *file; /* NULL: none */
        struct fetch_snapshot_id id;
        int64_t position; /* bytes that we have */
};

struct quorum_private {
        bool has_failed;
        bool is_new;                    /* has started, and seen no leader and no election yet */
        bool state_changed;             /* epoch or vote: to be written before anything leaves */
        int64_t deadline_ms;            /* of the role; see quorum_run() */
        int64_t safe_end;               /* the log below is synced */
        int64_t led_since_ms;           /* the leader's */
        int64_t epoch_start;            /* offset of our LeaderChange */
        int32_t successors[VOTERS_MAX]; /* of one that resigned, the most advanced one first */
        struct quorum_peer peers[VOTERS_MAX]; /* as config.voters; our own too */
        struct quorum_replica observers[OBSERVERS_MAX];
        int32_t observer_count;
        struct quorum_call *calls; /* all under way, those too that nobody waits for any more */
        struct quorum_call *fetch; /* the one that counts; NULL: none */
        int64_t fetch_after_ms;
        int32_t asked; /* which voter was asked last for the leader */
        struct quorum_download download;
        struct snapshots snapshots;
        struct file *served; /* the snapshot that was asked for last; NULL: none */
        struct fetch_snapshot_id served_id;
        int64_t bytes_since_snapshot; /* given out by quorum_read() */
};

/* The one partition that a message is about, or NULL: other Raft groups there are none. */
#define QUORUM_PARTITION(m)                                                                       \
        ((m)->topics.count == 1 && str_equal_c((m)->topics.items[0].name, METADATA_TOPIC_NAME) && \
                         (m)->topics.items[0].partitions.count == 1                               \
                 ? &(m)->topics.items[0].partitions.items[0]                                      \
                 : NULL)

/* Makes one zeroed item; false when the arena has no room. */
#define QUORUM_MAKE_ONE(arena, array)                                   \
        ((array)->items = arena_alloc((arena), sizeof *(array)->items), \
         (array)->count = (array)->items != NULL)

/* --- quorum.c --- */

int32_t quorum_majority(const struct quorum *q);
struct quorum_peer *quorum_peer(struct quorum *q, int32_t id); /* NULL: no voter */

/* Last epoch and end offset of our log, also right behind a snapshot. */
void quorum_log_end(const struct quorum *q, int32_t *epoch, int64_t *end_offset);

/* Takes no part any more. */
void quorum_fail(struct quorum *q, const char *what, enum kerr err);

/* Writes epoch and vote down if they have changed. To be called before an answer leaves; calls do
 * it themselves. False: has failed. */
bool quorum_save(struct quorum *q);

/* A later epoch: forgets leader and vote. */
void quorum_enter_epoch(struct quorum *q, int32_t epoch);
/* The same epoch, but its leader is unknown or gone. */
void quorum_unattach(struct quorum *q);
void quorum_follow(struct quorum *q, int32_t leader);
void quorum_stand(struct quorum *q);
/* A majority has voted for us. */
void quorum_lead(struct quorum *q);
void quorum_stay_quiet(struct quorum *q); /* a random election time-out from now on */
/* This voter knows no leader. One that is new stands soon when all the others have told it so. */
void quorum_hear_of_no_leader(struct quorum *q, int32_t voter);

/* What an answer says of leader and epoch. */
void quorum_hear(struct quorum *q, int32_t leader, int32_t epoch);

/* Sends the call; `call` is copied. Returns the copy, which lives until on_answer() has been
 * called, or quorum_close(). `on_answer` begins with quorum_call_end(). */
struct quorum_call *quorum_call(const struct quorum_call *call, int16_t version, int64_t timeout_ms,
                                void (*write)(void *call, struct serde *out),
                                void (*on_answer)(void *call, enum kerr err, struct serde *body));
/* Takes it out of q->own->calls, and frees it. */
struct quorum_call quorum_call_end(struct quorum_call *call);

/* --- quorum_election.c --- */

/* Sends the message of our role to the voters that have not answered it. Returns when to call again
 * at the latest. */
int64_t quorum_send_to_voters(struct quorum *q);

/* --- quorum_leader.c --- */

/* Moves the high watermark to what a majority has. */
void quorum_advance(struct quorum *q);
/* When the leader must resign unless it hears more Fetches. */
int64_t quorum_check_due_ms(const struct quorum *q);
void quorum_close_served(struct quorum *q);

/* --- quorum_follower.c --- */

/* Sends the next Fetch or FetchSnapshot if it is time. Returns when to call again. */
int64_t quorum_send_fetch(struct quorum *q);
void quorum_drop_download(struct quorum *q);

#endif

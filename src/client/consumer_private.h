/* consumer_private.h - what the files of the consumer share; for nobody else.
 *
 *     consumer.c           the face, and what moves a partition
 *     consumer_fetch.c     questions to leaders about many partitions at once; answers to Fetch
 *     consumer_lookups.c   answers to ListOffsets and OffsetForLeaderEpoch
 *     consumer_commits.c   questions to the coordinator: OffsetCommit, OffsetFetch
 *     consumer_group.c     does to the partitions what membership.c decides
 *
 *  (1) A partition lives while a question carries it, even when it is revoked; nobody but that
 *      question finds it then.
 *  (2) `moves` changes with every seek, pause and revocation: an answer to a question asked before
 *      is dropped. */
#ifndef ODRADEK_CLIENT_CONSUMER_PRIVATE_H
#define ODRADEK_CLIENT_CONSUMER_PRIVATE_H

#include "client/consumer.h"
#include "client/coordinator_finder.h"
#include "client/fetched.h"
#include "client/membership.h"

enum partition_state {
        UNPLACED,  /* given by the group; its committed offset is asked for */
        RESETTING, /* `start` is looked up */
        FETCHING,
        STOPPED,
};

struct partition {
        char *topic;
        int32_t index;
        enum partition_state state;
        bool paused, revoked;
        struct start start;               /* while RESETTING: what to look up */
        struct fetched_position position; /* offset -1: not known yet */
        int64_t high_watermark, log_start;
        int32_t validated_epoch; /* of the leader that the position was last compared with */
        int64_t committed;       /* the position that the group knows, as far as we know; -1 */
        int64_t end_told;        /* the position at which on_end came last; -1: not since a move */
        bool asked;              /* a question in flight carries it */
        uint32_t moves;          /* tells answers that came too late */
        int64_t retry_after_ms;  /* back-off */
        enum kerr err;           /* why it is retried; NONE after a success */
};

/* A request about some partitions; those of a topic stand side by side. */
struct question {
        struct consumer *consumer;
        int16_t api_key;
        int32_t node;
        bool filling; /* not sent yet */
        struct question_item {
                struct partition *partition;
                uint32_t moves; /* of the partition when it was asked */
                int32_t leader_epoch;
        } * items;
        int32_t count;
        struct question *prev, *next;
};

struct operation; /* consumer_commits.c */

struct consumer {
        struct service service;
        struct client *client;
        struct world *world;
        struct consumer_config config;
        char *group_id, *group_instance_id; /* NULL: none */
        struct partition **partitions;      /* in the order of their assignment */
        int32_t partition_count;
        int32_t turn;               /* who comes first in the next questions */
        struct question *questions; /* in flight */

        /* with a group_id */
        struct coordinator_finder coordinator;
        struct membership *membership;
        struct operation *operations; /* oldest first */
        int64_t auto_commit_due_ms;
        bool auto_committing;
        bool leaving, has_left;
        int64_t leave_deadline_ms;
};

static inline int64_t consumer_now(const struct consumer *c)
{
        return c->world->mono_ms(c->world);
}

/* --- consumer.c --- */

/* NULL when it is not assigned. */
struct partition *consumer_find(const struct consumer *c, struct str topic, int32_t index);

/* A new one, UNPLACED. */
struct partition *consumer_add(struct consumer *c, struct str topic, int32_t index);

void consumer_move(struct consumer *c, struct partition *p, struct start start);
void consumer_stop(struct consumer *c, struct partition *p, int64_t offset, enum kerr err);

/* Goes on where auto.offset.reset says, in silence. False: it says nowhere. */
bool consumer_move_to_reset(struct consumer *c, struct partition *p);

/* The offset asked for is not in the log (any more). */
void consumer_reset(struct consumer *c, struct partition *p);

void consumer_note_retry(struct consumer *c, struct partition *p, enum kerr err);

/* What an error that a leader answered means for the partition. */
void consumer_take_error(struct consumer *c, struct partition *p, enum kerr err);

/* Frees the partitions that are revoked and not needed any more. */
void consumer_drop_revoked(struct consumer *c);

/* May it be handed out and committed? */
bool consumer_owns(const struct consumer *c, const struct partition *p);

/* --- consumer_fetch.c --- */

/* A new, empty one, in flight. */
struct question *consumer_question(struct consumer *c, int16_t api_key, int32_t node);
void consumer_put(struct question *q, struct partition *p, int32_t leader_epoch);
void consumer_end_question(struct question *q);

/* The item's partition; NULL when the answer is to an old question: it was moved since. */
struct partition *consumer_answered(const struct question_item *item);

/* Does what is due; returns when to be run again. The same for the others below. */
int64_t consumer_run_fetches(struct consumer *c, int64_t now_ms);

/* --- consumer_lookups.c: `take` returns the error that concerns the whole answer --- */

void consumer_write_list_offsets(struct serde *s, void *question);
enum kerr consumer_take_listed(struct question *q, struct serde *body);
void consumer_write_epochs(struct serde *s, void *question);
enum kerr consumer_take_epochs(struct question *q, struct serde *body);

/* --- consumer_commits.c --- */

int64_t consumer_run_commits(struct consumer *c, int64_t now_ms);

/* Commits what was handed out since the last commit. */
void consumer_auto_commit(struct consumer *c);

/* True while a commit has not ended. */
bool consumer_is_committing(const struct consumer *c);
void consumer_free_operations(struct consumer *c);

/* --- consumer_group.c --- */

void consumer_open_group(struct consumer *c);
void consumer_close_group(struct consumer *c);
int64_t consumer_run_group(struct consumer *c, int64_t now_ms);

#endif

/* history.h - what the clients of a run did and saw, in order.
 *
 * Each record that is sent has a value of its own, "p1/123" (client and serial) with filler behind
 * it, so a value that is read names its send. A send ends as
 *
 *     OK        the client knows that it is in the log
 *     FAILED    the client knows that it is not
 *     UNKNOWN   a time-out or a lost connection: nobody knows. Never taken for FAILED.
 *
 * (1) Only what a client can know is a fact of the history. What the simulator knows beyond that
 *     (when power was cut, what had been synced by then) is kept apart, as `cuts`: it says what was
 *     promised, not what happened.
 * (2) The history ends with the final read: one reader that reads every partition from its start to
 *     its end after all is healed.
 *
 * Groups and transactions add what their members know: an assignment, a record that was handed out
 * and processed, an offset committed or told, a transaction begun and ended. What is made from a
 * record names the read it was made from (history_send.input), so an input can be followed to its
 * outputs, however often it was read.
 *
 * (3) A transaction that nobody asked to commit is never to be seen by readers of committed data.
 * Of one that was asked to commit without a clear answer (OUTCOME_UNKNOWN) all is seen, or nothing.
 *
 * Partitions, clients, sends, reads, groups and transactions are named by their index; -1: none.
 * Times are virtual nanoseconds, INT64_MAX is never.
 * Source: Jepsen's histories (invoke, ok, fail, info). */
#ifndef ODRADEK_SIM_HISTORY_H
#define ODRADEK_SIM_HISTORY_H

#include "base/bytes.h"
#include "base/uuid.h"

enum outcome { OUTCOME_PENDING, OUTCOME_OK, OUTCOME_FAILED, OUTCOME_UNKNOWN };

struct history_send {
        int64_t invoke_ns, done_ns;
        int32_t client, serial; /* its value; serials of a client count from 0 */
        int32_t partition;
        int32_t size_bytes; /* of the value */
        int16_t acks;
        bool idempotent;     /* the broker knows a repeat of it */
        bool is_tombstone;   /* its value is null; a header names the send instead */
        int32_t key;         /* "k3" is 3; -1: no key that compaction would know it by */
        int32_t transaction; /* it is part of */
        int32_t input;       /* the read it was made from */
        bool retried;        /* an earlier attempt of it may be in the log as well */
        enum outcome outcome;
        int64_t offset; /* -1: not told */
};

enum read_kind {
        READ_RECORD,
        READ_START,   /* the reader begins at the start, in this life */
        READ_RESET,   /* the reader's position was out of range: it begins at the start again */
        READ_CORRUPT, /* what came was not a record batch that passes its CRC */
};

enum { SEND_PHANTOM = -1 }; /* the value was never sent */

struct history_read {
        int64_t done_ns;
        enum read_kind kind;
        bool is_final; /* part of the final read */
        int32_t client;
        int32_t partition;
        int32_t send; /* whose value it is */
        int64_t offset;
        bool committed; /* by a reader of committed data only */
        /* Of members of a group. */
        int32_t group, generation;
        int32_t transaction;  /* that commits it, with its outputs */
        int64_t processed_ns; /* when its processing ended: what it was read for has happened */
};

/* A member hears that a partition is its own, or no longer. */
enum assignment {
        ASSIGNMENT_GIVEN,
        ASSIGNMENT_REVOKED, /* in good order */
        ASSIGNMENT_LOST,    /* others may have it already */
        ASSIGNMENT_ENDED,   /* the member's process ended, one way or another */
        /* Of no member: the coordinator forgot the empty group; generations begin anew. */
        ASSIGNMENT_FORGOTTEN,
};

struct history_assignment {
        int64_t time_ns;
        enum assignment kind;
        int32_t group, client, generation, partition;
};

/* A group's offset of one partition: the next record to read. */
struct history_commit {
        int64_t invoke_ns, done_ns;
        int32_t group, client, generation, partition;
        int32_t transaction; /* it is part of; its outcome then says only that it was taken in */
        enum outcome outcome;
        int64_t offset;
};

/* The coordinator told a group's committed offset of one partition. */
struct history_offset_fetch {
        int64_t invoke_ns, done_ns;
        int32_t group, partition;
        int64_t offset; /* -1: none is committed */
};

enum transaction_wish { TRANSACTION_WISH_NONE, TRANSACTION_WISH_COMMIT, TRANSACTION_WISH_ABORT };

struct history_transaction {
        int64_t begin_ns, invoke_ns, done_ns; /* `invoke`: the first time its end was asked for */
        int32_t client;
        enum transaction_wish
                wish;         /* NONE: the producer was gone, or fenced, before it could say */
        enum outcome outcome; /* of the wish; PENDING when there was none */
};

/* How a member does its two duties, and so what it promises when it crashes between them. */
enum commit_policy {
        COMMIT_AFTER,       /* process, then commit: at least once */
        COMMIT_BEFORE,      /* commit, then process: at most once */
        COMMIT_AUTO,        /* the client commits now and then what it handed out */
        COMMIT_TRANSACTION, /* output and offset in one transaction: exactly once */
};

struct history_group {
        char name[32];
        int32_t topic_first, topic_partitions; /* the partitions it reads */
        int32_t coordinator; /* the partition of __consumer_offsets that holds its offsets */
        enum commit_policy policy;
        bool committed; /* its members read committed data only */
};

enum mark { MARK_START, MARK_END };

/* The brokers said: the log of a partition starts, or ends, there. */
struct history_mark {
        int64_t invoke_ns, done_ns;
        int32_t partition;
        enum mark mark;
        /* It must never be lower again: every end, but only those starts that answer DeleteRecords.
         * A start that somebody saw before its deletion was acknowledged may be taken back. */
        bool is_promise;
        int64_t offset;
};

/* The power of the broker that holds the partition's only replica was cut (or its disk wiped). */
struct history_cut {
        int64_t time_ns;
        int32_t partition;
        int64_t synced_to; /* all below had been synced */
        bool wiped;        /* nothing is left, the synced neither */
};

struct history_partition {
        char topic[32];
        int32_t index;        /* in the topic */
        char name[48];        /* "orders/0" */
        struct uuid topic_id; /* once the cluster has given it one; zeros before */
        /* What it was made with: replication.factor, min.insync.replicas,
         * unclean.leader.election.enable. */
        int32_t replication, min_isr;
        bool unclean;
        bool sync_first;    /* flush.messages=1: nothing counts before it is synced */
        bool expires;       /* retention may drop old records */
        bool compacts;      /* all but the last record of each key may go */
        bool is_internal;   /* of __consumer_offsets or __transaction_state: nobody reads it */
        bool deleted;       /* deleting its topic was asked for */
        int64_t deleted_to; /* DeleteRecords up to here was asked for, whatever came of it */
        /* What the invariants find out (invariants.h). From when on nothing is promised, because
         * every replica that had to hold all lost bytes, or an unclean election was held; 0: never.
         * With one replica the cuts below say more than that. And whether another broker than the
         * first has ever led. */
        int64_t beyond_ns;
        bool leader_moved;
        bool led_by_returned; /* by one that was out of the ISR before */
        /* When the last deposed leader learned that it was one, or died: what was asked for before
         * then may have been answered by what had been true once. */
        int64_t stale_ns;
        int64_t acked_end; /* behind the last record that was acknowledged with acks=all */
        /* Of the final read; the end is -1 when it was not reached. */
        int64_t final_start, final_end;
};

struct history_client {
        char name[32];
        int32_t *sends; /* by serial */
        int32_t send_count, send_capacity;
        int32_t coordinator; /* the partition of __transaction_state that knows its id; -1 */
        int32_t group;       /* it is a member of */
};

struct history {
        struct history_partition *partitions;
        struct history_client *clients;
        struct history_send *sends;
        struct history_read *reads;
        struct history_mark *marks;
        struct history_cut *cuts;
        struct history_group *groups;
        struct history_assignment *assignments;
        struct history_commit *commits;
        struct history_offset_fetch *offset_fetches;
        struct history_transaction *transactions;
        int32_t partition_count, client_count, send_count, read_count, mark_count, cut_count,
                group_count, assignment_count, commit_count, offset_fetch_count, transaction_count;
        int32_t partition_capacity, client_capacity, send_capacity, read_capacity, mark_capacity,
                cut_capacity, group_capacity, assignment_capacity, commit_capacity,
                offset_fetch_capacity, transaction_capacity;
        /* The disk lied in a way no program can see through, so nothing synced was promised. */
        bool nothing_promised;
        /* A marker was lost with bytes that nobody had promised: its transaction stays open, and
         * those wait for ever who read what is committed. The invariants find it out at the end. */
        bool transaction_hangs;
};

/* Zero-initialise; this frees. */
void history_deinit(struct history *h);

/* Return the new one's index. */
int32_t history_add_partition(struct history *h, const char *topic, int32_t partition);
int32_t history_add_client(struct history *h, const char *name);

/* The partition's index, or -1. */
int32_t history_find_partition(const struct history *h, const char *topic, int32_t partition);

int32_t history_find_group(const struct history *h, const char *name);

/* A client begins to send its next record; returns the send, which it may still say more about:
 * what it was made from, say. */
int32_t history_invoke_send(struct history *h, int64_t now_ns, int32_t client, int32_t partition,
                            int16_t acks, int32_t size_bytes);
void history_end_send(struct history *h, int32_t send, int64_t now_ns, enum outcome outcome,
                      int64_t offset, bool retried);

/* The value of a send: "p1/123", a space and filler up to its size, which is never less than the
 * first two need. Of a tombstone: those two only, for the header that stands for its value. Written
 * to `into`, which is emptied before. */
void history_value(const struct history *h, int32_t send, struct buffer *into);

/* Whose value, or whose tombstone's header, these bytes are, to the last one; SEND_PHANTOM when
 * nobody sent them. */
int32_t history_find_value(const struct history *h, struct span value);
int32_t history_find_tombstone(const struct history *h, struct span header);

void history_add_read(struct history *h, const struct history_read *read);
void history_add_mark(struct history *h, const struct history_mark *mark);
void history_add_cut(struct history *h, const struct history_cut *cut);
void history_add_assignment(struct history *h, const struct history_assignment *assignment);
void history_add_offset_fetch(struct history *h, const struct history_offset_fetch *fetch);

/* Return the new one's index. */
int32_t history_add_group(struct history *h, const struct history_group *group);
int32_t history_add_commit(struct history *h, const struct history_commit *commit);
int32_t history_begin_transaction(struct history *h, int64_t now_ns, int32_t client);

/* A read with nothing in it that is of groups only. Fill it in and history_add_read() it. */
struct history_read history_read_init(void);

/* What the readers of committed data may see of a send. A send in no transaction is COMMITTED. */
enum visibility { VISIBILITY_COMMITTED, VISIBILITY_ABORTED, VISIBILITY_UNKNOWN };
enum visibility history_visibility(const struct history *h, int32_t transaction);

#endif

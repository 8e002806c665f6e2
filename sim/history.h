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
 * Partitions, clients and sends are named by their index. Times are virtual nanoseconds.
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
        bool retried; /* an earlier attempt of it may be in the log as well */
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
        bool deleted;       /* deleting its topic was asked for */
        int64_t deleted_to; /* DeleteRecords up to here was asked for, whatever came of it */
        /* What the invariants find out (invariants.h). From when on nothing is promised, because
         * every replica that had to hold all lost bytes, or an unclean election was held; 0: never.
         * With one replica the cuts below say more than that. And whether another broker than the
         * first has ever led. */
        int64_t beyond_ns;
        bool leader_moved;
        int64_t acked_end; /* behind the last record that was acknowledged with acks=all */
        /* Of the final read; the end is -1 when it was not reached. */
        int64_t final_start, final_end;
};

struct history_client {
        char name[32];
        int32_t *sends; /* by serial */
        int32_t send_count, send_capacity;
};

struct history {
        struct history_partition *partitions;
        struct history_client *clients;
        struct history_send *sends;
        struct history_read *reads;
        struct history_mark *marks;
        struct history_cut *cuts;
        int32_t partition_count, client_count, send_count, read_count, mark_count, cut_count;
        int32_t partition_capacity, client_capacity, send_capacity, read_capacity, mark_capacity,
                cut_capacity;
        /* The disk lied in a way no program can see through, so nothing synced was promised. */
        bool nothing_promised;
};

/* Zero-initialise; this frees. */
void history_deinit(struct history *h);

/* Return the new one's index. */
int32_t history_add_partition(struct history *h, const char *topic, int32_t partition);
int32_t history_add_client(struct history *h, const char *name);

/* The partition's index, or -1. */
int32_t history_find_partition(const struct history *h, const char *topic, int32_t partition);

/* A client begins to send its next record; returns the send. */
int32_t history_invoke_send(struct history *h, int64_t now_ns, int32_t client, int32_t partition,
                            int16_t acks, int32_t size_bytes);
void history_end_send(struct history *h, int32_t send, int64_t now_ns, enum outcome outcome,
                      int64_t offset, bool retried);

/* The value of a send: "p1/123", a space and filler up to its size, which is never less than the
 * first two need. Written to `into`, which is emptied before. */
void history_value(const struct history *h, int32_t send, struct buffer *into);

/* Whose value these bytes are, to the last one; SEND_PHANTOM when nobody sent them. */
int32_t history_find_value(const struct history *h, struct span value);

void history_add_read(struct history *h, const struct history_read *read);
void history_add_mark(struct history *h, const struct history_mark *mark);
void history_add_cut(struct history *h, const struct history_cut *cut);

#endif

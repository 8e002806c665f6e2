/* story_groups.h - stories of groups, transactions and keys. Include behind story.h. */
#ifndef ODRADEK_TESTS_STORY_GROUPS_H
#define ODRADEK_TESTS_STORY_GROUPS_H

#include "tests/unit/story.h"

enum { SOURCE, TARGET, OFFSETS }; /* partitions; the last is of __consumer_offsets */

/* A group of C and C2, which reads partition 0; what it makes goes to partition 1. */
static inline struct story begin_group(enum commit_policy policy)
{
        struct story s = begin();
        history_add_partition(&s.h, "u", 0);
        history_add_partition(&s.h, "__consumer_offsets", 0);
        s.h.partitions[TARGET].final_end = 1000;
        s.h.partitions[OFFSETS].final_end = -1;
        history_add_group(&s.h, &(struct history_group){.name = "g",
                                                        .topic_first = SOURCE,
                                                        .topic_partitions = 1,
                                                        .coordinator = OFFSETS,
                                                        .policy = policy});
        s.h.clients[C].group = s.h.clients[C2].group = 0;
        return s;
}

static inline int32_t began(struct story *s, int32_t client)
{
        return history_begin_transaction(&s->h, s->now_ns++, client);
}

static inline void ended(struct story *s, int32_t transaction, enum transaction_wish wish,
                         enum outcome outcome)
{
        struct history_transaction *t = &s->h.transactions[transaction];
        t->wish = wish;
        t->invoke_ns = s->now_ns++;
        t->done_ns = s->now_ns++;
        t->outcome = outcome;
}

static inline void committed_txn(struct story *s, int32_t transaction)
{
        ended(s, transaction, TRANSACTION_WISH_COMMIT, OUTCOME_OK);
}

static inline void aborted_txn(struct story *s, int32_t transaction)
{
        ended(s, transaction, TRANSACTION_WISH_ABORT, OUTCOME_OK);
}

/* A record of a transaction, acknowledged. */
static inline int32_t sent_in(struct story *s, int32_t transaction, int64_t offset)
{
        int32_t send = sent(s, OUTCOME_OK, offset);
        s->h.sends[send].idempotent = true;
        s->h.sends[send].transaction = transaction;
        return send;
}

/* By a reader of committed data. Returns the read. */
static inline int32_t polled_committed(struct story *s, int32_t client, int32_t send,
                                       int64_t offset)
{
        polled(s, client, send, offset);
        struct history_read *r = &s->h.reads[s->h.read_count - 1];
        r->committed = true;
        r->partition = s->h.sends[send].partition;
        return s->h.read_count - 1;
}

/* A member gets the record and processes it, in a transaction or none. Returns the read. */
static inline int32_t processed(struct story *s, int32_t client, int32_t send, int64_t offset,
                                int32_t transaction)
{
        int32_t read = polled_committed(s, client, send, offset);
        s->h.reads[read].group = 0;
        s->h.reads[read].transaction = transaction;
        s->h.reads[read].processed_ns = s->now_ns++;
        return read;
}

/* What a pipeline made of a read, at that offset of the target; whether it is there in the end. */
static inline int32_t made(struct story *s, int32_t client, int32_t read, int32_t transaction,
                           int64_t offset, bool is_there)
{
        int32_t send = history_invoke_send(&s->h, s->now_ns++, client, TARGET, -1, 20);
        history_end_send(&s->h, send, s->now_ns++, OUTCOME_OK, offset, false);
        s->h.sends[send].input = read;
        s->h.sends[send].transaction = transaction;
        if (is_there)
                polled_committed(s, READER, send, offset);
        return send;
}

static inline void given(struct story *s, int32_t client, int32_t generation)
{
        history_add_assignment(&s->h, &(struct history_assignment){.time_ns = s->now_ns++,
                                                                   .client = client,
                                                                   .generation = generation});
        struct history_read start = history_read_init();
        start.done_ns = s->now_ns++;
        start.kind = READ_START;
        start.client = client;
        history_add_read(&s->h, &start);
}

static inline void forgotten(struct story *s)
{
        history_add_assignment(&s->h, &(struct history_assignment){.time_ns = s->now_ns++,
                                                                   .kind = ASSIGNMENT_FORGOTTEN,
                                                                   .client = -1});
}

static inline void committed(struct story *s, int32_t client, int32_t generation, int64_t offset,
                             enum outcome outcome, int32_t transaction)
{
        int64_t invoke_ns = s->now_ns++;
        history_add_commit(&s->h, &(struct history_commit){.invoke_ns = invoke_ns,
                                                           .done_ns = s->now_ns++,
                                                           .client = client,
                                                           .generation = generation,
                                                           .transaction = transaction,
                                                           .outcome = outcome,
                                                           .offset = offset});
}

static inline void told(struct story *s, int64_t offset)
{
        int64_t invoke_ns = s->now_ns++;
        history_add_offset_fetch(&s->h, &(struct history_offset_fetch){.invoke_ns = invoke_ns,
                                                                       .done_ns = s->now_ns++,
                                                                       .offset = offset});
}

#endif

/* producer_private.h - what the files of the producer share; nobody else includes it.
 *
 *     producer.c               the face; what is due when
 *     producer_sender.c        batches -> Produce requests, and what the answers mean
 *     producer_reports.c       on_delivery: each record once
 *     producer_numbers.c       idempotence: producer id, epoch, sequence numbers
 *     producer_transactions.c  the transaction's states, and the steps its caller asks for
 *     producer_coordinator.c   what is asked of the coordinators, and what they answer */
#ifndef ODRADEK_CLIENT_PRODUCER_PRIVATE_H
#define ODRADEK_CLIENT_PRODUCER_PRIVATE_H

#include "client/accumulator.h"
#include "client/coordinator_finder.h"
#include "client/producer.h"

struct produce_call; /* one Produce request in flight */

/* Producer id and epoch. In a transaction they are the coordinator's; else any broker gives the id,
 * and the epoch is ours to raise. */
struct producer_numbers {
        bool wanted; /* enable.idempotence */
        int64_t id;  /* -1: none yet */
        int16_t epoch;
        bool asking;
        int64_t ask_after_ms;
};

struct transactions;

struct producer {
        struct service service;
        struct client *client;
        struct world *world;
        struct producer_config config;
        struct accumulator accumulator;
        struct produce_call *calls; /* in flight */
        int64_t pending;
        bool flushing;
        enum kerr refusal; /* what producer_send() says instead of taking a record */
        bool hopeless;     /* nothing is sent any more; refusal says why */
        struct producer_numbers numbers;
        struct transactions *transactions; /* NULL: no transactional id */
};

static inline int64_t min_ms(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

/* --- producer_reports.c --- */

/* What became of a batch in one attempt. */
struct outcome {
        enum kerr err;
        bool unknown, twice; /* as in struct delivery */
        int64_t base_offset;
        int64_t log_append_time_ms;
};

/* Reports all records of the batch, which stays where it is. Its records are taken off it first,
 * because who hears of them may send more. */
void report_batch(struct producer *p, struct producer_batch *batch, const struct outcome *outcome);

/* Reports a batch that is not in flight, or never will be answered, and removes it. */
void fail_batch(struct producer *p, struct producer_batch *batch, enum kerr err, bool unknown);

void fail_waiting(struct producer *p, struct topic_queue *topic, struct waiting_record *w,
                  enum kerr err);

/* Reports and removes everything that is not in flight, with OPERATION_NOT_ATTEMPTED, or
 * CONNECTION_FAILED and unknown when it was sent before. `all`: what is in flight, too. */
void drop_batches(struct producer *p, bool all);

/* --- producer_sender.c --- */

/* Sends what may go now. */
void sender_run(struct producer *p, int64_t now_ms);

/* Would the batch go now if there were room? Full, linger.ms old, or somebody is waiting for it. */
bool sender_is_due(const struct producer *p, const struct producer_batch *batch, int64_t now_ms);

/* Forgets the calls in flight; after client_detach(). */
void sender_close(struct producer *p);

/* --- producer_numbers.c --- */

/* Asks for a producer id when there is none; returns when to be run again. */
int64_t numbers_run(struct producer *p, int64_t now_ms);

/* True when the batch, the next of its queue, must wait: for an id, or for what is in flight before
 * it. Begins a new epoch for the queue when it is time for that; then batches behind this one may
 * be gone. */
bool numbers_hold(struct producer *p, struct producer_batch *batch);

/* Writes its numbers into an encoded batch that has none. */
void numbers_stamp(struct producer *p, struct producer_batch *batch);

/* Whether the batch is to be sent again although `err`, an answer to it, is no retriable error. */
bool numbers_may_retry(struct producer *p, struct producer_batch *batch, enum kerr err);

/* The batch's numbers are missing in the log, or may be: nothing fits behind them. */
void numbers_break(struct producer *p, const struct producer_batch *batch);

/* --- producer_transactions.c --- */

void transactions_open(struct producer *p);
void transactions_close(struct producer *p); /* after client_detach() */

/* Does what is due for the transaction; returns when to be run again. */
int64_t transactions_run(struct producer *p, int64_t now_ms);

/* True when nothing may be sent to this partition now, because no transaction is open or the
 * partition does not take part in it so far; then the coordinator will be asked. */
bool transactions_hold(struct producer *p, struct partition_queue *q);

/* True when what is not in flight is to be dropped. */
bool transactions_drop(const struct producer *p);

/* A record of the transaction was lost: it can only be aborted. */
void transactions_lost(struct producer *p, enum kerr err);

/* After the abort that must come now, sequence numbers begin anew. */
void transactions_want_epoch(struct producer *p);

/* --- producer_coordinator.c --- */

enum coordinator_ask {
        ASK_NOTHING,
        ASK_ID,         /* InitProducerId: the first, or the next epoch */
        ASK_PARTITIONS, /* AddPartitionsToTxn: all queues that are TO_ADD */
        ASK_OFFSETS,    /* AddOffsetsToTxn */
        ASK_GROUP,      /* TxnOffsetCommit, of the group's coordinator */
        ASK_END,        /* EndTxn */
};

struct transactions {
        enum transaction_state state;
        enum kerr err;              /* ABORTABLE, FATAL: why */
        enum transaction_step step; /* under way, or the last one */
        bool stepping;              /* it is under way: on_transaction() is to come */
        int64_t deadline_ms;        /* its time is over */
        bool begun;                 /* the coordinator may know of the transaction */
        bool confirmed;             /* and it does */
        bool wants_epoch;           /* see transactions_want_epoch() */
        enum coordinator_ask asking;
        int64_t ask_after_ms;
        struct coordinator_finder coordinator;
        /* producer_send_offsets() */
        struct coordinator_finder group; /* key NULL: never needed so far */
        char *member_id, *group_instance_id;
        int32_t generation;
        struct transaction_offset *offsets;
        int32_t offset_count;
        bool offsets_added, offsets_sent;
};

/* Asks, if the coordinator is known; transactions_answered() will say how it ended. Returns when to
 * try again when it is not. */
int64_t coordinator_ask(struct producer *p, enum coordinator_ask what);

/* Keeps copies for ASK_OFFSETS and ASK_GROUP. */
void coordinator_keep_offsets(struct producer *p, const struct transaction_offset *offsets,
                              int32_t count, const struct group_metadata *group);
void coordinator_drop_offsets(struct producer *p);

/* In producer_transactions.c. */
void transactions_answered(struct producer *p, enum coordinator_ask what, enum kerr err);

#endif

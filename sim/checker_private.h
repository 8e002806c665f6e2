/* checker_private.h - what the parts of the checker share. Internal to checker*.c.
 *
 * A fact is a triple of partition, offset and send, with a note of who vouches for it. All checks
 * are walks over the sorted facts, or over the history itself. */
#ifndef ODRADEK_SIM_CHECKER_PRIVATE_H
#define ODRADEK_SIM_CHECKER_PRIVATE_H

#include "sim/checker.h"

#include <inttypes.h>

enum {
        FACT_ACKED = 1,          /* the send was acknowledged with this offset */
        FACT_READ = 2,           /* a reader saw it */
        FACT_FINAL = 4,          /* so did the final read */
        FACT_READ_COMMITTED = 8, /* a reader of committed data saw it */
        FACT_REPLACED = 16,      /* compaction may have removed it, for there is a later one */
};

struct fact {
        int32_t partition, send;
        int64_t offset;
        uint8_t vouchers;
};

struct checker {
        const struct history *h;
        struct verdict *v;
        struct fact *facts; /* by partition, offset, send; no two alike */
        int64_t fact_count;
        /* Beside each fact: when the first of the surviving acknowledged records behind it in its
         * partition was acknowledged; INT64_MAX: there is none. */
        int64_t *survivor_done_ns;
        int32_t *final_count; /* by send: in how many places the final read found it */
        int64_t final_ns;     /* the first record of the final read; INT64_MAX: it has none */
        /* By transaction: how many of its sends the final read found. */
        int32_t *visible_count;
};

/* For verdict_add(): a send's value as text. */
#define VALUE_FORMAT "%s/%" PRId32
#define VALUE_OF(c, send) \
        (c)->h->clients[(c)->h->sends[send].client].name, (c)->h->sends[send].serial

static inline double checker_seconds(int64_t ns)
{
        return (double)ns / 1e9;
}

static inline const char *checker_partition(const struct checker *c, int32_t partition)
{
        return c->h->partitions[partition].name;
}

/* Of `count` zeroed items. */
void *checker_allocate(int64_t count, size_t item_bytes);

/* --- facts (checker.c) --- */

/* By partition and offset. */
int checker_compare_places(const struct fact *a, const struct fact *b);

/* The index of the first fact of the partition at or behind `offset`. */
int64_t checker_find(const struct checker *c, int32_t partition, int64_t offset);

/* True when the broker named the place of the send. */
bool checker_was_acked(const struct history_send *s);

enum visibility checker_visibility(const struct checker *c, int32_t send);

/* --- what was promised (checker_promises.c) --- */

/* Of the partition nothing is, of what goes beyond whole batches and truthful answers. */
bool checker_is_beyond(const struct checker *c, int32_t partition);

/* It is, and no power cut was free to take a part of the partition either; so what coordinators
 * keep there is still known. -1: of no partition, nothing speaks against it. */
bool checker_is_kept(const struct checker *c, int32_t partition);

/* Fact `i` was free to go. */
bool checker_may_be_lost(const struct checker *c, int64_t i);

/* The final read should have shown this place: it was read to the end, nobody deleted it, and its
 * send had ended by then (pipelines may go on for a while). */
bool checker_is_looked_for(const struct checker *c, const struct fact *f);

/* Outcome and effects of this transaction had to be as one. */
bool checker_keeps_transaction(const struct checker *c, int32_t transaction);

/* --- the checks, by subject --- */

/* Marks the facts that compaction may have taken: to be called before the others. */
void checker_mark_replaced(struct checker *c);

void checker_losses(struct checker *c);
void checker_sends(struct checker *c);
void checker_reads(struct checker *c);
void checker_marks(struct checker *c);
void checker_transactions(struct checker *c);
void checker_groups(struct checker *c);
void checker_keys(struct checker *c);

/* --- answers that must not go back (checker_marks.c) --- */

/* Somebody was told a number about one thing. */
struct claim {
        int32_t subject;
        int64_t invoke_ns, done_ns;
        int64_t offset;
        bool is_promise; /* what is asked for after it was told must not be lower */
        bool is_answer;  /* it must not be lower than what was promised before it was asked for */
        int32_t source;  /* whatever the caller knows it by; differs from claim to claim */
};

/* Calls `tell` for each answer that is below the highest promise told before it was asked for.
 * Sorts `claims`. */
void checker_claims(struct checker *c, struct claim *claims, int64_t count,
                    void (*tell)(struct checker *c, const struct claim *before,
                                 const struct claim *after));

#endif

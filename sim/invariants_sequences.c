/* I11: in what a partition has committed, the sequence numbers of a producer and epoch follow each
 * other modulo 2^31, from 0 on.
 *
 * Compaction keeps the sequences of the batches it rewrites, but may remove a batch before it is
 * seen here: where offsets are missing, sequences may be too. */
#include "sim/invariants_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <uthash.h>

struct producer_seen {
        int64_t producer_id;
        int16_t epoch;
        int32_t next;   /* the sequence number that must come */
        int64_t offset; /* of the batch seen last; -1: none */
        UT_hash_handle hh;
};

static int32_t sequence_plus(int32_t sequence, int64_t count)
{
        return (int32_t)((sequence + count) & INT32_MAX);
}

/* NULL when it is new here. */
static struct producer_seen *find(const struct partition_state *p, int64_t producer_id)
{
        struct producer_seen *seen;
        HASH_FIND(hh, p->producers, &producer_id, sizeof producer_id, seen);
        return seen;
}

static struct producer_seen *add(struct partition_state *p, const struct seen_batch *b)
{
        struct producer_seen *seen = calloc(1, sizeof *seen);
        if (!seen)
                abort();
        seen->producer_id = b->producer_id;
        seen->epoch = b->producer_epoch;
        seen->offset = -1;
        HASH_ADD(hh, p->producers, producer_id, sizeof seen->producer_id, seen);
        return seen;
}

static void check(struct invariants *v, int32_t partition, const struct producer_seen *seen,
                  const struct seen_batch *b)
{
        /* Behind what must come by less than half the numbers there are: it was there before. */
        bool is_repeated = ((seen->next - (int64_t)b->base_sequence) & INT32_MAX) < INT32_MAX / 2;
        bool is_old = b->producer_epoch < seen->epoch;
        if (!is_old && b->base_sequence == seen->next)
                return;
        verdict_add(v->verdict,
                    is_repeated && !is_old ? ANOMALY_SEQUENCE_REPEATED : ANOMALY_SEQUENCE_GAP,
                    !v->h->nothing_promised,
                    "%s offset %" PRId64 ": producer %" PRId64 " wrote sequence %" PRId32
                    " of epoch %d where %" PRId32 " of epoch %d must come (%.3f s)",
                    v->h->partitions[partition].name, b->base_offset, b->producer_id,
                    b->base_sequence, b->producer_epoch, seen->next, seen->epoch,
                    invariants_seconds(v));
}

static void see_batch(struct invariants *v, int32_t partition, const struct seen_batch *b)
{
        struct partition_state *p = &v->partitions[partition];
        struct producer_seen *seen = find(p, b->producer_id);
        if (!seen)
                seen = add(p, b);
        if (b->producer_epoch > seen->epoch) {
                seen->epoch = b->producer_epoch;
                seen->next = 0;
        }
        if (b->is_marker)
                return;
        if (seen->offset >= p->gap_end)
                check(v, partition, seen, b);
        seen->offset = b->base_offset;
        seen->next = sequence_plus(b->base_sequence, b->last_offset - b->base_offset + 1);
}

void invariants_sequences(struct invariants *v, int32_t partition, int64_t first)
{
        struct partition_state *p = &v->partitions[partition];
        const struct batches *c = &p->committed;
        for (int64_t i = first; i < c->count; i++) {
                const struct seen_batch *b = &c->items[i];
                int64_t end = i > 0 ? c->items[i - 1].last_offset + 1 : 0;
                if (b->base_offset > end)
                        p->gap_end = b->base_offset;
                if (b->is_numbered || b->is_marker)
                        see_batch(v, partition, b);
        }
}

void invariants_forget_sequences(struct partition_state *p)
{
        struct producer_seen *seen, *next;
        HASH_ITER (hh, p->producers, seen, next) {
                HASH_DEL(p->producers, seen);
                free(seen);
        }
}

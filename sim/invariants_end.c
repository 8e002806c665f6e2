/* I12: healed and quiet, all replicas of a partition are in sync and the same, and all is decided.
 */
#include "sim/invariants_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Always false, for a return; `why` may be NULL. */
__attribute__((format(printf, 2, 3))) static bool complain(char *why, const char *format, ...)
{
        if (why) {
                va_list args;
                va_start(args, format);
                vsnprintf(why, FINDING_BYTES, format, args);
                va_end(args);
        }
        return false;
}

static bool has_replica_converged(const struct invariants *v, int32_t node, int32_t partition,
                                  int64_t leaders_end, char *why)
{
        const char *name = v->h->partitions[partition].name;
        struct seen_replica r;
        if (!invariants_last_seen(v, node, partition, &r))
                return complain(why, "%s: broker %" PRId32 " does not have it", name, node);
        if (r.log_end != leaders_end)
                return complain(
                        why, "%s: broker %" PRId32 " ends at %" PRId64 ", the leader at %" PRId64,
                        name, node, r.log_end, leaders_end);
        if (r.high_watermark != leaders_end)
                return complain(why,
                                "%s: broker %" PRId32 " has high watermark %" PRId64
                                ", the log ends at %" PRId64,
                                name, node, r.high_watermark, leaders_end);
        if (r.last_stable != leaders_end)
                return complain(why,
                                "%s: a transaction is open at broker %" PRId32
                                " from offset %" PRId64 " on",
                                name, node, r.last_stable);
        return true;
}

static bool has_partition_converged(const struct invariants *v, int32_t partition, char *why)
{
        const char *name = v->h->partitions[partition].name;
        const struct seen_assignment *a = &v->partitions[partition].newest;
        struct seen_replica leader;
        if (a->leader < 0)
                return complain(why, "%s has no leader", name);
        if (a->isr != a->replicas)
                return complain(why, "%s: broker %d is a replica, and not in the ISR", name,
                                __builtin_ctzll(a->replicas ^ a->isr));
        if (!invariants_last_seen(v, a->leader, partition, &leader))
                return complain(why, "%s: its leader, broker %" PRId32 ", does not have it", name,
                                a->leader);
        for (int32_t i = 0; a->replicas >> i; i++)
                if ((a->replicas >> i & 1) &&
                    !has_replica_converged(v, i, partition, leader.log_end, why))
                        return false;
        return true;
}

static bool is_looked_for(const struct invariants *v, int32_t partition)
{
        return v->partitions[partition].is_known && !v->h->partitions[partition].deleted;
}

bool invariants_have_converged(const struct invariants *v, char why[FINDING_BYTES])
{
        for (int32_t i = 0; i < v->h->partition_count; i++)
                if (is_looked_for(v, i) && !has_partition_converged(v, i, why))
                        return false;
        return true;
}

/* Reads all of a replica from `from` on into `into`. */
static bool read_all(const struct seen_replica *r, int64_t from, struct batches *into)
{
        return from >= r->log_end || r->batches.read(r->batches.context, from, r->log_end, into);
}

/* A key that only one has, and that one was away, may have been deleted meanwhile. */
static bool is_fold_equal(const struct partition_state *p, const struct seen_replica *a,
                          const struct seen_replica *b, char *why)
{
        struct fold left = {0}, right = {0};
        bool good = a->batches.fold(a->batches.context, &left) &&
                    b->batches.fold(b->batches.context, &right);
        if (!good)
                complain(why, "a log cannot be read");
        struct fold_difference first = fold_compare(&left, &right);
        int32_t keeper = !first.has_right ? a->node : b->node;
        bool is_excused = first.has_left != first.has_right && (p->was_away & node_bit(keeper));
        if (good && first.offset >= 0 && !is_excused)
                good = complain(why,
                                "brokers %" PRId32 " and %" PRId32
                                " fold to different values from offset %" PRId64 " on",
                                a->node, b->node, first.offset);
        fold_deinit(&left);
        fold_deinit(&right);
        return good;
}

/* Byte for byte, as far as their checksums tell, from where both begin. */
static bool is_equal(const struct seen_replica *a, const struct seen_replica *b, char *why)
{
        struct batches left = {0}, right = {0};
        const struct seen_batch *expected;
        int64_t from = a->log_start > b->log_start ? a->log_start : b->log_start;
        bool good = read_all(a, from, &left) && read_all(b, from, &right);
        if (!good)
                complain(why, "a log cannot be read");
        int64_t i = good ? committed_compare(&left, &right, false, &expected) : -1;
        if (i >= 0)
                good = complain(why,
                                "brokers %" PRId32 " and %" PRId32 " differ from offset %" PRId64
                                " on",
                                a->node, b->node, right.items[i].base_offset);
        else if (good && left.count != right.count)
                good = complain(why,
                                "brokers %" PRId32 " and %" PRId32 " hold %" PRId64 " and %" PRId64
                                " batches",
                                a->node, b->node, left.count, right.count);
        batches_deinit(&left);
        batches_deinit(&right);
        return good;
}

static bool are_logs_equal(const struct invariants *v, int32_t partition, char *why)
{
        const struct seen_assignment *a = &v->partitions[partition].newest;
        struct seen_replica first, other;
        invariants_last_seen(v, a->leader, partition, &first);
        for (int32_t i = 0; a->replicas >> i; i++) {
                char difference[FINDING_BYTES];
                if (i == a->leader || !(a->replicas >> i & 1))
                        continue;
                invariants_last_seen(v, i, partition, &other);
                bool good = v->h->partitions[partition].compacts
                                    ? is_fold_equal(&v->partitions[partition], &first, &other,
                                                    difference)
                                    : is_equal(&first, &other, difference);
                if (!good)
                        return complain(why, "%s: %s", v->h->partitions[partition].name,
                                        difference);
        }
        return true;
}

/* A coordinator has lost what it knew, beyond what was promised: nobody ends its transactions. */
static bool is_coordinator_lost(const struct invariants *v)
{
        for (int32_t i = 0; i < v->h->partition_count; i++)
                if (strcmp(v->h->partitions[i].topic, "__transaction_state") == 0 &&
                    (v->h->partitions[i].beyond_ns != 0 || v->partitions[i].is_cut))
                        return true;
        return false;
}

/* The only replica has lost bytes, the marker of a transaction perhaps: then it hangs. */
static bool may_hang(const struct invariants *v, int32_t partition)
{
        struct seen_replica r;
        const struct partition_state *p = &v->partitions[partition];
        return p->newest.leader >= 0 && invariants_last_seen(v, p->newest.leader, partition, &r) &&
               r.last_stable < r.high_watermark && (p->is_cut || is_coordinator_lost(v));
}

void invariants_check_end(struct invariants *v)
{
        for (int32_t i = 0; i < v->h->partition_count; i++) {
                char why[FINDING_BYTES];
                if (!is_looked_for(v, i) ||
                    (has_partition_converged(v, i, why) && are_logs_equal(v, i, why)))
                        continue;
                bool hangs = may_hang(v, i);
                v->h->transaction_hangs |= hangs;
                verdict_add(v->verdict, ANOMALY_NOT_CONVERGED,
                            !v->h->nothing_promised && v->h->partitions[i].beyond_ns == 0 && !hangs,
                            "%s", why);
        }
}

/* Transactions: all or nothing, and no circles. That what is seen of one was decided before is
 * looked at where readers are (checker_reads.c). */
#include "sim/checker_private.h"

#include <stdlib.h>

/* --- torn transactions --- */

/* One that is partly there: is this fact of the other part? */
static bool is_missing(const struct checker *c, const struct fact *f)
{
        return c->final_count[f->send] == 0 && !(f->vouchers & FACT_REPLACED) &&
               checker_is_looked_for(c, f);
}

static void check_torn(struct checker *c)
{
        bool *is_told = checker_allocate(c->h->transaction_count, sizeof *is_told);
        for (int64_t i = 0; i < c->fact_count; i++) {
                const struct fact *f = &c->facts[i];
                int32_t transaction = c->h->sends[f->send].transaction;
                if (transaction < 0 || c->visible_count[transaction] == 0 || is_told[transaction] ||
                    !is_missing(c, f))
                        continue;
                is_told[transaction] = true;
                verdict_add(c->v, ANOMALY_TORN_TRANSACTION,
                            !checker_may_be_lost(c, i) && checker_is_kept(c, f->partition) &&
                                    checker_keeps_transaction(c, transaction),
                            "of a transaction of %s begun at %.3f s %" PRId32
                            " records are there, but not " VALUE_FORMAT " at %s offset %" PRId64,
                            c->h->clients[c->h->sends[f->send].client].name,
                            checker_seconds(c->h->transactions[transaction].begin_ns),
                            c->visible_count[transaction], VALUE_OF(c, f->send),
                            checker_partition(c, f->partition), f->offset);
        }
        free(is_told);
}

/* --- circles (G1c) --- */

/* `to` has read what `from` wrote. */
struct edge {
        int32_t from, to;
};

/* Tarjan's algorithm: a component of more than one node is a circle. */
struct graph {
        struct edge *edges; /* by from */
        int32_t edge_count, node_count;
        int32_t *first_edge;          /* by node; [node_count] is the end */
        int32_t *number, *low, *next; /* by node; number 0: not seen yet */
        int32_t *stack, *path;
        bool *is_on_stack;
        int32_t stack_count, path_count, seen;
};

static int by_from(const void *left, const void *right)
{
        const struct edge *a = left, *b = right;
        if (a->from != b->from)
                return a->from < b->from ? -1 : 1;
        return (a->to > b->to) - (a->to < b->to);
}

static void collect_edges(const struct checker *c, struct graph *g)
{
        for (int32_t i = 0; i < c->h->read_count; i++) {
                const struct history_read *r = &c->h->reads[i];
                if (r->kind != READ_RECORD || r->send == SEND_PHANTOM || !r->committed ||
                    r->transaction < 0)
                        continue;
                int32_t writer = c->h->sends[r->send].transaction;
                if (writer >= 0 && writer != r->transaction)
                        g->edges[g->edge_count++] = (struct edge){writer, r->transaction};
        }
        qsort(g->edges, (size_t)g->edge_count, sizeof *g->edges, by_from);
        for (int32_t i = 0, node = 0; node <= g->node_count; node++) {
                while (i < g->edge_count && g->edges[i].from < node)
                        i++;
                g->first_edge[node] = i;
        }
}

static void enter(struct graph *g, int32_t node)
{
        g->number[node] = g->low[node] = ++g->seen;
        g->next[node] = g->first_edge[node];
        g->stack[g->stack_count++] = node;
        g->path[g->path_count++] = node;
        g->is_on_stack[node] = true;
}

/* All reachable from `node` that lead back to it; returns how many. */
static int32_t leave(struct graph *g, int32_t node)
{
        int32_t size = 0, top;
        do {
                top = g->stack[--g->stack_count];
                g->is_on_stack[top] = false;
                size++;
        } while (top != node);
        return size;
}

static void walk(struct checker *c, struct graph *g, int32_t root)
{
        enter(g, root);
        while (g->path_count > 0) {
                int32_t node = g->path[g->path_count - 1];
                if (g->next[node] < g->first_edge[node + 1]) {
                        int32_t to = g->edges[g->next[node]++].to;
                        if (g->number[to] == 0)
                                enter(g, to);
                        else if (g->is_on_stack[to] && g->number[to] < g->low[node])
                                g->low[node] = g->number[to];
                        continue;
                }
                g->path_count--;
                if (g->path_count > 0 && g->low[node] < g->low[g->path[g->path_count - 1]])
                        g->low[g->path[g->path_count - 1]] = g->low[node];
                int32_t size = g->low[node] == g->number[node] ? leave(g, node) : 1;
                if (size > 1)
                        verdict_add(c->v, ANOMALY_CYCLE, checker_keeps_transaction(c, node),
                                    "%" PRId32 " transactions have read from each other in a "
                                    "circle; %s began one of them at %.3f s",
                                    size, c->h->clients[c->h->transactions[node].client].name,
                                    checker_seconds(c->h->transactions[node].begin_ns));
        }
}

static void check_circles(struct checker *c)
{
        int32_t count = c->h->transaction_count;
        struct graph g = {.edges = checker_allocate(c->h->read_count, sizeof *g.edges),
                          .node_count = count,
                          .first_edge = checker_allocate(count + 1, sizeof *g.first_edge),
                          .number = checker_allocate(count, sizeof *g.number),
                          .low = checker_allocate(count, sizeof *g.low),
                          .next = checker_allocate(count, sizeof *g.next),
                          .stack = checker_allocate(count, sizeof *g.stack),
                          .path = checker_allocate(count, sizeof *g.path),
                          .is_on_stack = checker_allocate(count, sizeof *g.is_on_stack)};
        collect_edges(c, &g);
        for (int32_t i = 0; i < count; i++)
                if (g.number[i] == 0)
                        walk(c, &g, i);
        free(g.edges);
        free(g.first_edge);
        free(g.number);
        free(g.low);
        free(g.next);
        free(g.stack);
        free(g.path);
        free(g.is_on_stack);
}

void checker_transactions(struct checker *c)
{
        if (c->h->transaction_count == 0)
                return;
        check_torn(c);
        check_circles(c);
}

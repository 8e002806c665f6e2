/* Pipelines: what became of each record of the source, as the target shows it. */
#include "sim/checker_groups.h"

#include <stdlib.h>

/* A send that was made from a read. */
struct output {
        int32_t read, send;
};

/* What was made from one record, by all who have processed it. */
struct outcome_of_input {
        int32_t visible; /* sends that the final read found */
        int32_t made;
        bool is_looked_for; /* all of them would be there if they had been written */
        bool is_kept;       /* and nothing was free to take them */
};

static int by_read(const void *left, const void *right)
{
        const struct output *a = left, *b = right;
        if (a->read != b->read)
                return a->read < b->read ? -1 : 1;
        return (a->send > b->send) - (a->send < b->send);
}

struct outputs {
        struct output *items; /* by read */
        int32_t count;
};

static struct outputs collect_outputs(const struct checker *c)
{
        struct outputs o = {.items = checker_allocate(c->h->send_count, sizeof *o.items)};
        for (int32_t i = 0; i < c->h->send_count; i++)
                if (c->h->sends[i].input >= 0)
                        o.items[o.count++] = (struct output){c->h->sends[i].input, i};
        qsort(o.items, (size_t)o.count, sizeof *o.items, by_read);
        return o;
}

static int32_t find_outputs(const struct outputs *o, int32_t read)
{
        int32_t low = 0, high = o->count;
        while (low < high) {
                int32_t middle = low + (high - low) / 2;
                if (o->items[middle].read < read)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static void add_output(const struct checker *c, int32_t send, struct outcome_of_input *all)
{
        const struct history_send *s = &c->h->sends[send];
        const struct history_partition *p = &c->h->partitions[s->partition];
        all->made++;
        all->visible += c->final_count[send] > 0;
        all->is_looked_for &= p->final_end >= 0 && !p->deleted && p->deleted_to == 0 &&
                              !p->expires && !p->compacts && s->done_ns <= c->final_ns;
        all->is_kept &= s->acks == -1 && checker_is_kept(c, s->partition);
}

static void check_input(struct checker *c, const struct group_work *w, const struct outputs *o,
                        int32_t group, const struct fact *f)
{
        const struct history_group *g = &c->h->groups[group];
        struct outcome_of_input all = {.is_looked_for = true,
                                       .is_kept = checker_is_kept(c, g->coordinator) &&
                                                  checker_is_kept(c, f->partition)};
        for (int64_t i = group_work_find(w, group, f); group_work_is_of(w, i, group, f); i++) {
                int32_t read = w->processed[i].read;
                for (int32_t k = find_outputs(o, read); k < o->count && o->items[k].read == read;
                     k++)
                        add_output(c, o->items[k].send, &all);
        }
        if (all.made == 0)
                return; /* no pipeline; or nobody has processed it, which is a group skip */
        bool is_done =
                f->offset < w->reached[(int64_t)group * c->h->partition_count + f->partition] &&
                (f->vouchers & FACT_FINAL) && checker_is_looked_for(c, f);
        if (is_done && all.visible == 0 && all.is_looked_for)
                verdict_add(c->v, ANOMALY_INPUT_LOST,
                            all.is_kept &&
                                    (g->policy == COMMIT_AFTER || g->policy == COMMIT_TRANSACTION),
                            "group %s has committed past " VALUE_FORMAT " at %s offset %" PRId64
                            ", and nothing that it made of it is there",
                            g->name, VALUE_OF(c, f->send), checker_partition(c, f->partition),
                            f->offset);
        if (all.visible > 1)
                verdict_add(c->v, ANOMALY_INPUT_DOUBLED,
                            all.is_kept && !w->was_forgotten[group] &&
                                    (g->policy == COMMIT_BEFORE || g->policy == COMMIT_TRANSACTION),
                            "group %s has made %" PRId32 " records of " VALUE_FORMAT
                            " at %s offset %" PRId64,
                            g->name, all.visible, VALUE_OF(c, f->send),
                            checker_partition(c, f->partition), f->offset);
}

void checker_inputs(struct checker *c, const struct group_work *w)
{
        struct outputs o = collect_outputs(c);
        for (int32_t group = 0; group < c->h->group_count && o.count > 0; group++) {
                const struct history_group *g = &c->h->groups[group];
                int32_t end = g->topic_first + g->topic_partitions;
                for (int64_t i = checker_find(c, g->topic_first, 0);
                     i < c->fact_count && c->facts[i].partition < end; i++)
                        check_input(c, w, &o, group, &c->facts[i]);
        }
        free(o.items);
}

#include "sim/run.h"

#include "sim/checker.h"
#include "sim/faults.h"
#include "sim/notes.h"

#include <inttypes.h>
#include <stdlib.h>

struct run;

struct timed_step {
        struct sim_event event;
        struct run *run;
        int32_t index;
};

struct run {
        const struct scenario *s;
        const struct run_options *options;
        struct run_report *report;
        struct sim *sim;
        struct cluster *cluster;
        struct workload *workload;
        struct faults faults;
        struct timed_step *timed; /* one for each step */
        bool *waits;              /* beside the scenario's steps: for its condition */
};

/* --- steps --- */

/* A step that waits for this one is due now, or after its time. */
static void follow(struct run *r, int32_t index)
{
        if (index == r->s->step_count || !r->s->steps[index].follows)
                return;
        if (r->s->steps[index].trigger.verb == VERB_THEN_AFTER)
                sim_schedule_after(&r->sim->scheduler, &r->timed[index].event,
                                   r->s->steps[index].trigger.time_ns);
        else
                r->waits[index] = true;
}

static void take_step(struct run *r, int32_t index)
{
        r->waits[index] = false;
        /* Before it happens, so that the trace tells what follows from what; whom a role meant is
         * known only now, so that is told as well. */
        sim_trace(&r->sim->trace, -1, NOTE, NULL, NOTE_STEP, index);
        bool done = faults_apply(&r->faults, &r->s->steps[index].action);
        if (!done)
                sim_trace(&r->sim->trace, -1, NOTE, NULL, NOTE_NOT_DONE, index);
        cluster_observe(r->cluster);
        follow(r, index + 1);
}

static void on_step_due(void *context)
{
        struct timed_step *step = context;
        take_step(step->run, step->index);
}

static int32_t partition_of(const struct run *r, const struct statement *condition)
{
        int64_t topic = condition->topic < 0 ? 0 : condition->topic;
        return history_find_partition(&r->report->history, r->s->topics[topic].name,
                                      (int32_t)condition->partition);
}

static bool holds_at(const struct run *r, const struct statement *condition, int32_t id)
{
        int32_t partition = condition->verb == VERB_READY ? -1 : partition_of(r, condition);
        switch (condition->verb) {
        case VERB_LOG_HAS: return cluster_log_end(r->cluster, id, partition) >= condition->offset;
        case VERB_HW_PASSES:
                return cluster_high_watermark(r->cluster, id, partition) > condition->offset;
        case VERB_LEADS: return cluster_leads(r->cluster, id, partition);
        default: return cluster_is_ready(r->cluster, id);
        }
}

static bool is_in_list(int64_t list, int32_t id)
{
        for (; list > 0; list >>= 4)
                if ((list & 15) == id)
                        return true;
        return false;
}

static bool isr_holds(const struct run *r, const struct statement *condition)
{
        const struct image_partition *p = cluster_partition(r->cluster, partition_of(r, condition));
        if (!p)
                return false;
        if (condition->verb == VERB_ISR_SHRINKS)
                return p->isr.count <= condition->count;
        if (condition->verb == VERB_ISR_GROWS)
                return p->isr.count >= condition->count;
        int32_t listed = 0;
        for (int64_t rest = condition->brokers; rest > 0; rest >>= 4)
                listed++;
        for (int32_t i = 0; i < p->isr.count; i++)
                if (!is_in_list(condition->brokers, p->isr.ids[i]))
                        return false;
        return listed == p->isr.count;
}

static bool holds(const struct run *r, const struct statement *condition)
{
        int32_t ids[CLUSTER_IDS_MAX], client = (int32_t)condition->node - SCENARIO_CLIENT_ID;
        switch (condition->verb) {
        case VERB_ACKED: return workload_acked(r->workload, client) >= condition->count;
        case VERB_HAS_READ: return workload_read(r->workload, client) >= condition->count;
        case VERB_OWNS: return workload_owns(r->workload, client, partition_of(r, condition));
        case VERB_HAPPENED: return r->sim->trace.count >= (uint64_t)condition->count;
        case VERB_ISR_IS:
        case VERB_ISR_SHRINKS:
        case VERB_ISR_GROWS: return isr_holds(r, condition);
        default:
                return cluster_resolve(r->cluster, condition->node, ids) == 1 &&
                       holds_at(r, condition, ids[0]);
        }
}

static void check_conditions(struct run *r)
{
        for (int32_t i = 0; i < r->s->step_count; i++)
                if (r->waits[i] && holds(r, &r->s->steps[i].trigger))
                        take_step(r, i);
}

static void schedule_steps(struct run *r)
{
        size_t count = (size_t)r->s->step_count + 1;
        r->timed = calloc(count, sizeof *r->timed);
        r->waits = calloc(count, sizeof *r->waits);
        if (!r->timed || !r->waits)
                abort();
        for (int32_t i = 0; i < r->s->step_count; i++) {
                const struct step *step = &r->s->steps[i];
                r->timed[i] = (struct timed_step){.run = r, .index = i};
                r->timed[i].event = (struct sim_event){.run = on_step_due, .context = &r->timed[i]};
                if (step->trigger.verb == VERB_AT)
                        sim_schedule_at(&r->sim->scheduler, &r->timed[i].event,
                                        step->trigger.time_ns);
                else
                        r->waits[i] = !step->follows;
        }
}

/* What has not happened by the end of the safety phase will not. */
static void cancel_steps(struct run *r)
{
        for (int32_t i = 0; i < r->s->step_count; i++) {
                sim_cancel(&r->sim->scheduler, &r->timed[i].event);
                r->waits[i] = false;
        }
}

/* --- time --- */

static bool is_stopped(struct run *r)
{
        const struct run_options *o = r->options;
        if ((o->until_entry > 0 && r->sim->trace.count >= o->until_entry) ||
            (o->until_ns > 0 && sim_now_ns(r->sim) >= o->until_ns))
                r->report->was_stopped = true;
        return r->report->was_stopped;
}

static bool is_quiet(const struct run *r)
{
        return workload_is_quiet(r->workload);
}

static bool has_converged(const struct run *r)
{
        return invariants_have_converged(cluster_invariants(r->cluster), NULL);
}

/* What waited on a link that was cut comes late, so a replica may fall behind once more. */
static bool is_done(const struct run *r)
{
        return workload_is_done(r->workload) && has_converged(r);
}

/* Runs events until `reached` holds (NULL: never), the time has come, or the run was stopped. True
 * in the first two cases, for the second only without a `reached`. */
static bool advance(struct run *r, int64_t until_ns, bool (*reached)(const struct run *))
{
        while (!is_stopped(r)) {
                if (reached && reached(r))
                        return true;
                if (sim_scheduler_next_ns(&r->sim->scheduler) > until_ns) {
                        sim_run_until(r->sim, until_ns);
                        return !reached;
                }
                if (!sim_step(r->sim)) {
                        verdict_add(&r->report->verdict, ANOMALY_STUCK, true, "more than %d events",
                                    RUN_EVENTS_MAX);
                        return false;
                }
                cluster_observe(r->cluster);
                check_conditions(r);
        }
        return false;
}

/* --- the course of a run --- */

static void start(struct run *r)
{
        struct run_report *report = r->report;
        r->sim = sim_new(r->options->seed);
        r->sim->steps_max = RUN_EVENTS_MAX;
        r->sim->trace.sink = r->options->sink;
        r->sim->trace.context = r->options->context;
        r->workload = workload_new(r->sim, r->s, &report->history, r->options->zoo);
        r->cluster = cluster_new(r->sim, r->s, &report->history, &report->verdict, r->options->zoo);
        r->faults = (struct faults){.sim = r->sim,
                                    .scenario = r->s,
                                    .history = &report->history,
                                    .cluster = r->cluster,
                                    .workload = r->workload,
                                    .rng = rng_fork(&r->sim->rng, SIM_RNG_FREE)};
        schedule_steps(r);
        for (int32_t i = 0; i < cluster_size(r->cluster); i++)
                cluster_start(r->cluster, cluster_id(r->cluster, i));
        workload_start(r->workload);
}

static void heal_client(struct run *r, struct sim_node *node)
{
        sim_node_resume(node);
        workload_stall(r->workload, node->config.id, false);
        if (node->clock.drift_ppm != 0)
                sim_node_drift_clock(node, 0);
        if (node->boots > 0)
                sim_node_start(node);
}

static void heal(struct run *r)
{
        cancel_steps(r);
        sim_trace(&r->sim->trace, -1, NOTE, NULL, NOTE_HEALED);
        sim_network_heal_all(&r->sim->network);
        cluster_heal(r->cluster);
        for (int32_t i = 0; i < r->sim->node_count; i++)
                if (r->sim->nodes[i]->config.id >= SCENARIO_CLIENT_ID)
                        heal_client(r, r->sim->nodes[i]);
        cluster_observe(r->cluster);
}

/* What was to hold while things went wrong, or in spite of it. */
static void check_demands(struct run *r)
{
        for (int32_t i = 0; i < r->s->demand_count; i++) {
                struct buffer text = {0};
                if (holds(r, &r->s->demands[i]))
                        continue;
                scenario_print_statement(r->s, &r->s->demands[i], &text);
                verdict_add(&r->report->verdict, ANOMALY_STUCK, true,
                            "at the end of the run it was not so that %.*s", (int)text.size,
                            (const char *)text.data);
                buffer_deinit(&text);
        }
}

static void run_phases(struct run *r)
{
        if (!advance(r, r->s->run.time_ns, NULL))
                return;
        check_demands(r);
        heal(r);
        int64_t deadline_ns = sim_now_ns(r->sim) + RUN_LIVENESS_S * SIM_NS_PER_S;
        workload_send_last(r->workload);
        if (advance(r, deadline_ns, is_quiet) && advance(r, deadline_ns, has_converged)) {
                workload_final_read(r->workload);
                advance(r, deadline_ns, is_done);
        }
}

static int64_t last_progress(const struct history *h)
{
        int64_t last_ns = 0;
        for (int32_t i = 0; i < h->send_count; i++)
                if (h->sends[i].outcome == OUTCOME_OK && h->sends[i].done_ns > last_ns)
                        last_ns = h->sends[i].done_ns;
        if (h->read_count > 0 && h->reads[h->read_count - 1].done_ns > last_ns)
                last_ns = h->reads[h->read_count - 1].done_ns;
        return last_ns;
}

void run_scenario(const struct scenario *s, const struct run_options *options,
                  struct run_report *report)
{
        struct run r = {.s = s, .options = options, .report = report};
        *report = (struct run_report){0};
        start(&r);
        run_phases(&r);
        report->events = r.sim->trace.count;
        report->hash = r.sim->trace.hash;
        report->virtual_ns = sim_now_ns(r.sim);
        if (!report->was_stopped) {
                cluster_check_end(r.cluster);
                invariants_check_end(cluster_invariants(r.cluster));
                workload_check_end(r.workload, &report->verdict, &report->waiting);
                report->progress_ns = last_progress(&report->history);
                checker_run(&report->history, &report->verdict);
        }
        cancel_steps(&r);
        r.sim->trace.sink = NULL;
        sim_free(r.sim);
        workload_free(r.workload);
        cluster_free(r.cluster);
        free(r.timed);
        free(r.waits);
}

void run_report_deinit(struct run_report *r)
{
        history_deinit(&r->history);
        buffer_deinit(&r->waiting);
}

/* --- expectations --- */

static bool is_expected(const struct scenario *s, int64_t guarantee)
{
        for (int32_t i = 0; i < s->expect_count; i++)
                if (s->expects[i].guarantee == guarantee)
                        return true;
        return false;
}

enum run_result run_judge(const struct scenario *s, const struct verdict *v, struct buffer *unmet)
{
        enum run_result result = RUN_GOOD;
        for (int g = 0; g < GUARANTEES; g++) {
                int64_t broken, unpromised;
                verdict_count(v, (enum guarantee)g, &broken, &unpromised);
                bool wants_kept = is_expected(s, 2 * g), wants_broken = is_expected(s, 2 * g + 1);
                bool is_unmet = (wants_kept && broken + unpromised > 0) ||
                                (wants_broken && broken + unpromised == 0);
                if (is_unmet && unmet)
                        buffer_printf(unmet, "expected: %s\n",
                                      wants_kept ? guarantee_name((enum guarantee)g)
                                                 : guarantee_opposite((enum guarantee)g));
                if (!is_unmet && (broken == 0 || wants_broken))
                        continue;
                if (g != GUARANTEE_ALL_ENDS)
                        result = RUN_BROKEN;
                else if (result == RUN_GOOD)
                        result = RUN_STUCK;
        }
        return result;
}

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
        bool *is_done;            /* beside the scenario's steps */
        int32_t waiting;          /* conditions not yet met */
};

/* --- steps --- */

static void take_step(struct run *r, int32_t index)
{
        r->is_done[index] = true;
        sim_trace(&r->sim->trace, -1, NOTE, NULL, NOTE_STEP, index);
        faults_apply(&r->faults, &r->s->steps[index].action);
        cluster_observe(r->cluster);
}

static void on_step_due(void *context)
{
        struct timed_step *step = context;
        take_step(step->run, step->index);
}

static bool holds(const struct run *r, const struct statement *condition)
{
        if (condition->verb == VERB_ACKED)
                return workload_acked(r->workload, (int32_t)condition->node - SCENARIO_CLIENT_ID) >=
                       condition->count;
        int32_t partition =
                history_find_partition(&r->report->history, r->s->topics[condition->topic].name,
                                       (int32_t)condition->partition);
        return cluster_log_end(r->cluster, (int32_t)condition->node, partition) >=
               condition->offset;
}

static void check_conditions(struct run *r)
{
        for (int32_t i = 0; r->waiting > 0 && i < r->s->step_count; i++) {
                const struct statement *trigger = &r->s->steps[i].trigger;
                if (r->is_done[i] || trigger->verb == VERB_AT || !holds(r, trigger))
                        continue;
                r->waiting--;
                take_step(r, i);
        }
}

static void schedule_steps(struct run *r)
{
        size_t count = (size_t)r->s->step_count + 1;
        r->timed = calloc(count, sizeof *r->timed);
        r->is_done = calloc(count, sizeof *r->is_done);
        if (!r->timed || !r->is_done)
                abort();
        for (int32_t i = 0; i < r->s->step_count; i++) {
                r->timed[i] = (struct timed_step){.run = r, .index = i};
                r->timed[i].event = (struct sim_event){.run = on_step_due, .context = &r->timed[i]};
                if (r->s->steps[i].trigger.verb == VERB_AT)
                        sim_schedule_at(&r->sim->scheduler, &r->timed[i].event,
                                        r->s->steps[i].trigger.time_ns);
                else
                        r->waiting++;
        }
}

/* What has not happened by the end of the safety phase will not. */
static void cancel_steps(struct run *r)
{
        r->waiting = 0;
        for (int32_t i = 0; i < r->s->step_count; i++)
                sim_cancel(&r->sim->scheduler, &r->timed[i].event);
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

/* Runs events until `reached` holds (NULL: never), the time has come, or the run was stopped. True
 * in the first two cases, for the second only without a `reached`. */
static bool advance(struct run *r, int64_t until_ns, bool (*reached)(const struct workload *))
{
        while (!is_stopped(r)) {
                if (reached && reached(r->workload))
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
        r->workload = workload_new(r->sim, r->s, &report->history);
        r->cluster = cluster_new(r->sim, r->s, &report->history, &report->verdict, r->options->zoo);
        r->faults = (struct faults){r->sim, r->cluster, r->workload,
                                    rng_fork(&r->sim->rng, SIM_RNG_FREE)};
        schedule_steps(r);
        for (int32_t i = 1; i <= cluster_size(r->cluster); i++)
                cluster_start(r->cluster, i);
        workload_start(r->workload);
}

static void heal_client(struct sim_node *node)
{
        sim_node_resume(node);
        if (node->clock.drift_ppm != 0)
                sim_node_drift_clock(node, 0);
        if (!sim_node_is_running(node) && node->boots > 0)
                sim_node_boot(node);
}

static void heal(struct run *r)
{
        cancel_steps(r);
        sim_trace(&r->sim->trace, -1, NOTE, NULL, NOTE_HEALED);
        sim_network_heal_all(&r->sim->network);
        cluster_heal(r->cluster);
        for (int32_t i = 0; i < r->sim->node_count; i++)
                if (r->sim->nodes[i]->config.id >= SCENARIO_CLIENT_ID)
                        heal_client(r->sim->nodes[i]);
        cluster_observe(r->cluster);
}

static void run_phases(struct run *r)
{
        if (!advance(r, r->s->run.time_ns, NULL))
                return;
        heal(r);
        int64_t deadline_ns = sim_now_ns(r->sim) + RUN_LIVENESS_S * SIM_NS_PER_S;
        workload_send_last(r->workload);
        if (advance(r, deadline_ns, workload_is_quiet)) {
                workload_final_read(r->workload);
                advance(r, deadline_ns, workload_is_done);
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
        free(r.is_done);
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

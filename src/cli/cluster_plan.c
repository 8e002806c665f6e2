#include "cli/cluster_plan.h"

#include <stdio.h>

int cluster_nodes(const struct cluster_plan *plan)
{
        return (int)(plan->brokers + plan->controllers);
}

int cluster_port(const struct cluster_plan *plan, int id)
{
        return (int)plan->port + id - 1;
}

bool cluster_plan_is_broker(const struct cluster_plan *plan, int id)
{
        return id <= plan->brokers;
}

bool cluster_plan_is_voter(const struct cluster_plan *plan, int id)
{
        if (plan->controllers > 0)
                return id > plan->brokers;
        bool all = plan->brokers % 2 == 1 && plan->brokers <= 5;
        int64_t voters = all ? plan->brokers : plan->brokers == 2 ? 1 : 3;
        return id <= voters;
}

void cluster_path(const char *data, int id, const char *suffix, char into[CLUSTER_PATH_BYTES])
{
        snprintf(into, CLUSTER_PATH_BYTES, "%s/broker-%d%s", data, id, suffix);
}

void cluster_servers(const struct cluster_plan *plan, struct buffer *into)
{
        for (int id = 1; id <= plan->brokers; id++)
                buffer_printf(into, "%s127.0.0.1:%d", id > 1 ? "," : "", cluster_port(plan, id));
}

static void append_voters(const struct cluster_plan *plan, struct buffer *into)
{
        const char *comma = "";
        for (int id = 1; id <= cluster_nodes(plan); id++) {
                if (!cluster_plan_is_voter(plan, id))
                        continue;
                buffer_printf(into, "%s%d@127.0.0.1:%d", comma, id, cluster_port(plan, id));
                comma = ",";
        }
}

static const char *roles_of(const struct cluster_plan *plan, int id)
{
        if (!cluster_plan_is_broker(plan, id))
                return "controller";
        return cluster_plan_is_voter(plan, id) ? "broker,controller" : "broker";
}

void cluster_properties(const struct cluster_plan *plan, int id, struct buffer *into)
{
        const char *listener = cluster_plan_is_broker(plan, id) ? "PLAINTEXT" : "CONTROLLER";
        char logs[CLUSTER_PATH_BYTES];
        cluster_path(plan->data, id, "", logs);
        buffer_printf(into,
                      "# Written by odradek cluster, anew at each start.\n"
                      "process.roles=%s\n"
                      "node.id=%d\n"
                      "listeners=%s://127.0.0.1:%d\n"
                      "controller.listener.names=CONTROLLER\n"
                      "log.dirs=%s\n"
                      "controller.quorum.voters=",
                      roles_of(plan, id), id, listener, cluster_port(plan, id), logs);
        append_voters(plan, into);
        int replicas = plan->brokers < 3 ? (int)plan->brokers : 3;
        buffer_printf(into,
                      "\ndefault.replication.factor=%d\n"
                      "offsets.topic.replication.factor=%d\n"
                      "transaction.state.log.replication.factor=%d\n",
                      replicas, replicas, replicas);
        if (plan->brokers >= 3)
                buffer_printf(into, "min.insync.replicas=2\n");
        for (int i = 0; i < plan->overrides.count; i++)
                buffer_printf(into, "%s\n", plan->overrides.items[i]);
}

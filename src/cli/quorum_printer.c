#include "cli/quorum_printer.h"

static const struct describe_quorum_replica *
find_leader(const struct describe_quorum_partition_response *quorum)
{
        for (int32_t i = 0; i < quorum->current_voters.count; i++) {
                if (quorum->current_voters.items[i].replica_id == quorum->leader_id)
                        return &quorum->current_voters.items[i];
        }
        return NULL;
}

static void print_ids(const char *label, const struct describe_quorum_replica *nodes, int32_t count,
                      FILE *to)
{
        fprintf(to, "%-24s[", label);
        for (int32_t i = 0; i < count; i++)
                fprintf(to, "%s%d", i > 0 ? "," : "", nodes[i].replica_id);
        fprintf(to, "]\n");
}

static const struct describe_quorum_replica *
slowest_voter(const struct describe_quorum_partition_response *quorum)
{
        const struct describe_quorum_replica *slowest = NULL;
        for (int32_t i = 0; i < quorum->current_voters.count; i++) {
                const struct describe_quorum_replica *voter = &quorum->current_voters.items[i];
                if (!slowest || voter->log_end_offset < slowest->log_end_offset)
                        slowest = voter;
        }
        return slowest;
}

void quorum_print_status(const struct describe_quorum_partition_response *quorum,
                         struct str cluster_id, FILE *to)
{
        const struct describe_quorum_replica *leader = find_leader(quorum);
        const struct describe_quorum_replica *slowest = slowest_voter(quorum);
        int64_t lag = -1, lag_ms = -1;
        if (leader)
                lag = leader->log_end_offset - slowest->log_end_offset;
        if (leader && lag == 0)
                lag_ms = 0;
        else if (leader && slowest->last_caught_up_timestamp_ms >= 0)
                lag_ms = leader->last_caught_up_timestamp_ms - slowest->last_caught_up_timestamp_ms;
        fprintf(to, "%-24s%.*s\n", "ClusterId:", cluster_id.size > 0 ? cluster_id.size : 0,
                cluster_id.data);
        fprintf(to, "%-24s%d\n", "LeaderId:", quorum->leader_id);
        fprintf(to, "%-24s%d\n", "LeaderEpoch:", quorum->leader_epoch);
        fprintf(to, "%-24s%lld\n", "HighWatermark:", (long long)quorum->high_watermark);
        fprintf(to, "%-24s%lld\n", "MaxFollowerLag:", (long long)lag);
        fprintf(to, "%-24s%lld\n", "MaxFollowerLagTimeMs:", (long long)lag_ms);
        print_ids("CurrentVoters:", quorum->current_voters.items, quorum->current_voters.count, to);
        print_ids("CurrentObservers:", quorum->observers.items, quorum->observers.count, to);
}

static void print_node(const struct describe_quorum_replica *node, int64_t end_offset,
                       const char *status, FILE *to)
{
        fprintf(to, "%-8d%-16lld%-8lld%-20lld%-24lld%s\n", node->replica_id,
                (long long)node->log_end_offset, (long long)(end_offset - node->log_end_offset),
                (long long)node->last_fetch_timestamp_ms,
                (long long)node->last_caught_up_timestamp_ms, status);
}

void quorum_print_replication(const struct describe_quorum_partition_response *quorum, FILE *to)
{
        const struct describe_quorum_replica *leader = find_leader(quorum);
        int64_t end_offset = leader ? leader->log_end_offset : -1;
        fprintf(to, "%-8s%-16s%-8s%-20s%-24s%s\n", "NodeId", "LogEndOffset", "Lag",
                "LastFetchTimestamp", "LastCaughtUpTimestamp", "Status");
        for (int32_t i = 0; i < quorum->current_voters.count; i++) {
                const struct describe_quorum_replica *voter = &quorum->current_voters.items[i];
                print_node(voter, end_offset, voter == leader ? "Leader" : "Follower", to);
        }
        for (int32_t i = 0; i < quorum->observers.count; i++)
                print_node(&quorum->observers.items[i], end_offset, "Observer", to);
}

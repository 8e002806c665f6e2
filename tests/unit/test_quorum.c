/* Tests of src/cluster/quorum*.c: what Raft promises, step by step, and in random runs with
 * crashes, power cuts and cut links. */
#include "quorum_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct quorum_cluster cluster, *const c = &cluster;

static struct zoo with(enum zoo_bug bug)
{
        return (struct zoo){bug == ZOO_BUGS ? 0 : (uint64_t)1 << bug};
}

static void start(int voters, int observers, uint64_t seed, enum zoo_bug bug)
{
        cluster_init(c, voters, observers, seed, with(bug));
}

static void stop(void)
{
        if (c->broken[0])
                print_error("%s\n", c->broken);
        assert_string_equal(c->broken, "");
        cluster_deinit(c);
}

/* Runs until some node may write; returns it. */
static int elect(void)
{
        for (int i = 0; i < 200 && leader_of(c) < 0; i++)
                run_for(c, 100);
        assert_true(leader_of(c) >= 0);
        return leader_of(c);
}

static void expect_applied(int i, int32_t count)
{
        assert_int_equal(c->nodes[i].values.count, count);
}

/* Another node than those two that is up. */
static int third(int a, int b)
{
        for (int i = 0; i < c->voters; i++) {
                if (i != a && i != b && c->nodes[i].is_up)
                        return i;
        }
        fail();
        return -1;
}

static void expect_same_logs(void)
{
        for (int i = 1; i < c->count; i++) {
                assert_int_equal(partition_log_end(c->nodes[i].log),
                                 partition_log_end(c->nodes[0].log));
                assert_int_equal(partition_log_last_epoch(c->nodes[i].log),
                                 partition_log_last_epoch(c->nodes[0].log));
                expect_applied(i, c->truth.count);
        }
}

/* --- one voter --- */

/* Goal:   one node alone leads at its first run, with one write of quorum-state, and its records
 *         count as soon as they are flushed; then nothing wakes it.
 * Method: run once; append twice in one burst; count the syncs. */
static void single_voter(void **state)
{
        (void)state;
        start(1, 0, 1, ZOO_BUGS);
        struct quorum_node *node = &c->nodes[0];
        int64_t syncs = node->f.file_syncs, end_offset;
        assert_false(quorum_may_write(&node->q));
        end_burst(c, 0);
        assert_true(quorum_may_write(&node->q));
        assert_int_equal(node->q.epoch, 1);
        assert_int_equal(node->next_ms, INT64_MAX);
        /* quorum-state, leader-epoch-checkpoint, the log. */
        assert_int_equal(node->f.file_syncs, syncs + 3);
        syncs = node->f.file_syncs;
        assert_int_equal(append_value(node, 1, &end_offset), KERR_NONE);
        assert_int_equal(append_value(node, 2, &end_offset), KERR_NONE);
        expect_applied(0, 0);
        end_burst(c, 0);
        expect_applied(0, 2);
        assert_int_equal(node->f.file_syncs, syncs + 1);
        assert_int_equal(node->q.high_watermark, end_offset);
        quorum_resign(&node->q);
        assert_true(quorum_may_write(&node->q));
        take_down(c, 0);
        boot(c, 0);
        end_burst(c, 0);
        assert_int_equal(node->q.epoch, 2);
        expect_applied(0, 2);
        stop();
}

/* --- elections --- */

/* Goal:   three voters elect one leader; what it appends, all apply, an observer too, and soon: not
 *         only when a held Fetch ends.
 * Method: elect, append, run for a few times the latency of the network. */
static void election(void **state)
{
        (void)state;
        start(3, 1, 1, ZOO_BUGS);
        int leader = elect();
        run_for(c, 3000);
        for (int i = 0; i < 5; i++) {
                assert_true(write_on(c, leader));
                run_for(c, 50);
                for (int k = 0; k < c->count; k++) {
                        expect_applied(k, i + 1);
                        assert_int_equal(c->nodes[k].q.leader, leader + 1);
                }
        }
        assert_false(write_on(c, third(leader, leader)));
        stop();
}

static bool votes_for(int i, int32_t candidate, int32_t epoch)
{
        struct arena arena;
        arena_init(&arena, 10000);
        struct vote_partition p = {0, epoch, candidate, 0, 0};
        struct vote_topic topic = {str_of(METADATA_TOPIC_NAME), {&p, 1}};
        struct vote_request request = {STR_NULL, {&topic, 1}};
        struct vote_response response = {0};
        quorum_handle_vote(&c->nodes[i].q, &request, &arena, &response);
        assert_int_equal(response.error_code, KERR_NONE);
        bool granted = response.topics.items->partitions.items->vote_granted;
        arena_deinit(&arena);
        return granted;
}

/* Goal:   one vote per epoch, whatever happens to the process; vote-forgotten breaks that.
 * Method: vote, lose the power, be asked again by both. */
static void vote_persists(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                start(3, 0, 1, bug ? ZOO_VOTE_FORGOTTEN : ZOO_BUGS);
                assert_true(votes_for(0, 2, 5));
                assert_false(votes_for(0, 3, 5));
                power_cut(c, 0, "nothing");
                boot(c, 0);
                assert_int_equal(votes_for(0, 3, 5), bug);
                assert_int_equal(votes_for(0, 2, 5), !bug);
                assert_false(votes_for(0, 2, 4));
                stop();
        }
}

/* Goal:   a voter that cannot write its vote down does not vote, and takes no part any more.
 * Method: a failing sync. */
static void vote_needs_disk(void **state)
{
        (void)state;
        start(3, 0, 1, ZOO_BUGS);
        sim_disk_fail_syncs(c->nodes[0].f.disk, 1, false);
        assert_false(votes_for(0, 2, 5));
        assert_true(quorum_has_failed(&c->nodes[0].q));
        assert_false(votes_for(0, 2, 6));
        assert_int_equal(quorum_run(&c->nodes[0].q), INT64_MAX);
        stop();
}

/* Goal:   who lacks committed records is not elected, though it stands first; votes-for-shorter-log
 *         breaks that.
 * Method: cut a follower off, commit, kill the leader; let that follower stand. */
static void longer_log_wins(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                start(3, 0, 2, bug ? ZOO_VOTES_FOR_SHORTER_LOG : ZOO_BUGS);
                int leader = elect(), behind = third(leader, leader);
                int ahead = third(leader, behind);
                isolate(c, behind);
                for (int i = 0; i < 3; i++)
                        assert_true(write_on(c, leader));
                run_for(c, 100);
                expect_applied(ahead, 3);
                take_down(c, leader);
                heal(c);
                quorum_stand(&c->nodes[behind].q);
                end_burst(c, behind);
                run_for(c, 6000);
                if (bug) {
                        /* The one that was ahead sees what it knows to be committed go. */
                        assert_non_null(strstr(c->broken, "a node gave up"));
                        c->broken[0] = '\0';
                } else {
                        assert_int_equal(leader_of(c), ahead);
                        expect_applied(behind, 3);
                }
                stop();
        }
}

static bool fetch_as(int leader, int32_t replica_id, int64_t offset, int32_t last_epoch,
                     struct fetch_partition_response *out)
{
        struct quorum *q = &c->nodes[leader].q;
        struct fetch_partition in = {
                .current_leader_epoch = q->epoch,
                .fetch_offset = offset,
                .last_fetched_epoch = last_epoch,
        };
        return quorum_handle_fetch(q, replica_id, &in, 1000, q->high_watermark, out);
}

/* Goal:   records of an older epoch are not committed by counting who has them (Raft, figure 8).
 * Method: a leader appends what nobody hears of, and leads again in a later epoch; a follower then
 *         has that record, and later the LeaderChange behind it. */
static void figure_8(void **state)
{
        (void)state;
        start(3, 0, 3, ZOO_BUGS);
        int leader = elect();
        struct quorum_node *node = &c->nodes[leader];
        struct fetch_partition_response out;
        run_for(c, 1000);
        isolate(c, leader);
        int64_t committed = node->q.high_watermark;
        int32_t old_epoch = node->q.epoch;
        assert_true(write_on(c, leader));
        int64_t end = partition_log_end(node->log);
        quorum_stand(&node->q);
        quorum_lead(&node->q);
        end_burst(c, leader);
        assert_int_equal(node->q.role, QUORUM_LEADER);
        int32_t other = third(leader, leader) + 1;
        fetch_as(leader, other, end, old_epoch, &out);
        assert_false(out.has_diverging_epoch);
        assert_int_equal(node->q.high_watermark, committed);
        assert_false(quorum_may_write(&node->q));
        fetch_as(leader, other, end + 1, node->q.epoch, &out);
        assert_int_equal(node->q.high_watermark, end + 1);
        assert_true(quorum_may_write(&node->q));
        stop();
}

/* Goal:   a leader that hears no majority resigns; never-resigns breaks that. One that lacks only a
 *         minority goes on.
 * Method: cut one follower off, then all. */
static void check_quorum(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                start(3, 0, 4, bug ? ZOO_NEVER_RESIGNS : ZOO_BUGS);
                int leader = elect();
                isolate(c, third(leader, leader));
                run_for(c, 4 * FETCH_MS);
                assert_int_equal(leader_of(c), leader);
                isolate(c, leader);
                run_for(c, 2 * FETCH_MS);
                assert_int_equal(c->nodes[leader].q.role == QUORUM_LEADER, bug);
                stop();
        }
}

/* Goal:   a leader that leaves in good order is succeeded at once, by the most advanced voter.
 * Method: cut one follower off for a while, heal, resign before it has caught up. */
static void resignation(void **state)
{
        (void)state;
        start(3, 0, 5, ZOO_BUGS);
        int leader = elect(), behind = third(leader, leader), ahead = third(leader, behind);
        isolate(c, behind);
        assert_true(write_on(c, leader));
        run_for(c, 100);
        heal(c);
        quorum_resign(&c->nodes[leader].q);
        assert_int_equal(c->nodes[leader].q.role, QUORUM_RESIGNED);
        end_burst(c, leader);
        run_for(c, 100);
        assert_int_equal(leader_of(c), ahead);
        stop();
}

/* --- the log --- */

/* Goal:   what a deposed leader appended alone is cut, and replaced by what was committed.
 * Method: cut the leader off, append on both sides, heal. */
static void divergence(void **state)
{
        (void)state;
        start(3, 1, 6, ZOO_BUGS);
        int old = elect();
        assert_true(write_on(c, old));
        run_for(c, 100);
        isolate(c, old);
        for (int i = 0; i < 5; i++)
                assert_true(write_on(c, old));
        run_for(c, 4 * FETCH_MS);
        int leader = elect();
        assert_int_not_equal(leader, old);
        for (int i = 0; i < 3; i++)
                assert_true(write_on(c, leader));
        run_for(c, 100);
        heal(c);
        run_for(c, 4 * FETCH_MS);
        assert_int_equal(c->truth.count, 4);
        expect_same_logs();
        assert_true(fake_world_logged(&c->nodes[old].f, "cuts the log"));
        stop();
}

/* Goal:   an observer that loses its leader finds the next one; it never stands.
 * Method: kill the leader; append on the next. */
static void observer_follows(void **state)
{
        (void)state;
        start(3, 2, 7, ZOO_BUGS);
        int old = elect();
        run_for(c, 500);
        take_down(c, old);
        run_for(c, 4 * FETCH_MS);
        int leader = elect();
        assert_true(write_on(c, leader));
        run_for(c, 200);
        for (int i = c->voters; i < c->count; i++) {
                expect_applied(i, 1);
                assert_int_equal(c->nodes[i].q.leader, leader + 1);
        }
        stop();
}

/* Goal:   a follower that lies behind the leader's log start gets a snapshot, in pieces, and then
 *         the log; so does one whose disk is new, and an observer. All keep two snapshots.
 * Method: write while one is away, with a snapshot every few records. */
static void snapshot_fetch(void **state)
{
        (void)state;
        for (int wiped = 0; wiped < 2; wiped++) {
                start(3, 1, 8, ZOO_BUGS);
                c->snapshot_bytes = 500;
                int leader = elect(), away = wiped ? third(leader, leader) : 3;
                run_for(c, 1000);
                assert_true(write_on(c, leader));
                run_for(c, 100);
                if (wiped)
                        wipe(c, away);
                else
                        isolate(c, away);
                for (int i = 0; i < 60; i++) {
                        assert_true(write_on(c, leader));
                        run_for(c, 30);
                }
                assert_true(partition_log_start(c->nodes[leader].log) > 0);
                if (wiped)
                        boot(c, away);
                heal(c);
                run_for(c, 4000);
                assert_true(fake_world_logged(&c->nodes[away].f, "begins anew with a snapshot"));
                expect_same_logs();
                expect_applied(away, 61);
                for (int i = 0; i < c->count; i++) {
                        take_down(c, i);
                        boot(c, i);
                }
                run_for(c, 6000);
                expect_same_logs();
                stop();
        }
}

/* Goal:   a node never gives up what it knows to be committed (KAFKA-12460): rather it stops.
 * Method: two of three voters lose their disks, and elect each other. */
static void committed_is_not_cut(void **state)
{
        (void)state;
        start(3, 0, 9, ZOO_BUGS);
        int kept = elect();
        for (int i = 0; i < 5; i++)
                assert_true(write_on(c, kept));
        run_for(c, 100);
        take_down(c, kept);
        memset(c->leader_of, 0, sizeof c->leader_of);
        for (int i = 0; i < 3; i++) {
                if (i == kept)
                        continue;
                wipe(c, i);
                boot(c, i);
        }
        run_for(c, 4 * FETCH_MS);
        assert_non_null(strstr(c->broken, "a leader lacks"));
        c->broken[0] = '\0';
        /* As if it had only been cut off. */
        boot(c, kept);
        c->nodes[kept].q.high_watermark = partition_log_end(c->nodes[kept].log);
        run_for(c, 4 * FETCH_MS);
        assert_true(quorum_has_failed(&c->nodes[kept].q));
        assert_int_equal(c->nodes[kept].values.count, 5);
        c->broken[0] = '\0';
        stop();
}

/* Goal:   a follower syncs before it asks for more; answers-before-flush breaks that.
 * Method: commit, then cut the power of both followers and the links of the leader. */
static void synced_before_it_counts(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                start(3, 0, 10, bug ? ZOO_ANSWERS_BEFORE_FLUSH : ZOO_BUGS);
                int leader = elect();
                assert_true(write_on(c, leader));
                run_for(c, 100);
                expect_applied(leader, 1);
                isolate(c, leader);
                for (int i = 0; i < 3; i++) {
                        if (i == leader)
                                continue;
                        power_cut(c, i, "nothing");
                        boot(c, i);
                }
                run_for(c, 4 * FETCH_MS);
                assert_int_equal(strstr(c->broken, "a leader lacks") != NULL, bug);
                c->broken[0] = '\0';
                stop();
        }
}

/* --- what comes in --- */

/* Goal:   Fetch is refused with the right error, and says who leads.
 * Method: ask a follower; ask the leader in an older and a newer epoch, and beyond its log. */
static void fetch_errors(void **state)
{
        (void)state;
        start(3, 0, 11, ZOO_BUGS);
        int leader = elect(), follower = third(leader, leader);
        struct quorum *q = &c->nodes[leader].q;
        struct fetch_partition_response out;
        run_for(c, 1000);
        assert_true(fetch_as(follower, 9, 0, -1, &out));
        assert_int_equal(out.error_code, KERR_NOT_LEADER_OR_FOLLOWER);
        assert_int_equal(out.current_leader.leader_id, leader + 1);
        struct fetch_partition in = {.current_leader_epoch = q->epoch - 1,
                                     .last_fetched_epoch = -1};
        assert_true(quorum_handle_fetch(q, 9, &in, 1000, q->high_watermark, &out));
        assert_int_equal(out.error_code, KERR_FENCED_LEADER_EPOCH);
        in.current_leader_epoch = q->epoch + 1;
        assert_true(quorum_handle_fetch(q, 9, &in, 1000, q->high_watermark, &out));
        assert_int_equal(out.error_code, KERR_UNKNOWN_LEADER_EPOCH);
        assert_true(fetch_as(leader, 9, 100, q->epoch, &out));
        assert_true(out.has_diverging_epoch);
        assert_int_equal(out.diverging_epoch.end_offset, partition_log_end(c->nodes[leader].log));
        assert_true(fetch_as(leader, 9, 100, q->epoch + 1, &out));
        assert_true(out.has_diverging_epoch);
        /* A consumer. */
        assert_true(fetch_as(leader, -1, 0, -1, &out));
        assert_true(out.error_code == KERR_NONE && out.records.extent.length > 0);
        fetch_as(leader, -1, 100, -1, &out);
        assert_int_equal(out.error_code, KERR_OFFSET_OUT_OF_RANGE);
        /* An observer with nothing to tell it waits. */
        fetch_as(leader, 9, partition_log_end(c->nodes[leader].log), q->epoch, &out);
        assert_false(fetch_as(leader, 9, partition_log_end(c->nodes[leader].log), q->epoch, &out));
        stop();
}

/* Goal:   DescribeQuorum tells voters and observers with their offsets and times. */
static void describe(void **state)
{
        (void)state;
        start(3, 1, 12, ZOO_BUGS);
        int leader = elect();
        assert_true(write_on(c, leader));
        run_for(c, 1000);
        struct arena arena;
        arena_init(&arena, 10000);
        int32_t index = 0;
        struct describe_quorum_topic topic = {str_of(METADATA_TOPIC_NAME), {&index, 1}};
        struct describe_quorum_request in = {{&topic, 1}};
        struct describe_quorum_response out = {0};
        quorum_handle_describe(&c->nodes[leader].q, &in, &arena, &out);
        assert_int_equal(out.error_code, KERR_NONE);
        struct describe_quorum_partition_response *p = out.topics.items->partitions.items;
        assert_int_equal(p->error_code, KERR_NONE);
        assert_int_equal(p->leader_id, leader + 1);
        assert_int_equal(p->high_watermark, partition_log_end(c->nodes[leader].log));
        assert_int_equal(p->current_voters.count, 3);
        assert_int_equal(p->observers.count, 1);
        assert_int_equal(p->observers.items[0].replica_id, 4);
        for (int i = 0; i < 3; i++) {
                assert_int_equal(p->current_voters.items[i].log_end_offset, p->high_watermark);
                int64_t ago_ms = c->nodes[leader].f.wall_ms -
                                 p->current_voters.items[i].last_caught_up_timestamp_ms;
                assert_true(ago_ms >= 0 && ago_ms <= WAIT_MS + 10);
        }
        arena_deinit(&arena);
        stop();
}

static enum kerr reopen_with_state(const char *text)
{
        struct quorum_node *node = &c->nodes[0];
        take_down(c, 0);
        fake_world_write(&node->f, "/d/__cluster_metadata-0/quorum-state",
                         span_of(text, strlen(text)));
        enum kerr err = quorum_node_open(c, 0);
        node->is_up = true;
        return err;
}

/* Goal:   quorum-state is read as Kafka writes it; one that is damaged or names other voters is
 *         refused.
 * Method: replace the file. */
static void state_file(void **state)
{
        (void)state;
        start(1, 0, 13, ZOO_BUGS);
        end_burst(c, 0);
        struct buffer text = {0};
        fake_world_read(&c->nodes[0].f, "/d/__cluster_metadata-0/quorum-state", &text);
        buffer_append(&text, "", 1);
        assert_string_equal((const char *)text.data,
                            "{\"clusterId\":\"\",\"leaderId\":1,\"leaderEpoch\":1,\"votedId\":1,"
                            "\"appliedOffset\":0,\"currentVoters\":[{\"voterId\":1}],"
                            "\"data_version\":0}");
        buffer_deinit(&text);
        assert_int_equal(reopen_with_state("{\"leaderId\": 7, \"leaderEpoch\": 41, \"x\": [1],\n"
                                           "\"votedId\": -1, \"data_version\": 1}"),
                         KERR_NONE);
        assert_int_equal(c->nodes[0].q.epoch, 41);
        assert_int_equal(c->nodes[0].q.voted_for, 7);
        assert_int_equal(reopen_with_state("{\"leaderId\":1,\"leaderEpoch\":1,\"votedId\":1,"
                                           "\"currentVoters\":[{\"voterId\":2}]}"),
                         KERR_INVALID_CONFIG);
        assert_int_equal(reopen_with_state("{\"leaderId\":1,\"leaderEpoch\":x}"), KERR_MALFORMED);
        assert_int_equal(reopen_with_state(""), KERR_MALFORMED);
        stop();
}

/* --- random runs --- */

static void random_fault(void)
{
        int i = (int)rng_between(&c->rng, 0, c->count - 1);
        int k = (int)rng_between(&c->rng, 0, c->count - 1);
        struct quorum_node *node = &c->nodes[i];
        switch (rng_between(&c->rng, 0, 10)) {
        case 0:
        case 1:
                if (!node->is_up)
                        break;
                if (rng_chance(&c->rng, 1, 2))
                        power_cut(c, i, "any");
                else
                        take_down(c, i);
                node->up_ms =
                        c->now_ms + (rng_chance(&c->rng, 1, 2) ? 1 : rng_between(&c->rng, 1, 3000));
                break;
        case 2: isolate(c, i); break;
        case 3: c->cut[i][k] = i != k; break;
        case 4: set_cut(c, i, k, i != k); break;
        case 5: c->drop_per_1000 = (uint32_t)rng_between(&c->rng, 0, 200); break;
        case 6:
                if (node->is_up)
                        quorum_resign(&node->q);
                break;
        case 7:
                if (node->is_up)
                        sim_disk_crash_at(node->f.disk, rng_between(&c->rng, 1, 40));
                break;
        default: heal(c);
        }
}

/* Everything is well again: within some seconds all must agree, and go on. */
static void expect_progress(void)
{
        heal(c);
        for (int i = 0; i < c->count; i++) {
                if (!c->nodes[i].is_up)
                        c->nodes[i].up_ms = c->now_ms;
                sim_disk_crash_at(c->nodes[i].f.disk, INT64_MAX / 2); /* never */
        }
        run_for(c, 15000);
        int leader = leader_of(c);
        if (leader < 0) {
                broke(c, "stuck: no leader", 0, 0);
                return;
        }
        write_on(c, leader);
        run_for(c, 200);
        for (int i = 0; i < c->count; i++) {
                if (c->nodes[i].values.count != c->truth.count || c->truth.count == 0)
                        broke(c, "stuck: behind", i, c->nodes[i].values.count);
        }
}

/* True when a promise was broken. */
static bool random_run(uint64_t seed, enum zoo_bug bug)
{
        static const int64_t snapshot_bytes[] = {300, 2000, INT64_MAX};
        start(seed % 4 == 0 ? 5 : 3, seed % 2, seed, bug);
        c->snapshot_bytes = snapshot_bytes[seed % 3];
        int64_t until_ms = 12000, faults_ms = 0;
        while (c->now_ms < until_ms && !c->broken[0]) {
                run_for(c, rng_between(&c->rng, 1, 100));
                for (int i = 0; i < c->count && !c->broken[0]; i++) {
                        if (c->nodes[i].is_up && c->nodes[i].q.role == QUORUM_LEADER)
                                write_on(c, i);
                }
                if (c->now_ms >= faults_ms && !c->broken[0]) {
                        random_fault();
                        faults_ms = c->now_ms + rng_between(&c->rng, 10, 700);
                }
        }
        if (!c->broken[0])
                expect_progress();
        bool broken = c->broken[0] != '\0';
        if (broken && bug == ZOO_BUGS)
                print_error("seed %llu: %s\n", (unsigned long long)seed, c->broken);
        cluster_deinit(c);
        return broken;
}

enum { SEEDS = 200 };

/* Goal:   crashes, power cuts, cut links and lost messages break none of: one leader per epoch;
 * what is applied is the same everywhere; a leader has all that was committed; the high watermark
 *         never falls; in the end all goes on.
 * Method: 200 random runs. */
static void random_runs(void **state)
{
        (void)state;
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
                assert_false(random_run(seed, ZOO_BUGS));
}

/* Goal: the random runs see these bugs. (Vote-forgotten takes them about a thousand seeds.) */
static void random_runs_find_bugs(void **state)
{
        (void)state;
        static const enum zoo_bug bugs[] = {ZOO_ANSWERS_BEFORE_FLUSH, ZOO_VOTES_FOR_SHORTER_LOG,
                                            ZOO_ACTS_ON_UNCOMMITTED_METADATA};
        for (size_t i = 0; i < sizeof bugs / sizeof *bugs; i++) {
                uint64_t seed = 1;
                while (seed <= SEEDS && !random_run(seed, bugs[i]))
                        seed++;
                assert_true(seed <= SEEDS);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(single_voter),
                cmocka_unit_test(election),
                cmocka_unit_test(vote_persists),
                cmocka_unit_test(vote_needs_disk),
                cmocka_unit_test(longer_log_wins),
                cmocka_unit_test(figure_8),
                cmocka_unit_test(check_quorum),
                cmocka_unit_test(resignation),
                cmocka_unit_test(divergence),
                cmocka_unit_test(observer_follows),
                cmocka_unit_test(snapshot_fetch),
                cmocka_unit_test(committed_is_not_cut),
                cmocka_unit_test(synced_before_it_counts),
                cmocka_unit_test(fetch_errors),
                cmocka_unit_test(describe),
                cmocka_unit_test(state_file),
                cmocka_unit_test(random_runs),
                cmocka_unit_test(random_runs_find_bugs),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

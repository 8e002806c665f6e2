/* The admin's operations on leaders, replicas and the quorum. */
#include "admin_fixture.h"

WRITER(elect_leaders)
WRITER(alter_reassignments)
WRITER(list_reassignments)
WRITER(describe_quorum)

/* --- elections --- */

static void answer_election(struct fixture *f, struct script_request *r, enum kerr whole,
                            enum kerr err)
{
        struct elect_leaders_partition_response partition = {
                .index = 2,
                .error_code = (int16_t)err,
                .error_message = err ? str_of("nobody is left") : STR_NULL};
        struct elect_leaders_topic_response topic = {.name = str_of("t"),
                                                     .partitions = {&partition, 1}};
        struct elect_leaders_response m = {.error_code = (int16_t)whole, .topics = {&topic, 1}};
        if (whole)
                m.topics.count = 0;
        script_reply(f->w, r, -1, write_elect_leaders, &m);
        script_pump(f->w);
}

/* Goal:   an election is asked of the controller, and again after NOT_CONTROLLER, of the one that
 *         fresh metadata names; the partition's error is the operation's.
 * Method: refuse the first attempt, count metadata requests, answer with an error, then without. */
static void elects_a_leader(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        char topic[] = "t";
        admin_elect_leader(f.admin, ELECTION_UNCLEAN, topic, 2, note, &f);
        topic[0] = '?';
        struct script_request r = script_take(f.w, API_ELECT_LEADERS);
        assert_int_equal(r.port, SCRIPT_PORT + 1);
        struct elect_leaders_request m = {0};
        serde_elect_leaders_request(&r.body, &m);
        assert_int_equal(r.body.err, KERR_NONE);
        assert_int_equal(m.election_type, ELECTION_UNCLEAN);
        assert_int_equal(m.timeout_ms, 30000);
        assert_true(str_equal_c(m.topics.items[0].name, "t"));
        assert_int_equal(m.topics.items[0].partitions.count, 1);
        assert_int_equal(m.topics.items[0].partitions.items[0], 2);
        int32_t metadata_before = f.w->metadata_count;
        answer_election(&f, &r, KERR_NOT_CONTROLLER, KERR_NONE);
        script_advance(f.w, 100);
        assert_int_equal(f.done, 0);
        assert_true(f.w->metadata_count > metadata_before);

        r = script_take(f.w, API_ELECT_LEADERS);
        answer_election(&f, &r, KERR_NONE, KERR_ELIGIBLE_LEADERS_NOT_AVAILABLE);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.err, KERR_ELIGIBLE_LEADERS_NOT_AVAILABLE);
        assert_string_equal(f.message, "nobody is left");

        admin_elect_leader(f.admin, ELECTION_PREFERRED, "t", 2, note, &f);
        r = script_take(f.w, API_ELECT_LEADERS);
        answer_election(&f, &r, KERR_NONE, KERR_NONE);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.err, KERR_NONE);
        close_fixture(&f);
}

static void note_elected(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        f->numbers[0] = result->elected->topics.count;
        f->numbers[1] = result->elected->topics.items[0].partitions.items[0].error_code;
}

/* Goal:   an election of all asks for no topic by name and shows each partition's outcome; one
 *         partition's error is not that of the whole.
 * Method: look at the question; answer with one partition in error. */
static void elects_all_leaders(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        admin_elect_all_leaders(f.admin, ELECTION_PREFERRED, note_elected, &f);
        struct script_request r = script_take(f.w, API_ELECT_LEADERS);
        struct elect_leaders_request m = {0};
        serde_elect_leaders_request(&r.body, &m);
        assert_int_equal(m.election_type, ELECTION_PREFERRED);
        assert_int_equal(m.topics.count, -1);
        answer_election(&f, &r, KERR_NONE, KERR_PREFERRED_LEADER_NOT_AVAILABLE);
        assert_int_equal(f.err, KERR_NONE);
        assert_int_equal(f.numbers[0], 1);
        assert_int_equal(f.numbers[1], KERR_PREFERRED_LEADER_NOT_AVAILABLE);
        close_fixture(&f);
}

/* --- reassignments --- */

static void answer_reassignment(struct fixture *f, struct script_request *r, enum kerr whole,
                                enum kerr err)
{
        struct alter_reassignments_partition_response partition = {
                .index = 1, .error_code = (int16_t)err, .error_message = STR_NULL};
        struct alter_reassignments_topic_response topic = {.name = str_of("t"),
                                                           .partitions = {&partition, 1}};
        struct alter_reassignments_response m = {.error_code = (int16_t)whole,
                                                 .error_message = STR_NULL,
                                                 .topics = {&topic, whole ? 0 : 1}};
        script_reply(f->w, r, -1, write_alter_reassignments, &m);
        script_pump(f->w);
}

/* Goal:   a reassignment carries the new replicas in their order, a cancellation carries none; an
 *         error of the whole answer and one of the partition both end the operation.
 * Method: one of each. */
static void reassigns(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        int32_t replicas[] = {3, 1};
        admin_reassign(f.admin, "t", 1, replicas, 2, note, &f);
        replicas[0] = 77;
        struct script_request r = script_take(f.w, API_ALTER_PARTITION_REASSIGNMENTS);
        assert_int_equal(r.port, SCRIPT_PORT + 1);
        struct alter_reassignments_request m = {0};
        serde_alter_reassignments_request(&r.body, &m);
        const struct alter_reassignments_partition *p = &m.topics.items[0].partitions.items[0];
        assert_int_equal(p->index, 1);
        assert_int_equal(p->replicas.count, 2);
        assert_int_equal(p->replicas.items[0], 3);
        assert_int_equal(p->replicas.items[1], 1);
        answer_reassignment(&f, &r, KERR_NONE, KERR_INVALID_REPLICA_ASSIGNMENT);
        assert_int_equal(f.err, KERR_INVALID_REPLICA_ASSIGNMENT);

        admin_reassign(f.admin, "t", 1, NULL, -1, note, &f);
        r = script_take(f.w, API_ALTER_PARTITION_REASSIGNMENTS);
        serde_alter_reassignments_request(&r.body, &m);
        assert_int_equal(m.topics.items[0].partitions.items[0].replicas.count, -1);
        answer_reassignment(&f, &r, KERR_CLUSTER_AUTHORIZATION_FAILED, KERR_NONE);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.err, KERR_CLUSTER_AUTHORIZATION_FAILED);

        admin_reassign(f.admin, "t", 1, NULL, -1, note, &f);
        r = script_take(f.w, API_ALTER_PARTITION_REASSIGNMENTS);
        answer_reassignment(&f, &r, KERR_NONE, KERR_NONE);
        assert_int_equal(f.done, 3);
        assert_int_equal(f.err, KERR_NONE);
        close_fixture(&f);
}

static void note_moves(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        const struct list_reassignments_partition_response *p =
                &result->reassignments->topics.items[0].partitions.items[0];
        f->numbers[0] = p->replicas.count;
        f->numbers[1] = p->adding_replicas.items[0];
        f->numbers[2] = p->removing_replicas.items[0];
}

/* Goal:   what is on the move comes back whole.
 * Method: all topics are asked for; one partition with a broker coming and one going. */
static void lists_reassignments(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        admin_list_reassignments(f.admin, note_moves, &f);
        struct script_request r = script_take(f.w, API_LIST_PARTITION_REASSIGNMENTS);
        struct list_reassignments_request m = {0};
        serde_list_reassignments_request(&r.body, &m);
        assert_int_equal(m.topics.count, -1);
        int32_t replicas[] = {4, 1, 2}, adding[] = {4}, removing[] = {2};
        struct list_reassignments_partition_response partition = {
                .replicas = {replicas, 3},
                .adding_replicas = {adding, 1},
                .removing_replicas = {removing, 1}};
        struct list_reassignments_topic_response topic = {.name = str_of("t"),
                                                          .partitions = {&partition, 1}};
        struct list_reassignments_response answer = {.error_message = STR_NULL,
                                                     .topics = {&topic, 1}};
        script_reply(f.w, &r, -1, write_list_reassignments, &answer);
        script_pump(f.w);
        assert_int_equal(f.err, KERR_NONE);
        assert_int_equal(f.numbers[0], 3);
        assert_int_equal(f.numbers[1], 4);
        assert_int_equal(f.numbers[2], 2);
        close_fixture(&f);
}

/* --- the quorum --- */

static void note_quorum(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        if (result->err)
                return;
        f->numbers[0] = result->quorum->leader_id;
        f->numbers[1] = result->quorum->high_watermark;
        f->numbers[2] = result->quorum->current_voters.items[0].log_end_offset;
}

/* Goal:   the quorum is asked for by the name of its log; one that does not lead sends us on; an
 *         answer without the partition is malformed.
 * Method: refuse once, answer; then answer with nothing. */
static void describes_the_quorum(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        struct describe_quorum_replica voter = {.replica_id = 2, .log_end_offset = 11};
        struct describe_quorum_partition_response partition = {.error_code =
                                                                       KERR_NOT_LEADER_OR_FOLLOWER,
                                                               .leader_id = 2,
                                                               .high_watermark = 10,
                                                               .current_voters = {&voter, 1}};
        struct describe_quorum_topic_response topic = {.name = str_of("__cluster_metadata"),
                                                       .partitions = {&partition, 1}};
        struct describe_quorum_response answer = {.topics = {&topic, 1}};
        admin_describe_quorum(f.admin, note_quorum, &f);
        struct script_request r = script_take(f.w, API_DESCRIBE_QUORUM);
        struct describe_quorum_request m = {0};
        serde_describe_quorum_request(&r.body, &m);
        assert_true(str_equal_c(m.topics.items[0].name, "__cluster_metadata"));
        assert_int_equal(m.topics.items[0].partitions.items[0], 0);
        script_reply(f.w, &r, -1, write_describe_quorum, &answer);
        script_pump(f.w);
        script_advance(f.w, 100);
        assert_int_equal(f.done, 0);

        r = script_take(f.w, API_DESCRIBE_QUORUM);
        partition.error_code = KERR_NONE;
        script_reply(f.w, &r, -1, write_describe_quorum, &answer);
        script_pump(f.w);
        assert_int_equal(f.err, KERR_NONE);
        assert_int_equal(f.numbers[0], 2);
        assert_int_equal(f.numbers[1], 10);
        assert_int_equal(f.numbers[2], 11);

        admin_describe_quorum(f.admin, note_quorum, &f);
        r = script_take(f.w, API_DESCRIBE_QUORUM);
        answer.topics.count = 0;
        script_reply(f.w, &r, -1, write_describe_quorum, &answer);
        script_pump(f.w);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.err, KERR_MALFORMED);
        close_fixture(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(elects_a_leader),
                cmocka_unit_test(elects_all_leaders),
                cmocka_unit_test(reassigns),
                cmocka_unit_test(lists_reassignments),
                cmocka_unit_test(describes_the_quorum),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

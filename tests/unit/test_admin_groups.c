/* The admin's operations on groups, their offsets, transactions and producers. */
#include "admin_fixture.h"

#include "wire/describe_producers.h"
#include "wire/find_coordinator.h"

WRITER(find_coordinator)
WRITER(list_groups)
WRITER(list_transactions)
WRITER(describe_groups)
WRITER(delete_groups)
WRITER(offset_fetch)
WRITER(offset_commit)
WRITER(offset_delete)
WRITER(describe_transactions)
WRITER(describe_producers)

/* Answers the question who coordinates `key`: that node, or an error. */
static void answer_find(struct fixture *f, enum coordinator_type type, const char *key,
                        enum kerr err, int32_t node)
{
        struct script_request r = script_take(f->w, API_FIND_COORDINATOR);
        struct find_coordinator_request asked = {0};
        serde_find_coordinator_request(&r.body, &asked);
        assert_int_equal(r.body.err, KERR_NONE);
        assert_int_equal(asked.key_type, type);
        assert_int_equal(asked.coordinator_keys.count, 1);
        assert_true(str_equal_c(asked.coordinator_keys.items[0], key));
        struct find_coordinator_coordinator found = {.key = asked.coordinator_keys.items[0],
                                                     .node_id = err ? -1 : node,
                                                     .host = str_of("broker"),
                                                     .port = SCRIPT_PORT + node,
                                                     .error_code = (int16_t)err,
                                                     .error_message = STR_NULL};
        struct find_coordinator_response m = {.coordinators = {&found, 1}};
        script_reply(f->w, &r, -1, write_find_coordinator, &m);
        script_pump(f->w);
}

/* The request that follows, which must have gone to that node. */
static struct script_request take_from(struct fixture *f, int16_t api_key, int32_t node)
{
        struct script_request r = script_take(f->w, api_key);
        assert_int_equal(r.port, SCRIPT_PORT + node);
        return r;
}

static void reply(struct fixture *f, struct script_request *r,
                  void (*write)(struct serde *s, void *m), void *m)
{
        script_reply(f->w, r, -1, write, m);
        script_pump(f->w);
}

/* --- lists --- */

static void note_groups(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        f->numbers[0] = result->err ? -1 : result->groups->groups.count;
}

static void note_transactions(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        f->numbers[0] = result->err ? -1 : result->transactions->transaction_states.count;
}

/* Goal:   lists are asked of the broker named, of no coordinator, and without a filter; a broker
 *         that still loads its groups is asked again.
 * Method: two questions to different brokers, the first refused once. */
static void lists_ask_one_broker(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        admin_list_groups(f.admin, 3, note_groups, &f);
        struct script_request r = take_from(&f, API_LIST_GROUPS, 3);
        struct list_groups_response loading = {.error_code = KERR_COORDINATOR_LOAD_IN_PROGRESS};
        reply(&f, &r, write_list_groups, &loading);
        assert_int_equal(f.done, 0);
        script_advance(f.w, 100);
        r = take_from(&f, API_LIST_GROUPS, 3);
        struct list_groups_request asked = {0};
        serde_list_groups_request(&r.body, &asked);
        assert_int_equal(asked.states_filter.count, 0);
        struct list_groups_group group = {.group_id = str_of("g"),
                                          .protocol_type = str_of("consumer"),
                                          .group_state = str_of("Stable"),
                                          .group_type = str_of("classic")};
        struct list_groups_response listed = {.groups = {&group, 1}};
        reply(&f, &r, write_list_groups, &listed);
        assert_int_equal(f.err, KERR_NONE);
        assert_int_equal(f.numbers[0], 1);

        admin_list_transactions(f.admin, 2, note_transactions, &f);
        r = take_from(&f, API_LIST_TRANSACTIONS, 2);
        struct list_transactions_request all = {0};
        serde_list_transactions_request(&r.body, &all);
        assert_int_equal(r.body.err, KERR_NONE);
        assert_int_equal(all.state_filters.count, 0);
        assert_int_equal(all.duration_filter_ms, -1);
        struct list_transactions_state open = {.transactional_id = str_of("t"),
                                               .producer_id = 7,
                                               .transaction_state = str_of("Ongoing")};
        struct list_transactions_response transactions = {.transaction_states = {&open, 1}};
        reply(&f, &r, write_list_transactions, &transactions);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.numbers[0], 1);
        close_fixture(&f);
}

/* --- one group --- */

static void note_group(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        f->numbers[0] = result->err ? -1 : result->group->members.count;
        if (!result->err)
                str_copy(result->group->group_state, f->message, sizeof f->message);
}

/* Goal:   a group is described by its coordinator; one that has moved away is looked for again; a
 *         group that does not exist is an answer.
 * Method: the first coordinator says NOT_COORDINATOR, the second answers "Dead". */
static void describes_a_group(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        char name[] = "g";
        admin_describe_group(f.admin, name, note_group, &f);
        name[0] = '?';
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 2);
        struct script_request r = take_from(&f, API_DESCRIBE_GROUPS, 2);
        struct describe_groups_group group = {.error_code = KERR_NOT_COORDINATOR,
                                              .group_id = str_of("g"),
                                              .group_state = str_of(""),
                                              .protocol_type = str_of(""),
                                              .protocol_data = str_of("")};
        struct describe_groups_response m = {.groups = {&group, 1}};
        reply(&f, &r, write_describe_groups, &m);
        script_advance(f.w, 100);
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 3);
        r = take_from(&f, API_DESCRIBE_GROUPS, 3);
        struct describe_groups_request asked = {0};
        serde_describe_groups_request(&r.body, &asked);
        assert_int_equal(asked.groups.count, 1);
        assert_true(str_equal_c(asked.groups.items[0], "g"));
        group.error_code = KERR_NONE;
        group.group_state = str_of("Dead");
        reply(&f, &r, write_describe_groups, &m);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.err, KERR_NONE);
        assert_int_equal(f.numbers[0], 0);
        assert_string_equal(f.message, "Dead");
        close_fixture(&f);
}

/* Goal:   an answer about no group, or about two, is malformed and not read.
 * Method: DescribeGroups with none, DeleteGroups with two. */
static void answers_about_others_are_malformed(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        admin_describe_group(f.admin, "g", note, &f);
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 1);
        struct script_request r = take_from(&f, API_DESCRIBE_GROUPS, 1);
        struct describe_groups_response none = {0};
        reply(&f, &r, write_describe_groups, &none);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.err, KERR_MALFORMED);

        admin_delete_group(f.admin, "g", note, &f);
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 1);
        r = take_from(&f, API_DELETE_GROUPS, 1);
        struct delete_groups_result two[] = {{str_of("g"), 0}, {str_of("h"), 0}};
        struct delete_groups_response m = {.results = {two, 2}};
        reply(&f, &r, write_delete_groups, &m);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.err, KERR_MALFORMED);
        close_fixture(&f);
}

/* Goal:   deletion tells the group's error; when the answer is lost it is unknown, and asked again.
 * Method: NON_EMPTY_GROUP; then a stream that dies, and GROUP_ID_NOT_FOUND from the second try. */
static void deletes_a_group(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        admin_delete_group(f.admin, "g", note, &f);
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 2);
        struct script_request r = take_from(&f, API_DELETE_GROUPS, 2);
        struct delete_groups_request asked = {0};
        serde_delete_groups_request(&r.body, &asked);
        assert_true(str_equal_c(asked.groups.items[0], "g"));
        struct delete_groups_result result = {str_of("g"), KERR_NON_EMPTY_GROUP};
        struct delete_groups_response m = {.results = {&result, 1}};
        reply(&f, &r, write_delete_groups, &m);
        assert_int_equal(f.err, KERR_NON_EMPTY_GROUP);
        assert_false(f.unknown);

        admin_delete_group(f.admin, "g", note, &f);
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 2);
        r = take_from(&f, API_DELETE_GROUPS, 2);
        packet_free(r.packet);
        script_cut(f.w, r.stream);
        script_advance(f.w, 100);
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 2);
        r = take_from(&f, API_DELETE_GROUPS, 2);
        result.error_code = KERR_GROUP_ID_NOT_FOUND;
        reply(&f, &r, write_delete_groups, &m);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.err, KERR_GROUP_ID_NOT_FOUND);
        assert_true(f.unknown);
        close_fixture(&f);
}

/* --- offsets --- */

static void note_offsets(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        if (result->err)
                return;
        f->numbers[0] = result->offsets->topics.count;
        f->numbers[1] = result->offsets->topics.items[0].partitions.items[0].committed_offset;
}

/* Goal:   all offsets of a group are asked for without naming a topic; an error of the group is the
 *         operation's.
 * Method: look at the question; answer with one offset, then with an error. */
static void lists_offsets(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        struct offset_fetch_partition_response partition = {
                .index = 1, .committed_offset = 42, .metadata = STR_NULL};
        struct offset_fetch_topic_response topic = {.name = str_of("t"),
                                                    .partitions = {&partition, 1}};
        struct offset_fetch_group_response group = {.group_id = str_of("g"), .topics = {&topic, 1}};
        struct offset_fetch_response m = {.groups = {&group, 1}};
        for (int i = 0; i < 2; i++) {
                admin_list_group_offsets(f.admin, "g", note_offsets, &f);
                answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 1);
                struct script_request r = take_from(&f, API_OFFSET_FETCH, 1);
                struct offset_fetch_request asked = {0};
                serde_offset_fetch_request(&r.body, &asked);
                assert_int_equal(r.body.err, KERR_NONE);
                assert_true(str_equal_c(asked.groups.items[0].group_id, "g"));
                assert_int_equal(asked.groups.items[0].topics.count, -1);
                assert_false(asked.require_stable);
                reply(&f, &r, write_offset_fetch, &m);
                assert_int_equal(f.err, i ? KERR_GROUP_ID_NOT_FOUND : KERR_NONE);
                group.error_code = KERR_GROUP_ID_NOT_FOUND;
                group.topics.count = 0;
        }
        assert_int_equal(f.numbers[0], 1);
        assert_int_equal(f.numbers[1], 42);
        close_fixture(&f);
}

static void note_committed(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        for (int i = 0; i < 2 && !result->err; i++)
                f->numbers[i] = result->committed->topics.items[0].partitions.items[i].error_code;
}

static void answer_commit(struct fixture *f, enum kerr first, enum kerr second)
{
        struct script_request r = take_from(f, API_OFFSET_COMMIT, 2);
        struct offset_commit_request asked = {0};
        serde_offset_commit_request(&r.body, &asked);
        assert_int_equal(r.body.err, KERR_NONE);
        assert_true(str_equal_c(asked.group_id, "g"));
        assert_int_equal(asked.generation_id, -1);
        assert_int_equal(asked.member_id.size, 0);
        assert_true(str_equal_c(asked.topics.items[0].name, "t"));
        assert_int_equal(asked.topics.items[0].partitions.count, 2);
        assert_int_equal(asked.topics.items[0].partitions.items[1].committed_offset, 11);
        struct offset_commit_partition_response partitions[] = {{0, (int16_t)first},
                                                                {1, (int16_t)second}};
        struct offset_commit_topic_response topic = {.name = str_of("t"),
                                                     .partitions = {partitions, 2}};
        struct offset_commit_response m = {.topics = {&topic, 1}};
        reply(f, &r, write_offset_commit, &m);
}

/* Goal:   offsets are committed from outside the group; an error that may pass away makes it ask
 *         again, another is its partition's alone.
 * Method: one partition not ready at first, then one refused; the caller's memory is overwritten
 *         before the question is written. */
static void alters_offsets(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        char name[] = "t";
        struct offset_commit_partition partitions[] = {
                {.index = 0, .committed_offset = 10, .committed_leader_epoch = -1},
                {.index = 1, .committed_offset = 11, .committed_leader_epoch = -1}};
        struct offset_commit_topic topic = {.name = str_of(name), .partitions = {partitions, 2}};
        admin_alter_group_offsets(f.admin, "g", &topic, 1, note_committed, &f);
        name[0] = '?';
        memset(partitions, 0, sizeof partitions);
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 2);
        answer_commit(&f, KERR_NONE, KERR_COORDINATOR_LOAD_IN_PROGRESS);
        assert_int_equal(f.done, 0);
        script_advance(f.w, 100);
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 2);
        answer_commit(&f, KERR_NONE, KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.err, KERR_NONE);
        assert_int_equal(f.numbers[0], KERR_NONE);
        assert_int_equal(f.numbers[1], KERR_UNKNOWN_MEMBER_ID);
        close_fixture(&f);
}

static void note_deleted(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        if (!result->err)
                f->numbers[0] = result->deleted->topics.items[0].partitions.items[0].error_code;
}

/* Goal:   offsets are deleted; the error of a partition and that of the group are told apart.
 * Method: GROUP_SUBSCRIBED_TO_TOPIC for the partition, then GROUP_ID_NOT_FOUND for the whole. */
static void deletes_offsets(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        struct offset_delete_partition_response partition = {1, KERR_GROUP_SUBSCRIBED_TO_TOPIC};
        struct offset_delete_topic_response answered = {.name = str_of("t"),
                                                        .partitions = {&partition, 1}};
        struct offset_delete_response m = {.topics = {&answered, 1}};
        for (int i = 0; i < 2; i++) {
                char name[] = "t";
                int32_t index = 1;
                struct offset_delete_topic topic = {.name = str_of(name),
                                                    .partitions = {&index, 1}};
                admin_delete_group_offsets(f.admin, "g", &topic, 1, note_deleted, &f);
                name[0] = '?';
                index = 9;
                answer_find(&f, COORDINATOR_GROUP, "g", KERR_NONE, 1);
                struct script_request r = take_from(&f, API_OFFSET_DELETE, 1);
                struct offset_delete_request asked = {0};
                serde_offset_delete_request(&r.body, &asked);
                assert_true(str_equal_c(asked.group_id, "g"));
                assert_true(str_equal_c(asked.topics.items[0].name, "t"));
                assert_int_equal(asked.topics.items[0].partitions.items[0], 1);
                reply(&f, &r, write_offset_delete, &m);
                assert_int_equal(f.err, i ? KERR_GROUP_ID_NOT_FOUND : KERR_NONE);
                assert_int_equal(f.numbers[0], KERR_GROUP_SUBSCRIBED_TO_TOPIC);
                m.error_code = KERR_GROUP_ID_NOT_FOUND;
                m.topics.count = 0;
        }
        close_fixture(&f);
}

/* --- transactions and producers --- */

static void note_transaction(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        if (!result->err)
                f->numbers[0] = result->transaction->producer_id;
}

/* Goal:   a transaction is described by its own coordinator, not by that of a group of this name;
 *         an id that nobody knows ends it at once.
 * Method: look at the question who coordinates it; answer, then answer with an error. */
static void describes_a_transaction(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        struct describe_transactions_state described = {.transactional_id = str_of("t"),
                                                        .transaction_state = str_of("Ongoing"),
                                                        .producer_id = 77};
        struct describe_transactions_response m = {.transaction_states = {&described, 1}};
        for (int i = 0; i < 2; i++) {
                admin_describe_transaction(f.admin, "t", note_transaction, &f);
                answer_find(&f, COORDINATOR_TRANSACTION, "t", KERR_NONE, 3);
                struct script_request r = take_from(&f, API_DESCRIBE_TRANSACTIONS, 3);
                struct describe_transactions_request asked = {0};
                serde_describe_transactions_request(&r.body, &asked);
                assert_true(str_equal_c(asked.transactional_ids.items[0], "t"));
                reply(&f, &r, write_describe_transactions, &m);
                assert_int_equal(f.err, i ? KERR_TRANSACTIONAL_ID_NOT_FOUND : KERR_NONE);
                described.error_code = KERR_TRANSACTIONAL_ID_NOT_FOUND;
        }
        assert_int_equal(f.numbers[0], 77);
        close_fixture(&f);
}

static void note_producers(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        note(context, result);
        if (!result->err)
                f->numbers[0] = result->producers->active_producers.items[0].producer_id;
}

/* Goal:   producers are described by the partition's leader, which is looked up anew after
 *         NOT_LEADER_OR_FOLLOWER; the partition's words are the operation's.
 * Method: refuse, move the leader, answer; then an error with a message, then no partition. */
static void describes_producers(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        struct describe_producers_producer producer = {.producer_id = 5};
        struct describe_producers_partition_response partition = {
                .index = 2, .error_code = KERR_NOT_LEADER_OR_FOLLOWER, .error_message = STR_NULL};
        struct describe_producers_topic_response topic = {.name = str_of("t"),
                                                          .partitions = {&partition, 1}};
        struct describe_producers_response m = {.topics = {&topic, 1}};
        admin_describe_producers(f.admin, "t", 2, note_producers, &f);
        struct script_request r = take_from(&f, API_DESCRIBE_PRODUCERS, 1);
        f.w->leader[2] = 2;
        reply(&f, &r, write_describe_producers, &m);
        script_advance(f.w, 200);
        r = take_from(&f, API_DESCRIBE_PRODUCERS, 2);
        struct describe_producers_request asked = {0};
        serde_describe_producers_request(&r.body, &asked);
        assert_true(str_equal_c(asked.topics.items[0].name, "t"));
        assert_int_equal(asked.topics.items[0].partitions.items[0], 2);
        partition.error_code = KERR_NONE;
        partition.active_producers.items = &producer;
        partition.active_producers.count = 1;
        reply(&f, &r, write_describe_producers, &m);
        assert_int_equal(f.err, KERR_NONE);
        assert_int_equal(f.numbers[0], 5);

        admin_describe_producers(f.admin, "t", 2, note_producers, &f);
        r = take_from(&f, API_DESCRIBE_PRODUCERS, 2);
        partition.error_code = KERR_TOPIC_AUTHORIZATION_FAILED;
        partition.error_message = str_of("not for you");
        reply(&f, &r, write_describe_producers, &m);
        assert_int_equal(f.err, KERR_TOPIC_AUTHORIZATION_FAILED);
        assert_string_equal(f.message, "not for you");

        admin_describe_producers(f.admin, "t", 2, note_producers, &f);
        r = take_from(&f, API_DESCRIBE_PRODUCERS, 2);
        m.topics.count = 0;
        reply(&f, &r, write_describe_producers, &m);
        assert_int_equal(f.done, 3);
        assert_int_equal(f.err, KERR_MALFORMED);
        close_fixture(&f);
}

/* Goal:   what stands in the way of finding the coordinator ends the operation: an error for good
 *         at once, a passing one when its time is over, even while it asks.
 * Method: GROUP_AUTHORIZATION_FAILED; then COORDINATOR_NOT_AVAILABLE for a minute, and no answer to
 *         the last question. */
static void without_a_coordinator_it_fails(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        admin_delete_group(f.admin, "g", note, &f);
        answer_find(&f, COORDINATOR_GROUP, "g", KERR_GROUP_AUTHORIZATION_FAILED, -1);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.err, KERR_GROUP_AUTHORIZATION_FAILED);

        admin_delete_group(f.admin, "g", note, &f);
        for (int i = 0; i < 8; i++) {
                script_advance(f.w, 7000);
                answer_find(&f, COORDINATOR_GROUP, "g", KERR_COORDINATOR_NOT_AVAILABLE, -1);
        }
        script_advance(f.w, 3999);
        assert_int_equal(f.done, 1);
        script_advance(f.w, 1);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.err, KERR_COORDINATOR_NOT_AVAILABLE);
        assert_false(f.unknown);
        close_fixture(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lists_ask_one_broker),
                cmocka_unit_test(describes_a_group),
                cmocka_unit_test(answers_about_others_are_malformed),
                cmocka_unit_test(deletes_a_group),
                cmocka_unit_test(lists_offsets),
                cmocka_unit_test(alters_offsets),
                cmocka_unit_test(deletes_offsets),
                cmocka_unit_test(describes_a_transaction),
                cmocka_unit_test(describes_producers),
                cmocka_unit_test(without_a_coordinator_it_fails),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Partitions move to other brokers, and back. */
#include "cluster/reassignment.h"
#include "controller_fixture.h"

static struct image_partition on(int32_t a, int32_t b)
{
        return (struct image_partition){.replicas = {{a, b}, 2}, .isr = {{a, b}, 2}, .leader = a};
}

/* Goal:   the steps of reassignment.h, without a controller: begin, not yet complete, complete;
 *         undone; and a new target first takes out what the old one was adding.
 * Method: {1,2} to {3,2}. */
static void the_sets_follow_the_steps(void **state)
{
        (void)state;
        struct image_partition p = on(1, 2);
        assert_false(reassignment_finish(&p));
        assert_true(reassignment_begin(&p, &(struct replica_set){{3, 2}, 2}));
        assert_ids(&p.replicas, 3, 3, 2, 1);
        assert_ids(&p.adding, 1, 3);
        assert_ids(&p.removing, 1, 1);
        assert_false(reassignment_finish(&p));

        struct image_partition undone = p;
        replica_set_add(&undone.isr, 3);
        reassignment_undo(&undone);
        assert_ids(&undone.replicas, 2, 2, 1);
        assert_ids(&undone.isr, 2, 1, 2);
        assert_false(reassignment_goes_on(&undone));

        struct image_partition other = p;
        replica_set_add(&other.isr, 3);
        assert_true(reassignment_begin(&other, &(struct replica_set){{4, 3, 1}, 3}));
        assert_ids(&other.replicas, 4, 4, 3, 1, 2);
        assert_ids(&other.adding, 2, 4, 3);
        assert_ids(&other.removing, 1, 2);
        assert_true(replica_set_has(&other.isr, 3));

        replica_set_add(&p.isr, 3);
        assert_true(reassignment_finish(&p));
        assert_ids(&p.replicas, 2, 3, 2);
        assert_ids(&p.isr, 2, 2, 3);
        assert_false(reassignment_goes_on(&p));
}

/* Goal:   more than REPLICAS_MAX at a time is refused.
 * Method: 16 replicas to 16 others. */
static void there_is_a_limit(void **state)
{
        (void)state;
        struct image_partition p = on(100, 101);
        struct replica_set target = {.count = 0};
        for (int32_t id = 0; id < REPLICAS_MAX - 1; id++)
                replica_set_add(&target, id);
        assert_false(reassignment_begin(&p, &target));
}

/* Asks to move t-0; count -1: to stop. */
static enum kerr reassign(struct fixture *f, int32_t *ids, int32_t count)
{
        struct alter_reassignments_partition partition = {0, {ids, count}};
        struct alter_reassignments_topic topic = {str_of("t"), {&partition, 1}};
        struct alter_reassignments_request in = {.topics = {&topic, 1}};
        struct alter_reassignments_response out;
        controller_reassign(&f->controller, &in, &f->arena, &out);
        assert_int_equal(out.error_code, KERR_NONE);
        enum kerr err = (enum kerr)out.topics.items[0].partitions.items[0].error_code;
        assert_int_equal(out.topics.items[0].partitions.items[0].error_message.size < 0, !err);
        submit(f);
        return err;
}

static struct list_reassignments_response list(struct fixture *f,
                                               struct list_reassignments_topic *topic)
{
        struct list_reassignments_request in = {.topics = {topic, topic ? 1 : -1}};
        struct list_reassignments_response out;
        controller_list_reassignments(&f->controller, &in, &f->arena, &out);
        return out;
}

/* Goal:   a partition moves: it is listed while it does, and when the leader has brought the new
 *         replicas into the ISR the old ones are gone, its own leadership included.
 * Method: {1,2} to {3,4}: 3 joins, then 4. */
static void a_partition_moves(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 4);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2}, 2);
        assert_int_equal(list(&f, NULL).topics.count, 0);
        assert_int_equal(reassign(&f, (int32_t[]){3, 4}, 2), KERR_NONE);
        assert_int_equal(p->leader, 1);
        assert_int_equal(p->leader_epoch, 0);

        struct list_reassignments_response told = list(&f, NULL);
        assert_int_equal(told.topics.count, 1);
        assert_int_equal(told.topics.items[0].partitions.items[0].replicas.count, 4);
        assert_int_equal(told.topics.items[0].partitions.items[0].adding_replicas.count, 2);
        assert_int_equal(told.topics.items[0].partitions.items[0].removing_replicas.items[1], 2);
        int32_t none = 7;
        struct list_reassignments_topic elsewhere = {str_of("t"), {&none, 1}};
        assert_int_equal(list(&f, &elsewhere).topics.count, 0);

        assert_int_equal(alter_isr(&f, 1, (int32_t[]){1, 2, 3}, NULL, 3, 0, 0), KERR_NONE);
        assert_true(reassignment_goes_on(p));
        assert_int_equal(alter_isr(&f, 1, (int32_t[]){1, 2, 3, 4}, NULL, 4, 0, 0),
                         KERR_NEW_LEADER_ELECTED);
        assert_ids(&p->replicas, 2, 3, 4);
        assert_ids(&p->isr, 2, 3, 4);
        assert_int_equal(p->leader, 3);
        assert_int_equal(p->leader_epoch, 1);
        assert_int_equal(list(&f, NULL).topics.count, 0);
        fixture_deinit(&f);
}

/* Goal:   to take replicas away needs no waiting, and raises the leader epoch though the leader
 *         stays: the old follower is fenced.
 * Method: {1,2,3} to {2,1}. */
static void fewer_replicas_come_at_once(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 3);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2, 3}, 3);
        assert_int_equal(reassign(&f, (int32_t[]){2, 1}, 2), KERR_NONE);
        assert_ids(&p->replicas, 2, 2, 1);
        assert_ids(&p->isr, 2, 1, 2);
        assert_int_equal(p->leader, 1);
        assert_int_equal(p->leader_epoch, 1);
        fixture_deinit(&f);
}

/* Goal:   a reassignment can be stopped, once; not when only those that were being added are left
 *         in the ISR, because nobody eligible would lead.
 * Method: {1,2} to {3,4}, stopped; again, and now 1 and 2 die when 3 has joined. */
static void it_can_be_undone(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 4);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2}, 2);
        assert_int_equal(reassign(&f, NULL, -1), KERR_NO_REASSIGNMENT_IN_PROGRESS);
        assert_int_equal(reassign(&f, (int32_t[]){3, 4}, 2), KERR_NONE);
        assert_int_equal(reassign(&f, NULL, -1), KERR_NONE);
        assert_ids(&p->replicas, 2, 1, 2);
        assert_int_equal(reassign(&f, NULL, -1), KERR_NO_REASSIGNMENT_IN_PROGRESS);

        assert_int_equal(reassign(&f, (int32_t[]){3, 4}, 2), KERR_NONE);
        assert_int_equal(alter_isr(&f, 1, (int32_t[]){1, 2, 3}, NULL, 3, 0, 0), KERR_NONE);
        lose(&f, 2, 4);
        lose(&f, 1, 4);
        assert_int_equal(p->leader, 3);
        assert_int_equal(reassign(&f, NULL, -1), KERR_INVALID_REPLICA_ASSIGNMENT);
        assert_int_equal(p->leader, 3);
        fixture_deinit(&f);
}

/* Goal:   what cannot be is refused, and changes nothing.
 * Method: no replicas, strangers, repetitions, too many; a partition that is not there. */
static void bad_targets_are_refused(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, REPLICAS_MAX + 2);
        struct image_partition *p = make_topic(&f, (int32_t[]){17, 18}, 2);
        enum kerr bad = KERR_INVALID_REPLICA_ASSIGNMENT;
        int32_t all[REPLICAS_MAX];
        for (int32_t i = 0; i < REPLICAS_MAX; i++)
                all[i] = i + 1;
        assert_int_equal(reassign(&f, NULL, 0), bad);
        assert_int_equal(reassign(&f, (int32_t[]){1, 99}, 2), bad);
        assert_int_equal(reassign(&f, (int32_t[]){1, 1}, 2), bad);
        assert_int_equal(reassign(&f, all, REPLICAS_MAX), bad);
        assert_int_equal(p->partition_epoch, 0);
        char why[WHY_TEXT_BYTES];
        assert_int_equal(controller_delete_topic(&f.controller, str_of("t"), why, sizeof why),
                         KERR_NONE);
        assert_int_equal(reassign(&f, all, 1), KERR_UNKNOWN_TOPIC_OR_PARTITION);
        fixture_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_sets_follow_the_steps),
                cmocka_unit_test(there_is_a_limit),
                cmocka_unit_test(a_partition_moves),
                cmocka_unit_test(fewer_replicas_come_at_once),
                cmocka_unit_test(it_can_be_undone),
                cmocka_unit_test(bad_targets_are_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

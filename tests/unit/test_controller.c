/* The controller: topics, AlterPartition, elections, and who hears what when. */
#include "controller_fixture.h"

/* --- topics --- */

static enum kerr create(struct fixture *f, const char *name, int32_t partitions, int32_t replicas)
{
        struct new_topic topic = {.name = str_of(name),
                                  .partition_count = partitions,
                                  .replication_factor = replicas};
        return controller_create_topic(&f->controller, &topic, f->why, sizeof f->why);
}

static enum kerr grow(struct fixture *f, const char *name, int32_t count, bool validate_only)
{
        struct create_partitions_topic topic = {
                .name = str_of(name), .count = count, .assignments.count = -1};
        return controller_create_partitions(&f->controller, &topic, validate_only, f->why,
                                            sizeof f->why);
}

/* Goal:   a new topic's partitions are spread, all replicas in sync, the first one leads; topics of
 *         one burst see each other; more partitions come in the same way.
 * Method: three brokers and one that is fenced; three partitions with two replicas, then six. */
static void topics_are_made_and_grow(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 4);
        lose(&f, 4, 4);
        assert_int_equal(create(&f, "a", 3, 2), KERR_NONE);
        assert_int_equal(create(&f, "a", 3, 2), KERR_TOPIC_ALREADY_EXISTS);
        assert_int_equal(pending(&f), 4);
        assert_int_equal(grow(&f, "a", 6, true), KERR_NONE);
        assert_int_equal(pending(&f), 4);
        assert_int_equal(grow(&f, "a", 6, false), KERR_NONE);
        int leads[5] = {0};
        for (int32_t i = 0; i < 6; i++) {
                struct image_partition *p = image_partition(&f.controller.image, str_of("a"), i);
                assert_int_equal(p->replicas.count, 2);
                assert_true(replica_set_equal(&p->replicas, &p->isr));
                assert_int_equal(p->leader, p->replicas.ids[0]);
                leads[p->leader]++;
        }
        for (int id = 1; id <= 3; id++)
                assert_int_equal(leads[id], 2);
        assert_int_equal(controller_delete_topic(&f.controller, str_of("a"), f.why, sizeof f.why),
                         KERR_NONE);
        assert_int_equal(create(&f, "a", 1, 1), KERR_NONE);
        fixture_deinit(&f);
}

/* Goal:   what cannot be made is refused with Kafka's code and adds nothing.
 * Method: names, counts, factors, assignments, one by one. */
static void bad_topics_are_refused(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 2);
        assert_int_equal(create(&f, "a/b", 1, 1), KERR_INVALID_TOPIC_EXCEPTION);
        assert_int_equal(create(&f, METADATA_TOPIC_NAME, 1, 1), KERR_TOPIC_ALREADY_EXISTS);
        assert_int_equal(create(&f, "a", 0, 1), KERR_INVALID_PARTITIONS);
        assert_int_equal(create(&f, "a", 100001, 1), KERR_INVALID_PARTITIONS);
        assert_int_equal(create(&f, "a", 1, 0), KERR_INVALID_REPLICATION_FACTOR);
        assert_int_equal(create(&f, "a", 1, 3), KERR_INVALID_REPLICATION_FACTOR);
        assert_string_equal(f.why, "Unable to replicate the partition 3 time(s): 2 brokers are "
                                   "registered.");
        assert_int_equal(grow(&f, "a", 1, false), KERR_UNKNOWN_TOPIC_OR_PARTITION);
        assert_int_equal(controller_delete_topic(&f.controller, str_of("a"), f.why, sizeof f.why),
                         KERR_UNKNOWN_TOPIC_OR_PARTITION);
        assert_int_equal(
                controller_configure_topic(&f.controller, str_of("a"), str_of("k"), str_of("v")),
                KERR_UNKNOWN_TOPIC_OR_PARTITION);
        assert_int_equal(pending(&f), 0);
        assert_int_equal(create(&f, "a", 2, 1), KERR_NONE);
        assert_int_equal(grow(&f, "a", 2, false), KERR_INVALID_PARTITIONS);
        fixture_deinit(&f);
}

/* Adds `added` partitions to "a", which has one, with these brokers for the first of `told` … */
static enum kerr grow_as_told(struct fixture *f, int32_t added, int32_t *brokers, int32_t count,
                              int32_t told)
{
        struct create_partitions_assignment assignments[] = {{{brokers, count}},
                                                             {{brokers, count}}};
        struct create_partitions_topic topic = {
                .name = str_of("a"), .count = 1 + added, .assignments = {assignments, told}};
        return controller_create_partitions(&f->controller, &topic, false, f->why, sizeof f->why);
}

/* Goal:   new partitions go where they are told to; assignments that are not one for each new
 *         partition, none at all among them, or not of the topic's replication are refused.
 * Method: two brokers, replication 2; each fault alone, then a good one. */
static void more_partitions_go_where_told(void **state)
{
        (void)state;
        struct fixture f;
        int32_t good[] = {2, 1}, twice[] = {1, 1}, unknown[] = {1, 7};
        fixture_init(&f);
        start_brokers(&f, 2);
        assert_int_equal(create(&f, "a", 1, 2), KERR_NONE);
        int before = pending(&f);
        assert_int_equal(grow_as_told(&f, 1, good, 2, 0), KERR_INVALID_REPLICA_ASSIGNMENT);
        assert_string_equal(f.why, "1 partition(s) are to be added, 0 assigned.");
        assert_int_equal(grow_as_told(&f, 2, good, 2, 1), KERR_INVALID_REPLICA_ASSIGNMENT);
        assert_int_equal(grow_as_told(&f, 1, good, 1, 1), KERR_INVALID_REPLICA_ASSIGNMENT);
        assert_int_equal(grow_as_told(&f, 1, good, 0, 1), KERR_INVALID_REPLICA_ASSIGNMENT);
        assert_int_equal(grow_as_told(&f, 1, twice, 2, 1), KERR_INVALID_REPLICA_ASSIGNMENT);
        assert_int_equal(grow_as_told(&f, 1, unknown, 2, 1), KERR_INVALID_REPLICA_ASSIGNMENT);
        assert_int_equal(pending(&f), before);
        assert_int_equal(grow_as_told(&f, 2, good, 2, 2), KERR_NONE);
        for (int32_t i = 1; i < 3; i++) {
                struct image_partition *p = image_partition(&f.controller.image, str_of("a"), i);
                assert_ids(&p->replicas, 2, 2, 1);
                assert_int_equal(p->leader, 2);
        }
        fixture_deinit(&f);
}

/* Creates "m" with these brokers for partitions `first` and `second`. */
static enum kerr assign(struct fixture *f, int32_t first, int32_t *a, int32_t a_count,
                        int32_t second, int32_t *b, int32_t b_count)
{
        struct create_topics_assignment assignments[] = {{first, {a, a_count}},
                                                         {second, {b, b_count}}};
        struct new_topic topic = {.name = str_of("m"),
                                  .partition_count = 2,
                                  .assignments = assignments,
                                  .assignment_count = 2};
        return controller_create_topic(&f->controller, &topic, f->why, sizeof f->why);
}

/* Goal:   assignments by hand are taken in any order, with a fenced broker out of the ISR; bad ones
 *         are refused.
 * Method: three brokers, 3 is fenced. */
static void replicas_may_be_placed_by_hand(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 3);
        lose(&f, 3, 3);
        enum kerr bad = KERR_INVALID_REPLICA_ASSIGNMENT;
        int32_t a[] = {3, 2}, b[] = {2, 1}, dead[] = {3, 3}, strange[] = {1, 9};
        assert_int_equal(assign(&f, 0, a, 2, 0, b, 2), bad);
        assert_int_equal(assign(&f, 0, a, 2, 2, b, 2), bad);
        assert_int_equal(assign(&f, 0, a, 2, 1, dead, 1), bad);
        assert_int_equal(assign(&f, 0, a, 2, 1, dead, 2), bad);
        assert_int_equal(assign(&f, 0, a, 2, 1, strange, 2), bad);
        assert_int_equal(assign(&f, 0, a, 2, 1, b, 1), bad);
        assert_int_equal(assign(&f, 0, a, 2, 1, b, 0), bad);
        assert_int_equal(pending(&f), 0);
        assert_int_equal(assign(&f, 1, a, 2, 0, b, 2), KERR_NONE);
        struct image_partition *p = image_partition(&f.controller.image, str_of("m"), 1);
        assert_ids(&p->replicas, 2, 3, 2);
        assert_ids(&p->isr, 1, 2);
        assert_int_equal(p->leader, 2);
        fixture_deinit(&f);
}

static void configure(struct fixture *f, const char *key, const char *value)
{
        assert_int_equal(
                controller_configure_topic(&f->controller, str_of("t"), str_of(key), str_of(value)),
                KERR_NONE);
}

/* Goal:   settings change ELRs and elect; what is set already adds no record.
 * Method: ISR {1}, ELR {2} under a minimum of 2: lower it. Then 1 dies with the minimum at 1, 2
 *         comes, unclean elections are allowed. */
static void settings_have_consequences(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 2);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2}, 2);
        lose(&f, 2, 2);
        assert_ids(&p->elr, 1, 2);
        configure(&f, "min.insync.replicas", "1");
        assert_int_equal(p->elr.count, 0);
        int32_t records = pending(&f);
        configure(&f, "min.insync.replicas", "1");
        configure(&f, "unclean.leader.election.enable", NULL);
        assert_int_equal(pending(&f), records);
        lose(&f, 1, 2);
        lives(&f, 2);
        assert_int_equal(p->leader, -1);
        configure(&f, "unclean.leader.election.enable", "true");
        assert_int_equal(p->leader, 2);
        assert_ids(&p->isr, 1, 2);
        assert_int_equal(p->elr.count, 0);
        fixture_deinit(&f);
}

/* --- AlterPartition --- */

/* Goal:   the leader changes its ISR; every reason to refuse has its own code, and changes nothing.
 * Method: t-0 on 1, 2, 3, led by 1: one good shrink, one good growth, and each fault alone. */
static void the_isr_changes_as_its_leader_says(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 4);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2, 3}, 3);
        int32_t two[] = {1, 2}, three[] = {2, 1, 3}, others[] = {2, 3}, strange[] = {1, 4};
        int32_t twice[] = {1, 2, 2};
        assert_int_equal(alter_isr(&f, 1, two, NULL, 2, 0, 0), KERR_NONE);
        assert_ids(&p->isr, 2, 1, 2);
        assert_int_equal(p->partition_epoch, 1);
        assert_int_equal(alter_isr(&f, 1, two, NULL, 2, 0, 0), KERR_NONE);
        /* The same again is taken, and makes what it was built on outdated. */
        assert_ids(&p->isr, 2, 1, 2);
        assert_int_equal(p->partition_epoch, 2);
        submit(&f);

        assert_int_equal(alter_isr(&f, 1, three, NULL, 3, -1, 0), KERR_FENCED_LEADER_EPOCH);
        assert_int_equal(alter_isr(&f, 1, three, NULL, 3, 1, 0), KERR_NOT_CONTROLLER);
        assert_int_equal(alter_isr(&f, 1, three, NULL, 3, 0, -1), KERR_INVALID_UPDATE_VERSION);
        assert_int_equal(alter_isr(&f, 1, three, NULL, 3, 0, 1), KERR_NOT_CONTROLLER);
        assert_int_equal(alter_isr(&f, 2, three, NULL, 3, 0, 0), KERR_INVALID_REQUEST);
        assert_int_equal(alter_isr(&f, 1, others, NULL, 2, 0, 0), KERR_INVALID_REQUEST);
        assert_int_equal(alter_isr(&f, 1, strange, NULL, 2, 0, 0), KERR_INVALID_REQUEST);
        assert_int_equal(alter_isr(&f, 1, twice, NULL, 3, 0, 0), KERR_INVALID_REQUEST);
        int64_t epochs[] = {epoch_of(&f, 2), epoch_of(&f, 1), epoch_of(&f, 3) - 1};
        assert_int_equal(alter_isr(&f, 1, three, epochs, 3, 0, 0), KERR_INELIGIBLE_REPLICA);
        lose(&f, 3, 4);
        assert_int_equal(alter_isr(&f, 1, three, NULL, 3, 0, 0), KERR_INELIGIBLE_REPLICA);
        assert_int_equal(pending(&f), 0);
        lives(&f, 3);
        epochs[2] = -1; /* not known, not compared */
        assert_int_equal(alter_isr(&f, 1, three, epochs, 3, 0, 0), KERR_NONE);
        assert_int_equal(p->isr.count, 3);
        fixture_deinit(&f);
}

/* Goal:   who asks under an old broker epoch, or about what is not there, hears so.
 * Method: a stale sender; an unknown topic id; an unknown partition. */
static void alter_partition_knows_whom_and_what(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 1);
        make_topic(&f, (int32_t[]){1}, 1);
        struct alter_partition_partition partition = {.index = 1};
        struct alter_partition_topic topics[] = {
                {{{9}}, {&partition, 1}},
                {image_topic(&f.controller.image, str_of("t"))->id, {&partition, 1}}};
        struct alter_partition_request in = {1, epoch_of(&f, 1) - 1, {topics, 2}};
        struct alter_partition_response out;
        controller_alter_partition(&f.controller, &in, &f.arena, &out);
        assert_int_equal(out.error_code, KERR_STALE_BROKER_EPOCH);
        assert_int_equal(out.topics.count, 0);
        in.broker_epoch++;
        controller_alter_partition(&f.controller, &in, &f.arena, &out);
        assert_int_equal(out.error_code, KERR_NONE);
        assert_int_equal(out.topics.items[0].partitions.items[0].error_code, KERR_UNKNOWN_TOPIC_ID);
        assert_int_equal(out.topics.items[1].partitions.items[0].error_code,
                         KERR_UNKNOWN_TOPIC_OR_PARTITION);
        fixture_deinit(&f);
}

/* Goal:   the two bugs of AlterPartition are there when asked for: an old broker epoch joins the
 *         ISR (KIP-903); the old leader's old proposal wins (KAFKA-14144).
 * Method: t-0 on 1 and 2. 2 has restarted since the proposal; 1 has lost the leadership since. */
static void its_bugs_can_be_put_back(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 2);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2}, 2);
        int32_t both[] = {1, 2}, one[] = {1};
        int64_t epochs[] = {epoch_of(&f, 1), epoch_of(&f, 2)};
        lose(&f, 2, 2);
        register_life(&f, 2, 2, -1);
        lives(&f, 2);
        assert_int_equal(alter_isr(&f, 1, both, epochs, 2, 0, 0), KERR_INELIGIBLE_REPLICA);
        f.world.world.zoo.bits = 1ull << ZOO_STALE_BROKER_EPOCH;
        assert_int_equal(alter_isr(&f, 1, both, epochs, 2, 0, 0), KERR_NONE);

        f.world.world.zoo.bits = 0;
        lose(&f, 1, 2);
        lives(&f, 1);
        assert_int_equal(p->leader, 2);
        assert_int_equal(alter_isr(&f, 1, one, NULL, 1, -1, -2), KERR_FENCED_LEADER_EPOCH);
        f.world.world.zoo.bits = 1ull << ZOO_STALE_ALTER_PARTITION;
        assert_int_equal(alter_isr(&f, 1, one, NULL, 1, -1, -2), KERR_NONE);
        assert_int_equal(p->leader, 1);
        assert_ids(&p->isr, 1, 1);
        fixture_deinit(&f);
}

/* --- elections --- */

static enum kerr elect(struct fixture *f, enum election_type type, int32_t index)
{
        struct elect_leaders_topic topic = {str_of("t"), {&index, 1}};
        struct elect_leaders_request in = {.election_type = (int8_t)type, .topics = {&topic, 1}};
        struct elect_leaders_response out;
        controller_elect_leaders(&f->controller, &in, &f->arena, &out);
        assert_int_equal(out.error_code, KERR_NONE);
        return (enum kerr)out.topics.items[0].partitions.items[0].error_code;
}

/* How many partitions an election of all tells of. */
static int32_t elect_all(struct fixture *f, enum election_type type)
{
        struct elect_leaders_request in = {.election_type = (int8_t)type, .topics.count = -1};
        struct elect_leaders_response out;
        controller_elect_leaders(&f->controller, &in, &f->arena, &out);
        return out.topics.count == 0 ? 0 : out.topics.items[0].partitions.count;
}

/* Goal:   elections that are asked for: preferred and unclean, one partition and all, needed,
 *         possible, or not.
 * Method: 1 dies and returns; both die, and the one that was not eligible returns. */
static void elections_can_be_asked_for(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 2);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2}, 2);
        assert_int_equal(elect(&f, ELECTION_PREFERRED, 7), KERR_UNKNOWN_TOPIC_OR_PARTITION);
        assert_int_equal(elect(&f, ELECTION_PREFERRED, 0), KERR_ELECTION_NOT_NEEDED);
        assert_int_equal(elect(&f, ELECTION_UNCLEAN, 0), KERR_ELECTION_NOT_NEEDED);
        assert_int_equal(elect_all(&f, ELECTION_PREFERRED), 0);
        lose(&f, 1, 2);
        lives(&f, 1);
        assert_int_equal(elect(&f, ELECTION_PREFERRED, 0), KERR_PREFERRED_LEADER_NOT_AVAILABLE);
        assert_int_equal(alter_isr(&f, 2, (int32_t[]){1, 2}, NULL, 2, 0, 0), KERR_NONE);
        assert_int_equal(elect_all(&f, ELECTION_PREFERRED), 1);
        assert_int_equal(p->leader, 1);

        configure(&f, "min.insync.replicas", "1"); /* so that there is no ELR but the last one */
        lose(&f, 2, 2);
        lose(&f, 1, 2);
        assert_int_equal(elect(&f, ELECTION_UNCLEAN, 0), KERR_ELIGIBLE_LEADERS_NOT_AVAILABLE);
        lives(&f, 2);
        assert_int_equal(elect(&f, ELECTION_PREFERRED, 0), KERR_PREFERRED_LEADER_NOT_AVAILABLE);
        assert_int_equal(elect(&f, ELECTION_UNCLEAN, 0), KERR_NONE);
        assert_int_equal(p->leader, 2);

        struct elect_leaders_request in = {.election_type = 2, .topics.count = -1};
        struct elect_leaders_response out;
        controller_elect_leaders(&f.controller, &in, &f.arena, &out);
        assert_int_equal(out.error_code, KERR_INVALID_REQUEST);
        fixture_deinit(&f);
}

/* Goal:   leaderships go back to the preferred replicas by themselves, at the set interval only.
 * Method: as above, with a rebalance every minute. */
static void leaders_go_back(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        controller_resign(&f.controller);
        f.controller.config.imbalance_check_ms = 60000;
        f.controller.config.session_timeout_ms = 1000000;
        controller_activate(&f.controller, &f.store.replayed);
        start_brokers(&f, 2);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2}, 2);
        register_life(&f, 1, 2, epoch_of(&f, 1));
        lives(&f, 1);
        assert_int_equal(p->leader, 2);
        assert_int_equal(alter_isr(&f, 2, (int32_t[]){1, 2}, NULL, 2, 0, 0), KERR_NONE);
        f.world.mono_ms += 59999;
        assert_int_equal(controller_run(&f.controller), f.world.mono_ms + 1);
        assert_int_equal(p->leader, 2);
        f.world.mono_ms++;
        assert_int_equal(controller_run(&f.controller), f.world.mono_ms + 60000);
        assert_int_equal(p->leader, 1);
        assert_int_equal(pending(&f), 0);
        fixture_deinit(&f);
}

/* --- commit --- */

/* Goal:   who asked is called when all is committed that the answer rests on, his own change or
 *         not, and not sooner; one that was forgotten is not.
 * Method: two requests, one of which changes nothing; commit in steps. */
static void answers_wait_for_the_commit(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        register_life(&f, 1, 1, -1);
        submit(&f);
        int64_t end = f.store.end;
        assert_int_equal(f.done, 0);
        controller_complete(&f.controller, end - 1);
        assert_int_equal(f.done, 0);
        controller_complete(&f.controller, end);
        assert_int_equal(f.done, 2);
        assert_int_equal(f.done_err, KERR_NONE);
        submit(&f);
        controller_forget(&f.controller, &f);
        controller_complete(&f.controller, end);
        assert_int_equal(f.done, 2);
        fixture_deinit(&f);
}

/* Goal:   deposed from outside, or because the store refuses: those who wait hear NOT_CONTROLLER,
 *         the image is gone, and so does whoever asks later.
 * Method: resign with a waiter; a refused append, whose waiter must not be called from inside. */
static void a_deposed_controller_says_so(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        register_life(&f, 1, 1, -1);
        controller_resign(&f.controller);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.done_err, KERR_NOT_CONTROLLER);
        assert_int_equal(register_life(&f, 1, 1, -1).error_code, KERR_NOT_CONTROLLER);
        assert_int_equal(beat(&f, 1, 1, 1, false).error_code, KERR_NOT_CONTROLLER);
        assert_int_equal(f.done, 1);
        controller_run(&f.controller);
        assert_int_equal(f.done, 3);

        controller_activate(&f.controller, &f.store.replayed);
        assert_non_null(image_broker(&f.controller.image, 1));
        submit(&f);
        f.store.refuses = true;
        assert_int_equal(register_life(&f, 2, 1, -1).error_code, KERR_NONE);
        assert_false(f.controller.active);
        assert_null(f.controller.image.brokers);
        assert_int_equal(f.done, 3);
        controller_complete(&f.controller, f.store.end);
        assert_int_equal(f.done, 5);
        assert_int_equal(f.done_err, KERR_NOT_CONTROLLER);
        fixture_deinit(&f);
}

/* Goal:   no two brokers get the same producer ids.
 * Method: two blocks, by two brokers; one with a stale epoch. */
static void producer_ids_are_given_once(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 2);
        struct allocate_producer_ids_request in = {1, epoch_of(&f, 1)};
        struct allocate_producer_ids_response out;
        controller_allocate_producer_ids(&f.controller, &in, &out);
        assert_int_equal(out.producer_id_start, 0);
        int64_t end = out.producer_id_count;
        in = (struct allocate_producer_ids_request){2, epoch_of(&f, 2)};
        controller_allocate_producer_ids(&f.controller, &in, &out);
        assert_int_equal(out.producer_id_start, end);
        in.broker_epoch--;
        controller_allocate_producer_ids(&f.controller, &in, &out);
        assert_int_equal(out.error_code, KERR_STALE_BROKER_EPOCH);
        fixture_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(topics_are_made_and_grow),
                cmocka_unit_test(bad_topics_are_refused),
                cmocka_unit_test(more_partitions_go_where_told),
                cmocka_unit_test(replicas_may_be_placed_by_hand),
                cmocka_unit_test(settings_have_consequences),
                cmocka_unit_test(the_isr_changes_as_its_leader_says),
                cmocka_unit_test(alter_partition_knows_whom_and_what),
                cmocka_unit_test(its_bugs_can_be_put_back),
                cmocka_unit_test(elections_can_be_asked_for),
                cmocka_unit_test(leaders_go_back),
                cmocka_unit_test(answers_wait_for_the_commit),
                cmocka_unit_test(a_deposed_controller_says_so),
                cmocka_unit_test(producer_ids_are_given_once),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Brokers register, live, die, come back and leave. */
#include "controller_fixture.h"

static const struct image_broker *broker(struct fixture *f, int32_t id)
{
        return image_broker(&f->controller.image, id);
}

/* Goal:   a registration gets its record's offset as its epoch, begins fenced, and is the same when
 *         the same process asks twice; a broker without listener is refused.
 * Method: two brokers in one burst, one of them twice. */
static void a_registration_has_an_epoch(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        struct broker_registration_request bad = {.broker_id = 1};
        struct broker_registration_response out;
        controller_register_broker(&f.controller, &bad, &out);
        assert_int_equal(out.error_code, KERR_INVALID_REQUEST);
        assert_int_equal(register_life(&f, 1, 1, -1).broker_epoch, 100);
        assert_int_equal(register_life(&f, 2, 1, -1).broker_epoch, 101);
        assert_int_equal(register_life(&f, 1, 1, -1).broker_epoch, 100);
        assert_int_equal(f.store.end, 102);
        assert_true(broker(&f, 1)->fenced);
        assert_string_equal(broker(&f, 1)->host, "127.0.0.1");
        assert_int_equal(broker(&f, 1)->port, 9092);
        assert_true(fake_world_logged(&f.world, "broker 2 is registered, epoch 101"));
        fixture_deinit(&f);
}

/* Goal:   a heartbeat unfences a broker that has applied its own registration, not before; it must
 *         name its epoch; one that changes nothing adds no record.
 * Method: heartbeats from behind, then not; of strangers; of an old life. */
static void heartbeats_unfence(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        assert_int_equal(beat(&f, 1, 100, 100, false).error_code, KERR_BROKER_ID_NOT_REGISTERED);
        int64_t epoch = register_life(&f, 1, 1, -1).broker_epoch;
        struct broker_heartbeat_response out = beat(&f, 1, epoch, epoch - 1, false);
        assert_false(out.is_caught_up);
        assert_true(out.is_fenced);
        assert_int_equal(beat(&f, 1, epoch - 1, epoch, false).error_code, KERR_STALE_BROKER_EPOCH);
        out = beat(&f, 1, epoch, epoch, false);
        assert_true(out.is_caught_up);
        assert_false(out.is_fenced);
        int64_t end = f.store.end;
        lives(&f, 1);
        assert_int_equal(f.store.end, end);
        struct broker_heartbeat_request fence_me = {1, epoch, end, true, false};
        controller_heartbeat(&f.controller, &fence_me, &out);
        assert_true(out.is_fenced);
        fixture_deinit(&f);
}

/* Goal:   a broker that is not heard of is fenced when its session ends, not a millisecond sooner;
 *         its leaderships go over and it leaves the ISR; back again, it does not lead at once.
 * Method: three brokers lead and follow t-0; 1 falls silent, then comes back. */
static void silence_fences(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 3);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2, 3}, 3);
        int64_t silent_since = f.world.mono_ms;
        f.world.mono_ms += SESSION_MS - 1;
        lives(&f, 2);
        lives(&f, 3);
        assert_int_equal(controller_run(&f.controller), silent_since + SESSION_MS);
        assert_false(broker(&f, 1)->fenced);
        f.world.mono_ms++;
        assert_int_equal(controller_run(&f.controller), f.world.mono_ms - 1 + SESSION_MS);
        assert_true(broker(&f, 1)->fenced);
        assert_int_equal(p->leader, 2);
        assert_int_equal(p->leader_epoch, 1);
        assert_ids(&p->isr, 2, 2, 3);
        assert_true(images_equal(&f, &f.controller.image, &f.store.replayed)); /* it was written */
        lives(&f, 1);
        assert_int_equal(p->leader, 2);
        assert_ids(&p->isr, 2, 2, 3);
        assert_int_equal(p->partition_epoch, 1);
        fixture_deinit(&f);
}

/* Goal:   two that die at the same time do not hand a leadership to each other.
 * Method: 1 and 2 of t-0 fall silent together: one change, to 3. */
static void the_dead_inherit_nothing(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 3);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2, 3}, 3);
        f.world.mono_ms += SESSION_MS - 1;
        lives(&f, 3);
        f.world.mono_ms++;
        controller_run(&f.controller);
        assert_int_equal(p->leader, 3);
        assert_int_equal(p->leader_epoch, 1);
        assert_ids(&p->elr, 2, 1, 2);
        fixture_deinit(&f);
}

/* Goal:   while a session lives another process is refused the id, unless it names the registered
 *         epoch as its own life before; when the session is over anybody gets it.
 * Method: a second life of broker 1 knocks three times. */
static void one_life_at_a_time(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 2);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2}, 2);
        int64_t first = epoch_of(&f, 1);
        assert_int_equal(register_life(&f, 1, 2, -1).error_code,
                         KERR_DUPLICATE_BROKER_REGISTRATION);
        assert_int_equal(register_life(&f, 1, 2, first - 1).error_code,
                         KERR_DUPLICATE_BROKER_REGISTRATION);
        assert_int_equal(p->leader, 1);
        struct broker_registration_response out = register_life(&f, 1, 2, first);
        assert_int_equal(out.error_code, KERR_NONE);
        assert_int_equal(out.broker_epoch, f.store.end - 1); /* the last record of that change */
        assert_true(out.broker_epoch > first);
        assert_true(broker(&f, 1)->fenced);
        assert_int_equal(p->leader, 2); /* its old life leads no more */
        assert_ids(&p->elr, 1, 1);
        assert_int_equal(beat(&f, 1, first, f.store.end, false).error_code,
                         KERR_STALE_BROKER_EPOCH);
        lives(&f, 1);
        f.world.mono_ms += SESSION_MS;
        assert_int_equal(register_life(&f, 1, 3, -1).error_code, KERR_NONE);
        f.controller.config.node_id = 1; /* the one who knocks is this very process */
        assert_int_equal(register_life(&f, 1, 4, -1).error_code, KERR_NONE);
        fixture_deinit(&f);
}

/* Lets broker 1 be the last of t-0 to die, then start again naming `previous` (0: its own epoch),
 * and live. */
static struct image_partition *die_and_return(struct fixture *f, int64_t previous)
{
        start_brokers(f, 2);
        struct image_partition *p = make_topic(f, (int32_t[]){1, 2}, 2);
        lose(f, 2, 2);
        lose(f, 1, 2);
        assert_int_equal(p->leader, -1);
        assert_ids(&p->elr, 2, 1, 2);
        assert_ids(&p->last_known_elr, 1, 1);
        register_life(f, 1, 2, previous ? previous : epoch_of(f, 1));
        lives(f, 1);
        return p;
}

/* Goal:   the last to die leads again when it has kept its bytes. When it has not, the other one in
 *         the ELR is waited for (KIP-966); but not with last-replica-standing.
 * Method: the same history, with the epoch of the life before named, not named, and with the bug.
 */
static void lost_bytes_cost_the_leadership(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        assert_int_equal(die_and_return(&f, 0)->leader, 1);
        fixture_deinit(&f);

        fixture_init(&f);
        struct image_partition *p = die_and_return(&f, -1);
        assert_int_equal(p->leader, -1);
        assert_ids(&p->elr, 1, 2);
        lives(&f, 2);
        assert_int_equal(p->leader, 2);
        fixture_deinit(&f);

        fixture_init(&f);
        f.world.world.zoo.bits = 1ull << ZOO_LAST_REPLICA_STANDING;
        assert_int_equal(die_and_return(&f, -1)->leader, 1);
        fixture_deinit(&f);
}

/* Goal:   when all that were eligible have lost bytes, the last known leader leads again.
 * Method: one broker, one replica, a power cut. */
static void the_last_known_leader_is_better_than_none(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 1);
        struct image_partition *p = make_topic(&f, (int32_t[]){1}, 1);
        f.world.mono_ms += SESSION_MS;
        assert_int_equal(register_life(&f, 1, 2, -1).error_code, KERR_NONE);
        assert_int_equal(p->leader, -1);
        assert_int_equal(p->elr.count, 0);
        assert_ids(&p->last_known_elr, 1, 1);
        lives(&f, 1);
        assert_int_equal(p->leader, 1);
        assert_ids(&p->isr, 1, 1);
        assert_int_equal(p->last_known_elr.count, 0);
        fixture_deinit(&f);
}

/* Goal:   a broker that shuts down hands its leaderships over at once, and may go when the others
 *         know; it comes back as after any clean end. One that leads nothing may go at once.
 * Method: 1 wants to go; 2 learns of it in its next heartbeat; then 3, which leads nothing. */
static void a_shutdown_is_orderly(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 3);
        struct image_partition *p = make_topic(&f, (int32_t[]){1, 2}, 2);
        lives(&f, 3);
        int64_t epoch = epoch_of(&f, 1);
        struct broker_heartbeat_response out = beat(&f, 1, epoch, f.store.end - 1, true);
        assert_int_equal(p->leader, 2);
        assert_ids(&p->isr, 1, 2);
        assert_ids(&p->elr, 1, 1);
        assert_true(broker(&f, 1)->in_shutdown);
        assert_false(out.should_shut_down);
        assert_false(out.is_fenced);
        lives(&f, 2);
        assert_false(beat(&f, 1, epoch, f.store.end - 1, true).should_shut_down);
        lives(&f, 3);
        out = beat(&f, 1, epoch, f.store.end - 1, true);
        assert_true(out.should_shut_down);
        assert_true(out.is_fenced);
        assert_true(beat(&f, 1, epoch, f.store.end - 1, true).should_shut_down);

        assert_true(beat(&f, 3, epoch_of(&f, 3), 0, true).should_shut_down);

        assert_int_equal(register_life(&f, 1, 2, epoch).error_code, KERR_NONE);
        assert_false(broker(&f, 1)->in_shutdown);
        lives(&f, 1);
        assert_int_equal(p->leader, 2);
        fixture_deinit(&f);
}

/* Goal:   a new controller gives every session its full length again, and knows who was fenced.
 * Method: resign just before a session ends, activate, wait. */
static void a_new_controller_starts_sessions_anew(void **state)
{
        (void)state;
        struct fixture f;
        fixture_init(&f);
        start_brokers(&f, 2);
        lose(&f, 2, 2);
        f.world.mono_ms += SESSION_MS - 2;
        controller_resign(&f.controller);
        assert_null(f.controller.image.brokers);
        assert_int_equal(controller_run(&f.controller), INT64_MAX);
        controller_activate(&f.controller, &f.store.replayed);
        f.world.mono_ms += SESSION_MS - 1;
        assert_int_equal(controller_run(&f.controller), f.world.mono_ms + 1);
        assert_false(broker(&f, 1)->fenced);
        assert_true(broker(&f, 2)->fenced);
        f.world.mono_ms++;
        assert_int_equal(controller_run(&f.controller), INT64_MAX);
        assert_true(broker(&f, 1)->fenced);
        fixture_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_registration_has_an_epoch),
                cmocka_unit_test(heartbeats_unfence),
                cmocka_unit_test(silence_fences),
                cmocka_unit_test(the_dead_inherit_nothing),
                cmocka_unit_test(one_life_at_a_time),
                cmocka_unit_test(lost_bytes_cost_the_leadership),
                cmocka_unit_test(the_last_known_leader_is_better_than_none),
                cmocka_unit_test(a_shutdown_is_orderly),
                cmocka_unit_test(a_new_controller_starts_sessions_anew),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

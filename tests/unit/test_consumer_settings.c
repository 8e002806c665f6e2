#include "cli/consumer_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int apply(struct consumer_settings *s, const char *text)
{
        struct cli_list list = {.items = {text}, .count = 1};
        return consumer_settings_apply(s, "test", &list);
}

/* Goal: each kind of property arrives where it belongs, and an unknown one is left out.
 * Method: one of each kind, in one list. */
static void properties_are_set(void **state)
{
        (void)state;
        struct consumer_settings s = consumer_settings_default("me");
        struct cli_list list = {.items = {"group.id=g", "group.instance.id=i",
                                          "partition.assignment.strategy=cooperative-sticky",
                                          "session.timeout.ms=6000", "enable.auto.commit=false",
                                          "auto.commit.interval.ms=70", "auto.offset.reset=none",
                                          "isolation.level=read_committed", "no.such.key=1"},
                                .count = 9};
        assert_string_equal(s.client.client_id, "me");
        assert_null(s.consumer.group_id);
        assert_int_equal(consumer_settings_apply(&s, "test", &list), CLI_GO_ON);
        assert_string_equal(s.consumer.group_id, "g");
        assert_string_equal(s.consumer.group_instance_id, "i");
        assert_int_equal(s.consumer.assignor, ASSIGNOR_COOPERATIVE_STICKY);
        assert_int_equal(s.consumer.session_timeout_ms, 6000);
        assert_false(s.consumer.enable_auto_commit);
        assert_int_equal(s.consumer.auto_commit_interval_ms, 70);
        assert_int_equal(s.consumer.auto_offset_reset, OFFSET_RESET_NONE);
        assert_int_equal(s.consumer.isolation_level, READ_COMMITTED);
}

/* Goal: a value that does not fit its property is refused.
 * Method: one bad value of each kind, and no '='. */
static void bad_values_are_refused(void **state)
{
        (void)state;
        static const char *const bad[] = {"partition.assignment.strategy=fair",
                                          "session.timeout.ms=0",
                                          "session.timeout.ms=4294967296",
                                          "auto.commit.interval.ms=soon",
                                          "enable.auto.commit=yes",
                                          "auto.offset.reset=middle",
                                          "isolation.level=serializable",
                                          "group.id"};
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                struct consumer_settings s = consumer_settings_default("me");
                assert_int_equal(apply(&s, bad[i]), CLI_USAGE);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(properties_are_set),
                cmocka_unit_test(bad_values_are_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

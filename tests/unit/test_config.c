/* The configuration table: types, limits, overrides and what is said of a wrong value. */
#include "broker/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Goal:   every default in the table is itself a value that config_set() takes.
 * Method: set each key to its default. */
static void defaults_are_valid(void **state)
{
        (void)state;
        struct config c = {0};
        for (int id = 0; id < CONFIG_KEYS; id++) {
                char why[200] = "";
                const struct config_key *key = config_key((enum config_id)id);
                if (config_set(&c, (enum config_id)id, str_of(key->value), why, sizeof why))
                        fail_msg("%s: %s", key->name, why);
                assert_int_equal(config_find(str_of(key->name)), id);
                if (key->topic_name)
                        assert_int_equal(config_find_topic(str_of(key->topic_name)), id);
        }
        config_deinit(&c);
}

/* Goal:   a wrong value is refused, says why, and changes nothing.
 * Method: wrong type, out of range, not in the list of words. */
static void wrong_values_are_named(void **state)
{
        (void)state;
        static const struct {
                enum config_id id;
                const char *value, *clue;
        } wrong[] = {
                {CONFIG_SEGMENT_BYTES, "big", "must be a number"},
                {CONFIG_SEGMENT_BYTES, "13", "between 14 and"},
                {CONFIG_SEGMENT_BYTES, "1e9", "must be a number"},
                {CONFIG_SEGMENT_BYTES, "99999999999999999999", "must be a number"},
                {CONFIG_AUTO_CREATE_TOPICS, "yes", "true or false"},
                {CONFIG_COPY_STRATEGY, "mma", "one of read-write|mmap|sendfile|splice|"},
                {CONFIG_COPY_STRATEGY, "mmap|sendfile", "one of"},
                {CONFIG_COPY_STRATEGY, "", "one of"},
        };
        struct config c = {0};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                char why[200] = "";
                assert_int_equal(
                        config_set(&c, wrong[i].id, str_of(wrong[i].value), why, sizeof why),
                        KERR_INVALID_CONFIG);
                if (!strstr(why, wrong[i].clue))
                        fail_msg("'%s' does not say '%s'", why, wrong[i].clue);
                assert_int_equal(config_depth(&c, wrong[i].id), -1);
        }
        config_deinit(&c);
}

/* Goal:   a topic's override lies over the broker's value, which lies over the default.
 * Method: set, look, take away, look. */
static void values_lie_over_each_other(void **state)
{
        (void)state;
        struct config broker = {0}, topic = {.under = &broker};
        enum config_id id = CONFIG_RETENTION_MS;
        assert_int_equal(config_number(&topic, id), 604800000);
        assert_int_equal(config_depth(&topic, id), -1);
        config_set(&broker, id, str_of("1000"), NULL, 0);
        assert_int_equal(config_number(&topic, id), 1000);
        assert_int_equal(config_depth(&topic, id), 1);
        config_set(&topic, id, str_of("5"), NULL, 0);
        assert_int_equal(config_of_log(&topic).retention_ms, 5);
        assert_int_equal(config_of_log(&broker).retention_ms, 1000);
        config_set(&topic, id, STR_NULL, NULL, 0);
        assert_int_equal(config_depth(&topic, id), 1);
        config_deinit(&topic);
        config_deinit(&broker);
}

/* Goal:   listeners are split, with Kafka's synonyms for an empty host.
 * Method: a table of texts. */
static void listeners_are_split(void **state)
{
        (void)state;
        static const struct {
                const char *text, *host;
                int32_t port;
        } good[] = {{"PLAINTEXT://127.0.0.1:9092", "127.0.0.1", 9092},
                    {"PLAINTEXT://:0", "127.0.0.1", 0},
                    {"localhost:1", "localhost", 1},
                    {"PLAINTEXT://[::1]:9092", "::1", 9092}};
        char host[20];
        int32_t port;
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
                assert_true(config_parse_listener(good[i].text, host, sizeof host, &port));
                assert_string_equal(host, good[i].host);
                assert_int_equal(port, good[i].port);
        }
        static const char *const bad[] = {"",
                                          "host",
                                          "host:",
                                          "host:-1",
                                          "host:65536",
                                          "host: 9",
                                          "a-host-name-that-is-too-long-for-the-buffer:1"};
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
                assert_false(config_parse_listener(bad[i], host, sizeof host, &port));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults_are_valid),
                cmocka_unit_test(wrong_values_are_named),
                cmocka_unit_test(values_lie_over_each_other),
                cmocka_unit_test(listeners_are_split),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

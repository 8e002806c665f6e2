/* What producers are told by properties about idempotence and transactions. */
#include "cli/producer_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Applies the properties, ended by NULL, and checks the whole; what goes to stderr is left in
 * `said`. */
static int apply(struct producer_settings *s, const char *const *properties, char *said,
                 size_t size)
{
        struct cli_list list = {0};
        while (properties[list.count]) {
                list.items[list.count] = properties[list.count];
                list.count++;
        }
        memset(said, 0, size);
        FILE *real_stderr = stderr;
        stderr = fmemopen(said, size, "w");
        assert_non_null(stderr);
        *s = producer_settings_default();
        int status = producer_settings_apply(s, "command", &list);
        if (status == CLI_GO_ON)
                status = producer_settings_check(s, "command");
        fclose(stderr);
        stderr = real_stderr;
        return status;
}

/* Goal:   idempotence is on by default, and off without a word when acks are not all, unless it was
 *         asked for; transactions need it.
 * Method: a table of properties and what comes of them. */
static void idempotence(void **state)
{
        (void)state;
        static const struct {
                const char *properties[4];
                const char *complaint; /* NULL: none */
                bool enabled;
        } cases[] = {
                {{NULL}, NULL, true},
                {{"acks=all", "enable.idempotence=true"}, NULL, true},
                {{"enable.idempotence=false"}, NULL, false},
                {{"acks=1"}, NULL, true}, /* of no effect with these acks: producer.h */
                {{"acks=1", "enable.idempotence=true"},
                 "enable.idempotence=true needs acks=all",
                 false},
                {{"enable.idempotence=true", "acks=0"},
                 "enable.idempotence=true needs acks=all",
                 false},
                {{"transactional.id=tx", "transaction.timeout.ms=5000"}, NULL, true},
                {{"transactional.id=tx", "acks=1"}, "transactional.id needs acks=all", false},
                {{"transactional.id=tx", "enable.idempotence=false"},
                 "transactional.id needs enable.idempotence=true",
                 false},
                {{"transactional.id="}, "transactional.id cannot be empty", false},
                {{"enable.idempotence=yes"}, "enable.idempotence cannot be 'yes'", false},
                {{"transaction.timeout.ms=0"}, "transaction.timeout.ms cannot be '0'", false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct producer_settings s;
                char said[500];
                int status = apply(&s, cases[i].properties, said, sizeof said);
                assert_int_equal(status, cases[i].complaint ? CLI_USAGE : CLI_GO_ON);
                if (cases[i].complaint) {
                        if (!strstr(said, cases[i].complaint))
                                fail_msg("'%s' is not in '%s'", cases[i].complaint, said);
                        continue;
                }
                assert_string_equal(said, "");
                assert_int_equal(s.producer.enable_idempotence, cases[i].enabled);
        }
}

/* Goal:   the values arrive in the configuration.
 * Method: the two keys of transactions. */
static void transactions(void **state)
{
        (void)state;
        struct producer_settings s;
        char said[500];
        static const char *const properties[] = {"transactional.id=tx",
                                                 "transaction.timeout.ms=5000", NULL};
        assert_int_equal(apply(&s, properties, said, sizeof said), CLI_GO_ON);
        assert_string_equal(s.producer.transactional_id, "tx");
        assert_int_equal(s.producer.transaction_timeout_ms, 5000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(idempotence),
                                           cmocka_unit_test(transactions)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}

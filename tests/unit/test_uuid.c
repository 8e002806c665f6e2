/* Unit tests of src/base/uuid.c. */
#include "base/uuid.h"
#include "fake_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Goal: the text is Kafka's. Method: known pairs: zero, one, all ones, and bytes that count up. */
static void texts_are_kafkas(void **state)
{
        (void)state;
        static const struct {
                struct uuid id;
                const char *text;
        } cases[] = {
                {{{0}}, "AAAAAAAAAAAAAAAAAAAAAA"},
                {{{[15] = 1}}, "AAAAAAAAAAAAAAAAAAAAAQ"},
                {{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
                 "_____________________w"},
                {{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
                 "AAECAwQFBgcICQoLDA0ODw"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                char text[UUID_TEXT_CHARS + 1];
                struct uuid id;
                uuid_format(&cases[i].id, text);
                assert_string_equal(text, cases[i].text);
                assert_true(uuid_parse(str_of(text), &id));
                assert_true(uuid_equal(&id, &cases[i].id));
        }
}

/* Goal: what is not a uuid is refused. Method: wrong lengths, null, wrong characters. */
static void other_texts_are_refused(void **state)
{
        (void)state;
        static const char *const bad[] = {"",
                                          "AAAAAAAAAAAAAAAAAAAAA",
                                          "AAAAAAAAAAAAAAAAAAAAAAA",
                                          "AAAAAAAAAAAAAAAAAAAA==",
                                          "AAAAAAAA+AAAAAAAAAAAAA",
                                          NULL};
        struct uuid id;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                assert_false(uuid_parse(str_of(bad[i]), &id));
}

/* Goal: random ones are of version 4, come back from their text, and never begin with '-'. Method:
 * ten thousand of them. */
static void random_ones_are_well_formed(void **state)
{
        (void)state;
        struct fake_world f;
        fake_world_init(&f);
        for (int i = 0; i < 10000; i++) {
                char text[UUID_TEXT_CHARS + 1];
                struct uuid id = uuid_random(&f.world), again;
                uuid_format(&id, text);
                assert_true(text[0] != '-');
                assert_int_equal(id.bytes[6] >> 4, 4);
                assert_int_equal(id.bytes[8] >> 6, 2);
                assert_true(uuid_parse(str_of(text), &again));
                assert_true(uuid_equal(&id, &again));
        }
        fake_world_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(texts_are_kafkas),
                cmocka_unit_test(other_texts_are_refused),
                cmocka_unit_test(random_ones_are_well_formed),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

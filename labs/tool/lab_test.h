/* lab_test.h - unit tests of a lab: small functions that say what they expected, in plain words.
 *
 *     LAB_TEST(02, "the high watermark is the minimum over the ISR")
 *     {
 *             expect_number("the high watermark when broker 2 has fetched up to 5", hw, 5);
 *     }
 *
 * All tests of a lab are one program, called with the id of one test; it prints TAP. A check that
 * fails is told, and the test goes on, so what a check needs is to be there also when an earlier
 * one has failed. */
#ifndef ODRADEK_LABS_LAB_TEST_H
#define ODRADEK_LABS_LAB_TEST_H

#include <stdbool.h>
#include <stdint.h>

struct lab_test {
        const char *id, *title;
        void (*run)(void);
        struct lab_test *next;
};

void lab_register(struct lab_test *test);

/* True when it holds; else it is told, with `what`. */
bool lab_check(bool holds, const char *what, const char *file, int line);
bool lab_check_number(const char *what, int64_t got, int64_t expected, const char *file, int line);
bool lab_check_text(const char *what, const char *got, const char *expected, const char *file,
                    int line);

#define expect_that(what, condition)       lab_check(condition, what, __FILE__, __LINE__)
#define expect_number(what, got, expected) lab_check_number(what, got, expected, __FILE__, __LINE__)
#define expect_string(what, got, expected) lab_check_text(what, got, expected, __FILE__, __LINE__)

#define LAB_TEST(ID, TITLE)                                                     \
        static void lab_test_##ID(void);                                        \
        static struct lab_test lab_entry_##ID = {#ID, TITLE, lab_test_##ID, 0}; \
        __attribute__((constructor)) static void lab_register_##ID(void)        \
        {                                                                       \
                lab_register(&lab_entry_##ID);                                  \
        }                                                                       \
        static void lab_test_##ID(void)

#endif

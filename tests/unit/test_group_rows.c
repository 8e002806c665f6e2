/* The tables of `odradek consumer-groups`. */
#include "cli/group_rows.h"

#include "wire/consumer_protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A member whose assignment names these partitions of one topic. Free the packet. */
static struct describe_groups_member member(const char *id, const char *topic, int32_t *partitions,
                                            int32_t count, struct packet **packet)
{
        struct consumer_protocol_topic one = {.name = str_of(topic),
                                              .partitions = {partitions, count}};
        struct consumer_protocol_assignment assignment = {.topics = {&one, count > 0}};
        *packet = packet_new(NULL);
        size_t start = (*packet)->memory.size;
        struct serde s = serde_writer(*packet, 0, false);
        serde_consumer_protocol_assignment(&s, &assignment);
        return (struct describe_groups_member){
                .member_id = str_of(id),
                .client_id = str_of("app"),
                .client_host = str_of("/127.0.0.1"),
                .member_assignment =
                        span_of((*packet)->memory.data + start, (*packet)->memory.size - start),
        };
}

/* What a table says, every run of spaces as one. Changes it in place. */
static char *squeeze(char *text)
{
        char *to = text;
        for (const char *at = text; *at; at++) {
                if (*at != ' ' || to == text || to[-1] != ' ')
                        *to++ = *at;
        }
        *to = '\0';
        return text;
}

static void expect_table(void (*print)(const struct group_rows *rows, const char *group, FILE *to),
                         const struct group_rows *rows, const char *expected)
{
        char *text;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        assert_non_null(to);
        print(rows, "g", to);
        fclose(to);
        assert_string_equal(squeeze(text), expected);
        free(text);
}

/* Goal:   there is one row for each partition, whoever asks for it and how often; there may be
 * many. Method: a hundred partitions of two topics, each twice. */
static void a_partition_has_one_row(void **state)
{
        (void)state;
        struct group_rows rows = {0};
        for (int32_t i = 0; i < 200; i++) {
                struct group_row *row =
                        group_rows_at(&rows, str_of(i % 2 ? "odd" : "even"), i % 100);
                assert_int_equal(row->partition, i % 100);
                assert_int_equal(row->committed, i < 100 ? -1 : i - 100);
                row->committed = i;
        }
        assert_int_equal(rows.count, 100);
        group_rows_deinit(&rows);
        assert_int_equal(rows.count, 0);
        assert_null(rows.items);
}

/* Goal:   rows are printed by topic and partition, members that read nothing last and by their id;
 *         what is not known is a dash, and there is no lag without both its ends.
 * Method: three members, two of them idle, one of these without an assignment at all; offsets for
 *         some partitions. */
static void prints_a_group(void **state)
{
        (void)state;
        struct group_rows rows = {0};
        struct packet *packets[3];
        int32_t partitions[] = {10, 2};
        struct describe_groups_member members[3];
        members[0] = member("m-z", "", NULL, 0, &packets[0]);
        members[1] = member("m-a", "t", partitions, 2, &packets[1]);
        members[2] = member("m-b", "", NULL, 0, &packets[2]);
        members[2].member_assignment.size = 0;
        struct describe_groups_group group = {.group_id = str_of("g"), .members = {members, 3}};

        struct group_row *row = group_rows_at(&rows, str_of("t"), 2);
        row->committed = 5;
        row->log_end = 12;
        group_rows_at(&rows, str_of("t"), 10)->committed = 7;
        group_rows_at(&rows, str_of("s"), 0)->log_end = 3;
        assert_true(group_rows_add_members(&rows, &group));
        group_rows_sort(&rows);
        expect_table(group_rows_print, &rows,
                     "\nGROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST "
                     "CLIENT-ID\n"
                     "g s 0 - 3 - - - -\n"
                     "g t 2 5 12 7 m-a /127.0.0.1 app\n"
                     "g t 10 7 - - m-a /127.0.0.1 app\n"
                     "g - - - - - m-b /127.0.0.1 app\n"
                     "g - - - - - m-z /127.0.0.1 app\n");
        group_rows_deinit(&rows);
        for (int i = 0; i < 3; i++)
                packet_free(packets[i]);
}

/* Goal:   a partition that moves from one member to another has the last one told.
 * Method: two members that both name it. */
static void the_last_member_counts(void **state)
{
        (void)state;
        struct group_rows rows = {0};
        struct packet *packets[2];
        int32_t partition = 0;
        struct describe_groups_member members[2];
        members[0] = member("old", "t", &partition, 1, &packets[0]);
        members[1] = member("new", "t", &partition, 1, &packets[1]);
        struct describe_groups_group group = {.members = {members, 2}};
        assert_true(group_rows_add_members(&rows, &group));
        assert_int_equal(rows.count, 1);
        assert_string_equal(rows.items[0].member_id, "new");
        group_rows_deinit(&rows);
        packet_free(packets[0]);
        packet_free(packets[1]);
}

/* Goal:   an assignment that cannot be read is told; the other members' are taken.
 * Method: one cut short at every length, beside a good one. */
static void bad_assignments_are_told(void **state)
{
        (void)state;
        struct packet *packets[2];
        int32_t partition = 1;
        struct describe_groups_member members[2];
        members[0] = member("bad", "t", &partition, 1, &packets[0]);
        members[1] = member("good", "u", &partition, 1, &packets[1]);
        struct describe_groups_group group = {.members = {members, 2}};
        while (--members[0].member_assignment.size > 0) {
                struct group_rows rows = {0};
                assert_false(group_rows_add_members(&rows, &group));
                assert_int_equal(rows.count, 1);
                assert_string_equal(rows.items[0].member_id, "good");
                group_rows_deinit(&rows);
        }
        packet_free(packets[0]);
        packet_free(packets[1]);
}

/* Goal:   the tables of a reset and of no rows at all.
 * Method: two rows, sorted; then none. */
static void prints_a_reset(void **state)
{
        (void)state;
        struct group_rows rows = {0};
        group_rows_sort(&rows);
        expect_table(group_rows_print_reset, &rows, "\nGROUP TOPIC PARTITION NEW-OFFSET\n");
        group_rows_at(&rows, str_of("t"), 1)->new_offset = 0;
        group_rows_at(&rows, str_of("t"), 0)->new_offset = 1234567890123;
        group_rows_sort(&rows);
        expect_table(group_rows_print_reset, &rows,
                     "\nGROUP TOPIC PARTITION NEW-OFFSET\n"
                     "g t 0 1234567890123\n"
                     "g t 1 0\n");
        group_rows_deinit(&rows);
}

/* Goal:   the members' table counts the partitions of each.
 * Method: one that reads two, one that reads none. */
static void prints_members(void **state)
{
        (void)state;
        struct packet *packets[2];
        int32_t partitions[] = {0, 1};
        struct describe_groups_member members[2];
        members[0] = member("busy", "t", partitions, 2, &packets[0]);
        members[1] = member("idle", "", NULL, 0, &packets[1]);
        struct describe_groups_group group = {.group_id = str_of("g"), .members = {members, 2}};
        char *text;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        assert_non_null(to);
        group_print_members(&group, to);
        fclose(to);
        assert_string_equal(squeeze(text), "\nGROUP CONSUMER-ID HOST CLIENT-ID #PARTITIONS\n"
                                           "g busy /127.0.0.1 app 2\n"
                                           "g idle /127.0.0.1 app 0\n");
        free(text);
        packet_free(packets[0]);
        packet_free(packets[1]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_partition_has_one_row),
                cmocka_unit_test(prints_a_group),
                cmocka_unit_test(the_last_member_counts),
                cmocka_unit_test(bad_assignments_are_told),
                cmocka_unit_test(prints_a_reset),
                cmocka_unit_test(prints_members),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

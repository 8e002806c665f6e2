/* group_rows.h - what is known of a group's partitions, one row each, and how it is printed: in the
 * tables of kafka-consumer-groups.sh. Offsets are -1 while they are not known, and printed as "-".
 */
#ifndef ODRADEK_CLI_GROUP_ROWS_H
#define ODRADEK_CLI_GROUP_ROWS_H

#include <stdio.h>

#include "wire/describe_groups.h"

struct group_row {
        char *topic;
        int32_t partition;
        int64_t committed; /* the group goes on there */
        int64_t log_start, log_end;
        int64_t new_offset;                 /* of a reset */
        char *member_id, *host, *client_id; /* who reads it; NULL: nobody */
};

/* Zero-initialise. */
struct group_rows {
        struct group_row *items;
        int32_t count, capacity;
};

void group_rows_deinit(struct group_rows *rows);

/* The row of that partition, which is made when there is none. Moves with the next one made. */
struct group_row *group_rows_at(struct group_rows *rows, struct str topic, int32_t partition);

/* Adds what the members read. False when an assignment cannot be read. */
bool group_rows_add_members(struct group_rows *rows, const struct describe_groups_group *group);

/* By topic and partition. */
void group_rows_sort(struct group_rows *rows);

/* A row for each partition, and one for each member that reads nothing. */
void group_rows_print(const struct group_rows *rows, const char *group, FILE *to);
void group_rows_print_reset(const struct group_rows *rows, const char *group, FILE *to);

/* A row for each member: how many partitions it reads. */
void group_print_members(const struct describe_groups_group *group, FILE *to);

#endif

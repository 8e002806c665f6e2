/* consumer_groups.h - what the two halves of `odradek consumer-groups` share: consumer_groups_cmd.c
 * lists, describes and deletes; group_reset.c moves offsets. */
#ifndef ODRADEK_CLI_CONSUMER_GROUPS_H
#define ODRADEK_CLI_CONSUMER_GROUPS_H

#include "cli/group_rows.h"
#include "cli/real_client.h"

struct consumer_groups {
        struct real_client client;
        struct admin *admin;
        int status;
        struct group_rows rows;
        char state[32]; /* of the group, as its coordinator calls it */

        const char *server, *group;
        bool list, describe, delete, reset, delete_offsets; /* what to do */
        bool members, with_state;                           /* how to describe */
        struct cli_list topics;                             /* "T" or "T:0,1" */
        bool all_topics, dry_run, execute;
        bool to_earliest, to_latest, to_current;
        int64_t to_offset, shift_by; /* INT64_MIN: not given */
        const char *to_datetime;
};

/* Has the operations that were begun run to their end; true when all is well so far. */
bool consumer_groups_go_on(struct consumer_groups *g);

/* Fills in state and rows: what the members read, and what was committed. False after telling. */
bool consumer_groups_fetch(struct consumer_groups *g);

/* Fills in the ends of the rows' logs. The same. */
bool consumer_groups_fetch_ends(struct consumer_groups *g);

/* What the offsets of the group are to be; printed, and with --execute committed. */
void consumer_groups_reset(struct consumer_groups *g);

/* Of the group's offsets of these topics. */
void consumer_groups_delete_offsets(struct consumer_groups *g);

#endif

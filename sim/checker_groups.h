/* checker_groups.h - what groups have processed, for the checks of groups and of what pipelines
 * made of it. Internal to checker*.c. */
#ifndef ODRADEK_SIM_CHECKER_GROUPS_H
#define ODRADEK_SIM_CHECKER_GROUPS_H

#include "sim/checker_private.h"

/* A member has processed a record; not in a transaction that was aborted. */
struct processed {
        int32_t group, partition;
        int64_t offset;
        int32_t send;
        int32_t read; /* in the history */
};

struct group_work {
        struct processed *processed; /* by group, place, send, read */
        int64_t count;
        bool *was_forgotten; /* by group: its offsets went with it, once */
        int64_t *reached;    /* by group and partition: the highest offset known to be committed */
};

/* The first time that the group has processed the record of a fact, if it is_of() it. */
int64_t group_work_find(const struct group_work *w, int32_t group, const struct fact *f);
bool group_work_is_of(const struct group_work *w, int64_t at, int32_t group, const struct fact *f);

/* It counts for certain: its transaction is known to be committed. */
bool group_work_has_happened(const struct checker *c, const struct processed *p);

/* What pipelines have made of their input. */
void checker_inputs(struct checker *c, const struct group_work *w);

#endif

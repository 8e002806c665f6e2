/* explain_groups.h - the words for what members of groups and transactional producers note. For
 * explain.c. */
#ifndef ODRADEK_SIM_EXPLAIN_GROUPS_H
#define ODRADEK_SIM_EXPLAIN_GROUPS_H

#include "sim/history.h"
#include "sim/trace.h"

/* Appends what the note says; false when it is of another kind. */
bool explain_group_note(const struct history *h, const struct sim_trace_entry *entry,
                        struct buffer *into);

#endif

/* explain_frame.h - what a request or an answer says, in a few words; for explain.c and dot.c.
 *
 *     Produce orders/0: 5 records
 *     Fetch orders/0 from 41 in epoch 3
 *     answer to Fetch: orders/0: 5 records from 41, high watermark 40
 *     AlterPartition orders/0: ISR {1,2} in epoch 3
 *
 * It remembers the requests until they are answered, because an answer does not say what it
 * answers; and what it told last of each connection, because most of what nodes say to each other
 * they have said before. */
#ifndef ODRADEK_SIM_EXPLAIN_FRAME_H
#define ODRADEK_SIM_EXPLAIN_FRAME_H

#include "sim/history.h"
#include "sim/trace.h"

struct frame_teller;

/* The history names the topics; it may still be empty. Borrowed. Never NULL. */
struct frame_teller *frame_teller_new(const struct history *h);
void frame_teller_free(struct frame_teller *t);

/* Appends the words for an entry of kind FRAME. False, and nothing appended, when they would be
 * those of the last Fetch, BrokerHeartbeat or Metadata on the same connection. */
bool frame_teller_tell(struct frame_teller *t, const struct sim_trace_entry *entry,
                       struct buffer *into);

/* True for an answer: streams are numbered by side (stream.h). */
static inline bool frame_is_answer(const struct sim_trace_entry *entry)
{
        return entry->numbers[0] % 2 == 0;
}

/* "{1,3}" for bits 1 and 3. */
void print_node_set(uint64_t set, struct buffer *into);

#endif

/* explain_frame.h - what a request asks for, in a few words; for explain.c. */
#ifndef ODRADEK_SIM_EXPLAIN_FRAME_H
#define ODRADEK_SIM_EXPLAIN_FRAME_H

#include "base/bytes.h"

/* Appends " orders/0: 5 records" for a Produce request and " orders/0 from 41" for a Fetch; nothing
 * for others. */
void explain_frame(struct span frame, struct buffer *into);

#endif

/* workload.h - the clients of a run: they drive the brokers and record what they see.
 *
 * Every client is a machine of its own with the client code of src/client on it, speaking real
 * frames: the producers, consumers and pipelines of the scenario; an admin, who makes and deletes
 * topics and records and asks for offsets now and then; and at the end the reader of the final
 * read.
 *
 * The order of things: workload_start() · the run · workload_send_last() after all is healed, so
 * that every producer must get one more record to every partition · workload_final_read() once all
 * sends have ended · done. */
#ifndef ODRADEK_SIM_WORKLOAD_H
#define ODRADEK_SIM_WORKLOAD_H

#include "base/zoo.h"
#include "sim/history.h"
#include "sim/scenario.h"
#include "sim/sim.h"
#include "sim/verdict.h"

struct workload;

/* Adds the partitions and clients to the history and the clients' machines to `sim`. What is passed
 * in must outlive the workload. Never NULL. */
struct workload *workload_new(struct sim *sim, const struct scenario *scenario,
                              struct history *history, struct zoo zoo);

/* Free the sim before: its nodes still need the workload to end their processes. */
void workload_free(struct workload *w);

/* Boots all but the final reader, and has the topics made. */
void workload_start(struct workload *w);

/* The acknowledged sends of the scenario's client `index`, and the records that it has read. */
int32_t workload_acked(const struct workload *w, int32_t index);
int32_t workload_read(const struct workload *w, int32_t index);

/* The client's group has given it the partition (of the history). */
bool workload_owns(const struct workload *w, int32_t index, int32_t partition);

/* The program on the machine `node` does nothing from now on, or goes on; the client code below it
 * does not stop. Other machines than clients', and what does not run, are left alone. */
void workload_stall(struct workload *w, int32_t node, bool stalls);

/* For the steps of a scenario. Topics by their index there; offset -1: all that was acknowledged.
 */
void workload_create_topic(struct workload *w, int32_t topic);
void workload_delete_topic(struct workload *w, int32_t topic);
void workload_delete_records(struct workload *w, int32_t topic, int32_t partition, int64_t offset);
void workload_elect(struct workload *w, int32_t topic, int32_t partition);

/* To these brokers (as in struct statement). With `elect` the first of them shall lead then. */
void workload_reassign(struct workload *w, int32_t topic, int32_t partition, int64_t brokers,
                       bool elect);

/* Producers send one more record to each partition, and no more. */
void workload_send_last(struct workload *w);

/* All sends and the admin's tasks have ended. */
bool workload_is_quiet(const struct workload *w);

void workload_final_read(struct workload *w);

/* The final read is over and every consumer has come as far. */
bool workload_is_done(const struct workload *w);

/* Adds a finding for each that is not as it should be at the end (a last record that was not
 * acknowledged, a send without an end, a reader on its way), and a line to `waiting`. */
void workload_check_end(const struct workload *w, struct verdict *v, struct buffer *waiting);

#endif

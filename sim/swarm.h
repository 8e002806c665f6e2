/* swarm.h - draws a scenario from a seed: topics, clients, settings, and what goes wrong.
 *
 * Swarm testing: each run leaves out a random part of the kinds of faults, mostly the larger one.
 * Runs that do everything at once never get to states that need, say, many appends and no crash.
 * What is drawn is an ordinary scenario that can be printed and read again.
 *
 * Source: Groce et al., "Swarm Testing", ISSTA 2012. */
#ifndef ODRADEK_SIM_SWARM_H
#define ODRADEK_SIM_SWARM_H

#include "sim/scenario.h"

/* Stays within the fault budget (budget.h): nothing that it draws makes a promise void, but where
 * it draws unclean.leader.election.enable. */
void swarm_draw(uint64_t seed, struct scenario *s);

#endif

/* cluster_nodes.h - the processes of a cluster on this machine, and the one that looks after them.
 *
 * (1) Every node is a child of the process that looks after the cluster, for as long as it lives:
 *     who wants one started again leaves the file broker-I.restart. So nothing is ever killed but
 *     by the id of a child that has not been waited for.
 * (2) broker-I.pid is removed before that process is waited for: while the file is there, the
 *     number in it is no other process's.
 * (3) A node dies with its parent (PR_SET_PDEATHSIG), and gets no Ctrl-C of the terminal: it has a
 *     process group of its own. */
#ifndef ODRADEK_CLI_CLUSTER_NODES_H
#define ODRADEK_CLI_CLUSTER_NODES_H

#include "cli/cluster_plan.h"

/* Starts all nodes, tells when they are ready, and looks after them until SIGINT, SIGTERM or
 * SIGHUP; then stops them. Locks the data directory meanwhile. Gives the exit status. */
int cluster_run(const char *command, const struct cluster_plan *plan);

/* What another terminal asks of a running cluster. Each waits until it is done, tells so, and gives
 * the exit status. */
int cluster_kill(const char *command, const char *data, int id); /* as a crash: SIGKILL */
int cluster_stop(const char *command, const char *data, int id); /* in good order: SIGTERM */
int cluster_restart(const char *command, const char *data, int id);

#endif

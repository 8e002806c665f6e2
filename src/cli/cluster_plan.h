/* cluster_plan.h - which nodes a cluster on this machine has, and what each is called and told.
 *
 *     ids   1 .. brokers                    brokers on port .. port + brokers - 1
 *           brokers + 1 .. + controllers    nodes that are only controllers, on the ports behind
 *
 * Without controllers of their own, the first brokers are also the voters of the quorum: all of 1,
 * 3 or 5, else the first 3 (of 2: the first). An even number of voters stands no more failures than
 * one voter less.
 *
 * Node I has these files in the data directory: broker-I/ (its logs), broker-I.properties,
 * broker-I.log (what it says), broker-I.pid (there while its process is), broker-I.port (there once
 * it serves), broker-I.restart (somebody wants it started again). */
#ifndef ODRADEK_CLI_CLUSTER_PLAN_H
#define ODRADEK_CLI_CLUSTER_PLAN_H

#include "cli/cli.h"

enum { CLUSTER_BROKERS_MAX = 50, CLUSTER_PATH_BYTES = 4096 };

struct cluster_plan {
        const char *data; /* the directory */
        int64_t port;     /* of broker 1 */
        int64_t brokers, controllers;
        struct cli_list overrides; /* "key=value", for every node */
};

int cluster_nodes(const struct cluster_plan *plan);
int cluster_port(const struct cluster_plan *plan, int id);
bool cluster_plan_is_broker(const struct cluster_plan *plan, int id);
bool cluster_plan_is_voter(const struct cluster_plan *plan, int id);

/* "DIR/broker-ID" with `suffix` behind it: ".log". Too long a path is cut: opening it fails. */
void cluster_path(const char *data, int id, const char *suffix, char into[CLUSTER_PATH_BYTES]);

/* Appends "127.0.0.1:9092,127.0.0.1:9093,…": the brokers. */
void cluster_servers(const struct cluster_plan *plan, struct buffer *into);

/* Appends the text of the node's properties file. */
void cluster_properties(const struct cluster_plan *plan, int id, struct buffer *into);

#endif

/* quorum_printer.h - the metadata quorum in lines, as kafka-metadata-quorum.sh prints it. */
#ifndef ODRADEK_CLI_QUORUM_PRINTER_H
#define ODRADEK_CLI_QUORUM_PRINTER_H

#include "wire/describe_quorum.h"

#include <stdio.h>

/* describe --status: who leads, how far, and how far behind the slowest voter is. */
void quorum_print_status(const struct describe_quorum_partition_response *quorum,
                         struct str cluster_id, FILE *to);

/* describe --replication: a line for each node that follows. */
void quorum_print_replication(const struct describe_quorum_partition_response *quorum, FILE *to);

#endif

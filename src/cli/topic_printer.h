/* topic_printer.h - describes a topic in lines, as kafka-topics.sh --describe does. */
#ifndef ODRADEK_CLI_TOPIC_PRINTER_H
#define ODRADEK_CLI_TOPIC_PRINTER_H

#include "wire/metadata.h"

#include <stdio.h>

enum topic_filter {
        TOPIC_WHOLE,            /* the topic's line, then one for each partition */
        TOPIC_UNDER_REPLICATED, /* only partitions with a replica that is not in sync */
        TOPIC_UNAVAILABLE,      /* only partitions without a leader */
};

/* `configs` is "a=b,c=d". */
void topic_print(const struct metadata_topic_response *topic, struct str configs,
                 enum topic_filter filter, FILE *to);

/* "1,2,3" */
void node_list_print(const int32_t *nodes, int32_t count, FILE *to);

#endif

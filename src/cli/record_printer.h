/* record_printer.h - a record as text, as Kafka's DefaultMessageFormatter prints it:
 *
 *     CreateTime:1700000000000 <tab> Partition:0 <tab> Offset:7 <tab> h:v,h2:v2 <tab> key <tab>
 * value
 *
 * Only the value is printed unless properties say otherwise. Bytes are written as they are. */
#ifndef ODRADEK_CLI_RECORD_PRINTER_H
#define ODRADEK_CLI_RECORD_PRINTER_H

#include "client/consumer.h"

#include <stdio.h>

struct record_printer {
        bool timestamp, partition, offset, headers, key, value;
        const char *key_separator;     /* also between all other parts */
        const char *line_separator;    /* behind each record */
        const char *headers_separator; /* between headers */
        const char *null_literal;      /* for a key or value that is null */
};

struct record_printer record_printer_default(void);

/* Sets one property, such as "print.key=true"; not copied. False when there is none of that name.
 */
bool record_printer_set(struct record_printer *p, const char *property);

/* Errors are left for ferror(). */
void record_print(const struct record_printer *p, const struct consumer_record *record, FILE *to);

#endif

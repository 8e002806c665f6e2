/* dump_log.h - prints what is in the files of a partition, as Kafka's DumpLogSegments does.
 *
 *     .log               each batch in a line; records, byte maps on request
 *     .index .timeindex  each entry in a line
 *     …-checkpoint       as it is: text already
 *
 * Nothing is believed: CRCs, lengths, the order of offsets and of index entries, and that an index
 * entry points at a batch are checked. What is wrong is told on `err` with file and position; the
 * rest of the file is printed as far as it makes sense.
 *
 * Of a partition of __consumer_offsets or __transaction_state --print-data-log prints keys and
 * payloads in words, told by the name of the file's directory, or wherever it lies with a decoder.
 *
 * Source: Kafka's DumpLogSegments (kafka-dump-log.sh). */
#ifndef ODRADEK_CLI_DUMP_LOG_H
#define ODRADEK_CLI_DUMP_LOG_H

#include <stdio.h>

#include "base/bytes.h"

struct dump_log {
        FILE *out, *err;
        bool deep;             /* --deep-iteration: records too, without their contents */
        bool print_data;       /* --print-data-log: records with key and payload */
        bool cluster_metadata; /* --cluster-metadata-decoder: payloads, as metadata records */
        bool offsets;          /* --offsets-decoder: keys and payloads of __consumer_offsets */
        bool transactions;     /* --transaction-log-decoder: of __transaction_state */
        bool hex;              /* --hex: the bytes of each batch, field by field */
        bool index_check_only; /* --index-sanity-check: a verdict instead of entries */
        bool damaged;          /* set when something was wrong with any file */
};

/* Prints one file; its name tells what it is. */
void dump_log_file(struct dump_log *d, const char *path);

/* --- between dump_log.c, dump_batch.c, dump_metadata.c and dump_coordinator.c --- */

/* What a record's bytes mean. */
enum dump_decoder { DUMP_TEXT, DUMP_METADATA, DUMP_OFFSETS, DUMP_TRANSACTIONS };

struct dump_file {
        const char *path;
        int fd;
        int64_t size;        /* bytes */
        int64_t base_offset; /* from the name; 0 for checkpoints */
        enum dump_decoder decoder;
};

/* Says on `err` what is wrong with the file, and remembers that something was. */
void dump_complain(struct dump_log *d, const struct dump_file *f, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Reads `size` bytes at `position`; complains and returns false when they are not there. */
bool dump_read(struct dump_log *d, const struct dump_file *f, int64_t position, void *into,
               size_t size);

/* All batches of a segment. */
void dump_segment(struct dump_log *d, const struct dump_file *f);

/* Writes the value of a metadata log's record in words, as "TopicRecord name=orders topicId=…".
 * False, and nothing written, when it is none. */
bool dump_metadata_record(FILE *out, struct span value);

/* Write a record of a coordinator's log in words, as " key: {…"group":"billing",…} payload:
 * {…"offset":42,…}"; a null value is <DELETE>. False, and nothing written, when it is none. */
bool dump_offsets_record(FILE *out, struct span key, struct span value);
bool dump_transaction_record(FILE *out, struct span key, struct span value);

/* Text as it is, but what would break the line as \xNN. */
void dump_escaped(FILE *out, struct span text);

#endif

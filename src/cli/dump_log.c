#include "cli/dump_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/batch.h"
#include "log/offset_index.h"
#include "log/time_index.h"

void dump_complain(struct dump_log *d, const struct dump_file *f, const char *format, ...)
{
        d->damaged = true;
        fflush(d->out); /* so that the words stand where the trouble is */
        fprintf(d->err, "odradek dump-log: %s: ", f->path);
        va_list args;
        va_start(args, format);
        vfprintf(d->err, format, args);
        va_end(args);
        fputc('\n', d->err);
}

bool dump_read(struct dump_log *d, const struct dump_file *f, int64_t position, void *into,
               size_t size)
{
        uint8_t *at = into;
        while (size > 0) {
                ssize_t got = pread(f->fd, at, size, position);
                if (got <= 0) {
                        dump_complain(d, f, "position %" PRId64 ": %s", position,
                                      got < 0 ? strerror(errno) : "the file ends here");
                        return false;
                }
                at += got;
                position += got;
                size -= (size_t)got;
        }
        return true;
}

static bool ends_with(const char *text, const char *end)
{
        size_t length = strlen(text), end_length = strlen(end);
        return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Appends the whole file: for indexes and checkpoints, which are small. */
static bool read_all(struct dump_log *d, const struct dump_file *f, struct buffer *bytes)
{
        uint8_t *at = buffer_reserve(bytes, (size_t)f->size);
        bytes->size += (size_t)f->size;
        return dump_read(d, f, 0, at, (size_t)f->size);
}

static void dump_text(struct dump_log *d, const struct dump_file *f)
{
        struct buffer bytes = {0};
        if (f->size > 0 && read_all(d, f, &bytes))
                fwrite(bytes.data, 1, bytes.size, d->out);
        buffer_deinit(&bytes);
}

/* --- indexes --- */

/* The segment beside an index, or fd -1: an index that was copied away alone is printed too. */
static struct dump_file open_segment_of(const struct dump_file *index, char *path, size_t size)
{
        struct dump_file log = {.path = path, .fd = -1};
        int stem = (int)(strrchr(index->path, '.') - index->path);
        struct stat status;
        snprintf(path, size, "%.*s.log", stem, index->path);
        log.fd = open(path, O_RDONLY | O_CLOEXEC);
        if (log.fd >= 0 && fstat(log.fd, &status) == 0)
                log.size = status.st_size;
        return log;
}

/* A search goes from the entry's position upwards, so the batch there must not begin behind the
 * entry's offset. (It may end before: Kafka indexes an append of several batches by its last
 * offset and its first position.) */
static void check_points_at_batch(struct dump_log *d, const struct dump_file *index,
                                  const struct dump_file *log, int64_t offset, int32_t position)
{
        uint8_t bytes[BATCH_HEADER_BYTES];
        struct batch_header h;
        if (position < 0 || position > log->size - BATCH_HEADER_BYTES)
                dump_complain(d, index,
                              "offset %" PRId64 ": position %d is outside the segment of %" PRId64
                              " bytes",
                              offset, position, log->size);
        else if (!dump_read(d, log, position, bytes, sizeof bytes))
                return;
        else if (batch_read_header(span_of(bytes, sizeof bytes), &h))
                dump_complain(d, index, "offset %" PRId64 ": no batch begins at position %d",
                              offset, position);
        else if (h.base_offset > offset)
                dump_complain(d, index,
                              "offset %" PRId64 ": the batch at position %d begins at offset "
                              "%" PRId64,
                              offset, position, h.base_offset);
}

/* An index is a table of entries that rise; `entry_size` is the size of one. Zero entries behind
 * the first are room that was reserved and, after a crash, not cut off: they end the table. */
static int64_t index_entries(struct dump_log *d, const struct dump_file *f, const uint8_t *bytes,
                             int64_t entry_size)
{
        static const uint8_t zero[TIME_INDEX_ENTRY_BYTES]; /* the larger of the two */
        if (f->size % entry_size != 0)
                dump_complain(d, f, "%" PRId64 " bytes are no multiple of an entry's %" PRId64,
                              f->size, entry_size);
        int64_t count = f->size / entry_size;
        for (int64_t i = 1; i < count; i++)
                if (memcmp(bytes + i * entry_size, zero, (size_t)entry_size) == 0)
                        return i;
        return count;
}

static void dump_offset_index(struct dump_log *d, const struct dump_file *f, const uint8_t *bytes)
{
        char log_path[4096];
        struct dump_file log = open_segment_of(f, log_path, sizeof log_path);
        int64_t entries = index_entries(d, f, bytes, OFFSET_INDEX_ENTRY_BYTES);
        int32_t previous_relative = -1, previous_position = -1;
        for (int64_t i = 0; i < entries; i++) {
                int32_t relative = (int32_t)load_be32(bytes + i * OFFSET_INDEX_ENTRY_BYTES);
                int32_t position = (int32_t)load_be32(bytes + i * OFFSET_INDEX_ENTRY_BYTES + 4);
                int64_t offset = f->base_offset + relative;
                if (!d->index_check_only)
                        fprintf(d->out, "offset: %" PRId64 " position: %d\n", offset, position);
                if (relative <= previous_relative || position <= previous_position)
                        dump_complain(d, f, "position %" PRId64 ": the entries do not rise",
                                      i * OFFSET_INDEX_ENTRY_BYTES);
                else if (log.fd >= 0)
                        check_points_at_batch(d, f, &log, offset, position);
                previous_relative = relative;
                previous_position = position;
        }
        if (log.fd >= 0)
                close(log.fd);
}

static void dump_time_index(struct dump_log *d, const struct dump_file *f, const uint8_t *bytes)
{
        int64_t entries = index_entries(d, f, bytes, TIME_INDEX_ENTRY_BYTES);
        int64_t previous_timestamp = -1;
        int32_t previous_relative = -1;
        for (int64_t i = 0; i < entries; i++) {
                int64_t timestamp = (int64_t)load_be64(bytes + i * TIME_INDEX_ENTRY_BYTES);
                int32_t relative = (int32_t)load_be32(bytes + i * TIME_INDEX_ENTRY_BYTES + 8);
                if (!d->index_check_only)
                        fprintf(d->out, "timestamp: %" PRId64 " offset: %" PRId64 "\n", timestamp,
                                f->base_offset + relative);
                if (relative <= previous_relative || timestamp <= previous_timestamp)
                        dump_complain(d, f, "position %" PRId64 ": the entries do not rise",
                                      i * TIME_INDEX_ENTRY_BYTES);
                previous_timestamp = timestamp;
                previous_relative = relative;
        }
}

static void dump_index(struct dump_log *d, const struct dump_file *f,
                       void (*dump)(struct dump_log *, const struct dump_file *, const uint8_t *))
{
        if (f->size == 0) {
                fprintf(d->out, "%s is empty.\n", f->path);
                return;
        }
        struct buffer bytes = {0};
        bool damaged_before = d->damaged;
        d->damaged = false;
        if (read_all(d, f, &bytes))
                dump(d, f, bytes.data);
        if (d->index_check_only && !d->damaged)
                fprintf(d->out, "%s passed sanity check.\n", f->path);
        d->damaged |= damaged_before;
        buffer_deinit(&bytes);
}

/* --- files --- */

/* A segment's files are named by their first offset. */
static bool parse_base_offset(struct dump_log *d, struct dump_file *f, const char *name)
{
        char *end;
        errno = 0;
        f->base_offset = strtoll(name, &end, 10);
        bool in_range = f->base_offset >= 0 && f->base_offset <= INT64_MAX - INT32_MAX;
        if (end != name && *end == '.' && errno == 0 && in_range)
                return true;
        dump_complain(d, f, "the name does not begin with an offset");
        return false;
}

static void dump_by_name(struct dump_log *d, struct dump_file *f)
{
        const char *slash = strrchr(f->path, '/');
        const char *name = slash ? slash + 1 : f->path;
        if (ends_with(name, "-checkpoint")) {
                dump_text(d, f);
        } else if (ends_with(name, ".log")) {
                if (parse_base_offset(d, f, name))
                        dump_segment(d, f);
        } else if (ends_with(name, ".index")) {
                if (parse_base_offset(d, f, name))
                        dump_index(d, f, dump_offset_index);
        } else if (ends_with(name, ".timeindex")) {
                if (parse_base_offset(d, f, name))
                        dump_index(d, f, dump_time_index);
        } else {
                dump_complain(d, f, "not a .log, .index, .timeindex or -checkpoint file");
        }
}

/* Whether the file lies in a directory of that topic, as "…/topic-7/000.log". */
static bool is_of_topic(const char *path, const char *topic)
{
        const char *at = path, *name = path;
        for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                name = at;
                at = slash + 1;
        }
        size_t length = strlen(topic);
        return strncmp(name, topic, length) == 0 && name[length] == '-';
}

static enum dump_decoder decoder_of(const struct dump_log *d, const char *path)
{
        if (d->cluster_metadata)
                return DUMP_METADATA;
        if (d->offsets)
                return DUMP_OFFSETS;
        if (d->transactions)
                return DUMP_TRANSACTIONS;
        if (d->print_data && is_of_topic(path, "__consumer_offsets"))
                return DUMP_OFFSETS;
        if (d->print_data && is_of_topic(path, "__transaction_state"))
                return DUMP_TRANSACTIONS;
        return DUMP_TEXT;
}

void dump_log_file(struct dump_log *d, const char *path)
{
        struct dump_file f = {.path = path,
                              .fd = open(path, O_RDONLY | O_CLOEXEC),
                              .decoder = decoder_of(d, path)};
        struct stat status;
        if (f.fd < 0 || fstat(f.fd, &status) != 0) {
                dump_complain(d, &f, "%s", strerror(errno));
        } else if (!S_ISREG(status.st_mode)) {
                dump_complain(d, &f, "not a regular file");
        } else {
                f.size = status.st_size;
                fprintf(d->out, "Dumping %s\n", path);
                dump_by_name(d, &f);
        }
        if (f.fd >= 0)
                close(f.fd);
}

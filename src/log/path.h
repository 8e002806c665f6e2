/* path.h - names of files, built on the stack.
 *
 * A log root has at most ROOT_PATH_MAX bytes: log_dir_open() refuses longer ones. So every path
 * made from one fits, and path_of() asserts it. */
#ifndef ODRADEK_LOG_PATH_H
#define ODRADEK_LOG_PATH_H

#include <stdbool.h>
#include <stdint.h>

enum { ROOT_PATH_MAX = 512, PATH_BYTES_MAX = 1024 };

struct path {
        char text[PATH_BYTES_MAX];
};

/* `directory`, a slash, and the formatted name. */
struct path path_of(const char *directory, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Whether `name` is 20 digits and a suffix, as files that are named after an offset are. Offsets
 * that leave no room for a segment are no names. */
bool path_parse_offset(const char *name, int64_t *offset, const char **suffix);

#endif

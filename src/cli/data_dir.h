/* data_dir.h - the directory that a process keeps its data in, and small files that tell others of
 * the process: its id, its port. `command` is whose error line it is. */
#ifndef ODRADEK_CLI_DATA_DIR_H
#define ODRADEK_CLI_DATA_DIR_H

#include <stdbool.h>
#include <stdint.h>

/* Makes the directory with those above it, each name durable, and locks it for this process until
 * *lock_fd is closed. Returns CLI_GO_ON, or CLI_FAILED after telling why. */
int data_dir_lock(const char *command, const char *path, int *lock_fd);

/* Writes a file of one line, there all at once: whoever waits for it never sees half of it. Returns
 * CLI_GO_ON, or CLI_FAILED after telling why. */
int number_file_write(const char *command, const char *path, int64_t number);

/* False when there is no such file, or no number in it. */
bool number_file_read(const char *path, int64_t *number);

#endif

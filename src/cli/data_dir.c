#include "cli/data_dir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "posix/files.h"

static enum kerr make_directories(const char *path)
{
        char part[4096];
        size_t size = 0;
        enum kerr err = KERR_NONE;
        while (!err && path[size] != '\0') {
                size += strspn(path + size, "/");
                size += strcspn(path + size, "/");
                if (!str_copy((struct str){path, (int32_t)size}, part, sizeof part))
                        return KERR_INVALID_CONFIG;
                err = files_make_dir(part);
                char *slash = strrchr(part, '/');
                if (!err && slash)
                        slash[slash == part] = '\0';
                if (!err)
                        err = files_sync_dir(slash ? part : ".");
                else if (err == KERR_EXISTS)
                        err = KERR_NONE;
        }
        return err;
}

int data_dir_lock(const char *command, const char *path, int *lock_fd)
{
        enum kerr err = make_directories(path);
        if (!err)
                err = files_lock_directory(path, lock_fd);
        if (err == KERR_EXISTS)
                return cli_fail(command, "another process has locked the data in %s", path);
        if (err)
                return cli_fail(command, "cannot use %s for data: %s", path, strerror(errno));
        return CLI_GO_ON;
}

int number_file_write(const char *command, const char *path, int64_t number)
{
        char temporary[4200];
        snprintf(temporary, sizeof temporary, "%s.tmp", path);
        FILE *file = fopen(temporary, "we");
        bool sound = file && fprintf(file, "%lld\n", (long long)number) > 0;
        if (file && fclose(file) != 0)
                sound = false;
        if (!sound || rename(temporary, path) != 0)
                return cli_fail(command, "cannot write %s: %s", path, strerror(errno));
        return CLI_GO_ON;
}

bool number_file_read(const char *path, int64_t *number)
{
        FILE *file = fopen(path, "re");
        long long found;
        bool sound = file && fscanf(file, "%lld", &found) == 1;
        if (file)
                fclose(file);
        if (sound)
                *number = found;
        return sound;
}

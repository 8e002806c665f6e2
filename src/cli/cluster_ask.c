/* What another terminal asks of a cluster that runs; see cluster_nodes.h. */
#include "cli/cluster_nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/data_dir.h"
#include "posix/clock.h"
#include "posix/files.h"

enum { LOOK_MS = 20, PATIENCE_MS = 60000 };

struct asked {
        const char *command, *data;
        int id;
};

static bool has_file(const struct asked *a, const char *suffix)
{
        char path[CLUSTER_PATH_BYTES];
        cluster_path(a->data, a->id, suffix, path);
        return access(path, F_OK) == 0;
}

/* False when the file is not there (or, unwanted, still is) after `patience_ms`. */
static bool wait_for_file(const struct asked *a, const char *suffix, bool wanted,
                          int64_t patience_ms)
{
        for (int64_t end_ms = clock_mono_ms() + patience_ms; has_file(a, suffix) != wanted;) {
                if (clock_mono_ms() >= end_ms)
                        return false;
                usleep(LOOK_MS * 1000);
        }
        return true;
}

/* A cluster that runs has locked its directory. */
static int check_running(const struct asked *a)
{
        int fd;
        enum kerr err = files_lock_directory(a->data, &fd);
        if (!err)
                close(fd);
        if (err != KERR_EXISTS)
                return cli_fail(a->command, "no cluster is running in %s", a->data);
        if (!has_file(a, ".properties"))
                return cli_fail(a->command, "the cluster in %s has no broker %d", a->data, a->id);
        return CLI_GO_ON;
}

static int end_node(const struct asked *a, int number, const char *done)
{
        int status = check_running(a);
        if (status != CLI_GO_ON)
                return status;
        char path[CLUSTER_PATH_BYTES];
        int64_t pid;
        cluster_path(a->data, a->id, ".pid", path);
        if (!number_file_read(path, &pid) || kill((pid_t)pid, number) != 0)
                return cli_fail(a->command, "broker %d is not running", a->id);
        if (!wait_for_file(a, ".pid", false, PATIENCE_MS))
                return cli_fail(a->command, "broker %d (process %lld) has not ended within %d s",
                                a->id, (long long)pid, PATIENCE_MS / 1000);
        printf("%s broker %d (process %lld).\n", done, a->id, (long long)pid);
        return CLI_DONE;
}

int cluster_kill(const char *command, const char *data, int id)
{
        return end_node(&(struct asked){command, data, id}, SIGKILL, "Killed");
}

int cluster_stop(const char *command, const char *data, int id)
{
        return end_node(&(struct asked){command, data, id}, SIGTERM, "Stopped");
}

int cluster_restart(const char *command, const char *data, int id)
{
        struct asked a = {command, data, id};
        int status = check_running(&a);
        if (status != CLI_GO_ON)
                return status;
        /* Of one that was killed just now the file is still there for a moment. */
        if (!wait_for_file(&a, ".pid", false, 1000))
                return cli_fail(command, "broker %d is running", id);
        char path[CLUSTER_PATH_BYTES];
        cluster_path(data, id, ".restart", path);
        status = number_file_write(command, path, getpid());
        if (status != CLI_GO_ON)
                return status;
        if (!wait_for_file(&a, ".restart", false, PATIENCE_MS) ||
            !wait_for_file(&a, ".pid", true, 1000))
                return cli_fail(command, "the cluster in %s does not act", data);
        while (!wait_for_file(&a, ".port", true, 100)) {
                if (!has_file(&a, ".pid"))
                        return cli_fail(command, "broker %d does not start; see %s/broker-%d.log",
                                        id, data, id);
        }
        printf("Restarted broker %d.\n", id);
        return CLI_DONE;
}

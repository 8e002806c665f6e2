/* system.c - files and children. */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

char *text(const char *format, ...)
{
        char *made;
        va_list args;
        va_start(args, format);
        if (vasprintf(&made, format, args) < 0)
                abort();
        va_end(args);
        return made;
}

bool read_whole(const char *path, struct buffer *into)
{
        FILE *f = fopen(path, "rb");
        if (!f)
                return false;
        size_t got;
        do {
                got = fread(buffer_reserve(into, 65536), 1, 65535, f);
                into->size += got;
        } while (got > 0);
        *buffer_reserve(into, 1) = '\0';
        bool good = !ferror(f);
        fclose(f);
        return good;
}

static void make_folders(const char *path)
{
        char *copy = text("%s", path);
        for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
                *at = '\0';
                mkdir(copy, 0777);
                *at = '/';
        }
        free(copy);
}

bool write_whole(const char *path, struct span content)
{
        struct buffer before = {0};
        bool same = read_whole(path, &before) && before.size == content.size &&
                    (content.size == 0 || memcmp(before.data, content.data, content.size) == 0);
        buffer_deinit(&before);
        if (same)
                return true;
        make_folders(path);
        FILE *f = fopen(path, "wb");
        bool good = f && fwrite(content.data, 1, content.size, f) == content.size;
        if (f && fclose(f) != 0)
                good = false;
        if (!good)
                fprintf(stderr, "lab: %s: %s\n", path, strerror(errno));
        return good;
}

bool file_exists(const char *path)
{
        return access(path, F_OK) == 0;
}

static int64_t now_ms(void)
{
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void become(const char *const argv[], const char *directory, int out)
{
        int nothing = open("/dev/null", O_RDONLY);
        setpgid(0, 0);
        dup2(nothing, 0);
        dup2(out, 1);
        dup2(out, 2);
        if (chdir(directory) == 0)
                execvp(argv[0], (char *const *)(uintptr_t)argv);
        fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
        _exit(NOT_STARTED);
}

/* Until the child has closed its outputs, or its time is over. */
static void listen_to(int in, int64_t limit_ms, int64_t start_ms, struct outcome *o)
{
        for (;;) {
                int64_t left_ms = limit_ms - (now_ms() - start_ms);
                struct pollfd p = {.fd = in, .events = POLLIN};
                int ready = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;
                if (ready < 0 && errno == EINTR)
                        continue;
                if (ready <= 0) {
                        o->timed_out = true;
                        return;
                }
                ssize_t got = read(in, buffer_reserve(&o->out, 65536), 65535);
                if (got <= 0)
                        return;
                o->out.size += (size_t)got;
        }
}

void run_child(const char *const argv[], const char *directory, int64_t limit_ms, struct outcome *o)
{
        int ends[2], how = 0;
        int64_t start_ms = now_ms();
        *o = (struct outcome){.status = -1};
        fflush(stdout);
        pid_t child = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
        if (child < 0) {
                perror("lab");
                exit(LAB_BROKEN);
        }
        if (child == 0)
                become(argv, directory, ends[1]);
        setpgid(child, child);
        close(ends[1]);
        listen_to(ends[0], limit_ms, start_ms, o);
        close(ends[0]);
        if (o->timed_out)
                kill(-child, SIGKILL);
        while (waitpid(child, &how, 0) < 0 && errno == EINTR)
                ;
        if (WIFEXITED(how))
                o->status = WEXITSTATUS(how);
        else
                o->signal = WTERMSIG(how);
        *buffer_reserve(&o->out, 1) = '\0';
        o->wall_ms = now_ms() - start_ms;
}

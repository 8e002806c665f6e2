#include "blocks.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHAPTER_SECONDS_MAX = 900 };
static const char told_port[] = "9092";
static const char mark[] = "\036"; /* a character that no program prints */

/* --- finding them --- */

static bool has_word(const char *info, const char *word)
{
        size_t size = strlen(word);
        for (const char *at = strstr(info, word); at; at = strstr(at + 1, word)) {
                if (at[-1] == ' ' && (at[size] == ' ' || at[size] == '\0'))
                        return true;
        }
        return false;
}

static struct command *add(struct commands *c, const char *info, const char *text)
{
        c->items = realloc(c->items, (size_t)(c->count + 1) * sizeof *c->items);
        if (!c->items)
                die("no memory");
        struct command *made = &c->items[c->count++];
        *made = (struct command){.text = format("%s", text)};
        made->slow = has_word(info, "slow");
        made->numbers = has_word(info, "numbers");
        made->seconds = has_word(info, "seconds");
        made->fails = has_word(info, "fails");
        return made;
}

/* A misspelt word would switch something off that the author wanted. */
static void check_words(const char *path, int number, const char *info)
{
        static const char *const known[] = {"slow", "numbers", "seconds", "fails"};
        for (const char *at = info; *at;) {
                size_t size = strcspn(at, " ");
                bool good = size == 0 || at == info;
                for (int i = 0; i < 4; i++)
                        good |= size == strlen(known[i]) && strncmp(at, known[i], size) == 0;
                errno = 0;
                if (!good)
                        die("%s:%d: '%.*s' says nothing to a console block", path, number,
                            (int)size, at);
                at += size + (at[size] == ' ');
        }
}

void commands_find(struct commands *c, const char *path, const struct lines *chapter)
{
        *c = (struct commands){0};
        const char *info = NULL; /* of the block that we are in */
        struct command *last = NULL;
        bool in_block = false;
        int indent = 0, block = 0;
        for (int i = 0; i < chapter->count; i++) {
                const char *line = chapter->items[i];
                size_t spaces = strspn(line, " ");
                line += in_block && spaces > (size_t)indent ? (size_t)indent : spaces;
                if (strncmp(line, "```", 3) == 0) {
                        errno = 0;
                        if (info && !last)
                                die("%s:%d: this block has no command", path, i);
                        bool begins = !in_block && strncmp(line, "```console", 10) == 0;
                        if (begins)
                                check_words(path, i + 1, line);
                        if (!in_block)
                                indent = (int)spaces;
                        block += begins;
                        info = begins ? line : NULL;
                        last = NULL;
                        in_block = !in_block;
                } else if (info && strncmp(line, "$ ", 2) == 0) {
                        last = add(c, info, line + 2);
                        last->indent = indent;
                        last->block = block;
                        last->first = last->end = i + 1;
                } else if (last && strncmp(line, "> ", 2) == 0 && last->end == i) {
                        char *longer = format("%s\n%s", last->text, line + 2);
                        free(last->text);
                        last->text = longer;
                        last->first = last->end = i + 1;
                } else if (last) {
                        last->end = i + 1;
                } else if (info) {
                        errno = 0;
                        die("%s:%d: a console block begins with '$ '", path, i + 1);
                }
        }
        errno = 0;
        if (in_block)
                die("%s: its last block has no end", path);
}

void commands_free(struct commands *c)
{
        for (int i = 0; i < c->count; i++) {
                free(c->items[i].text);
                lines_free(&c->items[i].output);
        }
        free(c->items);
        *c = (struct commands){0};
}

/* --- running them --- */

static int free_port(void)
{
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
            getsockname(fd, (struct sockaddr *)&address, &size) < 0)
                die("no port is free");
        close(fd);
        return ntohs(address.sin_port);
}

static void link_into(const char *directory, const char *target, const char *name)
{
        char *path = format("%s/%s", directory, name);
        if (symlink(target, path) < 0)
                die("cannot make %s", path);
        free(path);
}

/* A directory that looks like the repository, which we are in. */
static char *make_scene(const char *build)
{
        char here[PATH_MAX], programs[PATH_MAX];
        const char *temporary = getenv("TMPDIR");
        char *scene = format("%s/odradek-book.XXXXXX", temporary ? temporary : "/tmp");
        if (!getcwd(here, sizeof here) || !realpath(build, programs) || !mkdtemp(scene))
                die("cannot make a directory for the commands");
        static const char *const shown[] = {"Makefile", "README.md", "LICENSE", "chapters",
                                            "docs",     "diagrams",  "labs",    "sim",
                                            "src",      "tests"};
        for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
                char *target = format("%s/%s", here, shown[i]);
                link_into(scene, target, shown[i]);
                free(target);
        }
        char *inner = format("%s/build", scene);
        if (mkdir(inner, 0755) < 0)
                die("cannot make %s", inner);
        static const char *const built[] = {"odradek", "odradek-sim", "experiments", "labs"};
        for (size_t i = 0; i < sizeof built / sizeof *built; i++) {
                char *target = format("%s/%s", programs, built[i]);
                if (access(target, F_OK) == 0)
                        link_into(inner, target, built[i]);
                free(target);
        }
        free(inner);
        return scene;
}

static void write_script(const struct commands *c, const char *path, const char *scene,
                         const char *before, bool slow, const char *port)
{
        int block = 0;
        FILE *script = fopen(path, "w");
        if (!script)
                die("cannot write %s", path);
        fprintf(script,
                "%s 2>&1 </dev/null\n"
                "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n"
                "cd %s || exit\n"
                "export LC_ALL=C\n",
                before ? "exec 3>&2" : "exec", scene);
        for (int i = 0; i < c->count; i++) {
                if (c->items[i].slow && !slow)
                        continue;
                if (before && c->items[i].block != block) {
                        block = c->items[i].block;
                        fprintf(script, "BLOCK=%d; . %s >&3 2>&3 || exit\n", block, before);
                }
                char *text = replaced(c->items[i].text, told_port, port);
                fprintf(script, "printf '\\n%s%d\\n'\n%s\nprintf '\\n%s=%%d\\n' $?\n", mark, i,
                        text, mark);
                free(text);
        }
        if (fclose(script) != 0)
                die("cannot write %s", path);
}

static void take_output(struct commands *c, const char *path, const char *scene, const char *port)
{
        struct lines all = {0};
        struct command *now = NULL;
        lines_read(&all, path);
        for (int i = 0; i < all.count; i++) {
                const char *line = all.items[i];
                if (line[0] == mark[0] && line[1] == '=' && now) {
                        now->ran = true;
                        now->status = atoi(line + 2);
                        /* What ended with a newline is now followed by an empty line of ours. */
                        struct lines *o = &now->output;
                        if (o->count > 0 && o->items[o->count - 1][0] == '\0')
                                free(o->items[--o->count]);
                        now = NULL;
                } else if (line[0] == mark[0]) {
                        now = &c->items[atoi(line + 1)];
                } else if (now) {
                        char *place = replaced(line, scene, ".");
                        char *told = replaced(place, port, told_port);
                        size_t size = strlen(told);
                        while (size > 0 && told[size - 1] == ' ')
                                size--;
                        lines_add(&now->output, told, size);
                        free(place);
                        free(told);
                }
        }
        lines_free(&all);
}

void commands_run(struct commands *c, const char *build, const char *before, bool slow)
{
        char *scene = make_scene(build);
        char *script = format("%s/.script", scene), *output = format("%s/.output", scene);
        char *port = format("%d", free_port());
        write_script(c, script, scene, before, slow, port);
        char *run = format("timeout -k 5 %d bash %s >%s", CHAPTER_SECONDS_MAX, script, output);
        fflush(NULL);
        if (system(run) < 0)
                die("cannot run bash");
        take_output(c, output, scene, port);
        char *tidy = format("rm -rf %s", scene);
        if (system(tidy) != 0)
                die("cannot remove %s", scene);
        free(tidy);
        free(run);
        free(port);
        free(output);
        free(script);
        free(scene);
}

/* The program `book`: holds the chapters against the programs and the code that they speak of.
 *
 *     book check [--slow] [--before F] BUILD FILE.md…  runs the commands, looks up the citations; a
 *                                                      line each
 *     book update [--before F] BUILD FILE.md…          writes what was printed, and excerpts, into
 *                                                      them
 *     book link BASE FILE.md                           prints the chapter with citations as links
 *
 * F is read by bash before each block. The labs' pages (labs/tool/readme.sh) are checked so, too.
 * Exit status: 0 all agree, 1 something does not, 2 used wrongly or it could not be tried. */
#include "blocks.h"
#include "cite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- check --- */

static void print_indented(const char *sign, char *const *items, int count)
{
        for (int i = 0; i < count; i++)
                printf("#   %s %s\n", sign, items[i]);
}

static bool check_command(const char *path, const struct command *c, const struct lines *chapter)
{
        const char *wrong = NULL;
        if (!c->ran)
                wrong = "did not come back";
        else if ((c->status != 0) != c->fails)
                wrong = c->fails ? "ended well, which it should not" : "failed";
        else if (!command_agrees(c, chapter))
                wrong = "printed something else";
        int first_line = (int)strcspn(c->text, "\n");
        printf("%sok - %s:%d: %.*s%s%s\n", wrong ? "not " : "", path, c->first, first_line, c->text,
               wrong ? ": " : "", wrong ? wrong : "");
        if (wrong) {
                print_indented("-", chapter->items + c->first, c->end - c->first);
                print_indented("+", c->output.items, c->output.count);
        }
        return !wrong;
}

static bool check(const char *build, const char *path, const char *before, bool slow)
{
        struct lines chapter = {0};
        struct commands commands;
        int cited;
        lines_read(&chapter, path);
        int failed = citations_check(path, &chapter, &cited);
        if (cited > 0 && failed == 0)
                printf("ok - %s: %d citations found in the code\n", path, cited);
        commands_find(&commands, path, &chapter);
        if (commands.count > 0)
                commands_run(&commands, build, before, slow);
        for (int i = 0; i < commands.count; i++) {
                if (!commands.items[i].slow || slow)
                        failed += !check_command(path, &commands.items[i], &chapter);
        }
        commands_free(&commands);
        lines_free(&chapter);
        return failed == 0;
}

/* --- update --- */

static void write_file(const char *path, const struct lines *l)
{
        errno = 0;
        FILE *file = fopen(path, "w");
        if (!file)
                die("cannot write %s", path);
        for (int i = 0; i < l->count; i++)
                fprintf(file, "%s\n", l->items[i]);
        if (fclose(file) != 0)
                die("cannot write %s", path);
}

/* Somebody may write at the page while its commands run. */
static struct timespec changed_at(const char *path)
{
        struct stat found;
        errno = 0;
        if (stat(path, &found) < 0)
                die("cannot read %s", path);
        return found.st_mtim;
}

static void update(const char *build, const char *path, const char *before)
{
        struct lines chapter = {0}, made = {0};
        struct commands commands;
        struct timespec read_at = changed_at(path);
        lines_read(&chapter, path);
        excerpts_update(path, &chapter);
        commands_find(&commands, path, &chapter);
        if (commands.count > 0)
                commands_run(&commands, build, before, true);
        int done = 0;
        for (int i = 0; i < commands.count; i++) {
                const struct command *c = &commands.items[i];
                struct lines renewed = {0};
                if (c->ran && !command_agrees(c, &chapter) &&
                    command_renew(c, &chapter, &renewed)) {
                        for (; done < c->first; done++)
                                lines_add(&made, chapter.items[done], strlen(chapter.items[done]));
                        for (int j = 0; j < renewed.count; j++)
                                lines_add(&made, renewed.items[j], strlen(renewed.items[j]));
                        done = c->end;
                }
                lines_free(&renewed);
        }
        for (; done < chapter.count; done++)
                lines_add(&made, chapter.items[done], strlen(chapter.items[done]));
        struct timespec now_at = changed_at(path);
        if (now_at.tv_sec != read_at.tv_sec || now_at.tv_nsec != read_at.tv_nsec)
                die("%s has changed while its commands ran; try again", path);
        write_file(path, &made);
        commands_free(&commands);
        lines_free(&made);
        lines_free(&chapter);
}

/* --- link --- */

static void print_linked(const char *base, const char *path)
{
        struct lines chapter = {0};
        bool in_block = false;
        lines_read(&chapter, path);
        for (int i = 0; i < chapter.count; i++) {
                const char *line = chapter.items[i];
                bool is_fence = strncmp(line, "```", 3) == 0;
                if (is_fence) /* its first word is all that a page needs */
                        printf("%.*s\n", (int)strcspn(line, " "), line);
                else if (in_block)
                        puts(line);
                in_block ^= is_fence;
                if (is_fence || in_block)
                        continue;
                char *linked = citations_linked(line, base);
                puts(linked);
                free(linked);
        }
        lines_free(&chapter);
}

static int usage(void)
{
        fputs("usage: book check [--slow] [--before F] BUILD FILE.md... | update [--before F] "
              "BUILD FILE.md... | link BASE FILE.md\n",
              stderr);
        return 2;
}

int main(int argc, char **argv)
{
        const char *what = argc > 1 ? argv[1] : "", *before = NULL;
        bool slow = false, good = true;
        int at = 2;
        for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
                if (strcmp(argv[at], "--slow") == 0)
                        slow = true;
                else if (strcmp(argv[at], "--before") == 0 && at + 1 < argc)
                        before = argv[++at];
                else
                        return usage();
        }
        char **rest = argv + at;
        if (argc - at < 2)
                return usage();
        for (char **file = rest + 1; *file; file++) {
                if (strcmp(what, "check") == 0)
                        good &= check(rest[0], *file, before, slow);
                else if (strcmp(what, "update") == 0)
                        update(rest[0], *file, before);
                else if (strcmp(what, "link") == 0)
                        print_linked(rest[0], *file);
        }
        return good ? 0 : 1;
}

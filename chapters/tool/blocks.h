/* blocks.h - the commands of a page, run as a reader would run them, and their output compared.
 *
 *     ```console            $ begins a command, > goes on with it, the rest is what it prints
 *     ```console slow       left out of the short run
 *     ```console numbers    numbers and the width of gaps may differ: they are measurements
 *     ```console seconds    seconds (2.5 s) and the width of gaps may differ, but not "2.5 s)"
 *     ```console fails      the commands end with another status than 0
 *
 * A line of three dots in the output stands for any lines, three dots at the end of a line for the
 * rest of it. A block may be indented, as in a list. All commands of a page run in one bash, one
 * after the other, so that variables and background jobs last; in a directory of their own that
 * looks like the repository, with build/ holding nothing but the programs. Port 9092 in the text is
 * another, free port when it runs. */
#ifndef ODRADEK_CHAPTERS_BLOCKS_H
#define ODRADEK_CHAPTERS_BLOCKS_H

#include "text.h"

struct command {
        char *text;     /* as it is typed, with newlines where it goes on */
        int first, end; /* the lines of the page that hold its output: first … end - 1 */
        int indent;     /* of its block */
        int block;      /* which one of the page's console blocks, from 1 on */
        bool slow, numbers, seconds, fails;
        bool ran;
        int status;
        struct lines output; /* what it printed */
};

struct commands {
        struct command *items;
        int count;
};

void commands_find(struct commands *c, const char *path, const struct lines *chapter);
void commands_free(struct commands *c);

/* Runs those that are wanted; a command that never came back has not `ran`. `build` is the
 * directory of the programs. `before`, when it is not NULL, is a file that bash reads before the
 * first command of each block; $BLOCK is the block's number. */
void commands_run(struct commands *c, const char *build, const char *before, bool slow);

/* Whether it printed what the page says. */
bool command_agrees(const struct command *c, const struct lines *page);

/* Adds to `made` what the page is to say now: what was printed. Lines that agree stay as they are,
 * and so do dots, when the line behind them begins with a word that was printed; false when none
 * does: what the author has shortened so, only the author can renew. */
bool command_renew(const struct command *c, const struct lines *page, struct lines *made);

#endif

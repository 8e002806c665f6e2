/* blocks.h - the commands of a chapter, run as a reader would run them, and their output compared.
 *
 *     ```console            $ begins a command, > goes on with it, the rest is what it prints
 *     ```console slow       left out of the short run
 *     ```console numbers    numbers and the width of gaps may differ: they are measurements
 *     ```console fails      the commands end with another status than 0
 *
 * A line of three dots in the output stands for any lines. All commands of a chapter run in one
 * bash, one after the other, so that variables and background jobs last; in a directory of their
 * own that looks like the repository, with build/ holding nothing but the programs. Port 9092 in
 * the text is another, free port when it runs. */
#ifndef ODRADEK_CHAPTERS_BLOCKS_H
#define ODRADEK_CHAPTERS_BLOCKS_H

#include "text.h"

struct command {
        char *text;     /* as it is typed, with newlines where it goes on */
        int first, end; /* the lines of the chapter that hold its output: first … end - 1 */
        bool slow, numbers, fails;
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
 * directory of the programs. */
void commands_run(struct commands *c, const char *build, bool slow);

/* Whether it printed what the chapter says. */
bool command_agrees(const struct command *c, const struct lines *chapter);

#endif

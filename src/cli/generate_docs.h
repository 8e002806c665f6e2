/* generate_docs.h - reference pages from the tables of the program itself, as markdown, so that
 * docs/ cannot differ from what the program does. */
#ifndef ODRADEK_CLI_GENERATE_DOCS_H
#define ODRADEK_CLI_GENERATE_DOCS_H

#include <stdbool.h>
#include <stdio.h>

/* Writes the table called `what`: "configs" or "apis". False when there is none of that name. */
bool generate_docs(const char *what, FILE *to);

#endif

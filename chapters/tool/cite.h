/* cite.h - citations of code, looked up in the code.
 *
 *     [segment_append](src/log/segment.c:/^enum kerr segment_append/)
 *         a place: the first line that matches the POSIX extended regular expression
 *     ```c src/log/segment.c:/^enum kerr segment_append/,/^}/
 *         an excerpt, from the first line to the last
 *
 * A citation that finds nothing is an error; so is a link to a file, a page or a figure that is not
 * there. An excerpt's text stands in the chapter, so that the chapter can be read as it is; it must
 * be the code's. */
#ifndef ODRADEK_CHAPTERS_CITE_H
#define ODRADEK_CHAPTERS_CITE_H

#include "text.h"

/* Looks up all citations of a chapter; prints "not ok - …" for each that fails and returns how many
 * did. *total gets how many there are. */
int citations_check(const char *path, const struct lines *chapter, int *total);

/* Replaces the text of excerpts by the code's. */
void excerpts_update(const char *path, struct lines *chapter);

/* The line with each citation of a place turned into a link to that line of the file, under `base`:
 * [segment_append](BASEsrc/log/segment.c#L159); so are links to files of the repository.
 * malloc()ed.
 */
char *citations_linked(const char *line, const char *base);

#endif

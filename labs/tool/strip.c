/* strip.c - from the reference tree to a starter: the markers in the source.
 *
 *     //@lab 07 begin
 *     … the reference body …
 *     //@lab 07 starter
 *     // … what the student gets instead, each line behind "// " …
 *     //@lab 07 end
 */
#include "lab.h"

#include <ctype.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

enum place { OUTSIDE, IN_BODY, IN_STARTER };

enum { REGIONS_MAX = 100 };

/* What stands in the starter for a region of the source, markers included. */
struct region {
        size_t from, to;               /* in the starter */
        size_t source_from, source_to; /* in the source */
};

struct stripper {
        const char *name, *id, *keep;
        const char *function; /* the first line of the one that we are in, or NULL */
        int line;
        enum place place;
        char region[8]; /* the lab whose region this is */
        bool is_kept;   /* its reference body stays */
        struct buffer starter, reference;
        size_t read; /* of the source, so far */
        struct region all[REGIONS_MAX];
        int count;   /* of all regions */
        int regions; /* of this lab's */
};

static bool complain(const struct stripper *s, const char *what)
{
        fprintf(stderr, "lab: %s:%d: %s\n", s->name, s->line, what);
        return false;
}

static bool is_mine(const struct stripper *s)
{
        return strcmp(s->region, s->id) == 0;
}

/* "begin", "starter" or "end", and whose; NULL when the line is no marker. */
static const char *marker_of(const char *line, size_t size, char lab[8])
{
        static const char *const words[] = {"begin", "starter", "end"};
        char word[8];
        char *copy = text("%.*s", (int)size, line);
        const char *found = "";
        int used = 0;
        const char *at = copy + strspn(copy, " \t");
        bool is_marker = strncmp(at, "//@lab", 6) == 0;
        if (is_marker && sscanf(at, "//@lab %7s %7s %n", lab, word, &used) == 2 && used > 0 &&
            !at[used]) {
                for (int i = 0; i < 3; i++) {
                        if (strcmp(word, words[i]) == 0)
                                found = words[i];
                }
        }
        free(copy);
        return is_marker ? found : NULL;
}

static bool begins_function(const char *line)
{
        size_t size = strcspn(line, "(\n");
        return isalpha((unsigned char)*line) && line[size] == '(';
}

/* Whether `line` begins the function `name`. */
static bool is_named(const char *line, const char *name, size_t size)
{
        const char *end = line + strcspn(line, "(\n");
        return (size_t)(end - line) > size && strncmp(end - size, name, size) == 0 &&
               strchr(" *", end[-1 - (ptrdiff_t)size]);
}

/* Whether one of the names in `keep` is that of the file, of the function around a region, or of
 * one in its reference body, which begins at `body`. */
static bool is_wanted(const struct stripper *s, const char *body)
{
        const char *slash = strrchr(s->name, '/'), *file = slash ? slash + 1 : s->name;
        for (const char *name = s->keep; *name; name += strspn(name, " ")) {
                size_t size = strcspn(name, " ");
                bool found = strncmp(name, file, size) == 0 && !file[size];
                found |= s->function && is_named(s->function, name, size);
                for (const char *at = body; !found && *at; at += *at == '\n') {
                        if (strncmp(at + strspn(at, " "), "//@lab", 6) == 0)
                                break;
                        found = begins_function(at) && is_named(at, name, size);
                        at += strcspn(at, "\n");
                }
                if (found)
                        return true;
                name += size;
        }
        return false;
}

static void note_region(struct stripper *s, enum place next, size_t size)
{
        struct region *r = &s->all[s->count];
        if (next == IN_BODY)
                *r = (struct region){.from = s->starter.size, .source_from = s->read};
        if (next == OUTSIDE) {
                r->to = s->starter.size;
                r->source_to = s->read + size;
                s->count++;
        }
}

static bool on_marker(struct stripper *s, const char *word, const char *lab, const char *line,
                      size_t size)
{
        enum place next = *word == 'b' ? IN_BODY : *word == 's' ? IN_STARTER : OUTSIDE;
        if (!*word)
                return complain(s, "a marker is //@lab NN begin, starter or end");
        if (s->place != OUTSIDE && strcmp(lab, s->region) != 0)
                return complain(s, "a marker of another lab inside a region");
        if (s->place != (next == IN_BODY ? OUTSIDE : next == IN_STARTER ? IN_BODY : IN_STARTER))
                return complain(s, "a marker out of its order: begin, starter, end");
        if (s->count == REGIONS_MAX)
                return complain(s, "too many regions");
        note_region(s, next, size);
        snprintf(s->region, sizeof s->region, "%.7s", lab);
        s->place = next;
        s->regions += next == IN_BODY && is_mine(s);
        if (next == IN_BODY)
                s->is_kept = is_mine(s) && is_wanted(s, line + size);
        return true;
}

/* "        // return 0;" is "        return 0;" in the starter. */
static bool on_starter_line(struct stripper *s, const char *line, size_t size)
{
        size_t indent = strspn(line, " ");
        if (strncmp(line + indent, "//", 2) != 0)
                return complain(s, "a line of a starter begins with //");
        if (!is_mine(s) || s->is_kept)
                return true;
        size_t skipped = indent + 2 + (line[indent + 2] == ' ');
        if (skipped < size && line[skipped] != '\n')
                buffer_append(&s->starter, line, indent);
        buffer_append(&s->starter, line + skipped, size - skipped);
        return true;
}

static bool on_line(struct stripper *s, const char *line, size_t size)
{
        char lab[8] = "";
        const char *marker = marker_of(line, size, lab);
        s->line++;
        if (marker)
                return on_marker(s, marker, lab, line, size);
        if (s->place == IN_STARTER)
                return on_starter_line(s, line, size);
        if (begins_function(line))
                s->function = line;
        else if (*line == '}')
                s->function = NULL;
        buffer_append(&s->reference, line, size);
        if (s->place == OUTSIDE || !is_mine(s) || s->is_kept)
                buffer_append(&s->starter, line, size);
        return true;
}

/* The starter with each region put back where its stand-in is. */
static bool makes_the_source(const struct stripper *s, struct span source)
{
        struct buffer again = {0};
        size_t at = 0;
        for (int i = 0; i < s->count; i++) {
                const struct region *r = &s->all[i];
                buffer_append(&again, s->starter.data + at, r->from - at);
                buffer_append(&again, source.data + r->source_from, r->source_to - r->source_from);
                at = r->to;
        }
        if (s->starter.size > at)
                buffer_append(&again, s->starter.data + at, s->starter.size - at);
        bool same = again.size == source.size &&
                    (source.size == 0 || memcmp(again.data, source.data, source.size) == 0);
        buffer_deinit(&again);
        return same || complain(s, "starter and bodies do not make the source again");
}

bool strip(const char *name, struct span source, const char *id, const char *keep,
           enum strip_what what, struct buffer *into, int *regions)
{
        struct stripper s = {.name = name, .id = id, .keep = keep};
        const char *at = (const char *)source.data, *end = at + source.size;
        bool good = true;
        while (at < end && good) {
                const char *newline = memchr(at, '\n', (size_t)(end - at));
                size_t size = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);
                good = on_line(&s, at, size);
                at += size;
                s.read += size;
        }
        if (good && s.place != OUTSIDE)
                good = complain(&s, "a marker without its end");
        good = good && makes_the_source(&s, source);
        const struct buffer *made = what == STRIP_STARTER ? &s.starter : &s.reference;
        if (made->size > 0)
                buffer_append(into, made->data, made->size);
        *regions = s.regions;
        buffer_deinit(&s.starter);
        buffer_deinit(&s.reference);
        return good;
}

static int strip_file(const char *root, const char *path, const char *id, const char *keep,
                      enum strip_what what, const char *to)
{
        struct buffer source = {0}, made = {0};
        int regions = 0;
        bool good = read_whole(path, &source) &&
                    strip(path, buffer_span(&source), id, keep, what, &made, &regions);
        if (good && regions > 0) {
                char *target = text("%s%s", to, path + strlen(root));
                good = write_whole(target, buffer_span(&made));
                free(target);
        }
        buffer_deinit(&source);
        buffer_deinit(&made);
        return !good ? -1 : regions > 0;
}

int strip_tree(const char *root, const char *id, const char *keep, enum strip_what what,
               const char *to)
{
        char *src = text("%s/src", root);
        FTS *walk = fts_open((char *const[]){src, NULL}, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        int files = 0;
        for (FTSENT *e = fts_read(walk); e && files >= 0; e = fts_read(walk)) {
                if (e->fts_info != FTS_F || e->fts_namelen < 2 ||
                    !strchr("ch", e->fts_name[e->fts_namelen - 1]) ||
                    e->fts_name[e->fts_namelen - 2] != '.')
                        continue;
                int done = strip_file(root, e->fts_path, id, keep, what, to);
                files = done < 0 ? -1 : files + done;
        }
        fts_close(walk);
        free(src);
        return files;
}

/* hunt.c - a student's scenario, run twice: a guarantee must be kept, and then it must not.
 *
 * What differs between the two runs is a bug of the simulator that is put back (`bugs`, one of them
 * by the seed), or a setting: each of the `words` in the student's script is replaced by the one at
 * its place in `holds`, and then by the one in `breaks`. */
#include "lab.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 20, RESULT_BYTES = 200 };

/* The two runs. */
struct hunt {
        char *holds, *breaks; /* scripts, below the root; to be freed */
        const char *bug;      /* of the second run; NULL: the scripts differ */
};

static const char *bug_of(const json_t *test, uint64_t seed)
{
        const json_t *bugs = json_object_get(test, "bugs");
        size_t count = json_array_size(bugs);
        return count ? json_string_value(json_array_get(bugs, (size_t)(seed % count))) : NULL;
}

size_t hunt_bugs(const json_t *lab)
{
        size_t i, most = 0;
        json_t *test;
        json_array_foreach(json_object_get(lab, "test"), i, test)
        {
                size_t count = json_array_size(json_object_get(test, "bugs"));
                most = count > most ? count : most;
        }
        return most;
}

void hide_prey(const json_t *lab, const char *tree)
{
        size_t i, k;
        json_t *test, *bug;
        json_array_foreach(json_object_get(lab, "test"), i, test)
        {
                json_array_foreach(json_object_get(test, "bugs"), k, bug)
                {
                        char *path =
                                text("%s/sim/scenarios/zoo/%s.scn", tree, json_string_value(bug));
                        remove(path);
                        free(path);
                }
        }
}

/* --- the script --- */

/* The lines that say something, without comments. */
static int strip_comments(const char *script, struct buffer *into)
{
        int lines = 0;
        for (const char *at = script; *at; at += strcspn(at, "\n"), at += *at == '\n') {
                size_t size = strcspn(at, "#\n");
                lines += strspn(at, " \t\r") < size;
                buffer_printf(into, "%.*s\n", (int)size, at);
        }
        buffer_append(into, "", 1);
        return lines;
}

static bool has_word(const char *script, const char *word)
{
        size_t size = strlen(word);
        for (const char *at = strstr(script, word); at; at = strstr(at + 1, word)) {
                if ((at == script || isspace((unsigned char)at[-1])) &&
                    (!at[size] || isspace((unsigned char)at[size])))
                        return true;
        }
        return false;
}

/* The first of `words` that is in the script, or is not, as `wanted` says; else NULL. */
static const char *find_word(const char *script, const json_t *words, bool wanted)
{
        size_t i;
        json_t *word;
        json_array_foreach(words, i, word)
        {
                if (has_word(script, json_string_value(word)) == wanted)
                        return json_string_value(word);
        }
        return NULL;
}

/* How long the word is that `at` begins with; its place in the list is *index. */
static size_t starts_with_one(const char *at, const json_t *words, size_t *index)
{
        json_t *word;
        json_array_foreach(words, (*index), word)
        {
                size_t size = json_string_length(word);
                if (strncmp(at, json_string_value(word), size) == 0)
                        return size;
        }
        return 0;
}

static char *write_variant(const struct grade *g, const json_t *test, const char *script,
                           const char *which)
{
        struct buffer made = {0};
        const json_t *words = json_object_get(test, "words");
        for (const char *at = script; *at;) {
                size_t i, size = starts_with_one(at, words, &i);
                if (size > 0)
                        buffer_printf(
                                &made, "%s",
                                json_string_value(json_array_get(json_object_get(test, which), i)));
                else
                        buffer_append(&made, at, 1);
                at += size > 0 ? size : 1;
        }
        char *path = text("%s/out/%s-%s.scn", get_text(test, "dir"), get_text(test, "id"), which);
        char *whole = text("%s/%s", g->root, path);
        write_whole(whole, buffer_span(&made));
        buffer_deinit(&made);
        free(whole);
        return path;
}

/* What keeps the script from being tried, in words; "" when nothing does. */
static void find_fault(const json_t *test, const char *path, const char *script, const char *bug,
                       char fault[RESULT_BYTES])
{
        struct buffer bare = {0};
        const json_t *words = json_object_get(test, "words");
        int lines = strip_comments(script, &bare);
        int lines_max = (int)get_number(test, "lines_max", LINES_MAX);
        const char *missing = find_word((const char *)bare.data, words, false);
        const char *banned =
                find_word((const char *)bare.data, json_object_get(test, "without"), true);
        *fault = '\0';
        if (lines == 0 && bug)
                snprintf(fault, RESULT_BYTES, "%s: not written yet; your bug is %s", path, bug);
        else if (lines == 0)
                snprintf(fault, RESULT_BYTES, "%s: not written yet", path);
        else if (lines > lines_max)
                snprintf(fault, RESULT_BYTES, "%s has %d lines that say something; at most %d",
                         path, lines, lines_max);
        else if (missing)
                snprintf(fault, RESULT_BYTES, "%s does not have the words `%s`", path, missing);
        else if (banned)
                snprintf(fault, RESULT_BYTES, "%s says `%s`, which this hunt is without", path,
                         banned);
        buffer_deinit(&bare);
}

/* False when the script is none that can be tried; the result says why. */
static bool prepare(const struct grade *g, const json_t *test, struct hunt *h, json_t *result)
{
        struct buffer script = {0};
        char fault[RESULT_BYTES];
        char *path = text("%s/%s", get_text(test, "dir"), get_text(test, "file"));
        char *whole = text("%s/%s", g->root, path);
        h->bug = bug_of(test, g->seed);
        if (!read_whole(whole, &script))
                buffer_append(&script, "", 1);
        find_fault(test, path, (const char *)script.data, h->bug, fault);
        if (*fault) {
                set_text(result, "record", "%s", fault);
        } else if (h->bug) {
                h->holds = text("%s", path);
                h->breaks = text("%s", path);
        } else {
                h->holds = write_variant(g, test, (const char *)script.data, "holds");
                h->breaks = write_variant(g, test, (const char *)script.data, "breaks");
        }
        buffer_deinit(&script);
        free(path);
        free(whole);
        return !*fault;
}

/* --- the two runs --- */

/* What a run says of one guarantee, "kept" or something else; "" when it says nothing. */
static void read_guarantee(const struct outcome *o, const char *guarantee, char into[RESULT_BYTES])
{
        const char *out = (const char *)o->out.data;
        size_t size = strlen(guarantee);
        *into = '\0';
        for (const char *at = out; *at; at += strcspn(at, "\n"), at += *at == '\n') {
                if (strncmp(at, guarantee, size) != 0 || at[size] != ' ')
                        continue;
                at += size + strspn(at + size, " ");
                snprintf(into, RESULT_BYTES, "%.*s", (int)strcspn(at, "\n"), at);
                return;
        }
}

static void set_repro(const struct grade *g, const char *path, const char *bug, json_t *result)
{
        set_text(result, "repro", "%s/odradek-sim run %s --seed %" PRIu64 "%s%s", g->build, path,
                 g->seed, bug ? " --bug " : "", bug ? bug : "");
}

/* The first run: all that was promised is kept, and the guarantee besides. */
static bool holds(const struct grade *g, const json_t *test, const struct hunt *h, json_t *result)
{
        struct outcome o;
        char found[RESULT_BYTES];
        const char *guarantee = get_text(test, "guarantee");
        simulate(g, "run", h->holds, NULL, g->seed, &o);
        read_guarantee(&o, guarantee, found);
        bool is_dead = died(&o, result);
        bool good = o.status == 0 && (!*guarantee || strcmp(found, "kept") == 0);
        read_findings(&o, result);
        if (!good && !is_dead) {
                read_unmet(&o, result);
                if (o.status == 2)
                        set_text(result, "record", "%.300s", (const char *)o.out.data);
                else if (!*get_text(result, "record") && *guarantee)
                        set_text(result, "record", "%s: %s", guarantee, found);
                if (o.status != 2)
                        set_text(result, "explain", "your scenario fails %s: it proves nothing",
                                 h->bug ? "without the bug" : "where it should hold");
                set_repro(g, h->holds, NULL, result);
        }
        json_object_set_new(result, "wall_ms", json_integer(o.wall_ms));
        buffer_deinit(&o.out);
        return good;
}

/* The second run: the guarantee is broken. With a bug, it must be one that was promised; a setting
 * may well lose what nobody has promised. */
static void breaks(const struct grade *g, const json_t *test, const struct hunt *h, json_t *result)
{
        struct outcome o;
        char found[RESULT_BYTES];
        const char *guarantee = get_text(test, "guarantee");
        json_t *findings = json_object();
        simulate(g, "run", h->breaks, h->bug, g->seed, &o);
        read_guarantee(&o, guarantee, found);
        bool any = read_findings(&o, findings);
        bool good = o.signal != 0;
        if (!*guarantee)
                good |= (o.status == 1 && any) || o.status == 3;
        else if (h->bug)
                good |= strncmp(found, "BROKEN", 6) == 0;
        else
                good |= *found && strcmp(found, "kept") != 0;
        if (good) {
                full_marks(test, result);
        } else if (!died(&o, result)) {
                if (h->bug)
                        set_text(result, "record", "the bug %s survives your scenario", h->bug);
                else
                        set_text(result, "record", "nothing is broken in the second run either");
                set_text(result, "explain", "%s%s",
                         *guarantee ? "it must break: " : "no guarantee was broken", guarantee);
                set_repro(g, h->breaks, h->bug, result);
        }
        if (!good) /* else what is broken is broken on purpose */
                json_object_update_missing(result, findings);
        json_decref(findings);
        buffer_deinit(&o.out);
}

void run_hunt(const struct grade *g, const json_t *lab, const json_t *test, json_t *result)
{
        (void)lab;
        struct hunt h = {0};
        set_text(result, "verdict", "fail");
        if (prepare(g, test, &h, result) && holds(g, test, &h, result))
                breaks(g, test, &h, result);
        if (h.bug)
                set_text(result, "prey", "%s", h.bug);
        free(h.holds);
        free(h.breaks);
}

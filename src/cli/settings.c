#include "cli/settings.h"

#include <ctype.h>
#include <ini.h>
#include <string.h>

#include "cli/cli.h"

/* A file being read: inih counts lines, but does not tell its callback which one it is at. */
struct reading {
        struct settings *settings;
        FILE *file;
        const char *name;
        int line;
        bool failed; /* `why` is set; nothing more is read */
};

static void warn_unknown(struct settings *s, const char *where, struct str key)
{
        char text[SETTINGS_WHY_BYTES];
        snprintf(text, sizeof text, "%s: unknown key '%.*s' is left out", where, key.size,
                 key.data);
        s->warn(text);
}

/* `where` is "FILE:LINE" or "--override". */
static bool set(struct settings *s, const char *where, struct str key, const char *value)
{
        enum config_id id = config_find(key);
        if (id == CONFIG_KEYS) {
                warn_unknown(s, where, key);
                return true;
        }
        char fault[400];
        if (!config_set(s->config, id, str_of(value), fault, sizeof fault))
                return true;
        snprintf(s->why, sizeof s->why, "%.190s: %s", where, fault);
        return false;
}

static void fail(struct reading *r, int line, const char *what)
{
        snprintf(r->settings->why, sizeof r->settings->why, "%s:%d: %s", r->name, line, what);
        r->failed = true;
}

static int on_pair(void *context, const char *section, const char *name, const char *value)
{
        struct reading *r = context;
        char where[200];
        if (r->failed)
                return 0;
        snprintf(where, sizeof where, "%s:%d", r->name, r->line);
        if (*section != '\0')
                fail(r, r->line, "a properties file has no [sections]");
        else
                r->failed = !set(r->settings, where, str_of(name), value);
        return !r->failed;
}

static void skip_line(FILE *file)
{
        for (int c = 0; c != '\n' && c != EOF;)
                c = getc(file);
}

/* One line for inih. Blanks in front go: inih would take the line for more of the value above. */
static char *next_line(char *into, int size, void *context)
{
        struct reading *r = context;
        if (r->failed || !fgets(into, size, r->file))
                return NULL;
        r->line++;
        bool whole = strchr(into, '\n') || feof(r->file);
        char *start = into;
        while (isspace((unsigned char)*start))
                start++;
        memmove(into, start, strlen(start) + 1);
        if (!whole && *into != '#') {
                fail(r, r->line, "the line is too long");
                return NULL;
        }
        if (!whole)
                skip_line(r->file);
        return into;
}

bool settings_read(struct settings *s, FILE *file, const char *name)
{
        struct reading r = {.settings = s, .file = file, .name = name};
        int bad_line = ini_parse_stream(next_line, &r, on_pair, &r);
        if (bad_line != 0 && !r.failed)
                fail(&r, bad_line, "not of the form key=value");
        return !r.failed;
}

bool settings_override(struct settings *s, const char *text)
{
        struct str key;
        const char *value;
        if (cli_key_value(text, &key, &value))
                return set(s, "--override", key, value);
        snprintf(s->why, sizeof s->why, "--override must be key=value, not '%s'", text);
        return false;
}

/* toml.c - the subset of TOML that lab.toml uses, as JSON. */
#include "lab.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct reader {
        const char *name, *at;
        int line;
        const char *wrong; /* what was met that must not be there; NULL: nothing yet */
};

/* Spaces and comments; newlines too if `lines`. */
static void skip(struct reader *r, bool lines)
{
        for (;; r->at++) {
                if (*r->at == '#')
                        r->at += strcspn(r->at, "\n");
                if (*r->at == '\n' && lines)
                        r->line++;
                else if (*r->at != ' ' && *r->at != '\t' && *r->at != '\r')
                        return;
        }
}

static json_t *read_string(struct reader *r)
{
        struct buffer b = {0};
        for (r->at++; *r->at && *r->at != '"' && *r->at != '\n'; r->at++) {
                if (*r->at == '\\' && strchr("\"\\", r->at[1]) && r->at[1])
                        r->at++;
                buffer_append(&b, r->at, 1);
        }
        if (*r->at == '"')
                r->at++;
        else
                r->wrong = "a string without an end";
        json_t *string = json_stringn(b.data ? (const char *)b.data : "", b.size);
        buffer_deinit(&b);
        if (!string)
                r->wrong = "a string that is not UTF-8";
        return string;
}

static json_t *read_scalar(struct reader *r)
{
        char *end;
        if (*r->at == '"')
                return read_string(r);
        for (int i = 0; i < 2; i++) {
                static const char *const words[] = {"false", "true"};
                if (strncmp(r->at, words[i], strlen(words[i])) == 0) {
                        r->at += strlen(words[i]);
                        return json_boolean(i);
                }
        }
        long long number = strtoll(r->at, &end, 10);
        if (end == r->at)
                r->wrong = "a value that is no string, number, true, false or array";
        r->at = end;
        return json_integer(number);
}

static json_t *read_value(struct reader *r)
{
        if (*r->at != '[')
                return read_scalar(r);
        json_t *array = json_array();
        r->at++;
        for (skip(r, true); *r->at != ']' && !r->wrong; skip(r, true)) {
                json_array_append_new(array, read_scalar(r));
                skip(r, true);
                if (*r->at == ',')
                        r->at++;
                else if (*r->at != ']')
                        r->wrong = "an array without an end";
        }
        r->at += *r->at == ']';
        return array;
}

static void read_pair(struct reader *r, json_t *table)
{
        size_t size = 0;
        while (isalnum((unsigned char)r->at[size]) || r->at[size] == '_')
                size++;
        char *key = text("%.*s", (int)size, r->at);
        r->at += size;
        skip(r, false);
        if (size == 0 || *r->at != '=')
                r->wrong = "a line that is neither KEY = VALUE nor [[test]]";
        else if (json_object_get(table, key))
                r->wrong = "a key that was there before";
        if (!r->wrong) {
                r->at++;
                skip(r, false);
                json_object_set_new(table, key, read_value(r));
                skip(r, false);
                if (!r->wrong && *r->at && *r->at != '\n')
                        r->wrong = "something behind the value";
        }
        free(key);
}

json_t *toml_parse(const char *name, const char *content, char *error, size_t error_size)
{
        struct reader r = {.name = name, .at = content, .line = 1};
        json_t *root = json_object(), *tests = json_array(), *table = root;
        json_object_set_new(root, "test", tests);
        while (skip(&r, true), *r.at) {
                if (strncmp(r.at, "[[test]]", 8) == 0) {
                        r.at += 8;
                        table = json_object();
                        json_array_append_new(tests, table);
                } else {
                        read_pair(&r, table);
                }
                if (r.wrong)
                        break;
        }
        if (!r.wrong)
                return root;
        snprintf(error, error_size, "%s:%d: %s", name, r.line, r.wrong);
        json_decref(root);
        return NULL;
}

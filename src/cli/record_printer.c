#include "cli/record_printer.h"

#include <string.h>

#include "cli/cli.h"

struct record_printer record_printer_default(void)
{
        return (struct record_printer){
                .value = true,
                .key_separator = "\t",
                .line_separator = "\n",
                .headers_separator = ",",
                .null_literal = "null",
        };
}

bool record_printer_set(struct record_printer *p, const char *property)
{
        const struct {
                const char *key;
                bool *flag;
        } flags[] = {
                {"print.timestamp", &p->timestamp},
                {"print.partition", &p->partition},
                {"print.offset", &p->offset},
                {"print.headers", &p->headers},
                {"print.key", &p->key},
                {"print.value", &p->value},
        };
        const struct {
                const char *key;
                const char **text;
        } texts[] = {
                {"key.separator", &p->key_separator},
                {"line.separator", &p->line_separator},
                {"headers.separator", &p->headers_separator},
                {"null.literal", &p->null_literal},
        };
        struct str key;
        const char *value;
        if (!cli_key_value(property, &key, &value))
                return false;
        for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
                if (str_equal_c(key, flags[i].key)) {
                        *flags[i].flag = strcmp(value, "true") == 0;
                        return true;
                }
        }
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                if (str_equal_c(key, texts[i].key)) {
                        *texts[i].text = value;
                        return true;
                }
        }
        return false;
}

static void print_bytes(const struct record_printer *p, struct span bytes, FILE *to)
{
        if (bytes.data)
                fwrite(bytes.data, 1, bytes.size, to);
        else
                fputs(p->null_literal, to);
}

static void print_headers(const struct record_printer *p, const struct consumer_record *record,
                          FILE *to)
{
        struct record left = {.header_count = record->header_count, .headers = record->headers};
        struct record_header header;
        if (record->header_count == 0)
                fputs("NO_HEADERS", to);
        for (int32_t i = 0; i < record->header_count && !record_next_header(&left, &header); i++) {
                fprintf(to, "%s%.*s:", i > 0 ? p->headers_separator : "", header.key.size,
                        header.key.data);
                print_bytes(p, header.value, to);
        }
}

void record_print(const struct record_printer *p, const struct consumer_record *record, FILE *to)
{
        const char *separator = ""; /* in front of every part but the first */
        if (p->timestamp) {
                fprintf(to, "%s:%lld", record->log_append_time ? "LogAppendTime" : "CreateTime",
                        (long long)record->timestamp_ms);
                separator = p->key_separator;
        }
        if (p->partition) {
                fprintf(to, "%sPartition:%d", separator, record->partition);
                separator = p->key_separator;
        }
        if (p->offset) {
                fprintf(to, "%sOffset:%lld", separator, (long long)record->offset);
                separator = p->key_separator;
        }
        if (p->headers) {
                fputs(separator, to);
                print_headers(p, record, to);
                separator = p->key_separator;
        }
        if (p->key) {
                fputs(separator, to);
                print_bytes(p, record->key, to);
                separator = p->key_separator;
        }
        if (p->value) {
                fputs(separator, to);
                print_bytes(p, record->value, to);
        }
        fputs(p->line_separator, to);
}

/* What the commands share: options, settings, properties and printing. */
#include "cli/cli.h"
#include "cli/generate_docs.h"
#include "cli/perf_stats.h"
#include "cli/producer_settings.h"
#include "cli/record_printer.h"
#include "cli/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is written to stderr between capture_begin() and capture_end(). */
static FILE *real_stderr;
static char *captured;
static size_t captured_size;

static void capture_begin(void)
{
        real_stderr = stderr;
        stderr = open_memstream(&captured, &captured_size);
        assert_non_null(stderr);
}

static void capture_end(void)
{
        fclose(stderr);
        stderr = real_stderr;
}

static void assert_captured(const char *text)
{
        if (!strstr(captured, text))
                fail_msg("'%s' is not in '%s'", text, captured);
        free(captured);
}

/* Goal:   numbers are whole, decimal and within their range, and nothing else is a number.
 * Method: a table of texts. */
static void numbers(void **state)
{
        (void)state;
        static const char *const bad[] = {
                "", " 1", "1 ", "x", "1x", "0x1", "+1", "-", "11", "-1", "9223372036854775808"};
        int64_t number = 77;
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
                assert_false(cli_number(bad[i], 0, 10, &number));
        assert_int_equal(number, 77);
        assert_true(cli_number("10", 0, 10, &number));
        assert_int_equal(number, 10);
        assert_true(cli_number("-9223372036854775808", INT64_MIN, 0, &number));
        assert_true(number == INT64_MIN);
}

/* Goal:   a pair is cut at the first '='.
 * Method: pairs with none, one and two of them. */
static void key_value(void **state)
{
        (void)state;
        struct str key;
        const char *value;
        assert_true(cli_key_value("a.b=c=d", &key, &value));
        assert_true(str_equal_c(key, "a.b"));
        assert_string_equal(value, "c=d");
        assert_true(cli_key_value("a=", &key, &value));
        assert_string_equal(value, "");
        assert_false(cli_key_value("=a", &key, &value));
        assert_false(cli_key_value("a", &key, &value));
}

/* --- options --- */

struct options {
        bool flag;
        const char *text;
        int64_t number;
        struct cli_list list, rest;
};

/* `words` ends with NULL. */
static int parse(struct options *o, char **words, bool takes_rest)
{
        const struct cli_option options[] = {
                {"flag", CLI_FLAG, &o->flag, NULL, "a flag", 0, 0},
                {"text", CLI_TEXT, &o->text, "T", "a text", 0, 0},
                {"number", CLI_NUMBER, &o->number, "N", "a number", -1, 9},
                {"list", CLI_LIST, &o->list, "L", "a list", 0, 0},
        };
        const struct cli_usage usage = {"", "", "", options, 4};
        int count = 0;
        while (words[count])
                count++;
        return cli_parse(&usage, count, words, takes_rest ? &o->rest : NULL);
}

/* Goal:   both forms of an option, lists, negative numbers and other arguments are taken.
 * Method: one command line with all of them, mixed. */
static void options_are_taken(void **state)
{
        (void)state;
        struct options o = {0};
        char *words[] = {"command", "--text", "t", "one", "--list=a=1", "--number",
                         "-1",      "--list", "b", "two", "--flag",     NULL};
        assert_int_equal(parse(&o, words, true), CLI_GO_ON);
        assert_true(o.flag);
        assert_string_equal(o.text, "t");
        assert_int_equal(o.number, -1);
        assert_int_equal(o.list.count, 2);
        assert_string_equal(o.list.items[0], "a=1");
        assert_string_equal(o.list.items[1], "b");
        assert_int_equal(o.rest.count, 2);
        assert_string_equal(o.rest.items[0], "one");
        assert_string_equal(o.rest.items[1], "two");
}

/* Goal:   a wrong call gives status 2 and one line that names what is wrong.
 * Method: a table of calls; parsing starts anew each time. */
static void misuse_is_named(void **state)
{
        (void)state;
        static const struct {
                const char *word, *complaint;
        } cases[] = {
                {"--nothing", "odradek command: no such option, or not in that form: --nothing"},
                {"--flag=1", "--flag=1"},
                {"-text", "no such option: -t"},
                {"--text", "--text needs an argument"},
                {"--number=10", "--number must be a number between -1 and 9, not '10'"},
                {"more", "'more' is one argument too many"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct options o = {0};
                char word[40];
                char *words[] = {"command", word, NULL};
                snprintf(word, sizeof word, "%s", cases[i].word);
                capture_begin();
                int status = parse(&o, words, false);
                capture_end();
                assert_int_equal(status, CLI_USAGE);
                assert_ptr_equal(strchr(captured, '\n'), captured + captured_size - 1);
                assert_captured(cases[i].complaint);
        }
}

/* --- settings of the broker --- */

static char warned[1000];

static void warn(const char *text)
{
        snprintf(warned, sizeof warned, "%s", text);
}

static bool read_text(struct settings *s, const char *text)
{
        char copy[2000];
        snprintf(copy, sizeof copy, "%s", text);
        FILE *file = fmemopen(copy, strlen(copy), "r");
        assert_non_null(file);
        bool sound = settings_read(s, file, "a.properties");
        fclose(file);
        return sound;
}

/* Goal:   a properties file in Kafka's style is read: comments, blanks, values with '=' and ':',
 *         blanks in front of a key, no newline at the end, a comment longer than inih's lines.
 * Method: read one, look at the configuration. */
static void properties_are_read(void **state)
{
        (void)state;
        struct config config = {0};
        struct settings s = {.config = &config, .warn = warn};
        char text[1000];
        snprintf(text, sizeof text,
                 "# a comment = 1\n# %0400d\n\nbroker.id=7\n"
                 "  listeners = PLAINTEXT://localhost:19092\r\n"
                 "log.dirs=/data/a=b\nadvertised.listeners=\nzookeeper.connect=x:2181\n"
                 "num.partitions=3",
                 0);
        assert_true(read_text(&s, text));
        assert_int_equal(config_number(&config, CONFIG_NODE_ID), 7);
        assert_string_equal(config_string(&config, CONFIG_LISTENERS),
                            "PLAINTEXT://localhost:19092");
        assert_string_equal(config_string(&config, CONFIG_LOG_DIRS), "/data/a=b");
        assert_int_equal(config_number(&config, CONFIG_NUM_PARTITIONS), 3);
        assert_string_equal(warned, "a.properties:8: unknown key 'zookeeper.connect' is left out");
        config_deinit(&config);
}

/* Goal:   what is wrong with a file is told with its line.
 * Method: a table of files. */
static void bad_properties_are_named(void **state)
{
        (void)state;
        static const struct {
                const char *text, *why;
        } cases[] = {
                {"node.id=1\nnum.partitions=zero\n",
                 "a.properties:2: num.partitions must be a number, not 'zero'"},
                {"\nnode.id\n", "a.properties:2: not of the form key=value"},
                {"[broker]\nnode.id=1\n", "a.properties:2: a properties file has no [sections]"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct config config = {0};
                struct settings s = {.config = &config, .warn = warn};
                assert_false(read_text(&s, cases[i].text));
                assert_string_equal(s.why, cases[i].why);
                config_deinit(&config);
        }
        struct config config = {0};
        struct settings s = {.config = &config, .warn = warn};
        char text[400];
        snprintf(text, sizeof text, "node.id=1\nlog.dirs=%0300d\n", 0);
        assert_false(read_text(&s, text));
        assert_string_equal(s.why, "a.properties:2: the line is too long");
        config_deinit(&config);
}

/* Goal:   --override goes over what was set before, and its errors are told.
 * Method: set a key twice, then wrongly. */
static void overrides(void **state)
{
        (void)state;
        struct config config = {0};
        struct settings s = {.config = &config, .warn = warn};
        assert_true(settings_override(&s, "node.id=4"));
        assert_true(settings_override(&s, "node.id=5"));
        assert_int_equal(config_number(&config, CONFIG_NODE_ID), 5);
        assert_false(settings_override(&s, "node.id=-5"));
        assert_non_null(strstr(s.why, "--override: node.id must be between 0"));
        assert_false(settings_override(&s, "node.id"));
        assert_string_equal(s.why, "--override must be key=value, not 'node.id'");
        config_deinit(&config);
}

/* Goal:   listeners are cut into host and port; of several the first is taken.
 * Method: a table. */
static void listeners(void **state)
{
        (void)state;
        static const struct {
                const char *text, *host;
                int32_t port;
        } cases[] = {
                {"PLAINTEXT://example:9092", "example", 9092},
                {"PLAINTEXT://:0", "127.0.0.1", 0},
                {"PLAINTEXT://[::1]:9093", "::1", 9093},
                {"PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093", "0.0.0.0", 9092},
        };
        char host[100];
        int32_t port;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                assert_true(config_parse_listener(cases[i].text, host, sizeof host, &port));
                assert_string_equal(host, cases[i].host);
                assert_int_equal(port, cases[i].port);
        }
        assert_false(config_parse_listener("PLAINTEXT://host", host, sizeof host, &port));
        assert_false(config_parse_listener("host:65536", host, sizeof host, &port));
        assert_false(config_parse_listener("", host, sizeof host, &port));
}

/* --- settings of a producer --- */

/* Goal:   Kafka's producer properties reach the producer; wrong values are told, unknown keys left
 *         out.
 * Method: apply a list with one of each type; then wrong ones one by one. */
static void producer_properties(void **state)
{
        (void)state;
        struct producer_settings s = producer_settings_default();
        const struct cli_list list = {{"bootstrap.servers=a:1,b:2", "acks=1", "batch.size=5",
                                       "linger.ms=6", "compression.type=zstd", "no.such=1"},
                                      6};
        capture_begin();
        int status = producer_settings_apply(&s, "command", &list);
        capture_end();
        assert_int_equal(status, CLI_GO_ON);
        assert_captured("odradek command: unknown property 'no.such' is left out");
        assert_string_equal(s.client.bootstrap_servers, "a:1,b:2");
        assert_int_equal(s.producer.acks, 1);
        assert_int_equal(s.producer.batch_size_bytes, 5);
        assert_int_equal(s.producer.linger_ms, 6);
        assert_int_equal(s.producer.compression_type, COMPRESSION_ZSTD);

        static const char *const wrong[] = {"acks=2", "acks=some", "batch.size=-1",
                                            "compression.type=zip", "linger.ms"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                const struct cli_list one = {{wrong[i]}, 1};
                capture_begin();
                status = producer_settings_apply(&s, "command", &one);
                capture_end();
                assert_int_equal(status, CLI_USAGE);
                assert_captured("odradek command: ");
        }
        const struct cli_list all = {{"acks=all"}, 1};
        assert_int_equal(producer_settings_apply(&s, "command", &all), CLI_GO_ON);
        assert_int_equal(s.producer.acks, -1);
}

/* --- printing --- */

static void assert_printed(const struct record_printer *p, const struct consumer_record *record,
                           const char *expected)
{
        char *text;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        record_print(p, record, to);
        fclose(to);
        assert_string_equal(text, expected);
        free(text);
}

/* Goal:   a record is printed as Kafka's formatter does.
 * Method: the default; everything on; everything null. */
static void records_are_printed(void **state)
{
        (void)state;
        static const uint8_t headers[] = {2, 'h', 4, 'v', '1', 2, 'n', 1};
        struct consumer_record record = {
                .partition = 3,
                .offset = 42,
                .timestamp_ms = 1700000000000,
                .key = span_of("k", 1),
                .value = span_of("v", 1),
        };
        struct record_printer p = record_printer_default();
        assert_printed(&p, &record, "v\n");
        assert_true(record_printer_set(&p, "print.timestamp=true"));
        assert_true(record_printer_set(&p, "print.partition=true"));
        assert_true(record_printer_set(&p, "print.offset=true"));
        assert_true(record_printer_set(&p, "print.headers=true"));
        assert_true(record_printer_set(&p, "print.key=true"));
        assert_true(record_printer_set(&p, "key.separator=|"));
        assert_false(record_printer_set(&p, "print.nothing=true"));
        assert_printed(&p, &record,
                       "CreateTime:1700000000000|Partition:3|Offset:42|NO_HEADERS|k|v\n");
        record.headers = span_of(headers, sizeof headers);
        record.header_count = 2;
        record.log_append_time = true;
        record.key = record.value = (struct span){0};
        assert_printed(&p, &record,
                       "LogAppendTime:1700000000000|Partition:3|Offset:42|h:v1,n:null|null|null\n");
}

/* Goal:   samples stay within their limit however many records there are, and sums are right.
 * Method: more records than samples. */
static void stats_are_sampled(void **state)
{
        (void)state;
        struct perf_stats s;
        perf_stats_init(&s, PERF_SAMPLES_MAX + 1);
        for (int i = 0; i <= PERF_SAMPLES_MAX; i++)
                perf_stats_add(&s, s.whole.start_us, 10);
        assert_int_equal(s.whole.records, PERF_SAMPLES_MAX + 1);
        assert_int_equal(s.whole.bytes, 10 * (PERF_SAMPLES_MAX + 1));
        assert_int_equal(s.sample_count, PERF_SAMPLES_MAX / 2 + 1);
        perf_stats_deinit(&s);
}

/* Goal:   the reference tables have a row for each key and each API.
 * Method: count lines; an unknown table is refused. */
static void docs_are_whole(void **state)
{
        (void)state;
        char *text;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        assert_true(generate_docs("configs", to));
        assert_false(generate_docs("nothing", to));
        fclose(to);
        int lines = 0;
        for (size_t i = 0; i < size; i++)
                lines += text[i] == '\n';
        assert_int_equal(lines, 2 + CONFIG_KEYS);
        assert_non_null(strstr(text, "| `log.retention.ms` | `retention.ms` | long | 604800000 |"));
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(numbers),
                cmocka_unit_test(key_value),
                cmocka_unit_test(options_are_taken),
                cmocka_unit_test(misuse_is_named),
                cmocka_unit_test(properties_are_read),
                cmocka_unit_test(bad_properties_are_named),
                cmocka_unit_test(overrides),
                cmocka_unit_test(listeners),
                cmocka_unit_test(producer_properties),
                cmocka_unit_test(records_are_printed),
                cmocka_unit_test(stats_are_sampled),
                cmocka_unit_test(docs_are_whole),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

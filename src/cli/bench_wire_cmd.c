/* odradek bench wire: loads a broker, ours or another, by a client that costs next to nothing. */
#include "cli/bench_commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/raw_client.h"
#include "cli/cli.h"
#include "cli/real_client.h"

enum { CLIENTS_MAX = 64, PIDS_MAX = 8 };

struct wire {
        const char *command, *mode, *server, *topic, *acks;
        int64_t record_size, records_per_request, in_flight, seconds, records;
        int64_t partitions, replication_factor, max_bytes, connections;
        struct cli_list server_pids;
        bool copy, json;

        char host[256];
        pid_t pids[PIDS_MAX];
        struct raw_load load;
        struct raw_client *clients[CLIENTS_MAX];
};

/* --- what is printed --- */

/* Of CPU time, a record; 0 when there was none. */
static double per_record_us(double cpu_s, const struct raw_outcome *o)
{
        return o->records > 0 ? cpu_s * 1e6 / (double)o->records : 0;
}

static void print_people(const struct wire *w, const struct raw_outcome *o)
{
        printf("%s: %lld records in %.2f s, %.0f records/s, %.1f MB/s, %.0f requests/s; "
               "us p50 %.1f p99 %.1f p99.9 %.1f; client %.4f us/record",
               w->mode, (long long)o->records, o->seconds, (double)o->records / o->seconds,
               (double)o->bytes / 1e6 / o->seconds, (double)o->requests / o->seconds,
               latency_percentile_us(&o->latency, 0.5), latency_percentile_us(&o->latency, 0.99),
               latency_percentile_us(&o->latency, 0.999),
               per_record_us(o->spent.user_s + o->spent.system_s, o));
        if (w->load.server_pid_count > 0)
                printf(", server %.4f", per_record_us(o->server_cpu_s, o));
        putchar('\n');
}

/* All is numbers and one of four words, so nothing needs escaping. */
static void print_json(const struct wire *w, const struct raw_outcome *o)
{
        printf("{\"mode\":\"%s\",\"requests\":%lld,\"records\":%lld,\"bytes\":%lld,"
               "\"seconds\":%.6f,\"records_per_s\":%.1f,\"mb_per_s\":%.3f,"
               "\"p50_us\":%.2f,\"p99_us\":%.2f,\"p999_us\":%.2f,"
               "\"client_cpu_us_per_record\":%.5f",
               w->mode, (long long)o->requests, (long long)o->records, (long long)o->bytes,
               o->seconds, (double)o->records / o->seconds, (double)o->bytes / 1e6 / o->seconds,
               latency_percentile_us(&o->latency, 0.5), latency_percentile_us(&o->latency, 0.99),
               latency_percentile_us(&o->latency, 0.999),
               per_record_us(o->spent.user_s + o->spent.system_s, o));
        if (w->load.server_pid_count > 0)
                printf(",\"server_cpu_us_per_record\":%.5f", per_record_us(o->server_cpu_s, o));
        puts("}");
}

/* --- the run --- */

static int connect_all(struct wire *w, int count)
{
        struct raw_place place = {.host = w->host,
                                  .topic = w->topic,
                                  .partitions = (int32_t)w->partitions,
                                  .replication_factor = (int16_t)w->replication_factor};
        const char *colon = strrchr(w->server, ':');
        int64_t port;
        if (!colon || !cli_number(colon + 1, 1, 65535, &port) ||
            !str_copy((struct str){w->server, (int32_t)(colon - w->server)}, w->host,
                      sizeof w->host))
                return cli_misuse(w->command, "--bootstrap-server must be HOST:PORT, not '%s'",
                                  w->server);
        place.port = (int32_t)port;
        for (int i = 0; i < count; i++) {
                enum kerr err = raw_client_open(&place, &w->clients[i]);
                if (err)
                        return cli_fail(w->command, "%s, topic %s: %s", w->server, w->topic,
                                        kerr_text(err));
        }
        return CLI_GO_ON;
}

static enum kerr run_mode(struct wire *w, struct raw_outcome *o)
{
        int count = (int)w->connections;
        if (strcmp(w->mode, "fetch") == 0)
                return raw_fetch(w->clients, count, &w->load, o);
        if (strcmp(w->mode, "e2e") == 0)
                return raw_end_to_end(w->clients[0], w->clients[1], &w->load, o);
        return raw_produce(w->clients, count, &w->load, o);
}

static int run(struct wire *w)
{
        struct raw_outcome *o = calloc(1, sizeof *o);
        if (!o)
                abort();
        int status = connect_all(w, strcmp(w->mode, "e2e") == 0 ? 2 : (int)w->connections);
        if (status == CLI_GO_ON) {
                enum kerr err = run_mode(w, o);
                if (err == KERR_END_OF_FILE)
                        status = cli_fail(w->command, "topic %s is empty: wire produce fills it",
                                          w->topic);
                else if (err)
                        status = cli_fail(w->command, "after %lld requests: %s",
                                          (long long)o->requests, kerr_text(err));
        }
        if (status == CLI_GO_ON) {
                (w->json ? print_json : print_people)(w, o);
                status = CLI_DONE;
        }
        for (int i = 0; i < CLIENTS_MAX; i++)
                raw_client_close(w->clients[i]);
        free(o);
        return status;
}

/* --- the command --- */

static int parse(struct wire *w, int argc, char **argv)
{
        struct cli_list words = {0};
        const struct cli_option options[] = {
                OPTION_SERVER(&w->server),
                {"topic", CLI_TEXT, &w->topic, "T", "made when it is missing (wire)", 0, 0},
                {"partitions", CLI_NUMBER, &w->partitions, "N",
                 "of the topic; used in turn, or all in one Fetch (1)", 1, 100000},
                {"replication-factor", CLI_NUMBER, &w->replication_factor, "N",
                 "when the topic is made (1)", 1, 32767},
                {"record-size", CLI_NUMBER, &w->record_size, "BYTES", "of a value (100)", 0,
                 1 << 30},
                {"records-per-request", CLI_NUMBER, &w->records_per_request, "N",
                 "in one batch (5000)", 1, 10000000},
                {"acks", CLI_TEXT, &w->acks, "A", "0, 1 or all (1)", 0, 0},
                {"max-bytes", CLI_NUMBER, &w->max_bytes, "BYTES",
                 "of a partition in one Fetch (1048576)", 1, 1 << 30},
                {"copy", CLI_FLAG, &w->copy, NULL,
                 "take fetched records into memory (else: dropped in the kernel)", 0, 0},
                {"in-flight", CLI_NUMBER, &w->in_flight, "N",
                 "requests of a connection that wait for answers (5)", 1, RAW_IN_FLIGHT_MAX},
                {"connections", CLI_NUMBER, &w->connections, "N", "(1)", 1, CLIENTS_MAX},
                {"seconds", CLI_NUMBER, &w->seconds, "N", "(5, unless --records)", 1, 86400},
                {"records", CLI_NUMBER, &w->records, "N", "end after so many", 1, INT64_MAX},
                {"server-pid", CLI_LIST, &w->server_pids, "PID",
                 "tell the CPU time of this process too", 0, 0},
                {"json", CLI_FLAG, &w->json, NULL, "print a JSON object", 0, 0},
        };
        const struct cli_usage usage = {
                .synopsis = "produce|fetch|rtt|e2e [options]",
                .text = "Loads a broker without a client library: ready-made batches go out, and\n"
                        "answers are counted.\n"
                        "  produce  batches, several requests in flight\n"
                        "  fetch    from the beginning to the end, and again\n"
                        "  rtt      one record a request, one request at a time: the round trip\n"
                        "  e2e      from the Produce until a waiting Fetch has the record",
                .example = "odradek bench wire produce --seconds 3 --server-pid $(pidof odradek)",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, &words);
        if (status != CLI_GO_ON)
                return status;
        w->mode = words.count == 1 ? words.items[0] : "";
        if (strcmp(w->mode, "produce") && strcmp(w->mode, "fetch") && strcmp(w->mode, "rtt") &&
            strcmp(w->mode, "e2e"))
                return cli_misuse(argv[0], "one of produce, fetch, rtt and e2e must be given");
        if (w->server_pids.count > PIDS_MAX)
                return cli_misuse(argv[0], "at most %d times --server-pid", PIDS_MAX);
        return CLI_GO_ON;
}

static int prepare(struct wire *w)
{
        int64_t acks;
        bool one = strcmp(w->mode, "rtt") == 0 || strcmp(w->mode, "e2e") == 0;
        if (strcmp(w->acks, "all") == 0)
                acks = -1;
        else if (!cli_number(w->acks, 0, 1, &acks))
                return cli_misuse(w->command, "--acks must be 0, 1 or all, not '%s'", w->acks);
        for (int i = 0; i < w->server_pids.count; i++) {
                int64_t pid;
                if (!cli_number(w->server_pids.items[i], 1, INT32_MAX, &pid))
                        return cli_misuse(w->command, "--server-pid must be a number, not '%s'",
                                          w->server_pids.items[i]);
                w->pids[i] = (pid_t)pid;
        }
        if (w->seconds == 0 && w->records == 0)
                w->seconds = 5;
        w->load =
                (struct raw_load){.seconds = (double)w->seconds,
                                  .records = w->records,
                                  .partitions = (int32_t)w->partitions,
                                  .in_flight = one ? 1 : (int32_t)w->in_flight,
                                  .record_size = (int32_t)w->record_size,
                                  .records_per_request = one ? 1 : (int32_t)w->records_per_request,
                                  .acks = (int16_t)acks,
                                  .max_bytes = (int32_t)w->max_bytes,
                                  .copy = w->copy,
                                  .server_pids = w->pids,
                                  .server_pid_count = w->server_pids.count};
        return CLI_GO_ON;
}

int bench_wire_cmd(int argc, char **argv)
{
        struct wire w = {.command = argv[0],
                         .server = DEFAULT_SERVER,
                         .topic = "wire",
                         .acks = "1",
                         .record_size = 100,
                         .records_per_request = 5000,
                         .in_flight = 5,
                         .partitions = 1,
                         .replication_factor = 1,
                         .max_bytes = 1 << 20,
                         .connections = 1};
        int status = parse(&w, argc, argv);
        if (status == CLI_GO_ON)
                status = prepare(&w);
        return status == CLI_GO_ON ? run(&w) : status;
}

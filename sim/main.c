/* odradek-sim - the simulator's command line. */
#include "sim/crash_points.h"
#include "sim/play.h"
#include "sim/run.h"
#include "sim/shrink.h"
#include "sim/swarm.h"
#include "sim/sweep.h"
#include "sim/zoo.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { USAGE = 2, JOBS_MAX = 64 };

/* What the command line says, for all commands. */
struct arguments {
        const struct command *command;
        const char *program;  /* as it was called */
        const char *scenario; /* a file */
        const char *bug, *trace, *csv, *output, *node;
        int32_t policy; /* enum commit_policy; -1: all */
        uint64_t seed, first, last;
        bool has_seed, has_seeds;
        int32_t jobs, shard, shards;
        uint64_t until_entry;
        int64_t until_ns;
        const char *report, *dot;
        int64_t from_ns, to_ns; /* of the diagram; to_ns 0: the end */
        struct zoo zoo;
};

struct command {
        const char *name, *options; /* the letters of those that it knows */
        bool wants_file;            /* may be given a scenario */
        int (*run)(struct arguments *a);
        const char *synopsis, *text, *example;
};

static const struct {
        char letter;
        const char *name, *argument, *text;
} all_options[] = {
        {'s', "seed", "N", "what chance is made of (a scenario's default: 1)"},
        {'S', "seeds", "A..B", "the seeds, both included"},
        {'j', "jobs", "J", "processes at a time (default: 1)"},
        {'p', "shard", "I/N", "only every N-th seed, from the I-th on"},
        {'c', "csv", "FILE", "seed,verdict,events,virtual_ms,trace_hash,first_finding"},
        {'t', "trace", "FILE", "write every event of the run there, one a line"},
        {'u', "until", "WHEN", "stop at an event (812 or #812) or a time (3.5s, 200ms)"},
        {'r', "report", "FILE.html", "write a page about the run there"},
        {'d', "dot", "FILE", "write a space-time diagram there, for graphviz: dot -Tsvg FILE"},
        {'F', "from", "TIME", "where the diagram begins (3.5s, 200ms)"},
        {'T', "to", "TIME", "where it ends"},
        {'n', "node", "NAME", "the client that is killed (default: the first pipeline)"},
        {'P', "policy", "POLICY", "before, after or transaction (default: all three)"},
        {'o', "output", "FILE.scn", "write the script there"},
        {'b', "bug", "NAME", "put back a historic bug; see odradek-sim bugs"},
        {'h', "help", NULL, "this text"},
};

enum { OPTIONS = sizeof all_options / sizeof all_options[0] };

/* --- errors and help --- */

static int complain(const struct arguments *a, const char *what, const char *value)
{
        fprintf(stderr, "odradek-sim %s: %s%s%s (odradek-sim %s --help)\n", a->command->name, what,
                *value ? ": " : "", value, a->command->name);
        return USAGE;
}

static void print_help(const struct command *c)
{
        printf("usage: odradek-sim %s\n\n%s\n\n", c->synopsis, c->text);
        for (int i = 0; i < OPTIONS; i++) {
                char name[40];
                if (!strchr(c->options, all_options[i].letter))
                        continue;
                snprintf(name, sizeof name, "--%s %s", all_options[i].name,
                         all_options[i].argument ? all_options[i].argument : "");
                printf("  %-18s %s\n", name, all_options[i].text);
        }
        printf("\nExample: %s\n", c->example);
}

/* --- values of options --- */

/* A whole number up to `stop`, which is moved behind it. */
static bool read_number(const char **at, uint64_t *value)
{
        uint64_t sum = 0;
        const char *c = *at;
        for (; *c >= '0' && *c <= '9'; c++) {
                if (sum > (UINT64_MAX - 9) / 10)
                        return false;
                sum = sum * 10 + (uint64_t)(*c - '0');
        }
        bool found = c > *at;
        *at = c;
        *value = sum;
        return found;
}

static bool read_seeds(struct arguments *a, const char *text)
{
        a->has_seeds = true;
        return read_number(&text, &a->first) && strncmp(text, "..", 2) == 0 &&
               (text += 2, read_number(&text, &a->last)) && !*text && a->first <= a->last &&
               a->last < UINT64_MAX / 2;
}

static bool read_shard(struct arguments *a, const char *text)
{
        uint64_t shard, shards;
        if (!read_number(&text, &shard) || *text++ != '/' || !read_number(&text, &shards) ||
            *text || shard < 1 || shards < shard || shards > 1000000)
                return false;
        a->shard = (int32_t)shard;
        a->shards = (int32_t)shards;
        return true;
}

/* "3.5s" or "200ms". */
static bool read_time(const char *text, int64_t *time_ns)
{
        char *end;
        double time = strtod(text, &end);
        double unit_ns = strcmp(end, "s") == 0 ? 1e9 : strcmp(end, "ms") == 0 ? 1e6 : 0;
        *time_ns = (int64_t)(time * unit_ns);
        return end > text && unit_ns > 0 && time >= 0 && time < 1e6;
}

/* An event's number, or a time. */
static bool read_until(struct arguments *a, const char *text)
{
        uint64_t number;
        const char *at = *text == '#' ? text + 1 : text;
        if (read_number(&at, &number) && !*at) {
                a->until_entry = number;
                return number > 0;
        }
        return read_time(text, &a->until_ns) && a->until_ns > 0;
}

static bool read_bug(struct arguments *a, const char *text)
{
        enum zoo_bug bug = zoo_find(text);
        if (bug == ZOO_BUGS)
                return false;
        a->bug = text;
        a->zoo.bits |= UINT64_C(1) << bug;
        return true;
}

static bool read_policy(struct arguments *a, const char *text)
{
        static const char *const words[] = {[COMMIT_AFTER] = "after",
                                            [COMMIT_BEFORE] = "before",
                                            [COMMIT_AUTO] = "",
                                            [COMMIT_TRANSACTION] = "transaction"};
        for (int i = 0; i <= COMMIT_TRANSACTION; i++)
                if (*words[i] && strcmp(text, words[i]) == 0)
                        a->policy = i;
        return a->policy >= 0;
}

static bool read_option(struct arguments *a, int letter, const char *text)
{
        uint64_t jobs;
        switch (letter) {
        case 's': a->has_seed = true; return read_number(&text, &a->seed) && !*text;
        case 'S': return read_seeds(a, text);
        case 'j':
                if (!read_number(&text, &jobs) || *text || jobs < 1 || jobs > JOBS_MAX)
                        return false;
                a->jobs = (int32_t)jobs;
                return true;
        case 'p': return read_shard(a, text);
        case 'c': a->csv = text; return true;
        case 't': a->trace = text; return true;
        case 'o': a->output = text; return true;
        case 'n': a->node = text; return true;
        case 'P': return read_policy(a, text);
        case 'r': a->report = text; return true;
        case 'd': a->dot = text; return true;
        case 'F': return read_time(text, &a->from_ns);
        case 'T': return read_time(text, &a->to_ns);
        case 'u': return read_until(a, text);
        case 'b': return read_bug(a, text);
        default: return false;
        }
}

/* --- scenarios --- */

static bool read_file(const char *path, struct buffer *text)
{
        FILE *file = fopen(path, "rb");
        if (!file)
                return false;
        size_t got;
        while ((got = fread(buffer_reserve(text, 4096), 1, 4096, file)) > 0)
                text->size += got;
        bool good = !ferror(file);
        fclose(file);
        buffer_append(text, "", 1);
        return good;
}

/* The scenario of the file, or the one drawn from the seed. NULL after an error that was told. */
static struct scenario *load(const struct arguments *a)
{
        char error[1000];
        struct buffer text = {0};
        struct scenario *s = malloc(sizeof *s);
        if (!s)
                abort();
        bool good = true;
        if (!a->scenario) {
                swarm_draw(a->seed, s);
        } else if (!read_file(a->scenario, &text)) {
                perror(a->scenario);
                good = false;
        } else if (!scenario_parse(s, a->scenario, (const char *)text.data, error, sizeof error)) {
                fprintf(stderr, "%s\n", error);
                good = false;
        }
        buffer_deinit(&text);
        if (good)
                return s;
        free(s);
        return NULL;
}

/* --- run and replay --- */

static void print_buffer(struct buffer *b)
{
        fwrite(b->data, 1, b->size, stdout);
        buffer_deinit(b);
}

static int play_with(const struct arguments *a, const struct scenario *s, bool tells)
{
        return play(&(struct play){
                .source = {s, a->scenario, a->seed, a->bug, a->program},
                .options = {.seed = a->seed,
                            .zoo = a->zoo,
                            .until_entry = a->until_entry,
                            .until_ns = a->until_ns},
                .tells = tells,
                .trace = a->trace,
                .report = a->report,
                .dot = a->dot,
                .dot_from_ns = a->from_ns,
                .dot_to_ns = a->to_ns > 0 ? a->to_ns : INT64_MAX,
        });
}

static int run_command(struct arguments *a)
{
        struct scenario *s = load(a);
        if (!s)
                return USAGE;
        int status = play_with(a, s, false);
        free(s);
        return status;
}

static int replay_command(struct arguments *a)
{
        if (!a->scenario && !a->has_seed)
                return complain(a, "which run? give a scenario or --seed", "");
        struct scenario *s = load(a);
        if (!s)
                return USAGE;
        struct buffer text = {0};
        if (!a->scenario)
                scenario_print(s, &text);
        print_buffer(&text);
        int status = play_with(a, s, true);
        free(s);
        return status;
}

/* --- the other commands --- */

static int sweep_command(struct arguments *a)
{
        FILE *csv = NULL;
        if (!a->has_seeds)
                return complain(a, "which seeds? give --seeds A..B", "");
        if (a->csv && !(csv = fopen(a->csv, "w"))) {
                perror(a->csv);
                return USAGE;
        }
        struct sweep_options options = {
                .first = a->first,
                .last = a->last,
                .jobs = a->jobs,
                .shard = a->shard,
                .shards = a->shards,
                .zoo = a->zoo,
                .program = a->program,
                .bug = a->bug,
                .csv = csv,
                .out = stdout,
        };
        enum run_result result = sweep_run(&options);
        if (csv && fclose(csv) != 0) {
                perror(a->csv);
                return USAGE;
        }
        return result;
}

static bool write_script(const struct arguments *a, const struct scenario *s,
                         const struct shrink_result *r)
{
        struct buffer text = {0};
        FILE *out = fopen(a->output, "w");
        if (!out) {
                perror(a->output);
                return false;
        }
        buffer_printf(&text, "# Shows: %s. Run it again:\n# %s run %s --seed %" PRIu64 "%s%s\n",
                      anomaly_name(r->anomaly), a->program, a->output, a->seed,
                      a->bug ? " --bug " : "", a->bug ? a->bug : "");
        scenario_print(s, &text);
        bool good = fwrite(text.data, 1, text.size, out) == text.size;
        buffer_deinit(&text);
        if (fclose(out) == 0 && good)
                return true;
        perror(a->output);
        return false;
}

static int shrink_command(struct arguments *a)
{
        struct shrink_result result;
        struct run_options options = {.seed = a->seed, .zoo = a->zoo};
        if ((!a->scenario && !a->has_seed) || !a->output)
                return complain(a, "give a scenario or --seed, and -o FILE.scn", "");
        struct scenario *s = load(a);
        if (!s)
                return USAGE;
        int32_t steps = s->step_count;
        int status = 0;
        if (!shrink(s, &options, &result)) {
                printf("nothing to shrink: every promise was kept\n");
        } else if (write_script(a, s, &result)) {
                printf("%s: %d of %d steps are left after %d runs; written to %s\n",
                       anomaly_name(result.anomaly), s->step_count, steps, result.runs, a->output);
        } else {
                status = USAGE;
        }
        free(s);
        return status;
}

static int crash_points_command(struct arguments *a)
{
        struct crash_points_options options = {.name = a->scenario,
                                               .seed = a->seed,
                                               .zoo = a->zoo,
                                               .node = -1,
                                               .policy = a->policy,
                                               .out = stdout};
        if (!a->scenario)
                return complain(a, "which scenario?", "");
        struct scenario *s = load(a);
        if (!s)
                return USAGE;
        bool has_pipeline = false;
        for (int32_t i = 0; i < s->client_count; i++) {
                has_pipeline |= s->clients[i].verb == VERB_PIPELINE;
                if (a->node && strcmp(s->clients[i].name, a->node) == 0)
                        options.node = SCENARIO_CLIENT_ID + i;
        }
        int status;
        if (!has_pipeline || s->step_count + 2 > SCENARIO_STEPS_MAX)
                status = complain(a, "a scenario with a pipeline, and few steps", a->scenario);
        else if (a->node && options.node < 0)
                status = complain(a, "no such client", a->node);
        else {
                options.scenario = s;
                status = crash_points(&options);
        }
        free(s);
        return status;
}

static int bugs_command(struct arguments *a)
{
        (void)a;
        struct buffer text = {0};
        zoo_print(&text);
        print_buffer(&text);
        return 0;
}

static int language_command(struct arguments *a)
{
        (void)a;
        struct buffer text = {0};
        scenario_print_language(&text);
        print_buffer(&text);
        return 0;
}

static const struct command commands[] = {
        {"run", "strdFTbh", true, run_command,
         "run SCENARIO.scn [--seed N] [--trace FILE] [--report FILE.html] [--dot FILE [--from "
         "TIME] "
         "[--to TIME]] [--bug NAME]",
         "Runs a scenario and says which guarantees held.",
         "odradek-sim run sim/scenarios/unsynced-lost.scn"},
        {"sweep", "Sjpcbh", false, sweep_command,
         "sweep --seeds A..B [--jobs J] [--shard I/N] [--csv FILE] [--bug NAME]",
         "Runs a random cluster with random faults for each seed; one line for each that fails.",
         "odradek-sim sweep --seeds 1..2000 --jobs 2"},
        {"replay", "surdFTbh", true, replay_command,
         "replay SCENARIO.scn|--seed N [--until WHEN] [--report FILE.html] [--dot FILE [--from "
         "TIME] [--to TIME]] [--bug NAME]",
         "Runs a scenario, or a seed of a sweep, again and tells it event by event.",
         "odradek-sim replay --seed 42 --until 1.5s"},
        {"shrink", "sobh", true, shrink_command,
         "shrink SCENARIO.scn|--seed N -o FILE.scn [--bug NAME]",
         "Leaves out all that a failing run does not need to break the same promise.",
         "odradek-sim shrink --seed 17 --bug ack-on-append -o smallest.scn"},
        {"crash-points", "snPbh", true, crash_points_command,
         "crash-points SCENARIO.scn [--node NAME] [--policy POLICY] [--seed N] [--bug NAME]",
         "Kills a client at each of its events, and counts what a pipeline lost and doubled.",
         "odradek-sim crash-points sim/scenarios/exactly-once.scn"},
        {"bugs", "h", false, bugs_command, "bugs",
         "Lists the historic bugs that can be put back, where they come from and what they break.",
         "odradek-sim bugs"},
        {"language", "h", false, language_command, "language",
         "Lists the statements of the scenario language.", "odradek-sim language"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *out)
{
        fprintf(out, "usage: odradek-sim COMMAND [--help]\n\n"
                     "A whole cluster in one process, in virtual time, with everything going wrong "
                     "that a seed\nor a script asks for. The same seed gives the same run.\n\n");
        for (int i = 0; i < COMMANDS; i++)
                fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].text);
        fprintf(out, "\nExit status: 0 all as expected; 1 a guarantee broken or an expectation "
                     "unmet; 2 wrong usage\nor a bad file; 3 something never ended.\n\n"
                     "Example: odradek-sim sweep --seeds 1..1000\n");
}

static const char *option_name(int letter)
{
        for (int i = 0; i < OPTIONS; i++)
                if (all_options[i].letter == letter)
                        return all_options[i].name;
        return "";
}

/* Returns -1 when the command is to be run, else the exit status. */
static int parse(struct arguments *a, int argc, char **argv)
{
        struct option options[OPTIONS + 1] = {{0}};
        for (int i = 0; i < OPTIONS; i++)
                options[i] =
                        (struct option){all_options[i].name,
                                        all_options[i].argument ? required_argument : no_argument,
                                        NULL, all_options[i].letter};
        opterr = 0;
        for (int letter; (letter = getopt_long(argc, argv, "ho:", options, NULL)) != -1;) {
                if (letter == 'h') {
                        print_help(a->command);
                        return 0;
                }
                if (letter == '?' || !strchr(a->command->options, letter))
                        return complain(a, "unknown or incomplete option",
                                        letter == '?' ? argv[optind - 1] : option_name(letter));
                if (!read_option(a, letter, optarg))
                        return complain(a, "not a good value", optarg);
        }
        if (a->command->wants_file && optind < argc)
                a->scenario = argv[optind++];
        if (optind < argc)
                return complain(a, "one argument too many", argv[optind]);
        if (a->command->run == run_command && !a->scenario)
                return complain(a, "which scenario?", "");
        return -1;
}

int main(int argc, char **argv)
{
        struct arguments a = {
                .program = argv[0], .seed = 1, .policy = -1, .jobs = 1, .shard = 1, .shards = 1};
        for (int i = 0; argc > 1 && i < COMMANDS; i++)
                if (strcmp(argv[1], commands[i].name) == 0)
                        a.command = &commands[i];
        if (!a.command) {
                bool wants_help = argc > 1 && strcmp(argv[1], "--help") == 0;
                print_usage(wants_help ? stdout : stderr);
                return wants_help ? 0 : USAGE;
        }
        int status = parse(&a, argc - 1, argv + 1);
        return status >= 0 ? status : a.command->run(&a);
}

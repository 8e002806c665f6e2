#include "bench/report.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bench/plot.h"
#include "bench/theory.h"

/* --- files of one experiment --- */

static bool draw(const struct results *r, const char *figure, const char *directory, bool *drawn)
{
        enum plot_outcome outcome = figure ? plot_draw(r, figure, directory) : PLOT_UNDRAWN;
        *drawn = outcome == PLOT_DRAWN;
        return outcome != PLOT_FAILED;
}

bool report_files(struct report_entry *entry, const char *directory)
{
        const struct experiment *e = entry->experiment;
        char csv[PATH_MAX], json[PATH_MAX];
        snprintf(csv, sizeof csv, "%s/%s.csv", directory, e->name);
        snprintf(json, sizeof json, "%s/%s.json", directory, e->name);
        return results_write_csv(&entry->results, csv) &&
               results_write_json(&entry->results, json) &&
               draw(&entry->results, e->plot, directory, &entry->drawn) &&
               draw(&entry->results, e->plot_more, directory, &entry->drawn_more);
}

/* --- the report --- */

static const struct results *find(const struct report_entry *entries, int count, const char *name)
{
        for (int i = 0; i < count; i++) {
                if (strcmp(entries[i].experiment->name, name) == 0 && !*entries[i].why)
                        return &entries[i].results;
        }
        return NULL;
}

static void write_conditions(const struct report_entry *entries, int count, FILE *to)
{
        const char *comma = "";
        for (int i = 0; i < count; i++) {
                if (*entries[i].why)
                        continue;
                fputs("Measured on: ", to);
                machine_print(&entries[i].results.machine, to);
                break;
        }
        fputs("\nEvery figure is the median of interleaved runs, with its range (min-max). Two "
              "figures "
              "differ only when their ranges do not overlap; else the words are \"no difference "
              "seen\".\n\n",
              to);
        for (int i = 0; i < count; i++) {
                if (*entries[i].why || !results_are_noisy(&entries[i].results))
                        continue;
                fprintf(to, "%s%s", *comma ? comma : "**Noisy machine** during ",
                        entries[i].experiment->name);
                comma = ", ";
        }
        if (*comma)
                fputs(": others were at work, or the reference did not repeat itself. Counts "
                      "(calls, "
                      "switches, faults, bytes) hold all the same; times only where ranges lie "
                      "apart.\n\n",
                      to);
}

static void write_limits_of_loopback(FILE *to)
{
        fputs("## What loopback cannot show\n\n"
              "Both ends are on this machine.\n\n"
              "- There is no network card: none that fetches the bytes from memory (DMA), cuts "
              "them "
              "into packets, computes their checksums or interrupts. What a card would have to "
              "copy "
              "is not copied at all, so ways without copies by CPU look better here by that.\n"
              "- One copy is always left, into the receiver's memory (unless it discards). What "
              "was "
              "sent by reference is touched there for the first time, so the receiver pays for "
              "fetching it from memory, and shares caches and CPUs with the sender while it does.\n"
              "- MSG_ZEROCOPY and its io_uring form are copied by the kernel all the same. Their "
              "lines show the price, not the gain.\n"
              "- Nothing is ever lost, late or slow. Throughput is what two programs can pass to "
              "each "
              "other; on a real network it is the network's (E2), and what a strategy saves is "
              "CPU.\n\n",
              to);
}

/* What it says, a line a bullet. */
static void write_told(const struct report_entry *entry, FILE *to)
{
        char *text = NULL;
        size_t size = 0;
        FILE *memory = open_memstream(&text, &size);
        if (!memory || !entry->experiment->tell)
                abort();
        entry->experiment->tell(&entry->results, memory);
        fclose(memory);
        for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
                if (*line)
                        fprintf(to, "- %s\n", line);
        }
        free(text);
        fputc('\n', to);
}

static void write_picture(const struct experiment *e, const char *figure, bool drawn, FILE *to)
{
        char stem[PLOT_STEM_BYTES];
        if (drawn)
                fprintf(to, "![%s: %s](%s.svg)\n\n", e->name, figure, plot_stem(e, figure, stem));
}

static void write_experiment(const struct report_entry *entry, FILE *to)
{
        const struct experiment *e = entry->experiment;
        fprintf(to, "## %s %s\n\n%s\n\n", e->id, e->name, e->question);
        if (*entry->why) {
                fprintf(to, "Not run: %s\n\n", entry->why);
                return;
        }
        char noise[NOISE_BYTES];
        if (results_are_noisy(&entry->results))
                fprintf(to, "**Noisy machine:** %s.\n\n", results_noise(&entry->results, noise));
        fputs("What the figures say:\n\n", to);
        write_told(entry, to);
        fprintf(to, "What was seen on another machine: %s\n\n", e->expected);
        write_picture(e, e->plot, entry->drawn, to);
        write_picture(e, e->plot_more, entry->drawn_more, to);
        if (*entry->results.conditions)
                fprintf(to, "Conditions: %s\n\n", entry->results.conditions);
        results_print_markdown(&entry->results, to);
        fprintf(to, "\nEvery run: [%s.csv](%s.csv), [%s.json](%s.json)\n\n", e->name, e->name,
                e->name, e->name);
}

bool report_write(const struct report_entry *entries, int count, const char *directory)
{
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/report.md", directory);
        FILE *to = fopen(path, "we");
        if (!to)
                return false;
        const struct results *copypath = find(entries, count, "copypath");
        fputs("# The four copies, measured\n\n", to);
        report_strategies(copypath, find(entries, count, "smallfetch"), to);
        fputs("## How it was measured\n\n", to);
        write_conditions(entries, count, to);
        if (copypath) {
                fputs("## The theory beside the counts\n\n", to);
                theory_print(copypath, find(entries, count, "zerocopy"), to);
        }
        write_limits_of_loopback(to);
        for (int i = 0; i < count; i++)
                write_experiment(&entries[i], to);
        bool sound = !ferror(to);
        return fclose(to) == 0 && sound;
}

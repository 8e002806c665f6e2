/* Results as tables: for a terminal, for a report, and as CSV. */
#include "bench/results.h"

#include <stdlib.h>
#include <string.h>

#include "bench/experiment.h"
#include "bench/words.h"

enum { LINE_WIDTH = 118, GAP = 2 };

static bool has_settings(const struct results *r)
{
        for (int i = 0; i < r->case_count; i++) {
                if (*r->cases[i].setting)
                        return true;
        }
        return false;
}

/* --- the cells --- */

/* Columns: the series, the setting and x where there are any, then the figures. */
struct table {
        const struct results *results;
        bool settings, axis;
        int lead;                 /* columns before the figures */
        int columns;              /* all of them */
        int figures[FIGURES_MAX]; /* those that have a column: not 0 everywhere */
};

static bool is_zero(const struct results *r, int figure)
{
        for (int i = 0; i < r->case_count; i++) {
                struct sample s = results_sample(r, &r->cases[i], figure);
                if (s.min != 0 || s.max != 0)
                        return false;
        }
        return true;
}

static struct table table_of(const struct results *r)
{
        struct table t = {.results = r, .settings = has_settings(r), .axis = r->experiment->x_name};
        t.lead = 1 + t.settings + t.axis;
        t.columns = t.lead;
        for (int i = 0; i < r->experiment->figure_count; i++) {
                if (!is_zero(r, i))
                        t.figures[t.columns++ - t.lead] = i;
        }
        return t;
}

enum { CELL_BYTES = 160 };

static const char *heading(const struct table *t, int column, char *cell)
{
        const struct experiment *e = t->results->experiment;
        if (column >= t->lead) {
                const struct figure *f = &e->figures[t->figures[column - t->lead]];
                snprintf(cell, CELL_BYTES, *f->unit ? "%s, %s" : "%s%s", f->name, f->unit);
        } else if (column == 0)
                snprintf(cell, CELL_BYTES, "series");
        else
                snprintf(cell, CELL_BYTES, "%s",
                         column == 1 && t->settings ? "setting" : e->x_name);
        return cell;
}

static const char *cell_of(const struct table *t, const struct bench_case *c, int column,
                           char *cell)
{
        char text[WORDS_BYTES];
        if (column >= t->lead) {
                int figure = t->figures[column - t->lead];
                const struct figure *f = &t->results->experiment->figures[figure];
                struct sample s = results_sample(t->results, c, figure);
                snprintf(cell, CELL_BYTES, "%s", words_sample(&s, f->decimals, text));
        } else if (column == 0)
                snprintf(cell, CELL_BYTES, "%s%s", c->series, c->reference ? " *" : "");
        else if (column == 1 && t->settings)
                snprintf(cell, CELL_BYTES, "%s", c->setting);
        else
                snprintf(cell, CELL_BYTES, "%s", words_x(t->results->experiment, c->x, text));
        return cell;
}

/* --- for people --- */

static int width_of(const struct table *t, int column)
{
        char cell[CELL_BYTES];
        int width = (int)strlen(heading(t, column, cell));
        for (int i = 0; i < t->results->case_count; i++) {
                const struct bench_case *c = &t->results->cases[i];
                int own = *c->skipped ? 0 : (int)strlen(cell_of(t, c, column, cell));
                width = own > width ? own : width;
        }
        return width + GAP;
}

/* Words to the left, numbers to the right. */
static void print_cell(const struct table *t, int column, const char *cell, int width, FILE *to)
{
        bool words = column < t->lead - t->axis;
        fprintf(to, words ? "%-*s" : "%*s", width, cell);
}

/* The columns from `first` to before `end`, with those that name the case in front. */
static void print_part(const struct table *t, const int *widths, int first, int end, FILE *to)
{
        char cell[CELL_BYTES];
        for (int i = -1; i < t->results->case_count; i++) {
                const struct bench_case *c = i < 0 ? NULL : &t->results->cases[i];
                if (c && *c->skipped)
                        continue;
                for (int column = 0; column < end; column++) {
                        if (column >= t->lead && column < first)
                                continue;
                        print_cell(t, column,
                                   c ? cell_of(t, c, column, cell) : heading(t, column, cell),
                                   widths[column], to);
                }
                fputc('\n', to);
        }
}

/* A table that is too wide is cut into several, one below the other. */
static void print_table(const struct table *t, FILE *to)
{
        int widths[FIGURES_MAX + 3], lead_width = 0;
        for (int column = 0; column < t->columns; column++)
                widths[column] = width_of(t, column);
        for (int column = 0; column < t->lead; column++)
                lead_width += widths[column];
        for (int first = t->lead; first < t->columns;) {
                int end = first + 1, width = lead_width + widths[first];
                while (end < t->columns && width + widths[end] <= LINE_WIDTH)
                        width += widths[end++];
                print_part(t, widths, first, end, to);
                fputc('\n', to);
                first = end;
        }
}

static void print_zeros(const struct results *r, FILE *to, const char *bullet)
{
        bool any = false, measured = false;
        for (int i = 0; i < r->case_count; i++)
                measured |= r->cases[i].runs > 0;
        for (int i = 0; measured && i < r->experiment->figure_count; i++) {
                if (!is_zero(r, i))
                        continue;
                fprintf(to, "%s%s%s", any ? ", " : bullet,
                        any ? "" : "0 in every run: ", r->experiment->figures[i].name);
                any = true;
        }
        if (any)
                fputc('\n', to);
}

static void print_remarks(const struct results *r, FILE *to, const char *bullet)
{
        print_zeros(r, to, bullet);
        char text[WORDS_BYTES], where[WORDS_BYTES];
        bool reference = false;
        for (int i = 0; i < r->case_count; i++) {
                const struct bench_case *c = &r->cases[i];
                reference |= c->reference;
                if (!*c->skipped)
                        continue;
                words_x(r->experiment, c->x, where);
                fprintf(to, "%sskipped: %s%s%s: %s\n", bullet, words_case(c, text),
                        r->experiment->x_name ? " at " : "", r->experiment->x_name ? where : "",
                        c->skipped);
        }
        if (reference)
                fprintf(to, "%smarked *: the raw reference of this run\n", bullet);
        char noise[NOISE_BYTES];
        if (results_are_noisy(r))
                fprintf(to, "%snoisy machine: %s; trust counts and ranges, not single times\n",
                        bullet, results_noise(r, noise));
}

void results_print(const struct results *r, FILE *to)
{
        struct table t = table_of(r);
        machine_print(&r->machine, to);
        if (*r->conditions)
                fprintf(to, "%s\n", r->conditions);
        fprintf(to, "\n%s %s: %s\nmedian (min-max)\n\n", r->experiment->id, r->experiment->name,
                r->experiment->question);
        print_table(&t, to);
        print_remarks(r, to, "");
}

void results_print_markdown(const struct results *r, FILE *to)
{
        struct table t = table_of(r);
        char cell[CELL_BYTES];
        for (int i = -2; i < r->case_count; i++) {
                const struct bench_case *c = i < 0 ? NULL : &r->cases[i];
                if (c && *c->skipped)
                        continue;
                for (int column = 0; column < t.columns; column++) {
                        const char *rule = column < t.lead - t.axis ? "---" : "---:";
                        fprintf(to, "| %s ",
                                c         ? cell_of(&t, c, column, cell)
                                : i == -1 ? rule
                                          : heading(&t, column, cell));
                }
                fputs("|\n", to);
        }
        fputc('\n', to);
        print_remarks(r, to, "- ");
}

/* --- for programs --- */

/* A value that holds a comma or a quote stands in quotes (RFC 4180). */
static void csv_text(FILE *to, const char *text)
{
        if (!strpbrk(text, ",\"\n")) {
                fputs(text, to);
                return;
        }
        fputc('"', to);
        for (; *text; text++)
                fprintf(to, *text == '"' ? "\"\"" : "%c", *text);
        fputc('"', to);
}

static void csv_case(const struct results *r, const struct bench_case *c, FILE *to)
{
        for (int run = 0; run < c->runs; run++) {
                fprintf(to, "%s,", r->experiment->name);
                csv_text(to, c->series);
                fputc(',', to);
                csv_text(to, c->setting);
                fprintf(to, ",%.15g,%d,%d", c->x, run + 1, c->disturbed_run[run]);
                for (int figure = 0; figure < r->experiment->figure_count; figure++)
                        fprintf(to, ",%.9g", c->values[run][figure]);
                fputc('\n', to);
        }
}

bool results_write_csv(const struct results *r, const char *path)
{
        FILE *to = fopen(path, "we");
        if (!to)
                return false;
        fputs("# ", to);
        machine_print(&r->machine, to);
        if (*r->conditions)
                fprintf(to, "# %s\n", r->conditions);
        fputs("experiment,series,setting,x,run,disturbed", to);
        for (int i = 0; i < r->experiment->figure_count; i++) {
                char name[CELL_BYTES];
                const struct figure *f = &r->experiment->figures[i];
                snprintf(name, sizeof name, *f->unit ? "%s (%s)" : "%s%s", f->name, f->unit);
                fputc(',', to);
                csv_text(to, name);
        }
        fputc('\n', to);
        for (int i = 0; i < r->case_count; i++)
                csv_case(r, &r->cases[i], to);
        bool sound = !ferror(to);
        return fclose(to) == 0 && sound;
}

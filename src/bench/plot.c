#include "bench/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/words.h"

enum { PANEL_WIDTH = 860, PANEL_HEIGHT = 420, BAR_HEIGHT = 26, BARS_MARGIN = 120 };
/* A picture whose values lie further apart needs a logarithmic scale to show the small ones. */
static const double LINEAR_SPREAD_MAX = 40;

struct picture {
        const struct results *results;
        const struct figure *figure;
        int column;
        char stem[PLOT_STEM_BYTES];
        bool log;
        int cases; /* that are drawn */
};

/* --- what is in it --- */

static bool drawn(const struct picture *p, const struct bench_case *c)
{
        /* A logarithmic scale has no place for 0. */
        return c->runs > 0 && !(p->log && results_sample(p->results, c, p->column).median <= 0);
}

static void look_at_values(struct picture *p)
{
        double smallest = 0, largest = 0;
        for (int i = 0; i < p->results->case_count; i++) {
                struct sample s = results_sample(p->results, &p->results->cases[i], p->column);
                if (s.runs > 0 && s.median > 0 && (smallest == 0 || s.median < smallest))
                        smallest = s.median;
                if (s.runs > 0 && s.median > largest)
                        largest = s.median;
        }
        p->log = smallest > 0 && largest / smallest > LINEAR_SPREAD_MAX;
        for (int i = 0; i < p->results->case_count; i++)
                p->cases += drawn(p, &p->results->cases[i]);
}

/* True when no case before this one has the same setting (and series, when asked). */
static bool is_first(const struct picture *p, int at, bool same_series)
{
        const struct bench_case *c = &p->results->cases[at];
        for (int i = 0; i < at; i++) {
                const struct bench_case *other = &p->results->cases[i];
                if (drawn(p, other) && strcmp(other->setting, c->setting) == 0 &&
                    (!same_series || strcmp(other->series, c->series) == 0))
                        return false;
        }
        return drawn(p, c);
}

/* --- the data --- */

static void write_point(const struct picture *p, const struct bench_case *c, FILE *to)
{
        struct sample s = results_sample(p->results, c, p->column);
        char name[WORDS_BYTES];
        fprintf(to, "%.15g %.9g %.9g %.9g \"%s\"\n", c->x, s.median, s.min, s.max,
                words_case(c, name));
}

/* A block for each line, two empty lines between them; the bars are one block. */
static void write_data(const struct picture *p, FILE *to)
{
        const struct results *r = p->results;
        fprintf(to, "# x median min max case: %s of %s, %s\n", p->figure->name, r->experiment->name,
                p->figure->unit);
        for (int i = 0; i < r->case_count; i++) {
                if (!r->experiment->x_name && drawn(p, &r->cases[i]))
                        write_point(p, &r->cases[i], to);
                if (!r->experiment->x_name || !is_first(p, i, true))
                        continue;
                for (int j = i; j < r->case_count; j++) {
                        const struct bench_case *c = &r->cases[j];
                        if (drawn(p, c) && strcmp(c->series, r->cases[i].series) == 0 &&
                            strcmp(c->setting, r->cases[i].setting) == 0)
                                write_point(p, c, to);
                }
                fputs("\n\n", to);
        }
}

/* --- the script --- */

/* Strings of ours in gnuplot's quotes. */
static void quote(const char *text, FILE *to)
{
        fputc('\'', to);
        for (; *text; text++)
                fputs(*text == '\'' ? "''" : (char[]){*text, '\0'}, to);
        fputc('\'', to);
}

static void write_axis(const struct picture *p, FILE *to)
{
        const struct results *r = p->results;
        char text[WORDS_BYTES];
        const char *comma = "";
        double smallest = r->cases[0].x, largest = smallest;
        fputs("set xtics (", to);
        for (int i = 0; i < r->case_count; i++) {
                smallest = fmin(smallest, r->cases[i].x);
                largest = fmax(largest, r->cases[i].x);
                bool seen = false;
                for (int j = 0; j < i; j++)
                        seen |= r->cases[j].x == r->cases[i].x;
                if (seen)
                        continue;
                fprintf(to, "%s'%s' %.15g", comma, words_x(r->experiment, r->cases[i].x, text),
                        r->cases[i].x);
                comma = ", ";
        }
        fputs(") rotate by -30\n", to);
        /* Room at both ends, or gnuplot drops the last name. */
        if (r->experiment->x_log && smallest > 0)
                fprintf(to, "set logscale x 2\nset xrange [%.9g:%.9g]\n", smallest / 1.2,
                        largest * 1.2);
        else
                fprintf(to, "set xrange [%.9g:%.9g]\n",
                        smallest - (largest - smallest) * 0.05 - 0.1,
                        largest + (largest - smallest) * 0.05 + 0.1);
}

/* Colours that differ in lightness, too (after Okabe and Ito). */
static void write_styles(FILE *to)
{
        static const char *const colours[] = {"#000000", "#0072b2", "#d55e00", "#009e73",
                                              "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f"};
        for (int i = 0; i < 16; i++)
                fprintf(to, "set linetype %d lc rgb '%s' dt %d pt %d lw 2 ps 0.9\n", i + 1,
                        colours[i % 8], i % 5 + 1, 4 + i % 11);
}

static int panel_count(const struct picture *p)
{
        int count = 0;
        for (int i = 0; i < p->results->case_count; i++)
                count += is_first(p, i, false);
        return count;
}

static void write_panel(const struct picture *p, const char *setting, FILE *to)
{
        const struct results *r = p->results;
        int index = 0, lines = 0;
        fputs("set title ", to);
        quote(setting, to);
        fputs("\nplot ", to);
        for (int i = 0; i < r->case_count; i++) {
                if (!is_first(p, i, true))
                        continue;
                if (strcmp(r->cases[i].setting, setting) == 0) {
                        fprintf(to, "%s'%s.dat' index %d using 1:2:3:4 with yerrorlines title ",
                                lines++ ? ", \\\n     " : "", p->stem, index);
                        quote(r->cases[i].series, to);
                }
                index++;
        }
        fputc('\n', to);
}

static void write_lines(const struct picture *p, int panels, FILE *to)
{
        const struct experiment *e = p->results->experiment;
        write_axis(p, to);
        fputs("set xlabel ", to);
        quote(e->x_name, to);
        fprintf(to, "\nset ylabel '%s, %s'\nset key outside right top\nset grid\n", p->figure->name,
                p->figure->unit);
        fputs(p->log ? "set logscale y\n" : "set yrange [0:*]\n", to);
        fprintf(to, "set multiplot layout %d,1\n", panels);
        for (int i = 0; i < p->results->case_count; i++) {
                if (is_first(p, i, false))
                        write_panel(p, p->results->cases[i].setting, to);
        }
        fputs("unset multiplot\n", to);
}

/* Horizontal, with their names in full; dots where a bar would have no foot to stand on. */
static void write_bars(const struct picture *p, FILE *to)
{
        fprintf(to, "set xlabel '%s, %s'\nset grid x\nunset key\nset yrange [%d.5:-0.5]\n",
                p->figure->name, p->figure->unit, p->cases - 1);
        if (p->log)
                fprintf(to,
                        "set logscale x\nplot '%s.dat' using 2:0:3:4:ytic(5) with xerrorbars lt 2 "
                        "dt 1\n",
                        p->stem);
        else
                fprintf(to,
                        "set xrange [0:*]\nset style fill pattern 4 border rgb 'black'\n"
                        "plot '%s.dat' using ($2/2):0:($2/2):(0.36):ytic(5) with boxxyerror lt 2 "
                        "dt 1 lw 1, \\\n"
                        "     '' using 2:0:3:4 with xerrorbars lt 1 dt 1 ps 0\n",
                        p->stem);
}

/* Once for each kind of picture. */
static void write_script(const struct picture *p, FILE *to)
{
        const struct experiment *e = p->results->experiment;
        int panels = e->x_name ? panel_count(p) : 1;
        int height = e->x_name ? panels * PANEL_HEIGHT : p->cases * BAR_HEIGHT + BARS_MARGIN;
        fprintf(to, "# gnuplot %s.gp\n", p->stem);
        static const char *const terminals[] = {"svg", "pngcairo"}, *const ends[] = {"svg", "png"};
        for (int i = 0; i < 2; i++) {
                fprintf(to,
                        "reset\nset terminal %s noenhanced size %d,%d background rgb 'white' "
                        "font 'sans,11'\nset output '%s.%s'\n",
                        terminals[i], PANEL_WIDTH, height, p->stem, ends[i]);
                write_styles(to);
                if (e->x_name)
                        write_lines(p, panels, to);
                else
                        write_bars(p, to);
                fputs("set output\n", to);
        }
}

/* --- files --- */

static bool write_file(const struct picture *p, const char *directory, const char *end,
                       void (*write)(const struct picture *, FILE *))
{
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s%s", directory, p->stem, end);
        FILE *to = fopen(path, "we");
        if (!to)
                return false;
        write(p, to);
        bool sound = !ferror(to);
        return fclose(to) == 0 && sound;
}

static bool run_gnuplot(const struct picture *p, const char *directory)
{
        char script[sizeof p->stem + 4];
        snprintf(script, sizeof script, "%s.gp", p->stem);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
                int nowhere = open("/dev/null", O_RDWR);
                dup2(nowhere, STDERR_FILENO);
                if (chdir(directory) == 0)
                        execlp("gnuplot", "gnuplot", script, (char *)NULL);
                _exit(127);
        }
        int status = -1;
        while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
                ;
        return status == 0;
}

const char *plot_stem(const struct experiment *e, const char *figure, char stem[PLOT_STEM_BYTES])
{
        snprintf(stem, PLOT_STEM_BYTES, "%s-%s", e->name, figure);
        for (char *c = stem; *c; c++)
                *c = *c == ' ' ? '-' : *c;
        return stem;
}

enum plot_outcome plot_draw(const struct results *r, const char *figure, const char *directory)
{
        struct picture p = {.results = r, .column = results_figure(r, figure)};
        if (p.column < 0)
                return PLOT_UNDRAWN;
        p.figure = &r->experiment->figures[p.column];
        plot_stem(r->experiment, figure, p.stem);
        look_at_values(&p);
        if (!write_file(&p, directory, ".dat", write_data) ||
            !write_file(&p, directory, ".gp", write_script))
                return PLOT_FAILED;
        return p.cases > 0 && run_gnuplot(&p, directory) ? PLOT_DRAWN : PLOT_UNDRAWN;
}

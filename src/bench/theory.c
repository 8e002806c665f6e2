#include "bench/theory.h"

#include <string.h>

#include "bench/words.h"

enum { RESPONSE_BYTES = 64 << 10, RESPONSES_PER_GIB = (1 << 30) / RESPONSE_BYTES };

/* One way as the literature describes it, from a disk to a network card. */
static const struct claim {
        const char *strategy;
        int copies, by_cpu, by_dma;
        int calls; /* by construction: system calls for a response of 64 KiB, none for waiting */
        int user_bytes; /* by construction: how often a byte passes through our address space */
        const char *way;
} claims[] = {
        {"read-write", 4, 2, 2, 2, 1, "disk > page cache > our buffer > socket > card"},
        {"mmap", 3, 1, 2, 1, 1, "disk > page cache, mapped > socket > card"},
        {"sendfile", 2, 0, 2, 1, 0, "disk > page cache > card, by reference"},
        {"splice", 2, 0, 2, 2, 0, "as sendfile, through a pipe of ours"},
        {"zerocopy", 2, 0, 2, 1, 0, "disk > page cache, mapped > card, by reference"},
        {"io-uring", 4, 2, 2, 1, 1, "as read-write"},
        {"io-uring-splice", 2, 0, 2, 1, 0, "as splice"},
        {"io-uring-zerocopy", 2, 0, 2, 1, 0, "as zerocopy"},
};
enum { CLAIMS = sizeof claims / sizeof *claims };

enum { COLUMNS = 8, CELL_BYTES = 64 };
static const int widths[COLUMNS] = {18, 12, 12, 12, 12, 14, 16, 0};

static void print_row(FILE *to, bool markdown, int columns, char cells[][CELL_BYTES])
{
        for (int i = 0; i < columns; i++) {
                if (markdown)
                        fprintf(to, "| %s ", cells[i]);
                else
                        fprintf(to, "%-*s", widths[i], cells[i]);
        }
        fputs(markdown ? "|\n" : "\n", to);
}

static void print_head(FILE *to, bool markdown, int columns, const char *const *names)
{
        char cells[COLUMNS][CELL_BYTES];
        for (int i = 0; i < columns; i++)
                snprintf(cells[i], CELL_BYTES, "%s", names[i]);
        print_row(to, markdown, columns, cells);
        for (int i = 0; i < columns && markdown; i++)
                fputs("|---", to);
        fputs(markdown ? "|\n" : "", to);
}

static void print_claims(FILE *to, bool markdown)
{
        static const char *const names[] = {"claimed", "copies",   "by CPU",
                                            "by DMA",  "switches", "the bytes' way"};
        enum { NAMES = sizeof names / sizeof *names };
        print_head(to, markdown, NAMES, names);
        for (int i = 0; i < CLAIMS; i++) {
                const struct claim *c = &claims[i];
                char cells[NAMES][CELL_BYTES];
                snprintf(cells[0], CELL_BYTES, "%s", c->strategy);
                snprintf(cells[1], CELL_BYTES, "%d", c->copies);
                snprintf(cells[2], CELL_BYTES, "%d", c->by_cpu);
                snprintf(cells[3], CELL_BYTES, "%d", c->by_dma);
                /* Into the kernel and back, for each call. */
                snprintf(cells[4], CELL_BYTES, "%d", 2 * c->calls);
                snprintf(cells[5], CELL_BYTES, "%s", c->way);
                print_row(to, markdown, NAMES, cells);
        }
}

/* The median of a figure at 64 KiB, over `unit`; "-" when it was not measured. */
static void counted(const struct results *r, const char *strategy, const char *figure, double unit,
                    int decimals, char *cell)
{
        char text[WORDS_BYTES];
        struct sample s = results_get(r, strategy, NULL, RESPONSE_BYTES, figure);
        bool there = s.runs > 0;
        snprintf(cell, CELL_BYTES, "%s",
                 there ? words_number(s.median / unit, decimals, text) : "-");
}

static void print_counts(const struct results *r, FILE *to, bool markdown)
{
        static const char *const names[] = {"counted",      "calls",      "by design",
                                            "user bytes",   "by design ", "switches",
                                            "minor faults", "CPU, ms/GiB"};
        print_head(to, markdown, COLUMNS, names);
        for (int i = 0; i < CLAIMS; i++) {
                const struct claim *c = &claims[i];
                char cells[COLUMNS][CELL_BYTES];
                snprintf(cells[0], CELL_BYTES, "%s", c->strategy);
                counted(r, c->strategy, "syscalls", RESPONSES_PER_GIB, 2, cells[1]);
                snprintf(cells[2], CELL_BYTES, "%d", c->calls);
                counted(r, c->strategy, "user bytes", 1, 2, cells[3]);
                snprintf(cells[4], CELL_BYTES, "%d", c->user_bytes);
                counted(r, c->strategy, "voluntary switches", RESPONSES_PER_GIB, 2, cells[5]);
                counted(r, c->strategy, "minor faults", RESPONSES_PER_GIB, 2, cells[6]);
                counted(r, c->strategy, "cpu", 1, 0, cells[7]);
                print_row(to, markdown, COLUMNS, cells);
        }
}

void theory_print(const struct results *copypath, FILE *to, bool markdown)
{
        print_claims(to, markdown);
        fputs("\nThe claims are the literature's, for a file on a disk and a card that can gather: "
              "IBM "
              "developerWorks, \"Efficient data transfer through zero copy\"; Kafka's design page "
              "(\"four copies and two system calls\"); the kernel's msg_zerocopy.rst; RocketMQ's "
              "design "
              "of its store for mmap. \"Switches\" are those into the kernel and back.\n\n",
              to);
        print_counts(copypath, to, markdown);
        fputs("\nCounted here, for each response of 64 KiB: system calls (waiting for the socket "
              "included), how often a byte passed through user space, context switches of the "
              "sender "
              "while it waited, faults. \"By design\" is what the code of src/copy makes without "
              "waiting. Copies by CPU cannot be counted from outside the kernel: a strategy whose "
              "user "
              "bytes are 0 made none on the way out, read-write makes two (into the buffer and out "
              "of "
              "it), mmap one (out of the mapping).\n\n"
              "What loopback cannot show: there is no card, so no DMA and no interrupt of a card, "
              "and "
              "no checksum that hardware would compute. The copy into the receiver's memory is "
              "always there, and it is the first to touch what came by reference. MSG_ZEROCOPY and "
              "its io_uring form are copied by the kernel for receivers on the same machine, so "
              "their "
              "row shows the price and not the gain.\n",
              to);
}

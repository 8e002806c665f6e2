#include "bench/theory.h"

#include <string.h>

#include "bench/words.h"

enum { RESPONSE_BYTES = 64 << 10, RESPONSES_PER_GIB = (1 << 30) / RESPONSE_BYTES };

/* One way as the literature describes it, from a disk to a network card. */
static const struct claim {
        const char *strategy;
        int by_cpu, by_dma; /* copies of each byte */
        int calls;          /* for a response of 64 KiB, without waiting for the socket */
        int copies_a_pass;  /* by construction: how often the CPU copies what passes through us */
        const char *way;
} claims[] = {
        {"read-write", 2, 2, 2, 2, "disk > page cache > our buffer > socket > card"},
        {"mmap", 1, 2, 1, 1, "disk > page cache, mapped > socket > card"},
        {"sendfile", 0, 2, 1, 0, "disk > page cache > card, by reference"},
        {"splice", 0, 2, 2, 0, "as sendfile, through a pipe of ours"},
        {"zerocopy", 0, 2, 1, 0, "disk > page cache, mapped > card, by reference"},
        {"io-uring", 2, 2, 1, 2, "as read-write"},
        {"io-uring-splice", 0, 2, 1, 0, "as splice"},
        {"io-uring-zerocopy", 0, 2, 1, 0, "as zerocopy"},
};
enum { CLAIMS = sizeof claims / sizeof *claims };

static struct sample figure_of(const struct results *r, const struct claim *c, const char *figure)
{
        return results_get(r, c->strategy, NULL, RESPONSE_BYTES, figure);
}

/* The median times `factor`, as a cell with `mark` behind it; "-" when it was not measured. */
static void print_cell(const struct sample *s, double factor, int decimals, const char *mark,
                       FILE *to)
{
        char text[WORDS_BYTES];
        if (s->runs > 0)
                fprintf(to, " %s%s |", words_number(s->median * factor, decimals, text), mark);
        else
                fputs(" - |", to);
}

/* What went through our memory was copied there; what the kernel was asked not to copy, and did,
 * was copied by it. */
static void print_cpu_copies(const struct results *copypath, const struct results *zerocopy,
                             const struct claim *c, FILE *to)
{
        struct sample user = figure_of(copypath, c, "user bytes");
        struct sample copied =
                zerocopy ? results_get(zerocopy, c->strategy, "loopback", RESPONSE_BYTES, "copied")
                         : (struct sample){0};
        if (user.runs > 0 && copied.runs > 0 && copied.median > 0)
                print_cell(&copied, 0.01, 2, " †", to);
        else
                print_cell(&user, c->copies_a_pass > 0 ? c->copies_a_pass : 1, 2, "", to);
}

static void print_row(const struct results *copypath, const struct results *zerocopy,
                      const struct claim *c, FILE *to)
{
        struct sample disk = figure_of(copypath, c, "disk read");
        struct sample calls = figure_of(copypath, c, "syscalls");
        struct sample sleeps = figure_of(copypath, c, "voluntary switches");
        struct sample faults = figure_of(copypath, c, "minor faults");
        struct sample cpu = figure_of(copypath, c, "total cpu");
        fprintf(to, "| %s | %s | %d |", c->strategy, c->way, c->by_cpu);
        print_cpu_copies(copypath, zerocopy, c, to);
        fprintf(to, " %d |", c->by_dma);
        print_cell(&disk, 1, 2, "", to);
        fprintf(to, " %d |", 2 * c->calls);
        print_cell(&calls, 2.0 / RESPONSES_PER_GIB, 2, "", to);
        print_cell(&sleeps, 1.0 / RESPONSES_PER_GIB, 2, "", to);
        print_cell(&faults, 1.0 / RESPONSES_PER_GIB, 2, "", to);
        print_cell(&cpu, 1, 0, "", to);
        fputc('\n', to);
}

static void print_meaning(FILE *to)
{
        fputs("\nClaimed: what the literature says of a file on a disk and a card that can gather "
              "(IBM developerWorks, \"Efficient data transfer through zero copy\"; Kafka's design "
              "page, \"four copies and two system calls\"; the kernel's msg_zerocopy.rst; "
              "RocketMQ's "
              "design of its store for mmap; for io_uring the way that it goes). Counted: here, "
              "for "
              "each response of 64 KiB.\n\n"
              "- **Copies by CPU**, of each byte, up to the socket. They cannot be seen from "
              "outside "
              "the kernel. Counted is what went through our memory, times what that takes: a way "
              "into "
              "the buffer and one out of it (read-write), one out of the mapping (mmap). † The "
              "kernel "
              "was asked not to copy, and reported that it did (E9): it always does for a receiver "
              "on "
              "the same machine.\n"
              "- **Copies by DMA.** The first one brings the file from the disk, and is counted by "
              "what the disk was made to read: nothing, when the file is in the page cache. The "
              "second one is the network card's, and on loopback there is none to count.\n"
              "- **Switches** into the kernel and back, two for each system call; those that wait "
              "for "
              "the socket are counted, too, and not claimed.\n"
              "- **Sleeps**: how often the sender gave up the CPU. **Faults**: pages that had to "
              "be "
              "mapped. **CPU**: of both ends, ms/GiB.\n\n",
              to);
}

void theory_print(const struct results *copypath, const struct results *zerocopy, FILE *to)
{
        fputs("| strategy | the bytes' way | copies by CPU: claimed | counted | by DMA: claimed | "
              "counted | switches: claimed | counted | sleeps | faults | CPU |\n"
              "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
              to);
        for (int i = 0; i < CLAIMS; i++)
                print_row(copypath, zerocopy, &claims[i], to);
        print_meaning(to);
}

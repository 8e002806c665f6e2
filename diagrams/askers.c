/* How long does an answer take, while many others are connected? Opens IDLE connections that say
 * nothing and BUSY ones that ask the smallest question (ApiVersions) PER_SECOND times a second, all
 * at the same moment, whether the last answer has come or not. An answer's time counts from the
 * moment when its question was due.
 *
 *     cc -o askers askers.c && ./askers PORT IDLE BUSY PER_SECOND SECONDS [FILE]
 *
 * FILE gets a line for each question: when it was due, and how long the answer took, in ms. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUSY_MAX = 1000, QUESTION_BYTES = 27, PREFIX_BYTES = 4 };

static const char question[QUESTION_BYTES + 1] = "\0\0\0\x17\0\x12\0\x03\0\0\0\x07\0\x04"
                                                 "book\0\x05"
                                                 "book\x02"
                                                 "1\0";

struct asker {
        int answers;                        /* that have come */
        unsigned char prefix[PREFIX_BYTES]; /* an answer begins with its length */
        size_t prefix_bytes,
                body_bytes; /* of the prefix, so many are here; of the body, so many are not */
};

static double now_ms(void)
{
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void die(const char *what)
{
        perror(what);
        exit(1);
}

static int connect_to(int port)
{
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        struct linger reset = {1, 0}; /* at the end, so that ten thousand ports are free at once */
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
                die("connect");
        return fd;
}

static void ask(int fd)
{
        if (send(fd, question, QUESTION_BYTES, 0) != QUESTION_BYTES)
                die("send");
}

/* The newest connection gets its answer when all that came before it have been accepted. */
static void wait_for_one_answer(int fd)
{
        unsigned char bytes[PREFIX_BYTES], body[65536];
        ask(fd);
        if (recv(fd, bytes, sizeof bytes, MSG_WAITALL) != sizeof bytes)
                die("recv");
        recv(fd, body, (size_t)(bytes[2] << 8 | bytes[3]), MSG_WAITALL);
}

/* Returns how many answers end in these bytes. */
static int cut(struct asker *a, const unsigned char *bytes, size_t count)
{
        int ended = 0;
        while (count > 0) {
                if (a->prefix_bytes < PREFIX_BYTES) {
                        a->prefix[a->prefix_bytes++] = *bytes++;
                        count--;
                        a->body_bytes = a->prefix[2] << 8 | a->prefix[3];
                        continue;
                }
                size_t part = count < a->body_bytes ? count : a->body_bytes;
                bytes += part;
                count -= part;
                a->body_bytes -= part;
                if (a->body_bytes == 0) {
                        a->prefix_bytes = 0;
                        ended++;
                }
        }
        return ended;
}

static int by_size(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

static void report(double *took_ms, int all, int busy, double period_ms, const char *path)
{
        FILE *file = path ? fopen(path, "w") : NULL;
        for (int i = 0; file && i < all; i++)
                fprintf(file, "%.2f %.2f\n", i / busy * period_ms, took_ms[i]);
        if (path && (!file || fclose(file) != 0))
                die(path);
        qsort(took_ms, (size_t)all, sizeof *took_ms, by_size);
        printf("%d answers: half of them within %.2f ms, 99%% within %.2f ms, the slowest took "
               "%.2f ms\n",
               all, took_ms[all / 2], took_ms[all * 99 / 100], took_ms[all - 1]);
}

int main(int argc, char **argv)
{
        if (argc < 6 || atoi(argv[3]) < 1 || atoi(argv[3]) > BUSY_MAX ||
            atof(argv[4]) * atof(argv[5]) < 1) {
                fprintf(stderr, "usage: askers PORT IDLE BUSY PER_SECOND SECONDS [FILE]\n");
                return 2;
        }
        int port = atoi(argv[1]), busy = atoi(argv[3]);
        double period_ms = 1000 / atof(argv[4]);
        int rounds = (int)(atof(argv[5]) * 1000 / period_ms), asked = 0, all = rounds * busy,
            answered = 0;
        double *took_ms = calloc((size_t)all + 1, sizeof *took_ms);
        struct asker askers[BUSY_MAX] = {0};
        struct pollfd fds[BUSY_MAX];
        for (int i = atoi(argv[2]); i > 0; i--)
                connect_to(port);
        for (int i = 0; i < busy; i++)
                fds[i] = (struct pollfd){.fd = connect_to(port), .events = POLLIN};
        wait_for_one_answer(fds[busy - 1].fd);
        puts("all are connected");
        fflush(stdout);

        double start_ms = now_ms();
        while (answered < all) {
                double wait_ms = start_ms + asked * period_ms - now_ms();
                if (asked < rounds && wait_ms <= 0) {
                        for (int i = 0; i < busy; i++)
                                ask(fds[i].fd);
                        asked++;
                        continue;
                }
                struct timespec wait = {(time_t)(wait_ms / 1e3),
                                        (long)(wait_ms * 1e6) % 1000000000};
                ppoll(fds, (nfds_t)busy, asked < rounds ? &wait : NULL, NULL);
                for (int i = 0; i < busy; i++) {
                        unsigned char bytes[65536];
                        if (!fds[i].revents)
                                continue;
                        ssize_t count = recv(fds[i].fd, bytes, sizeof bytes, 0);
                        if (count <= 0)
                                die("recv");
                        int ended = cut(&askers[i], bytes, (size_t)count);
                        answered += ended;
                        for (double then_ms = now_ms(); ended > 0; ended--) {
                                int round = askers[i].answers++;
                                took_ms[round * busy + i] = then_ms - start_ms - round * period_ms;
                        }
                }
        }
        report(took_ms, all, busy, period_ms, argc > 6 ? argv[6] : NULL);
        free(took_ms);
        return 0;
}

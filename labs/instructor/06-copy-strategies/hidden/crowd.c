/* crowd.c - many readers over TCP, one lane: `crowd STRATEGY CASE SEED` says "yes", or what is
 * wrong.
 *
 * What happens next is drawn by the seed: a reader reads a little, or the sender goes on with one
 * of them. How much a socket takes is the kernel's business, so two runs may differ; a right
 * strategy is right in all of them. */
#include "base/rng.h"
#include "copy/copy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READERS = 8, RANGES = 4, FILE_BYTES = 1 << 20, RANGE_MAX = 200000, ROUNDS_MAX = 1000000 };

static uint8_t content[FILE_BYTES];

struct reader {
        int to, from; /* the sender's end, and its own */
        bool leaves, is_gone;
        int64_t at[RANGES];
        size_t size[RANGES];
        int sending;  /* which range */
        size_t moved; /* of that one */
        int reading;
        size_t got;
};

static int say(const char *answer)
{
        puts(answer);
        return 0;
}

static void must(bool done, const char *what)
{
        if (!done) {
                perror(what);
                exit(2);
        }
}

static int make_file(struct rng *rng)
{
        int fd = memfd_create("crowd", MFD_CLOEXEC);
        for (size_t i = 0; i < FILE_BYTES; i++)
                content[i] = (uint8_t)rng_u64(rng);
        must(fd >= 0 && write(fd, content, FILE_BYTES) == FILE_BYTES, "memfd");
        return fd;
}

static void connect_reader(struct reader *r, struct rng *rng)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof address;
        int bytes = 4096 << rng_u64(rng) % 5;
        int listener = socket(AF_INET, SOCK_STREAM, 0);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        must(bind(listener, (struct sockaddr *)&address, size) == 0, "bind");
        must(listen(listener, 1) == 0, "listen");
        getsockname(listener, (struct sockaddr *)&address, &size);
        r->to = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(r->to, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
        must(connect(r->to, (struct sockaddr *)&address, size) == 0, "connect");
        r->from = accept(listener, NULL, NULL);
        close(listener);
        fcntl(r->to, F_SETFL, O_NONBLOCK);
        fcntl(r->from, F_SETFL, O_NONBLOCK);
        for (int i = 0; i < RANGES; i++) {
                r->size[i] = 1 + rng_u64(rng) % (rng_u64(rng) % 2 ? RANGE_MAX : 5000);
                r->at[i] = (int64_t)(rng_u64(rng) % (FILE_BYTES - r->size[i] + 1));
        }
}

/* False when what comes in is not the file's. */
static bool read_some(struct reader *r, size_t limit)
{
        static uint8_t bytes[65536];
        ssize_t n = recv(r->from, bytes, limit < sizeof bytes ? limit : sizeof bytes, 0);
        for (ssize_t i = 0; i < n; i++) {
                if (r->reading == RANGES ||
                    bytes[i] != content[r->at[r->reading] + (int64_t)r->got])
                        return false;
                if (++r->got == r->size[r->reading]) {
                        r->reading++;
                        r->got = 0;
                }
        }
        return true;
}

static const char *send_some(struct reader *r, const struct copy_strategy *strategy,
                             struct copy_lane *lane, struct copy_source *source, int64_t *all)
{
        size_t left = r->size[r->sending] - r->moved, moved = 0;
        enum kerr err = strategy->move(lane, r->to, source, r->at[r->sending] + (int64_t)r->moved,
                                       left, r->sending + 1 < RANGES, &moved);
        if (err && r->is_gone) {
                r->sending = RANGES;
                return err == KERR_CONNECTION_FAILED ? NULL : "a peer that is gone: another error";
        }
        if (err)
                return "an error, and the reader is there";
        if (moved > left)
                return "more than the range";
        *all += (int64_t)moved;
        r->moved += moved;
        if (r->moved == r->size[r->sending]) {
                r->sending++;
                r->moved = 0;
        }
        return NULL;
}

static bool is_done(const struct reader *r)
{
        return r->is_gone ? r->sending == RANGES : r->reading == RANGES;
}

/* All of it; NULL when all is well. *sent gets what was moved. */
static const char *serve(struct reader *readers, const struct copy_strategy *strategy,
                         struct copy_lane *lane, struct copy_source *source, struct rng *rng,
                         int64_t *sent)
{
        int done = 0;
        for (int round = 0; done < READERS; round++) {
                struct reader *r = &readers[rng_u64(rng) % READERS];
                const char *wrong = NULL;
                if (round == ROUNDS_MAX)
                        return "a reader waits for ever";
                if (is_done(r))
                        continue;
                if (r->leaves && !r->is_gone && r->reading == RANGES / 2) {
                        close(r->from);
                        r->is_gone = true;
                } else if (rng_u64(rng) % 2 == 0 && r->sending < RANGES) {
                        wrong = send_some(r, strategy, lane, source, sent);
                } else if (!r->is_gone && !read_some(r, 1 + rng_u64(rng) % 60000)) {
                        wrong = "other bytes than the range's";
                }
                if (wrong)
                        return wrong;
                done += is_done(r);
        }
        return NULL;
}

static int answer(const struct copy_strategy *strategy, const char *what, struct rng *rng)
{
        struct copy_lane lane = {0};
        struct copy_source source = {.fd = make_file(rng)};
        struct reader readers[READERS] = {0};
        int64_t sent = 0;
        for (int i = 0; i < READERS; i++) {
                connect_reader(&readers[i], rng);
                readers[i].leaves = i % 2 && strcmp(what, "leavers") == 0;
        }
        if (strcmp(what, "unreadable") == 0) {
                size_t moved = 0;
                close(source.fd);
                source.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
                enum kerr err =
                        strategy->move(&lane, readers[0].to, &source, 0, 5000, false, &moved);
                return say(err && moved == 0 ? "yes" : "no error");
        }
        const char *wrong = serve(readers, strategy, &lane, &source, rng, &sent);
        if (!wrong && strcmp(what, "counters") == 0 &&
            (lane.counters.user_bytes != 0 || lane.counters.reference_bytes != sent))
                wrong = "the counters say something else";
        return say(wrong ? wrong : "yes");
}

int main(int count, char **words)
{
        const struct copy_strategy *strategy = count == 4 ? copy_find(words[1]) : NULL;
        struct rng rng;
        if (!strategy)
                return 2;
        signal(SIGPIPE, SIG_IGN);
        rng_init(&rng, strtoull(words[3], NULL, 10));
        return answer(strategy, words[2], &rng);
}

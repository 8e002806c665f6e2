/* responder.h - a broker's consumer side with everything left out but the copy: requests come in,
 * headers and ranges of a file go out.
 *
 *     request   REQUEST_BYTES of anything
 *     answer    for each range: a header of HEADER_BYTES (as each partition of a Fetch answer has
 *               one), then the range's bytes
 *
 *     pread           headers and ranges are put together in one buffer: ranges + 1 calls
 *     mmap-writev     headers and pieces of a mapping in one gathered write: 1 call for 32 ranges
 *     sendfile-more   a header with MSG_MORE, then sendfile(), for each range
 *     sendfile-cork   the same between TCP_CORK on and off
 *     sendfile-naive  header and sendfile() without a word that more follows: a trap
 *
 * The socket of a responder blocks; a real broker's does not. Its client is a process of its own
 * that throws the bytes away. */
#ifndef ODRADEK_BENCH_RESPONDER_H
#define ODRADEK_BENCH_RESPONDER_H

#include "bench/data_file.h"
#include "bench/experiment.h"

enum { REQUEST_BYTES = 16, HEADER_BYTES = 64 };

enum responder_way {
        RESPOND_PREAD,
        RESPOND_MMAP_WRITEV,
        RESPOND_SENDFILE_MORE,
        RESPOND_SENDFILE_CORK,
        RESPOND_SENDFILE_NAIVE,
        RESPONDER_WAYS,
};

const char *responder_way_name(enum responder_way way);

struct responder {
        int fd;
        int64_t file_size;
        const uint8_t *mapping; /* of the whole file, every page of it in place */
        uint8_t *buffer;        /* pread's, grown when needed */
        size_t buffer_size;
        uint8_t header[HEADER_BYTES];
        int64_t position; /* of the next range: they go through the file, round and round */
        int64_t syscalls; /* made to answer */
};

/* `f` must be resident, not change, and live as long. */
void responder_init(struct responder *r, const struct data_file *f);
void responder_deinit(struct responder *r);

/* Writes one answer: `ranges` ranges of `range_bytes` each, from r->position on, which moves behind
 * them. A range that does not fit in front of the file's end starts at its beginning instead.
 * False: the socket failed, errno tells. */
bool responder_answer(struct responder *r, enum responder_way way, int socket, size_t range_bytes,
                      int ranges);

/* --- a whole run --- */

struct responder_load {
        enum responder_way way;
        size_t range_bytes;
        int ranges;
        int depth; /* requests that the client keeps on their way */
        enum bench_mode mode;
        double seconds;
};

struct responder_report {
        int64_t answers;
        double wall_s, cpu_s;   /* of the responder alone, from its third answer on */
        double client_answer_s; /* CPU that the client spent on an answer, from its start on */
        double syscalls_per_range;
};

/* Forks a client, answers it for so long, and waits for its end. The caller is pinned to CPU 0 and
 * stays so. False: no connection, `why` (CASE_WHY_BYTES) tells. */
bool responder_run(struct responder *r, const struct responder_load *load,
                   struct responder_report *report, char *why);

#endif

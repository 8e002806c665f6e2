/* null_private.h - what null_broker.c (connections) and null_answers.c (requests) share. */
#ifndef ODRADEK_BENCH_NULL_PRIVATE_H
#define ODRADEK_BENCH_NULL_PRIVATE_H

#include "base/world.h"
#include "bench/null_broker.h"
#include "wire/api.h"

/* A part of what goes out. */
enum null_piece_kind { PIECE_BYTES, PIECE_BATCH, PIECE_FILE };
struct null_piece {
        enum null_piece_kind kind;
        int64_t from, to; /* of `out`, of the ready batch, of the file */
};

struct null_broker {
        struct null_broker_config config;
        struct world world; /* only so that a packet can have inserts: it holds no file */
        int listener, epoll;
        int32_t port;
        struct buffer batch; /* the ready one */
        int segment, append; /* -1: none */
        int64_t segment_bytes, segment_at;
        struct null_connection *connections;
};

struct null_connection {
        struct null_broker *broker;
        struct null_connection *next; /* of the broker's */
        int fd;
        struct buffer in; /* not yet looked at */
        bool wants_write;

        struct buffer out;
        struct null_piece *pieces;
        int piece_count, piece_capacity;
        int piece_sent; /* the first so many are gone */

        /* The last Fetch answer and its request: see null_answers.c. */
        struct packet *fetched;
        struct buffer fetched_for;
};

/* Appends the answer to one request (without its length) to what goes out. False: the connection
 * must be closed. */
bool null_answer(struct null_connection *c, struct span frame);

/* Appends a piece; neighbours in `out` become one. */
void null_piece_add(struct null_connection *c, enum null_piece_kind kind, int64_t from, int64_t to);

#endif

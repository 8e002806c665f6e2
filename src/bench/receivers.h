/* receivers.h - consumers on the other end of loopback connections, each a process of its own, so
 * that what they spend is not mistaken for the sender's.
 *
 *     discard   recv(MSG_TRUNC): takes the bytes off the socket without copying them, so that the
 *               sender's cost dominates. No real consumer is like that.
 *     copy      reads into a buffer of its own
 *     crc       reads and computes CRC-32C, as a Kafka consumer does
 *
 * Traps that are set right here (and can be set wrong, to be shown): congestion control is reno
 * unless told otherwise, because BBR paces loopback; buffers are the kernel's to choose; a receiver
 * asks to be woken for 256 KiB at a time (SO_RCVLOWAT).
 *
 * (1) A receiver only takes, so nobody waits for an answer to what it has not been woken for yet; a
 *     sender that waits for answers needs another client (responder.h).
 * (2) Less than 256 KiB wakes it when the stream ends. receivers_end() ends every stream, and a
 *     receiver dies with its parent. So none sleeps for ever. */
#ifndef ODRADEK_BENCH_RECEIVERS_H
#define ODRADEK_BENCH_RECEIVERS_H

#include "bench/experiment.h"
#include "bench/usage.h"

enum receiver_kind { RECEIVER_DISCARD, RECEIVER_COPY, RECEIVER_CRC };

struct receivers_config {
        int count;
        enum receiver_kind kind;
        enum bench_mode mode;
        const char *congestion;   /* NULL: reno */
        int send_buffer_bytes;    /* SO_SNDBUF; 0: the kernel's */
        bool wake_each_segment;   /* a trap: no SO_RCVLOWAT */
        int64_t bytes_per_second; /* pacing, for a link of fixed speed; 0: none */
};

/* What one of them saw. */
struct receiver_report {
        int64_t bytes;
        uint32_t crc; /* of all bytes, when kind is crc */
        struct usage spent;
};

struct receivers {
        int count;
        int *sockets; /* the senders' ends: connected, non-blocking, TCP_NODELAY; ours to write to
                       */
        struct receivers_parts *parts;
};

/* Forks them and connects. The caller is pinned as the mode says. False: `why` tells. */
bool receivers_start(struct receivers *r, const struct receivers_config *config, char *why);

/* Shuts the sockets, waits for the processes, and tells what each saw (`reports` has room for
 * count). Their CPU counts as ours (they were waited for). */
void receivers_end(struct receivers *r, struct receiver_report *reports);

/* The congestion control and send buffer in force on the first socket, for the conditions. */
void receivers_describe(const struct receivers *r, char *text, int size);

#endif

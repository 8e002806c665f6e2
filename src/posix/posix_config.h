/* posix_config.h - what the real world can be told; Kafka's names in the comments, "ours" where
 * Kafka has none. Strings are borrowed and must outlive the world. */
#ifndef ODRADEK_POSIX_POSIX_CONFIG_H
#define ODRADEK_POSIX_POSIX_CONFIG_H

#include "base/world.h"

struct posix_config {
        /* I/O threads beside the handler; 0: one loop in one thread does both, which spares two
         * wake-ups a request. */
        int32_t network_threads;          /* num.network.threads */
        int32_t queued_requests_max;      /* queued.max.requests */
        int64_t queued_request_bytes_max; /* queued.max.request.bytes; -1: no limit */
        int32_t request_bytes_max;        /* socket.request.max.bytes */
        int32_t connections_max;          /* max.connections; more wait to be accepted */
        int64_t connection_idle_ms_max;   /* connections.max.idle.ms; -1: no limit */
        int64_t connect_ms_max;           /* socket.connection.setup.timeout.ms */
        int32_t listen_backlog;           /* socket.listen.backlog.size */
        /* -1 leaves a buffer to the kernel, which is much the best: Kafka's 102400 more than halves
         * sendfile, and a fixed size switches the kernel's tuning off. */
        int32_t send_buffer_bytes;    /* socket.send.buffer.bytes */
        int32_t receive_buffer_bytes; /* socket.receive.buffer.bytes */
        /* BBR, the default of many systems, paces even what never leaves the machine and makes it
         * several times slower. "reno" needs no privilege. Empty: the system's. */
        const char *congestion_control; /* socket.tcp.congestion (ours) */
        const char *copy_strategy;      /* copy.strategy (ours): see copy/copy.h */
        int32_t copy_small_bytes;       /* copy.small.bytes (ours): see posix/output.h */
        enum world_log log_threshold;   /* lines below it are dropped */
};

/* The defaults: Kafka's, but one loop, kernel-sized buffers, reno and a limit for the bytes of
 * requests (256 MiB). */
struct posix_config posix_config_default(void);

#endif

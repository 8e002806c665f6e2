#include "bench/raw_client.h"

#include "bench/raw_private.h"
#include "posix/socket.h"
#include "wire/api_versions.h"
#include "wire/create_topics.h"
#include "wire/list_offsets.h"
#include "wire/metadata.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
        READ_AHEAD_BYTES = 65536,
        ARENA_BYTES = 16 << 20,
        LEADERS_WAIT_MS = 20000,
        POLL_MS = 10,
};

/* --- bytes in and out --- */

static enum kerr receive_error(ssize_t n)
{
        if (n == 0)
                return KERR_CONNECTION_FAILED;
        return errno == EAGAIN || errno == EWOULDBLOCK ? KERR_TIMED_OUT_LOCALLY
                                                       : KERR_CONNECTION_FAILED;
}

/* One recv(). Requests that wait to go out together go before it sleeps, not before it must. */
static enum kerr receive(struct raw_client *c, void *into, size_t size, int flags, size_t *got)
{
        ssize_t n;
        do {
                n = recv(c->fd, into, size, flags | (c->out.size ? MSG_DONTWAIT : 0));
                if (n < 0 && errno == EAGAIN && c->out.size) {
                        enum kerr err = raw_flush(c);
                        if (err)
                                return err;
                        n = recv(c->fd, into, size, flags);
                }
        } while (n < 0 && errno == EINTR);
        if (n <= 0)
                return receive_error(n);
        *got = (size_t)n;
        return KERR_NONE;
}

enum kerr raw_send(struct raw_client *c, struct span bytes)
{
        enum kerr err = c->out.size ? raw_flush(c) : KERR_NONE;
        while (!err && bytes.size > 0) {
                ssize_t n = send(c->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
                if (n > 0)
                        bytes = span_of(bytes.data + n, bytes.size - (size_t)n);
                else if (errno != EINTR)
                        err = receive_error(-1);
        }
        return err;
}

enum kerr raw_flush(struct raw_client *c)
{
        size_t size = c->out.size;
        c->out.size = 0; /* first: raw_send() would come back here */
        return raw_send(c, span_of(c->out.data, size));
}

enum kerr raw_fill(struct raw_client *c, size_t size, size_t most)
{
        enum kerr err = KERR_NONE;
        while (!err && c->in.size < size) {
                size_t got = 0, room = most - c->in.size;
                err = receive(c, buffer_reserve(&c->in, room), room, 0, &got);
                c->in.size += got;
        }
        /* An end between two answers is a lost connection, one within an answer is a lie. */
        return err == KERR_CONNECTION_FAILED && c->in.size > 0 ? KERR_TRUNCATED : err;
}

void raw_drop(struct raw_client *c, size_t size)
{
        c->in.size -= size;
        memmove(c->in.data, c->in.data + size, c->in.size);
}

enum kerr raw_discard(struct raw_client *c, int64_t size, bool copy)
{
        enum { STEP_BYTES = 1 << 20 };
        int64_t held = size < (int64_t)c->in.size ? size : (int64_t)c->in.size;
        enum kerr err = KERR_NONE;
        raw_drop(c, (size_t)held);
        size -= held;
        while (!err && size > 0) {
                size_t got = 0, step = (size_t)(size < STEP_BYTES ? size : STEP_BYTES);
                void *into =
                        buffer_reserve(&c->in, STEP_BYTES); /* not touched when they are dropped */
                err = receive(c, into, step, copy ? 0 : MSG_TRUNC, &got);
                size -= (int64_t)got;
        }
        return err == KERR_CONNECTION_FAILED ? KERR_TRUNCATED : err;
}

/* --- requests and answers --- */

struct packet *raw_request(struct raw_client *c, enum api_key key, int16_t version,
                           struct serde *out)
{
        struct packet *p = packet_new(NULL);
        struct request_header header = {
                (int16_t)key, version, ++c->correlation, {"odradek-bench", 13}};
        *out = serde_writer(p, version, false);
        serde_request_header(out, &header);
        return p;
}

enum kerr raw_answer(struct raw_client *c, enum api_key key, int16_t version, struct arena *arena,
                     struct serde *in, int32_t *correlation, size_t *size)
{
        enum kerr err = raw_fill(c, 4, READ_AHEAD_BYTES);
        if (err)
                return err;
        uint32_t length = load_be32(c->in.data);
        if (length > RAW_ANSWER_BYTES_MAX)
                return KERR_MALFORMED;
        *size = 4 + (size_t)length;
        err = raw_fill(c, *size, *size + READ_AHEAD_BYTES);
        if (err)
                return err;
        *in = serde_reader(span_of(c->in.data + 4, length), version, false, arena);
        serde_response_header(in, api_find((int16_t)key), correlation);
        return in->err;
}

/* Sends the request and waits for its answer. Nothing else may be on its way. */
static enum kerr exchange(struct raw_client *c, struct packet *p, enum api_key key, int16_t version,
                          struct arena *arena, struct serde *in)
{
        int32_t correlation;
        size_t size;
        packet_finish(p);
        buffer_clear(&c->in); /* the answer before this one */
        enum kerr err = raw_send(c, buffer_span(&p->memory));
        packet_free(p);
        if (!err)
                err = raw_answer(c, key, version, arena, in, &correlation, &size);
        return !err && correlation != c->correlation ? KERR_MALFORMED : err;
}

/* What is read points into c->in: good until the next exchange(). */
#define ASK(c, err, key, version, name, request, response, arena)                  \
        do {                                                                       \
                struct serde out_, in_;                                            \
                struct packet *p_ = raw_request((c), API_##key, (version), &out_); \
                serde_##name##_request(&out_, (request));                          \
                (err) = exchange((c), p_, API_##key, (version), (arena), &in_);    \
                if (!(err)) {                                                      \
                        serde_##name##_response(&in_, (response));                 \
                        (err) = in_.err;                                           \
                }                                                                  \
        } while (0)

/* --- the way to the leader --- */

static void prepare_socket(int fd)
{
        static const char congestion[] = "reno"; /* BBR, a system's default maybe, paces loopback */
        struct timeval patience = {.tv_sec = RAW_TIMEOUT_MS / 1000};
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, sizeof congestion - 1);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static enum kerr dial(struct raw_client *c, const char *host, int32_t port)
{
        char port_text[12];
        snprintf(port_text, sizeof port_text, "%d", port);
        struct addrinfo *addresses = socket_resolve(host, port_text, 0);
        if (c->fd >= 0)
                close(c->fd);
        c->fd = -1;
        buffer_clear(&c->in);
        for (struct addrinfo *a = addresses; a && c->fd < 0; a = a->ai_next) {
                c->fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
                if (c->fd >= 0 && connect(c->fd, a->ai_addr, a->ai_addrlen) != 0) {
                        close(c->fd);
                        c->fd = -1;
                }
        }
        if (addresses)
                freeaddrinfo(addresses);
        if (c->fd < 0)
                return KERR_CONNECTION_FAILED;
        prepare_socket(c->fd);
        return KERR_NONE;
}

/* The newest version that the broker has and our tools can read; -1: there is none. */
static int16_t choose_version(const struct api_versions_response *offered, enum api_key key)
{
        const struct api *ours = api_find((int16_t)key);
        for (int32_t i = 0; i < offered->apis.count; i++) {
                const struct api_versions_api *a = &offered->apis.items[i];
                int16_t newest =
                        a->max_version < ours->client_max ? a->max_version : ours->client_max;
                if (a->api_key == ours->key && newest >= a->min_version && newest >= ours->min)
                        return newest;
        }
        return -1;
}

static enum kerr ask_versions(struct raw_client *c, struct arena *arena)
{
        struct api_versions_request request = {0};
        struct api_versions_response response = {0};
        enum kerr err;
        ASK(c, err, API_VERSIONS, 0, api_versions, &request, &response, arena);
        if (err || response.error_code)
                return err ? err : (enum kerr)response.error_code;
        c->produce_version = choose_version(&response, API_PRODUCE);
        c->metadata_version = choose_version(&response, API_METADATA);
        c->list_offsets_version = choose_version(&response, API_LIST_OFFSETS);
        c->create_topics_version = choose_version(&response, API_CREATE_TOPICS);
        bool all = c->produce_version >= 0 && c->metadata_version >= 0 &&
                   c->list_offsets_version >= 0 && c->create_topics_version >= 0 &&
                   choose_version(&response, API_FETCH) == RAW_FETCH_VERSION;
        return all ? KERR_NONE : KERR_UNSUPPORTED_VERSION;
}

static enum kerr ask_metadata(struct raw_client *c, struct arena *arena,
                              struct metadata_response *response)
{
        struct metadata_topic topic = {.name = str_of(c->topic)};
        struct metadata_request request = {.topics = {&topic, 1}};
        enum kerr err;
        *response = (struct metadata_response){0};
        ASK(c, err, METADATA, c->metadata_version, metadata, &request, response, arena);
        return !err && response->topics.count != 1 ? KERR_MALFORMED : err;
}

static enum kerr go_to(struct raw_client *c, const struct metadata_response *m, int32_t node)
{
        for (int32_t i = 0; i < m->brokers.count; i++) {
                char host[256];
                if (m->brokers.items[i].node_id == node &&
                    str_copy(m->brokers.items[i].host, host, sizeof host))
                        return dial(c, host, m->brokers.items[i].port);
        }
        return KERR_LEADER_NOT_AVAILABLE;
}

/* By way of the controller: where there is ZooKeeper, no other broker makes topics. */
static enum kerr make_topic(struct raw_client *c, const struct raw_place *place,
                            const struct metadata_response *m, struct arena *arena)
{
        struct create_topics_topic topic = {.name = str_of(c->topic),
                                            .num_partitions = place->partitions,
                                            .replication_factor = place->replication_factor};
        struct create_topics_request request = {.topics = {&topic, 1},
                                                .timeout_ms = RAW_TIMEOUT_MS};
        struct create_topics_response response = {0};
        enum kerr err = go_to(c, m, m->controller_id);
        if (err)
                return err;
        ASK(c, err, CREATE_TOPICS, c->create_topics_version, create_topics, &request, &response,
            arena);
        if (!err && response.topics.count != 1)
                return KERR_MALFORMED;
        if (!err && response.topics.items[0].error_code != KERR_TOPIC_ALREADY_EXISTS)
                err = response.topics.items[0].error_code;
        return err;
}

static bool has_leaders(const struct metadata_topic_response *t)
{
        for (int32_t i = 0; i < t->partitions.count; i++) {
                if (t->partitions.items[i].leader_id < 0 || t->partitions.items[i].error_code)
                        return false;
        }
        return t->error_code == KERR_NONE && t->partitions.count > 0;
}

static int compare_indexes(const void *a, const void *b)
{
        int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
        return (x > y) - (x < y);
}

static enum kerr take_partitions(struct raw_client *c, const struct metadata_response *m)
{
        const struct metadata_topic_response *t = &m->topics.items[0];
        int32_t leader = -1;
        for (int32_t i = 0; i < t->partitions.count; i++) {
                if (t->partitions.items[i].index == 0)
                        leader = t->partitions.items[i].leader_id;
        }
        c->partitions = malloc((size_t)t->partitions.count * sizeof *c->partitions);
        if (!c->partitions)
                abort();
        for (int32_t i = 0; i < t->partitions.count; i++) {
                if (t->partitions.items[i].leader_id == leader)
                        c->partitions[c->partition_count++] = t->partitions.items[i].index;
        }
        qsort(c->partitions, (size_t)c->partition_count, sizeof *c->partitions, compare_indexes);
        return go_to(c, m, leader);
}

/* One look at the topic; *there when it has all its leaders, and we have gone to one. */
static enum kerr look_for_topic(struct raw_client *c, const struct raw_place *place, bool *there,
                                bool *made)
{
        struct arena arena;
        struct metadata_response m;
        arena_init(&arena, ARENA_BYTES);
        enum kerr err = ask_metadata(c, &arena, &m);
        *there = !err && has_leaders(&m.topics.items[0]);
        if (*there) {
                err = take_partitions(c, &m);
        } else if (!err && !*made && place->partitions > 0 &&
                   m.topics.items[0].error_code == KERR_UNKNOWN_TOPIC_OR_PARTITION) {
                err = make_topic(c, place, &m, &arena);
                *made = true;
        }
        arena_deinit(&arena);
        return err;
}

static enum kerr find_topic(struct raw_client *c, const struct raw_place *place)
{
        const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
        bool there = false, made = false;
        enum kerr err = KERR_NONE;
        for (int waited_ms = 0; !err && !there; waited_ms += POLL_MS) {
                if (waited_ms > LEADERS_WAIT_MS)
                        return KERR_LEADER_NOT_AVAILABLE;
                if (waited_ms > 0)
                        nanosleep(&pause, NULL);
                err = look_for_topic(c, place, &there, &made);
        }
        return err;
}

enum kerr raw_client_open(const struct raw_place *place, struct raw_client **client)
{
        struct raw_client *c = calloc(1, sizeof *c);
        struct arena arena;
        if (!c || !(c->topic = strdup(place->topic)))
                abort();
        c->fd = -1;
        arena_init(&arena, ARENA_BYTES);
        enum kerr err = dial(c, place->host, place->port);
        if (!err)
                err = ask_versions(c, &arena);
        if (!err)
                err = find_topic(c, place);
        arena_deinit(&arena);
        buffer_clear(&c->in);
        *client = c;
        if (err) {
                raw_client_close(c);
                *client = NULL;
        }
        return err;
}

void raw_client_close(struct raw_client *c)
{
        if (!c)
                return;
        if (c->fd >= 0)
                close(c->fd);
        buffer_deinit(&c->in);
        buffer_deinit(&c->out);
        free(c->partitions);
        free(c->topic);
        free(c);
}

int32_t raw_client_partitions(const struct raw_client *c)
{
        return c->partition_count;
}

enum kerr raw_client_end_offset(struct raw_client *c, int32_t partitions, int64_t *offset)
{
        struct arena arena;
        assert(partitions > 0 && partitions <= c->partition_count);
        arena_init(&arena, ARENA_BYTES);
        struct list_offsets_partition *p = arena_alloc(&arena, (size_t)partitions * sizeof *p);
        for (int32_t i = 0; i < partitions; i++)
                p[i] = (struct list_offsets_partition){c->partitions[i], -1, LIST_OFFSETS_LATEST};
        struct list_offsets_topic topic = {str_of(c->topic), {p, partitions}};
        struct list_offsets_request request = {.replica_id = -1, .topics = {&topic, 1}};
        struct list_offsets_response response = {0};
        enum kerr err;
        ASK(c, err, LIST_OFFSETS, c->list_offsets_version, list_offsets, &request, &response,
            &arena);
        *offset = INT64_MAX;
        for (int32_t t = 0; !err && t < response.topics.count; t++) {
                for (int32_t i = 0; i < response.topics.items[t].partitions.count && !err; i++) {
                        struct list_offsets_partition_response *r =
                                &response.topics.items[t].partitions.items[i];
                        err = r->error_code;
                        *offset = r->offset < *offset ? r->offset : *offset;
                }
        }
        arena_deinit(&arena);
        buffer_clear(&c->in);
        return !err && *offset == INT64_MAX ? KERR_MALFORMED : err;
}

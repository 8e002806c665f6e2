/* rabbit_stream: RabbitMQ's stream protocol, for which Debian has no C client. Publishing: batches
 * of 500, at most WINDOW messages unconfirmed, into a stream that is made anew. Replaying: chunks
 * by credit, from the beginning, round and round; their headers are read, the records are dropped
 * in the kernel: it shows what the broker can send, as our raw client does.
 *
 * A frame is size, key, version, and for a request the correlation id; all big-endian. The protocol
 * is in docs of the rabbitmq_stream plugin (PROTOCOL.adoc). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "perf.h"

enum {
        DECLARE_PUBLISHER = 1,
        PUBLISH = 2,
        PUBLISH_CONFIRM = 3,
        SUBSCRIBE = 7,
        DELIVER = 8,
        CREDIT = 9,
        UNSUBSCRIBE = 12,
        CREATE = 13,
        DELETE = 14,
        PEER_PROPERTIES = 17,
        SASL_HANDSHAKE = 18,
        SASL_AUTHENTICATE = 19,
        TUNE = 20,
        OPEN = 21,
        ANSWER = 0x8000,
        OK = 1,

        BATCH = 500,
        WINDOW = 20000,
        CREDITS = 16,          /* chunks under way */
        READERS = 8,           /* subscriptions that overlap, so that a new start costs nothing */
        FRAME_BYTES = 2 << 20, /* of what is sent */
        INPUT_BYTES = 1 << 20,
        CHUNK_HEADER_BYTES = 48,
};

struct stream {
        int fd;
        uint8_t *out;
        size_t out_size;
        uint8_t in[INPUT_BYTES]; /* one frame, as far as it is looked at */
        size_t in_size, in_left; /* bytes of it in `in`; more of it that is still in the socket */
        uint32_t correlation;
};

/* --- bytes --- */

static void put(struct stream *s, uint64_t value, int bytes)
{
        while (bytes-- > 0)
                s->out[s->out_size++] = (uint8_t)(value >> (8 * bytes));
}

static void put_text(struct stream *s, const char *text)
{
        size_t length = strlen(text);
        put(s, length, 2);
        memcpy(s->out + s->out_size, text, length);
        s->out_size += length;
}

static uint64_t get(const struct stream *s, size_t at, int bytes)
{
        uint64_t value = 0;
        if (at + (size_t)bytes > s->in_size)
                perf_die("a frame is cut off");
        for (int i = 0; i < bytes; i++)
                value = value << 8 | s->in[at + (size_t)i];
        return value;
}

/* --- frames --- */

static void begin_frame(struct stream *s, int key)
{
        s->out_size = 4;
        put(s, (uint64_t)key, 2);
        put(s, 1, 2);
}

static void begin_request(struct stream *s, int key)
{
        begin_frame(s, key);
        put(s, ++s->correlation, 4);
}

static void send_frame(struct stream *s)
{
        size_t size = s->out_size;
        s->out_size = 0;
        put(s, size - 4, 4);
        for (size_t sent = 0; sent < size;) {
                ssize_t n = send(s->fd, s->out + sent, size - sent, MSG_NOSIGNAL);
                if (n <= 0)
                        perf_die("the connection was lost");
                sent += (size_t)n;
        }
}

/* With MSG_TRUNC the kernel drops the bytes. */
static void receive(struct stream *s, uint8_t *bytes, size_t size, int flags)
{
        while (size > 0) {
                ssize_t n = recv(s->fd, bytes, size, flags | (flags & MSG_TRUNC ? 0 : MSG_WAITALL));
                if (n <= 0)
                        perf_die("the connection was lost");
                size -= (size_t)n;
                bytes += flags & MSG_TRUNC ? 0 : n;
        }
}

/* The next frame's key; `in` holds its first bytes after the version, of a Deliver only the header.
 */
static int next_frame(struct stream *s)
{
        uint8_t head[8];
        receive(s, head, sizeof head, 0);
        size_t size =
                ((size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]) -
                4;
        int key = head[4] << 8 | head[5];
        s->in_size = size;
        if (key == DELIVER)
                s->in_size = 1 + CHUNK_HEADER_BYTES;
        if (s->in_size > size || s->in_size > INPUT_BYTES)
                perf_die("a frame of %zu bytes", size);
        receive(s, s->in, s->in_size, 0);
        s->in_left = size - s->in_size;
        return key;
}

static void skip_rest(struct stream *s)
{
        receive(s, s->in, s->in_left, MSG_TRUNC);
        s->in_left = 0;
}

/* Sends the request and waits for its answer's code; deliveries in between are dropped. */
static int call(struct stream *s, int key)
{
        send_frame(s);
        for (;;) {
                int got = next_frame(s);
                skip_rest(s);
                if (got == (ANSWER | key))
                        return (int)get(s, 4, 2);
        }
}

static void must(struct stream *s, int key, const char *what)
{
        int code = call(s, key);
        if (code != OK)
                perf_die("%s: code %d", what, code);
}

/* --- the connection --- */

static void greet(struct stream *s)
{
        begin_request(s, PEER_PROPERTIES);
        put(s, 0, 4);
        must(s, PEER_PROPERTIES, "greeting");
        begin_request(s, SASL_HANDSHAKE);
        must(s, SASL_HANDSHAKE, "asking how to log in");
        begin_request(s, SASL_AUTHENTICATE);
        put_text(s, "PLAIN");
        put(s, 12, 4);
        memcpy(s->out + s->out_size, "\0guest\0guest", 12);
        s->out_size += 12;
        must(s, SASL_AUTHENTICATE, "logging in");
        if (next_frame(s) != TUNE)
                perf_die("the server does not tune");
        uint64_t frame_max = get(s, 0, 4);
        begin_frame(s, TUNE);
        put(s, frame_max, 4);
        put(s, 0, 4); /* no heartbeat */
        send_frame(s);
        begin_request(s, OPEN);
        put_text(s, "/");
        must(s, OPEN, "opening the virtual host");
}

static void open_stream(struct stream *s, const struct perf_task *t)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)t->port)};
        s->out = malloc(FRAME_BYTES);
        s->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (!s->out || inet_pton(AF_INET, t->host, &address.sin_addr) != 1 ||
            connect(s->fd, (struct sockaddr *)&address, sizeof address))
                perf_die("cannot connect");
        setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        greet(s);
}

/* --- publishing --- */

static void make_anew(struct stream *s, const char *name)
{
        begin_request(s, DELETE);
        put_text(s, name);
        call(s, DELETE); /* from an earlier run, if there is one */
        begin_request(s, CREATE);
        put_text(s, name);
        put(s, 0, 4);
        must(s, CREATE, "making the stream");
        begin_request(s, DECLARE_PUBLISHER);
        put(s, 0, 1);
        put_text(s, "");
        put_text(s, name);
        must(s, DECLARE_PUBLISHER, "declaring a publisher");
}

/* A message is AMQP 1.0: one section, the data. */
static void put_message(struct stream *s, uint64_t id, const char *payload, size_t size)
{
        put(s, id, 8);
        put(s, size + 8, 4);
        put(s, 0x005375b0, 4);
        put(s, size, 4);
        memcpy(s->out + s->out_size, payload, size);
        s->out_size += size;
}

/* Reads one frame; how many messages it confirms. */
static uint64_t confirms(struct stream *s)
{
        int key = next_frame(s);
        skip_rest(s);
        if (key != PUBLISH_CONFIRM)
                perf_die("a frame with key %d instead of a confirm", key);
        return get(s, 1, 4);
}

static bool has_input(struct stream *s)
{
        char byte;
        return recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static void produce(struct stream *s, const struct perf_task *t)
{
        char *payload = perf_payload(t->size);
        uint64_t sent = 0, confirmed = 0;
        struct perf perf;
        make_anew(s, t->name);
        if ((t->size + 20) * BATCH + 64 > FRAME_BYTES)
                perf_die("too large for a frame");
        perf_begin(&perf);
        while (perf_elapsed_s(&perf) < t->seconds) {
                while (sent - confirmed > WINDOW || has_input(s))
                        confirmed += confirms(s);
                begin_frame(s, PUBLISH);
                put(s, 0, 1);
                put(s, BATCH, 4);
                for (int i = 0; i < BATCH; i++)
                        put_message(s, sent++, payload, t->size);
                send_frame(s);
        }
        while (confirmed < sent)
                confirmed += confirms(s);
        perf_count(&perf, (int64_t)sent, (int64_t)(sent * t->size));
        perf_report(&perf);
        free(payload);
}

/* --- replaying --- */

static void subscribe(struct stream *s, const struct perf_task *t, int id)
{
        begin_request(s, SUBSCRIBE);
        put(s, (uint64_t)id, 1);
        put_text(s, t->name);
        put(s, 1, 2); /* from the first chunk */
        put(s, CREDITS, 2);
        send_frame(s);
}

static void give_credit(struct stream *s, int id)
{
        begin_frame(s, CREDIT);
        put(s, (uint64_t)id, 1);
        put(s, 1, 2);
        send_frame(s);
}

static void start_again(struct stream *s, const struct perf_task *t, int id)
{
        begin_request(s, UNSUBSCRIBE);
        put(s, (uint64_t)id, 1);
        send_frame(s);
        subscribe(s, t, id);
}

static void consume(struct stream *s, const struct perf_task *t, uint64_t end)
{
        struct perf perf;
        for (int id = 0; id < READERS; id++)
                subscribe(s, t, id);
        perf_begin(&perf);
        while (perf_elapsed_s(&perf) < t->seconds) {
                bool chunk = next_frame(s) == DELIVER;
                skip_rest(s);
                if (!chunk)
                        continue;
                int id = (int)get(s, 0, 1);
                uint64_t records = get(s, 1 + 4, 4), first = get(s, 1 + 24, 8);
                perf_count(&perf, (int64_t)records, (int64_t)(records * t->size));
                if (first + records >= end)
                        start_again(s, t, id);
                else
                        give_credit(s, id);
        }
        perf_report(&perf);
}

int main(int argc, char **argv)
{
        struct perf_task t = perf_task(argc, argv);
        double count = perf_number(argc, argv, 4, "count", 0);
        static struct stream s;
        open_stream(&s, &t);
        if (t.producing)
                produce(&s, &t);
        else if (count > 0)
                consume(&s, &t, (uint64_t)count);
        else
                perf_die("to consume: count=N, of the messages that were published");
        return 0;
}

/* Tests of src/copy and of posix/output.h: from files to sockets, byte for byte. */
#include "posix/files.h"
#include "posix/output.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_BYTES = 3 << 20, KIB = 1024 };

/* Those that this machine has. */
static const struct copy_strategy *strategies[16];
static int strategy_count;

static void find_strategies(void)
{
        int count;
        const struct copy_strategy *const *all = copy_all(&count);
        for (int i = 0; i < count; i++) {
                const char *why = all[i]->missing ? all[i]->missing() : NULL;
                if (why)
                        print_message("ok - %s # SKIP %s\n", all[i]->name, why);
                else
                        strategies[strategy_count++] = all[i];
        }
}

static bool moves_by_reference(const struct copy_strategy *strategy)
{
        return strategy != &copy_read_write && strategy != &copy_mmap && strategy != &copy_io_uring;
}

static uint8_t content[FILE_BYTES];

/* --- a file, and two ends of a connection --- */

static struct file *make_file(size_t size)
{
        char path[] = P_tmpdir "/test_copy_XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        close(fd);
        struct file *f;
        assert_int_equal(file_open(path, WORLD_CREATE, &f), KERR_NONE);
        unlink(path);
        struct span bytes = span_of(content, size);
        assert_int_equal(file_append(f, &bytes, 1), KERR_NONE);
        return f;
}

struct ends {
        int from, to;
};

/* A TCP connection over loopback; `buffer_bytes` 0 leaves the buffers to the kernel. */
static struct ends connect_tcp(int buffer_bytes)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        int listener = socket(AF_INET, SOCK_STREAM, 0);
        struct ends e = {.from = socket(AF_INET, SOCK_STREAM, 0)};
        if (buffer_bytes > 0) {
                setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(int));
                setsockopt(e.from, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof(int));
        }
        int on = 1;
        setsockopt(e.from, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
        assert_int_equal(listen(listener, 1), 0);
        assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
        assert_int_equal(connect(e.from, (struct sockaddr *)&address, size), 0);
        e.to = accept(listener, NULL, NULL);
        close(listener);
        fcntl(e.from, F_SETFL, O_NONBLOCK);
        fcntl(e.to, F_SETFL, O_NONBLOCK);
        return e;
}

static struct ends connect_for(const struct copy_strategy *strategy, int buffer_bytes)
{
        struct ends e = connect_tcp(buffer_bytes);
        if (strategy->adopt)
                strategy->adopt(e.from);
        return e;
}

static struct ends connect_unix(void)
{
        int fds[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        return (struct ends){fds[0], fds[1]};
}

static void disconnect(struct ends e)
{
        close(e.from);
        close(e.to);
}

/* Reads what has arrived, at most `limit` bytes. */
static void drain(struct ends e, struct buffer *into, size_t limit)
{
        while (limit > 0) {
                size_t some = limit < 64 * KIB ? limit : 64 * KIB;
                ssize_t n = recv(e.to, buffer_reserve(into, some), some, 0);
                if (n <= 0)
                        return;
                into->size += (size_t)n;
                limit -= (size_t)n;
        }
}

static void drain_until(struct ends e, struct buffer *into, size_t size)
{
        for (int i = 0; i < 10000 && into->size < size; i++) {
                drain(e, into, SIZE_MAX);
                if (into->size < size)
                        usleep(100);
        }
        assert_int_equal(into->size, size);
}

/* --- strategies --- */

/* Moves the range; the reader takes 10,000 bytes each time the socket is full. Returns how often
 * the socket took something. */
static int transfer(const struct copy_strategy *strategy, struct copy_lane *lane, struct ends e,
                    struct file *f, int64_t position, size_t size)
{
        struct buffer got = {0};
        size_t done = 0;
        int moves = 0;
        while (done < size) {
                size_t moved;
                enum kerr err = strategy->move(lane, e.from, &f->source, position + (int64_t)done,
                                               size - done, false, &moved);
                assert_int_equal(err, KERR_NONE);
                assert_true(moved <= size - done);
                done += moved;
                moves += moved > 0;
                drain(e, &got, 10000);
        }
        drain_until(e, &got, size);
        assert_memory_equal(got.data, content + position, size);
        buffer_deinit(&got);
        return moves;
}

/* Goal:   every strategy delivers exactly the bytes of the range, over full sockets too.
 * Method: ranges around the sizes where code changes its mind, at odd positions, over a Unix pair,
 *         over TCP with small buffers and over TCP as it comes. */
static void every_strategy_delivers_exact_bytes(void **state)
{
        (void)state;
        static const size_t sizes[] = {1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, (1 << 20) + 3};
        struct file *f = make_file(FILE_BYTES);
        for (int s = 0; s < strategy_count; s++) {
                /* SEND_ZC refuses Unix sockets, where MSG_ZEROCOPY is merely not heeded. */
                for (int kind = strategies[s] == &copy_io_uring_zerocopy; kind < 3; kind++) {
                        struct ends e =
                                kind == 0 ? connect_unix()
                                          : connect_for(strategies[s], kind == 1 ? 8 * KIB : 0);
                        struct copy_lane lane = {0};
                        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                                transfer(strategies[s], &lane, e, f, 4095, sizes[i]);
                        transfer(strategies[s], &lane, e, f, FILE_BYTES - 70001, 70001);
                        copy_lane_deinit(&lane);
                        disconnect(e);
                }
        }
        file_close(f);
}

/* Goal:   the counters say where the bytes went: none through user space for sendfile.
 * Method: move 1 MiB with each strategy. */
static void counters_tell_the_way(void **state)
{
        (void)state;
        struct file *f = make_file(FILE_BYTES);
        for (int s = 0; s < strategy_count; s++) {
                struct ends e = connect_for(strategies[s], 0);
                struct copy_lane lane = {0};
                transfer(strategies[s], &lane, e, f, 0, 1 << 20);
                bool by_reference = moves_by_reference(strategies[s]);
                assert_int_equal(lane.counters.user_bytes, by_reference ? 0 : 1 << 20);
                assert_int_equal(lane.counters.reference_bytes, by_reference ? 1 << 20 : 0);
                assert_true(lane.counters.syscalls > 0);
                copy_lane_deinit(&lane);
                disconnect(e);
        }
        file_close(f);
}

/* Goal:   the sends that asked for no copy are all reported, also when each socket's reports are
 *         taken late; over loopback the kernel copies every one.
 * Method: move 2 MiB through small and through large buffers, then reap until all reports are
 *         in: as many as there were sends that moved something. */
static void zerocopy_sends_are_reported(void **state)
{
        (void)state;
        struct file *f = make_file(FILE_BYTES);
        for (int s = 0; s < strategy_count; s++) {
                for (int small = 0; small < 2 && strategies[s]->reap; small++) {
                        struct ends e = connect_for(strategies[s], small ? 8 * KIB : 0);
                        struct copy_lane lane = {0};
                        int sends = transfer(strategies[s], &lane, e, f, 0, 2 << 20);
                        for (int i = 0; i < 1000 && lane.counters.zerocopy_sends < sends; i++) {
                                strategies[s]->reap(&lane, e.from);
                                usleep(1000);
                        }
                        assert_int_equal(lane.counters.zerocopy_sends, sends);
                        assert_int_equal(lane.counters.zerocopy_copied, sends);
                        copy_lane_deinit(&lane);
                        disconnect(e);
                }
        }
        file_close(f);
}

/* Goal:   a file cut under a range that is being sent ends in an error, never in a signal.
 * Method: send a part (mmap maps), cut the file in front of the rest, go on. */
static void a_cut_file_ends_with_an_error(void **state)
{
        (void)state;
        for (int s = 0; s < strategy_count; s++) {
                struct file *f = make_file(FILE_BYTES);
                struct ends e = connect_for(strategies[s], 0);
                struct copy_lane lane = {0};
                transfer(strategies[s], &lane, e, f, 0, 100000);
                assert_int_equal(file_truncate(f, 100 * 4096), KERR_NONE);
                size_t moved = 1;
                enum kerr err = strategies[s]->move(&lane, e.from, &f->source, 101 * 4096, 50000,
                                                    false, &moved);
                assert_int_equal(err, KERR_END_OF_FILE);
                assert_int_equal(moved, 0);
                copy_lane_deinit(&lane);
                disconnect(e);
                file_close(f);
        }
}

/* Goal:   a peer that is gone ends in CONNECTION_FAILED, without SIGPIPE (sendfile's danger).
 * Method: close the reader with bytes unread, which resets, and send until it is noticed. */
static void a_dead_peer_is_an_error(void **state)
{
        (void)state;
        struct file *f = make_file(FILE_BYTES);
        for (int s = 0; s < strategy_count; s++) {
                struct ends e = connect_for(strategies[s], 0);
                struct copy_lane lane = {0};
                size_t moved;
                assert_int_equal(
                        strategies[s]->move(&lane, e.from, &f->source, 0, 1000, false, &moved),
                        KERR_NONE);
                close(e.to);
                enum kerr err = KERR_NONE;
                for (int i = 0; i < 100 && !err; i++)
                        err = strategies[s]->move(&lane, e.from, &f->source, 0, 100000, false,
                                                  &moved);
                assert_int_equal(err, KERR_CONNECTION_FAILED);
                copy_lane_deinit(&lane);
                close(e.from);
        }
        file_close(f);
}

/* Goal:   the mapping stays with the file, serves bytes appended later, and a file that outgrows
 *         it is mapped anew.
 * Method: send, compare the pointer; append, send; grow the file past 64 MiB, send its end. */
static void mmap_keeps_one_mapping_until_outgrown(void **state)
{
        (void)state;
        struct file *f = make_file(1000);
        struct ends e = connect_tcp(0);
        struct copy_lane lane = {0};
        transfer(&copy_mmap, &lane, e, f, 10, 500);
        struct copy_mapping *first = f->source.mapping;
        struct span more = span_of(content + 1000, FILE_BYTES - 1000);
        assert_int_equal(file_append(f, &more, 1), KERR_NONE);
        transfer(&copy_mmap, &lane, e, f, 900, 200000);
        assert_ptr_equal(f->source.mapping, first);

        int64_t far = 200 << 20;
        assert_int_equal(pwrite(f->source.fd, "far away", 8, far), 8);
        size_t moved;
        assert_int_equal(copy_mmap.move(&lane, e.from, &f->source, far, 8, false, &moved),
                         KERR_NONE);
        struct buffer got = {0};
        drain_until(e, &got, 8);
        assert_memory_equal(got.data, "far away", 8);
        assert_ptr_not_equal(f->source.mapping, first);
        buffer_deinit(&got);
        copy_lane_deinit(&lane);
        disconnect(e);
        file_close(f);
}

struct sending {
        const struct copy_strategy *strategy;
        struct file *file;
};

static void *send_all_of(void *argument)
{
        const struct sending *sending = argument;
        struct ends e = connect_for(sending->strategy, 0);
        struct copy_lane lane = {0};
        transfer(sending->strategy, &lane, e, sending->file, 0, FILE_BYTES);
        copy_lane_deinit(&lane);
        disconnect(e);
        return NULL;
}

/* Goal:   several threads may send from one file at once, also the first time.
 * Method: two threads with each strategy, on a file that was not sent from before; ASan and TSan
 *         watch. */
static void a_file_is_for_all_threads(void **state)
{
        (void)state;
        for (int s = 0; s < strategy_count; s++) {
                struct sending sending = {strategies[s], make_file(FILE_BYTES)};
                pthread_t threads[2];
                for (int i = 0; i < 2; i++)
                        pthread_create(&threads[i], NULL, send_all_of, &sending);
                for (int i = 0; i < 2; i++)
                        pthread_join(threads[i], NULL);
                file_close(sending.file);
        }
}

/* Goal:   strategies are found by the names of the configuration, and each has one of its own.
 * Method: all that there are, and one that is not. */
static void finds_by_name(void **state)
{
        (void)state;
        int count;
        const struct copy_strategy *const *all = copy_all(&count);
        assert_int_equal(count, 8);
        for (int i = 0; i < count; i++)
                assert_ptr_equal(copy_find(all[i]->name), all[i]);
        assert_ptr_equal(copy_find("mmap"), &copy_mmap);
        assert_null(copy_find("pigeon"));
}

/* --- output: packets with extents --- */

static void retain(struct world *w, struct file *f)
{
        (void)w;
        file_retain(f);
}

static void release(struct world *w, struct file *f)
{
        (void)w;
        file_close(f);
}

static struct world files_only = {.retain = retain, .close = release};
static const struct logger quiet = {WORLD_ERROR + 1};

struct outlet {
        struct output output;
        struct output_tools tools;
        struct ends ends;
        struct buffer expected, got;
};

static void outlet_init(struct outlet *o, const struct copy_strategy *strategy, int small_bytes,
                        struct ends ends)
{
        *o = (struct outlet){.ends = ends};
        o->tools = (struct output_tools){&quiet, strategy, small_bytes, {0}};
}

static void outlet_deinit(struct outlet *o)
{
        output_deinit(&o->output);
        copy_lane_deinit(&o->tools.lane);
        disconnect(o->ends);
        buffer_deinit(&o->expected);
        buffer_deinit(&o->got);
}

/* Queues a packet: 20 bytes of memory, then for each length an extent and 3 bytes of memory. The
 * last extent has nothing behind it if `bare_end`. */
static void queue(struct outlet *o, struct file *f, const int32_t *lengths, int count,
                  bool bare_end)
{
        struct packet *p = packet_new(&files_only);
        size_t start = o->expected.size;
        buffer_append(&o->expected, "....", 4);
        buffer_append(&p->memory, content + 77, 16);
        buffer_append(&o->expected, content + 77, 16);
        for (int i = 0; i < count; i++) {
                int64_t position = 1000 * i + 5;
                packet_insert(p, (struct extent){f, position, lengths[i]});
                buffer_append(&o->expected, content + position, (size_t)lengths[i]);
                if (i + 1 < count || !bare_end) {
                        buffer_append(&p->memory, "xyz", 3);
                        buffer_append(&o->expected, "xyz", 3);
                }
        }
        packet_finish(p);
        memcpy(o->expected.data + start, p->memory.data, 4);
        assert_int_equal(o->expected.size - start, packet_size(p));
        assert_int_equal(output_add(&o->output, &o->tools, p), KERR_NONE);
}

static void write_out(struct outlet *o)
{
        size_t moved;
        while (o->output.first) {
                assert_int_equal(output_write(&o->output, &o->tools, o->ends.from, &moved),
                                 KERR_NONE);
                drain(o->ends, &o->got, 50000);
        }
        assert_int_equal(o->output.packets, 0);
        drain_until(o->ends, &o->got, o->expected.size);
        assert_memory_equal(o->got.data, o->expected.data, o->expected.size);
}

/* Goal:   packets come out whole and in order, whatever is in them.
 * Method: no extent, many, empty ones, sizes around the limit, nothing behind the last; with each
 *         strategy, three limits (0: everything by the strategy) and small or large buffers. */
static void packets_come_out_whole(void **state)
{
        (void)state;
        static const int32_t mixed[] = {16383, 16384, 0, 100000, 1, 50, 700000};
        static const int limits[] = {0, 16 * KIB, 1 << 30};
        struct file *f = make_file(FILE_BYTES);
        for (int s = 0; s < strategy_count; s++) {
                for (int l = 0; l < 3; l++) {
                        for (int small = 0; small < 2; small++) {
                                struct outlet o;
                                outlet_init(&o, strategies[s], limits[l],
                                            connect_for(strategies[s], small ? 8 * KIB : 0));
                                for (int i = 0; i < 100; i++)
                                        queue(&o, f, NULL, 0, false);
                                queue(&o, f, mixed, 7, false);
                                queue(&o, f, mixed, 7, true);
                                queue(&o, f, mixed, 1, true);
                                queue(&o, f, NULL, 0, false);
                                queue(&o, f, mixed + 3, 1, true);
                                write_out(&o);
                                outlet_deinit(&o);
                        }
                }
        }
        assert_int_equal(f->references, 1);
        file_close(f);
}

/* Goal:   extents below the limit go with the memory, in one call; those at it by the strategy.
 * Method: sendfile with 16 KiB; count calls and bytes. Then a hundred small packets in one burst:
 *         at most 64 go with one call. */
static void small_extents_go_with_the_memory(void **state)
{
        (void)state;
        static const int32_t below = 16 * KIB - 1, at = 16 * KIB;
        struct file *f = make_file(FILE_BYTES);
        struct outlet o;
        outlet_init(&o, &copy_sendfile, 16 * KIB, connect_tcp(0));
        struct copy_counters *c = &o.tools.lane.counters;
        queue(&o, f, &below, 1, true);
        write_out(&o);
        assert_int_equal(c->syscalls, 2); /* pread, sendmsg */
        assert_int_equal(c->user_bytes, below);
        assert_int_equal(c->reference_bytes, 0);

        queue(&o, f, &at, 1, true);
        write_out(&o);
        assert_int_equal(c->syscalls, 4); /* sendmsg, sendfile */
        assert_int_equal(c->user_bytes, below);
        assert_int_equal(c->reference_bytes, at);

        for (int i = 0; i < 100; i++)
                queue(&o, f, NULL, 0, false);
        write_out(&o);
        assert_int_equal(c->syscalls, 6);
        outlet_deinit(&o);
        file_close(f);
}

static uint32_t data_segments(int fd)
{
        struct tcp_info info;
        socklen_t size = sizeof info;
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
        return info.tcpi_data_segs_out;
}

/* Goal:   a header does not leave by itself, nor do the pieces between extents.
 * Method: one answer of 40 KB fits one segment of the loopback device; the kernel counts. */
static void no_small_segment_leaves_alone(void **state)
{
        (void)state;
        static const int32_t lengths[] = {17000, 17000};
        struct file *f = make_file(FILE_BYTES);
        for (int s = 0; s < strategy_count; s++) {
                for (int bare_end = 0; bare_end < 2; bare_end++) {
                        struct outlet o;
                        outlet_init(&o, strategies[s], 16 * KIB, connect_for(strategies[s], 0));
                        for (int count = 1; count <= 2; count++) {
                                uint32_t before = data_segments(o.ends.from);
                                queue(&o, f, lengths, count, bare_end);
                                write_out(&o);
                                assert_int_equal(data_segments(o.ends.from) - before, 1);
                        }
                        outlet_deinit(&o);
                }
        }
        file_close(f);
}

/* Goal:   an extent that the file does not have is an error for small and for large ones, and what
 *         is queued is freed.
 * Method: cut the file behind the packet's making. */
static void a_missing_extent_is_an_error(void **state)
{
        (void)state;
        struct file *f = make_file(FILE_BYTES);
        for (int s = 0; s < strategy_count; s++) {
                struct outlet o;
                outlet_init(&o, strategies[s], 16 * KIB, connect_for(strategies[s], 0));
                struct packet *p = packet_new(&files_only);
                packet_insert(p, (struct extent){f, FILE_BYTES + 8192, 100});
                packet_insert(p, (struct extent){f, 0, 100});
                packet_finish(p);
                assert_int_equal(output_add(&o.output, &o.tools, p), KERR_END_OF_FILE);
                outlet_deinit(&o);

                outlet_init(&o, strategies[s], 16 * KIB, connect_for(strategies[s], 0));
                p = packet_new(&files_only);
                packet_insert(p, (struct extent){f, FILE_BYTES + 8192, 100000});
                packet_finish(p);
                assert_int_equal(output_add(&o.output, &o.tools, p), KERR_NONE);
                size_t moved;
                assert_int_equal(output_write(&o.output, &o.tools, o.ends.from, &moved),
                                 KERR_END_OF_FILE);
                outlet_deinit(&o);
        }
        assert_int_equal(f->references, 1);
        file_close(f);
}

int main(void)
{
        signal(SIGPIPE, SIG_IGN);
        uint32_t x = 1;
        for (size_t i = 0; i < FILE_BYTES; i++) {
                x = x * 1664525 + 1013904223;
                content[i] = (uint8_t)(x >> 24);
        }
        find_strategies();
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_strategy_delivers_exact_bytes),
                cmocka_unit_test(counters_tell_the_way),
                cmocka_unit_test(zerocopy_sends_are_reported),
                cmocka_unit_test(a_cut_file_ends_with_an_error),
                cmocka_unit_test(a_dead_peer_is_an_error),
                cmocka_unit_test(mmap_keeps_one_mapping_until_outgrown),
                cmocka_unit_test(a_file_is_for_all_threads),
                cmocka_unit_test(finds_by_name),
                cmocka_unit_test(packets_come_out_whole),
                cmocka_unit_test(small_extents_go_with_the_memory),
                cmocka_unit_test(no_small_segment_leaves_alone),
                cmocka_unit_test(a_missing_extent_is_an_error),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

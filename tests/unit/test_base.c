/* The ground floor: bytes, arena, numbers, checksum, heap, chance, errors, packets, world. */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/errors.h"
#include "base/heap.h"
#include "base/packet.h"
#include "base/rng.h"
#include "base/varint.h"
#include "base/world.h"
#include "base/zoo.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Goal:   numbers are stored with the most significant byte first, at any address.
 * Method: store at an odd address, look at the bytes, load. */
static void big_endian(void **state)
{
        (void)state;
        uint8_t bytes[9] = {0};
        store_be16(bytes + 1, 0x0102);
        assert_memory_equal(bytes + 1, "\1\2", 2);
        assert_int_equal(load_be16(bytes + 1), 0x0102);
        store_be32(bytes + 1, 0x01020304);
        assert_memory_equal(bytes + 1, "\1\2\3\4", 4);
        assert_int_equal(load_be32(bytes + 1), 0x01020304);
        store_be64(bytes + 1, 0x0102030405060708);
        assert_memory_equal(bytes + 1, "\1\2\3\4\5\6\7\10", 8);
        assert_int_equal(load_be64(bytes + 1), 0x0102030405060708);
}

/* Goal:   null, empty and equal text are three things.
 * Method: compare and copy each. */
static void strings(void **state)
{
        (void)state;
        assert_int_equal(str_of(NULL).size, -1);
        assert_true(str_equal(STR_NULL, str_of(NULL)));
        assert_false(str_equal(STR_NULL, str_of("")));
        assert_true(str_equal(str_of(""), (struct str){NULL, 0}));
        assert_true(str_equal_c(str_of("abc"), "abc"));
        assert_false(str_equal_c(str_of("abc"), "abd"));
        assert_false(str_equal_c(str_of("abc"), "ab"));

        char room[4] = "xxx";
        assert_false(str_copy(STR_NULL, room, sizeof room));
        assert_string_equal(room, "");
        assert_true(str_copy(str_of("abc"), room, sizeof room));
        assert_string_equal(room, "abc");
        assert_false(str_copy(str_of("abcd"), room, sizeof room));
        assert_string_equal(room, "");
}

/* Goal:   a buffer grows past any size and keeps what is in it.
 * Method: append byte by byte, then a large piece, then formatted text. */
static void buffers(void **state)
{
        (void)state;
        struct buffer b = {0};
        for (int i = 0; i < 1000; i++) {
                uint8_t byte = (uint8_t)i;
                buffer_append(&b, &byte, 1);
        }
        buffer_append(&b, NULL, 0);
        assert_int_equal(b.size, 1000);
        for (size_t i = 0; i < b.size; i++)
                assert_int_equal(b.data[i], (uint8_t)i);
        buffer_reserve(&b, 100000);
        assert_int_equal(b.size, 1000);
        assert_true(b.capacity >= 101000);
        buffer_clear(&b);
        buffer_printf(&b, "%s-%d", "orders", 3);
        assert_int_equal(b.size, 8);
        assert_memory_equal(buffer_span(&b).data, "orders-3", 8);
        buffer_deinit(&b);
        assert_null(b.data);
}

/* Goal:   an arena gives zeroed, aligned, separate memory and never more than its limit.
 * Method: fill it with pieces of all sizes until it refuses; then use it again. */
static void arenas(void **state)
{
        (void)state;
        struct arena a;
        arena_init(&a, 20000);
        for (int pass = 0; pass < 2; pass++) {
                size_t given = 0, size = 0;
                for (uint8_t *at; (at = arena_alloc(&a, size)); given += size++) {
                        assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
                        for (size_t i = 0; i < size; i++)
                                assert_int_equal(at[i], 0);
                        memset(at, 0xff, size);
                }
                assert_true(given <= a.used_bytes && a.used_bytes <= 20000);
                assert_true(given > 18000);
                arena_deinit(&a);
                assert_int_equal(a.used_bytes, 0);
        }
        assert_null(arena_alloc(&a, 20001));
        assert_null(arena_alloc(&a, SIZE_MAX));
        assert_null(arena_alloc(&a, SIZE_MAX - 1));
        assert_non_null(arena_alloc(&a, 19000)); /* larger than a block */
        arena_deinit(&a);
}

/* Goal:   every 64-bit number survives, in the number of bytes that the size functions tell.
 * Method: both sides of each power of two, signed and unsigned. */
static void varints_round_trip(void **state)
{
        (void)state;
        for (int bit = 0; bit < 64; bit++) {
                for (int side = -1; side <= 1; side++) {
                        uint8_t bytes[VARINT64_BYTES_MAX];
                        uint64_t in = (UINT64_C(1) << bit) + (uint64_t)side, out;
                        int64_t signed_out;
                        size_t n = varint_write_unsigned(bytes, in);
                        assert_int_equal(n, varint_size_unsigned(in));
                        assert_int_equal(varint_read_unsigned64(bytes, n, &out), n);
                        assert_true(out == in);
                        assert_int_equal(varint_read_unsigned64(bytes, n - 1, &out), 0);
                        n = varint_write(bytes, (int64_t)in);
                        assert_int_equal(n, varint_size((int64_t)in));
                        assert_int_equal(varint_read64(bytes, n, &signed_out), n);
                        assert_true(signed_out == (int64_t)in);
                }
        }
}

/* Goal:   the bytes are those of the format, and numbers that do not fit are refused.
 * Method: known encodings; the largest 32- and 64-bit numbers and one more; endless ones. */
static void varint_limits(void **state)
{
        (void)state;
        uint8_t bytes[VARINT64_BYTES_MAX];
        assert_int_equal(varint_write_unsigned(bytes, 300), 2);
        assert_memory_equal(bytes, "\xac\x02", 2);
        assert_int_equal(varint_write(bytes, -1), 1);
        assert_int_equal(bytes[0], 1);
        assert_int_equal(varint_write(bytes, 64), 2);
        assert_memory_equal(bytes, "\x80\x01", 2);

        uint32_t u32;
        uint64_t u64;
        int32_t i32;
        int64_t i64;
        assert_int_equal(varint_read_unsigned32((const uint8_t *)"\xff\xff\xff\xff\x0f", 5, &u32),
                         5);
        assert_int_equal(u32, UINT32_MAX);
        assert_int_equal(varint_read32((const uint8_t *)"\xff\xff\xff\xff\x0f", 5, &i32), 5);
        assert_int_equal(i32, INT32_MIN);
        assert_int_equal(varint_read32((const uint8_t *)"\xfe\xff\xff\xff\x0f", 5, &i32), 5);
        assert_int_equal(i32, INT32_MAX);
        assert_int_equal(varint_read_unsigned32((const uint8_t *)"\xff\xff\xff\xff\x1f", 5, &u32),
                         0);
        assert_int_equal(
                varint_read_unsigned32((const uint8_t *)"\x80\x80\x80\x80\x80\x00", 6, &u32), 0);
        const uint8_t *most = (const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_int_equal(varint_read_unsigned64(most, 10, &u64), 10);
        assert_true(u64 == UINT64_MAX);
        assert_int_equal(varint_read64(most, 10, &i64), 10);
        assert_true(i64 == INT64_MIN);
        const uint8_t *more = (const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
        assert_int_equal(varint_read_unsigned64(more, 10, &u64), 0);
        const uint8_t *endless =
                (const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00";
        assert_int_equal(varint_read_unsigned64(endless, 12, &u64), 0);
        assert_int_equal(varint_read_unsigned64(endless, 0, &u64), 0);
}

/* Goal:   the checksum is CRC-32C, whichever implementation is built in.
 * Method: the check value of the standard; both implementations on all sizes and alignments up to
 *         100, and in two steps. */
static void checksums(void **state)
{
        (void)state;
        assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
        assert_int_equal(crc32c_table(0, "123456789", 9), 0xe3069283);
        assert_int_equal(crc32c(0, "", 0), 0);
        uint8_t bytes[200];
        struct rng rng;
        rng_init(&rng, 1);
        for (size_t i = 0; i < sizeof bytes; i++)
                bytes[i] = (uint8_t)rng_u64(&rng);
        for (size_t size = 0; size < 100; size++) {
                const uint8_t *at = bytes + size % 17;
                uint32_t whole = crc32c_table(0, at, size);
                assert_int_equal(crc32c(0, at, size), whole);
                uint32_t half = crc32c(0, at, size / 2);
                assert_int_equal(crc32c(half, at + size / 2, size - size / 2), whole);
        }
}

enum { ITEMS = 200 };

/* The smallest item that is in the heap, found the slow way. */
static struct heap_item *smallest(struct heap_item *items)
{
        struct heap_item *best = NULL;
        for (int i = 0; i < ITEMS; i++) {
                struct heap_item *item = &items[i];
                if (heap_contains(item) && (!best || item->key < best->key ||
                                            (item->key == best->key && item->order < best->order)))
                        best = item;
        }
        return best;
}

/* Goal:   the heap gives the smallest key, ties by order, through any pushes, pops and removals.
 * Method: 20,000 random steps beside a search of all items; keys repeat often. */
static void heap_is_sorted(void **state)
{
        (void)state;
        struct heap_item items[ITEMS] = {{0}};
        struct heap heap = {0};
        struct rng rng;
        rng_init(&rng, 2);
        assert_null(heap_pop(&heap));
        for (uint64_t step = 0; step < 20000; step++) {
                struct heap_item *item = &items[rng_between(&rng, 0, ITEMS - 1)];
                struct heap_item *first = smallest(items);
                if (heap_contains(item) && rng_chance(&rng, 1, 2)) {
                        heap_remove(&heap, item);
                } else if (heap_contains(item)) {
                        assert_ptr_equal(heap_pop(&heap), first);
                } else {
                        heap_remove(&heap, item); /* not in: nothing happens */
                        item->key = rng_between(&rng, -5, 5);
                        item->order = step;
                        heap_push(&heap, item);
                }
                assert_ptr_equal(heap_peek(&heap), smallest(items));
        }
        heap_deinit(&heap);
}

struct timer {
        char name[3];
        struct heap_item item;
};

/* Goal:   heap_owner() finds the struct around an item.
 * Method: a struct whose item is not its first member. */
static void heap_owners(void **state)
{
        (void)state;
        struct timer timer = {"up", {.key = 1}};
        struct heap heap = {0};
        heap_push(&heap, &timer.item);
        assert_ptr_equal(heap_owner(heap_pop(&heap), struct timer, item), &timer);
        heap_deinit(&heap);
}

/* Goal:   the generator is SplitMix64, the same on every machine.
 * Method: its published values for state 1234567, and our own for a seed and a fork. */
static void chance_is_fixed(void **state)
{
        (void)state;
        struct rng r = {1234567};
        assert_true(rng_u64(&r) == UINT64_C(6457827717110365317));
        assert_true(rng_u64(&r) == UINT64_C(3203168211198807973));
        assert_true(rng_u64(&r) == UINT64_C(9817491932198370423));

        rng_init(&r, 7);
        struct rng before = r, fork = rng_fork(&r, 1), other = rng_fork(&r, 2);
        assert_true(r.state == before.state);
        assert_true(rng_u64(&fork) != rng_u64(&other));
        fork = rng_fork(&r, 1);
        struct rng again = rng_fork(&before, 1);
        assert_true(rng_u64(&fork) == rng_u64(&again));
        assert_true(rng_u64(&r) == UINT64_C(13309476754707697221));
}

/* Goal:   draws stay in their range and reach all of it.
 * Method: many draws from small ranges, and the largest range there is. */
static void chance_in_range(void **state)
{
        (void)state;
        struct rng r;
        rng_init(&r, 3);
        int seen[5] = {0}, hits = 0;
        for (int i = 0; i < 10000; i++) {
                int64_t draw = rng_between(&r, -2, 2);
                assert_in_range(draw + 2, 0, 4);
                seen[draw + 2]++;
                hits += rng_chance(&r, 1, 4);
        }
        for (int i = 0; i < 5; i++)
                assert_in_range(seen[i], 1800, 2200);
        assert_in_range(hits, 2300, 2700);
        assert_int_equal(rng_between(&r, 9, 9), 9);
        assert_false(rng_chance(&r, 0, 1));
        assert_true(rng_chance(&r, 1, 1));
        rng_between(&r, INT64_MIN, INT64_MAX);
}

/* Goal:   codes have Kafka's numbers and names, and local ones never reach the wire.
 * Method: some known codes; every code from -20 to 200 through errors_to_wire(). */
static void error_codes(void **state)
{
        (void)state;
        assert_int_equal(KERR_NONE, 0);
        assert_int_equal(KERR_NOT_LEADER_OR_FOLLOWER, 6);
        assert_int_equal(KERR_FENCED_LEADER_EPOCH, 74);
        assert_string_equal(kerr_name(74), "FENCED_LEADER_EPOCH");
        assert_string_equal(kerr_name(30000), "UNLISTED");
        assert_non_null(strstr(kerr_text(74), "epoch"));
        assert_non_null(strstr(kerr_text(30000), "does not know"));
        for (int code = -20; code <= 200; code++) {
                int16_t sent = errors_to_wire((enum kerr)code);
                assert_true(sent >= -1);
                assert_true(code < -1 ? sent != 0 : sent == code);
        }
        assert_int_equal(errors_to_wire(KERR_IO), KERR_KAFKA_STORAGE_ERROR);
        assert_int_equal(errors_to_wire(KERR_TRUNCATED), KERR_INVALID_REQUEST);
}

/* A world with one file, which counts its references. */
struct file {
        int references;
        const char *text;
};

struct stub_world {
        struct world world;
        struct file file;
        char logged[2000];
};

static struct stub_world *stub(struct world *w)
{
        return (struct stub_world *)w;
}

static void stub_retain(struct world *w, struct file *file)
{
        (void)w;
        file->references++;
}

static void stub_close(struct world *w, struct file *file)
{
        (void)w;
        file->references--;
}

static enum kerr stub_open(struct world *w, const char *path, enum world_open how,
                           struct file **file)
{
        (void)how;
        if (strcmp(path, "there") != 0)
                return KERR_NOT_FOUND;
        *file = &stub(w)->file;
        (*file)->references++;
        return KERR_NONE;
}

static enum kerr stub_read(struct world *w, struct file *file, int64_t position, void *into,
                           size_t size, size_t *got)
{
        (void)w;
        size_t left = strlen(file->text) - (size_t)position;
        *got = size < left ? size : left;
        memcpy(into, file->text + position, *got);
        return KERR_NONE;
}

static int64_t stub_size(struct world *w, struct file *file)
{
        (void)w;
        return (int64_t)strlen(file->text);
}

static void stub_log(struct world *w, enum world_log level, const char *text)
{
        snprintf(stub(w)->logged, sizeof stub(w)->logged, "%d %s", (int)level, text);
}

static void stub_init(struct stub_world *w)
{
        *w = (struct stub_world){.world = {.retain = stub_retain,
                                           .close = stub_close,
                                           .open = stub_open,
                                           .read = stub_read,
                                           .size = stub_size,
                                           .log = stub_log},
                                 .file = {0, "the bytes"}};
}

/* Goal:   a packet's length covers memory and extents, and each extent holds the file open.
 * Method: memory, an extent, memory, ten extents; count references before and after. */
static void packets(void **state)
{
        (void)state;
        struct stub_world w;
        stub_init(&w);
        struct packet *p = packet_new(&w.world);
        assert_int_equal(packet_size(p), PACKET_LENGTH_BYTES);
        buffer_append(&p->memory, "head", 4);
        packet_insert(p, (struct extent){&w.file, 2, 5});
        buffer_append(&p->memory, "tail", 4);
        for (int i = 0; i < 10; i++)
                packet_insert(p, (struct extent){&w.file, i, 100});
        packet_finish(p);
        assert_int_equal(packet_size(p), 4 + 4 + 5 + 4 + 1000);
        assert_int_equal(load_be32(p->memory.data), 4 + 5 + 4 + 1000);
        assert_int_equal(p->insert_count, 11);
        assert_int_equal(p->inserts[0].at, 8);
        assert_int_equal(p->inserts[10].at, 12);
        assert_int_equal(p->inserts[10].extent.position, 9);
        assert_int_equal(w.file.references, 11);
        packet_free(p);
        assert_int_equal(w.file.references, 0);
        packet_free(NULL);
}

/* Goal:   a file is read whole or not at all, and closed either way.
 * Method: one that fits, one above the limit, one that is not there, a read beyond the end. */
static void files(void **state)
{
        (void)state;
        struct stub_world w;
        stub_init(&w);
        struct buffer into = {0};
        buffer_append(&into, "x", 1);
        assert_int_equal(world_read_file(&w.world, "there", 9, &into), KERR_NONE);
        assert_int_equal(into.size, 10);
        assert_memory_equal(into.data, "xthe bytes", 10);
        assert_int_equal(world_read_file(&w.world, "there", 8, &into), KERR_NO_MEMORY);
        assert_int_equal(world_read_file(&w.world, "gone", 9, &into), KERR_NOT_FOUND);
        assert_int_equal(into.size, 10);
        char some[4];
        assert_int_equal(world_read_exactly(&w.world, &w.file, 5, some, 4), KERR_NONE);
        assert_int_equal(world_read_exactly(&w.world, &w.file, 6, some, 4), KERR_END_OF_FILE);
        assert_int_equal(w.file.references, 0);
        buffer_deinit(&into);
}

/* Goal:   log lines are formatted, and a long one is cut, not overrun.
 * Method: a short line and one of 3,000 bytes. */
static void log_lines(void **state)
{
        (void)state;
        struct stub_world w;
        stub_init(&w);
        world_log(&w.world, WORLD_WARN, "partition %s-%d", "orders", 3);
        assert_string_equal(w.logged, "2 partition orders-3");
        world_log(&w.world, WORLD_INFO, "%3000d", 7);
        assert_int_equal(strlen(w.logged), 2 + 999);
}

/* Goal:   each bug has a name of its own and its own bit.
 * Method: find every name again; look for its bit in a set of one. */
static void zoo_names(void **state)
{
        (void)state;
        for (int bug = 0; bug < ZOO_BUGS; bug++) {
                struct zoo one = {UINT64_C(1) << bug};
                assert_int_equal(zoo_find(zoo_name((enum zoo_bug)bug)), bug);
                for (int other = 0; other < ZOO_BUGS; other++)
                        assert_int_equal(zoo_has(one, (enum zoo_bug)other), other == bug);
        }
        assert_int_equal(zoo_find("no-such-bug"), ZOO_BUGS);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(big_endian),
                cmocka_unit_test(strings),
                cmocka_unit_test(buffers),
                cmocka_unit_test(arenas),
                cmocka_unit_test(varints_round_trip),
                cmocka_unit_test(varint_limits),
                cmocka_unit_test(checksums),
                cmocka_unit_test(heap_is_sorted),
                cmocka_unit_test(heap_owners),
                cmocka_unit_test(chance_is_fixed),
                cmocka_unit_test(chance_in_range),
                cmocka_unit_test(error_codes),
                cmocka_unit_test(packets),
                cmocka_unit_test(files),
                cmocka_unit_test(log_lines),
                cmocka_unit_test(zoo_names),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

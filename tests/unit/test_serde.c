/* The primitives of the protocol: forms, bounds, nulls, tags, limits. */
#include "wire/api.h"

#include "base/world.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A reader over bytes given as text. */
struct input {
        struct span bytes;
        struct arena arena;
        struct serde s;
};

static void input_init(struct input *in, const char *hex, bool flexible)
{
        in->bytes = hex_bytes(hex);
        arena_init(&in->arena, 4096);
        in->s = serde_reader(in->bytes, 0, flexible, &in->arena);
}

static void input_deinit(struct input *in)
{
        arena_deinit(&in->arena);
        free((void *)in->bytes.data);
}

static void assert_written(struct packet *out, const char *hex)
{
        struct span expected = hex_bytes(hex);
        assert_int_equal(out->memory.size - PACKET_LENGTH_BYTES, expected.size);
        assert_memory_equal(out->memory.data + PACKET_LENGTH_BYTES, expected.data, expected.size);
        free((void *)expected.data);
        packet_free(out);
}

/* Goal:   numbers are big-endian, at both ends of their ranges.
 * Method: write one of each type, compare the bytes, read them back. */
static void numbers(void **state)
{
        (void)state;
        bool flag = true;
        int8_t i8 = -2;
        int16_t i16 = INT16_MIN;
        uint16_t u16 = 65535;
        int32_t i32 = INT32_MAX;
        int64_t i64 = -3;
        uint32_t uvarint = 300;
        struct uuid uuid = {"sixteen bytes..."};
        const char *hex = "01 fe 8000 ffff 7fffffff fffffffffffffffd ac02"
                          "7369787465656e2062797465732e2e2e";
        struct packet *out = packet_new(NULL);
        struct serde s = serde_writer(out, 0, false);
        for (int pass = 0; pass < 2; pass++) {
                serde_bool(&s, &flag);
                serde_i8(&s, &i8);
                serde_i16(&s, &i16);
                serde_u16(&s, &u16);
                serde_i32(&s, &i32);
                serde_i64(&s, &i64);
                serde_uvarint(&s, &uvarint);
                serde_uuid(&s, &uuid);
                if (pass == 1)
                        break;
                flag = false, i8 = 0, i16 = 0, u16 = 0, i32 = 0, i64 = 0, uvarint = 0;
                uuid = (struct uuid){{0}};
                s = serde_reader(span_of(out->memory.data + 4, out->memory.size - 4), 0, false,
                                 NULL);
        }
        assert_int_equal(s.err, KERR_NONE);
        assert_ptr_equal(s.at, s.end);
        assert_true(flag);
        assert_int_equal(i8, -2);
        assert_int_equal(i16, INT16_MIN);
        assert_int_equal(u16, 65535);
        assert_int_equal(i32, INT32_MAX);
        assert_int_equal(i64, -3);
        assert_int_equal(uvarint, 300);
        assert_memory_equal(uuid.bytes, "sixteen bytes...", 16);
        assert_written(out, hex);
}

/* Goal:   text and bytes have their old and their compact form, null included, in both directions.
 * Method: the same calls on an inflexible and a flexible serde. */
static void strings_and_bytes(void **state)
{
        (void)state;
        const char *const hex[] = {"0002 6869 ffff 0000 00000001 7a ffffffff",
                                   "03 6869 00 01 02 7a 00"};
        for (int flexible = 0; flexible < 2; flexible++) {
                struct str hi = str_of("hi"), none = STR_NULL, empty = str_of("");
                struct span z = span_of("z", 1), no_bytes = span_of(NULL, 0);
                struct packet *out = packet_new(NULL);
                struct serde s = serde_writer(out, 0, flexible);
                serde_string(&s, &hi);
                serde_nullable_string(&s, &none);
                serde_nullable_string(&s, &empty);
                serde_bytes(&s, &z);
                serde_nullable_bytes(&s, &no_bytes);
                assert_written(out, hex[flexible]);

                struct input in;
                input_init(&in, hex[flexible], flexible);
                hi = empty, none = empty, empty = STR_NULL;
                z = no_bytes, no_bytes = span_of("x", 1);
                serde_string(&in.s, &hi);
                serde_nullable_string(&in.s, &none);
                serde_nullable_string(&in.s, &empty);
                serde_bytes(&in.s, &z);
                serde_nullable_bytes(&in.s, &no_bytes);
                assert_int_equal(in.s.err, KERR_NONE);
                assert_true(str_equal_c(hi, "hi"));
                assert_int_equal(none.size, -1);
                assert_int_equal(empty.size, 0);
                assert_int_equal(z.size, 1);
                assert_null(no_bytes.data);
                input_deinit(&in);
        }
}

enum kind { STRING, NULLABLE_STRING, BYTES, NULLABLE_BYTES, ARRAY, NULLABLE_ARRAY, UVARINT };

static enum kerr read_error(enum kind kind, bool flexible, const char *hex)
{
        struct input in;
        input_init(&in, hex, flexible);
        struct str text = STR_NULL;
        struct span bytes = {NULL, 0};
        ARRAY_OF(int32_t) array = {NULL, 0};
        uint32_t number = 0;
        switch (kind) {
        case STRING: serde_string(&in.s, &text); break;
        case NULLABLE_STRING: serde_nullable_string(&in.s, &text); break;
        case BYTES: serde_bytes(&in.s, &bytes); break;
        case NULLABLE_BYTES: serde_nullable_bytes(&in.s, &bytes); break;
        case ARRAY: serde_array(&in.s, &array, serde_i32); break;
        case NULLABLE_ARRAY: serde_nullable_array(&in.s, &array, serde_i32); break;
        case UVARINT: serde_uvarint(&in.s, &number); break;
        }
        input_deinit(&in);
        return in.s.err;
}

/* Goal:   null where none may be, and lengths that lie, are told apart from short frames.
 * Method: one bad field at a time. */
static void bad_lengths(void **state)
{
        (void)state;
        assert_int_equal(read_error(STRING, false, "ffff"), KERR_MALFORMED);
        assert_int_equal(read_error(STRING, true, "00"), KERR_MALFORMED);
        assert_int_equal(read_error(STRING, false, "8000"), KERR_MALFORMED);
        assert_int_equal(read_error(NULLABLE_STRING, false, "fffe"), KERR_MALFORMED);
        assert_int_equal(read_error(NULLABLE_STRING, false, "ffff"), KERR_NONE);
        assert_int_equal(read_error(STRING, false, "0003 6162"), KERR_TRUNCATED);
        assert_int_equal(read_error(STRING, false, "00"), KERR_TRUNCATED);
        assert_int_equal(read_error(STRING, true, ""), KERR_TRUNCATED);
        assert_int_equal(read_error(STRING, true, "04 6162"), KERR_TRUNCATED);
        assert_int_equal(read_error(STRING, true, "818002"), KERR_MALFORMED); /* 32768 bytes */
        assert_int_equal(read_error(STRING, true, "808002"), KERR_TRUNCATED); /* 32767 bytes */
        assert_int_equal(read_error(BYTES, false, "ffffffff"), KERR_MALFORMED);
        assert_int_equal(read_error(NULLABLE_BYTES, false, "80000000"), KERR_MALFORMED);
        assert_int_equal(read_error(NULLABLE_BYTES, false, "7fffffff 00"), KERR_TRUNCATED);
        assert_int_equal(read_error(NULLABLE_BYTES, true, "ffffffff0f 00"), KERR_TRUNCATED);
        assert_int_equal(read_error(ARRAY, false, "ffffffff"), KERR_MALFORMED);
        assert_int_equal(read_error(NULLABLE_ARRAY, false, "ffffffff"), KERR_NONE);
        assert_int_equal(read_error(NULLABLE_ARRAY, false, "fffffffe"), KERR_MALFORMED);
        assert_int_equal(read_error(ARRAY, true, "00"), KERR_MALFORMED);
        assert_int_equal(read_error(ARRAY, false, "00000002 00000001 0000"), KERR_TRUNCATED);
        assert_int_equal(read_error(ARRAY, false, "3b9aca00 00000001"), KERR_TRUNCATED);
        assert_int_equal(read_error(ARRAY, true, "ffffffff0f 00"), KERR_TRUNCATED);
        assert_int_equal(read_error(UVARINT, false, "ffffffff0f"), KERR_NONE);
        assert_int_equal(read_error(UVARINT, false, "ffffffff1f"), KERR_MALFORMED);
        assert_int_equal(read_error(UVARINT, false, "ffffffff ffff"), KERR_MALFORMED);
        assert_int_equal(read_error(UVARINT, false, "ffffffff"), KERR_TRUNCATED);
}

/* Goal:   after an error nothing is read any more, and fields are zero or null, never rubbish.
 * Method: fail on a short number, then read everything from what would be valid bytes. */
static void error_is_sticky(void **state)
{
        (void)state;
        struct input in;
        input_init(&in, "00 01", true);
        int32_t i32 = 7;
        serde_i32(&in.s, &i32);
        assert_int_equal(in.s.err, KERR_TRUNCATED);
        assert_int_equal(i32, 0);

        int8_t i8 = 7;
        struct str text = str_of("x");
        struct span bytes = span_of("x", 1);
        struct uuid uuid = {"sixteen bytes..."};
        uint32_t uvarint = 7;
        ARRAY_OF(int32_t) array = {&i32, 1};
        serde_i8(&in.s, &i8);
        serde_nullable_string(&in.s, &text);
        serde_nullable_bytes(&in.s, &bytes);
        serde_uuid(&in.s, &uuid);
        serde_uvarint(&in.s, &uvarint);
        serde_nullable_array(&in.s, &array, serde_i32);
        serde_tags(&in.s);
        assert_int_equal(in.s.err, KERR_TRUNCATED);
        assert_ptr_equal(in.s.at, in.s.start);
        assert_int_equal(i8, 0);
        assert_int_equal(text.size, -1);
        assert_null(bytes.data);
        assert_int_equal(uuid.bytes[0], 0);
        assert_int_equal(uvarint, 0);
        assert_int_equal(array.count, 0);
        assert_null(array.items);
        input_deinit(&in);
}

struct leaf {
        int64_t numbers[8];
};
struct branch {
        ARRAY_OF(struct leaf) leaves;
};
struct tree {
        ARRAY_OF(struct branch) branches;
};

static void serde_leaf(struct serde *s, struct leaf *m)
{
        int8_t byte = (int8_t)m->numbers[0];
        serde_i8(s, &byte);
        m->numbers[0] = byte;
}

static void serde_branch(struct serde *s, struct branch *m)
{
        serde_array(s, &m->leaves, serde_leaf);
}

static void serde_tree(struct serde *s, struct tree *m)
{
        serde_array(s, &m->branches, serde_branch);
}

/* Goal:   nested arrays read what was written.
 * Method: two branches, of two leaves and of none, through a packet. */
static void nested_arrays(void **state)
{
        (void)state;
        struct input in;
        input_init(&in, "00000002 00000002 05 06 00000000", false);
        struct tree tree = {0};
        serde_tree(&in.s, &tree);
        assert_int_equal(in.s.err, KERR_NONE);
        assert_int_equal(tree.branches.count, 2);
        assert_int_equal(tree.branches.items[0].leaves.items[1].numbers[0], 6);
        assert_int_equal(tree.branches.items[1].leaves.count, 0);
        struct packet *out = packet_new(NULL);
        struct serde s = serde_writer(out, 0, true);
        serde_tree(&s, &tree);
        assert_written(out, "03 03 05 06 01");
        input_deinit(&in);
}

/* Goal:   a frame cannot make us take more memory than the arena's limit.
 * Method: arrays that claim a billion entries at each depth (too few bytes), and one whose entries
 *         are in the frame but grow 64-fold in memory. */
static void huge_arrays_are_refused(void **state)
{
        (void)state;
        const char *const claims[] = {"3b9aca00 00000001 01", "00000002 3b9aca00 01 3b9aca00 01"};
        struct input in;
        struct tree tree;
        for (size_t i = 0; i < 2; i++) {
                input_init(&in, claims[i], false);
                serde_tree(&in.s, &tree);
                assert_int_equal(in.s.err, KERR_TRUNCATED);
                assert_true(in.arena.used_bytes <= 64);
                input_deinit(&in);
        }
        uint8_t frame[4 + 4 + 500] = {0, 0, 0, 1, 0, 0, 1, 0xf4};
        struct arena arena;
        arena_init(&arena, 4096);
        struct serde s = serde_reader(span_of(frame, sizeof frame), 0, false, &arena);
        serde_tree(&s, &tree);
        assert_int_equal(s.err, KERR_NO_MEMORY);
        assert_int_equal(tree.branches.items[0].leaves.count, 0);
        assert_true(arena.used_bytes <= 4096);
        arena_deinit(&arena);
}

static void take_tag_5(struct serde *tag, uint32_t number, void *m)
{
        if (number == 5)
                serde_i32(tag, m);
}

static int32_t tag_5(const char *hex, enum kerr *err)
{
        struct input in;
        int32_t value = -1;
        input_init(&in, hex, true);
        serde_read_tags(&in.s, take_tag_5, &value);
        *err = in.s.err;
        if (!*err)
                assert_ptr_equal(in.s.at, in.s.end);
        input_deinit(&in);
        return value;
}

/* Goal:   a known tag is read, unknown ones are skipped, and a tag cannot reach beyond its size.
 * Method: tag 5 alone, among others, too small, too large, with bytes left over, in a short frame,
 *         and four billion tags. */
static void tags(void **state)
{
        (void)state;
        enum kerr err;
        assert_int_equal(tag_5("00", &err), -1);
        assert_int_equal(err, KERR_NONE);
        assert_int_equal(tag_5("01 05 04 00000009", &err), 9);
        assert_int_equal(err, KERR_NONE);
        assert_int_equal(tag_5("03 00 02 ffff 05 04 00000009 8101 00", &err), 9);
        assert_int_equal(err, KERR_NONE);
        assert_int_equal(tag_5("01 05 06 00000009 aabb", &err), 9);
        assert_int_equal(err, KERR_NONE);
        tag_5("01 05 03 00000009", &err);
        assert_int_equal(err, KERR_TRUNCATED);
        tag_5("01 05 08 00000009", &err);
        assert_int_equal(err, KERR_TRUNCATED);
        tag_5("ffffffff0f 07 00 07 00", &err);
        assert_int_equal(err, KERR_TRUNCATED);
}

/* Goal:   serde_tags() skips tags in flexible versions and is nothing in others.
 * Method: the same bytes read both ways; then what is written. */
static void tags_that_nobody_wants(void **state)
{
        (void)state;
        for (int flexible = 0; flexible < 2; flexible++) {
                struct input in;
                input_init(&in, "01 63 02 aabb", flexible);
                serde_tags(&in.s);
                assert_int_equal(in.s.err, KERR_NONE);
                assert_int_equal(in.s.end - in.s.at, flexible ? 0 : 5);
                input_deinit(&in);
                struct packet *out = packet_new(NULL);
                struct serde s = serde_writer(out, 0, flexible);
                serde_tags(&s);
                assert_written(out, flexible ? "00" : "");
        }
}

/* Goal:   a tag's size stands in front of its bytes even when it takes two bytes itself.
 * Method: write a tag of 130 bytes and read it back. */
static void long_tags(void **state)
{
        (void)state;
        char text[128];
        memset(text, 'x', sizeof text);
        struct str value = {text, sizeof text};
        struct packet *out = packet_new(NULL);
        struct serde s = serde_writer(out, 0, true);
        serde_tag_count(&s, 1);
        size_t begin = serde_tag_begin(&s, 3);
        serde_string(&s, &value);
        serde_tag_end(&s, begin);
        assert_memory_equal(out->memory.data + PACKET_LENGTH_BYTES, "\1\3\x82\1\x81\1xxx", 9);
        assert_int_equal(out->memory.size, PACKET_LENGTH_BYTES + 4 + 130);
        packet_free(out);
}

static void count_retain(struct world *w, struct file *file)
{
        (void)w;
        ++*(int *)(void *)file;
}

static void count_close(struct world *w, struct file *file)
{
        (void)w;
        --*(int *)(void *)file;
}

/* Goal:   records that lie in a file are named, not copied, and their length is in the bytes.
 * Method: write an extent in both forms; the packet holds a reference until it is freed. */
static void records_by_extent(void **state)
{
        (void)state;
        struct world world = {.retain = count_retain, .close = count_close};
        int references = 1;
        for (int flexible = 0; flexible < 2; flexible++) {
                struct records records = {
                        .extent = {(struct file *)(void *)&references, 4096, 1000}};
                int8_t behind = 7;
                struct packet *out = packet_new(&world);
                struct serde s = serde_writer(out, 0, flexible);
                serde_records(&s, &records);
                serde_i8(&s, &behind);
                assert_int_equal(references, 2);
                assert_int_equal(out->insert_count, 1);
                assert_int_equal(out->inserts[0].at, out->memory.size - 1);
                assert_int_equal(out->inserts[0].extent.position, 4096);
                assert_int_equal(packet_size(out), (int64_t)out->memory.size + 1000);
                assert_written(out, flexible ? "e907 07" : "000003e8 07");
                assert_int_equal(references, 1);
        }
}

/* Goal:   the header in front of a request has tags just when its version is flexible, and the
 *         client id never becomes compact.
 * Method: Metadata 8 and 9, an unknown API, a version above the window. */
static void request_headers(void **state)
{
        (void)state;
        const struct {
                const char *hex;
                bool flexible;
        } headers[] = {
                {"0003 0008 00000007 0003 6c6962", false},
                {"0003 0009 00000007 0003 6c6962 00", true},
                {"0003 0009 00000007 0003 6c6962 01 02 01 ff", true},
                {"03e7 0009 00000007 0003 6c6962", false},
                {"0012 7fff 00000007 0003 6c6962", false},
        };
        for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
                struct input in;
                struct request_header header;
                input_init(&in, headers[i].hex, false);
                serde_request_header(&in.s, &header);
                assert_int_equal(in.s.err, KERR_NONE);
                assert_ptr_equal(in.s.at, in.s.end);
                assert_int_equal(in.s.flexible, headers[i].flexible);
                assert_int_equal(in.s.version, header.api_version);
                assert_int_equal(header.correlation_id, 7);
                assert_true(str_equal_c(header.client_id, "lib"));
                if (i < 2) {
                        struct packet *out = packet_new(NULL);
                        struct serde s = serde_writer(out, 0, false);
                        serde_request_header(&s, &header);
                        assert_written(out, headers[i].hex);
                }
                input_deinit(&in);
        }
}

/* Goal:   an answer's header has tags when its version is flexible, but never for ApiVersions.
 * Method: write the headers of Metadata 8, Metadata 9 and ApiVersions 3. */
static void response_headers(void **state)
{
        (void)state;
        const struct {
                int16_t key, version;
                const char *hex;
        } headers[] = {{API_METADATA, 8, "00000007"},
                       {API_METADATA, 9, "00000007 00"},
                       {API_API_VERSIONS, 3, "00000007"}};
        for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
                int32_t correlation_id = 7;
                struct packet *out = packet_new(NULL);
                struct serde s = serde_writer(out, headers[i].version, false);
                serde_response_header(&s, api_find(headers[i].key), &correlation_id);
                assert_int_equal(s.flexible, i > 0);
                assert_written(out, headers[i].hex);
        }
}

/* Goal:   the table of APIs is sorted and makes sense.
 * Method: check each row against the next and against api_find(). */
static void api_table_is_sound(void **state)
{
        (void)state;
        int32_t count;
        const struct api *table = api_table(&count);
        for (int32_t i = 0; i < count; i++) {
                assert_true(i == 0 || table[i - 1].key < table[i].key);
                assert_true(0 <= table[i].min && table[i].min <= table[i].max);
                assert_true(table[i].advertised_min <= table[i].min);
                assert_ptr_equal(api_find(table[i].key), &table[i]);
        }
        assert_null(api_find(999));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(numbers),
                cmocka_unit_test(strings_and_bytes),
                cmocka_unit_test(bad_lengths),
                cmocka_unit_test(error_is_sticky),
                cmocka_unit_test(nested_arrays),
                cmocka_unit_test(huge_arrays_are_refused),
                cmocka_unit_test(tags),
                cmocka_unit_test(tags_that_nobody_wants),
                cmocka_unit_test(long_tags),
                cmocka_unit_test(records_by_extent),
                cmocka_unit_test(request_headers),
                cmocka_unit_test(response_headers),
                cmocka_unit_test(api_table_is_sound),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

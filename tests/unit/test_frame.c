/* Cutting a stream into frames. */
#include "wire/frame.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE_MAX_BYTES = 100 };

static void assert_body(struct buffer *body, const char *text)
{
        assert_int_equal(body->size, strlen(text));
        if (body->size > 0)
                assert_memory_equal(body->data, text, body->size);
        buffer_deinit(body);
}

/* Goal:   frames come out the same however the stream is cut.
 * Method: three frames, one of them empty, given in pieces of every size. */
static void pieces_of_every_size(void **state)
{
        (void)state;
        struct span stream = hex_bytes("00000005 68656c6c6f 00000000 00000002 6869");
        const char *const expected[] = {"hello", "", "hi"};
        for (size_t piece = 1; piece <= stream.size; piece++) {
                struct frame_cutter cutter;
                frame_cutter_init(&cutter, SIZE_MAX_BYTES);
                int frames = 0;
                for (size_t at = 0; at < stream.size; at += piece) {
                        size_t left = stream.size - at;
                        struct span input = span_of(stream.data + at, left < piece ? left : piece);
                        while (input.size > 0) {
                                struct buffer body = {0};
                                bool whole;
                                assert_int_equal(frame_cutter_take(&cutter, &input, &body, &whole),
                                                 0);
                                if (whole)
                                        assert_body(&body, expected[frames++]);
                        }
                }
                assert_int_equal(frames, 3);
                frame_cutter_deinit(&cutter);
        }
        free((void *)stream.data);
}

/* Goal:   a reader is told how much to ask for, and no more is taken than belongs to a frame.
 * Method: follow frame_cutter_wants() through one frame. */
static void wants(void **state)
{
        (void)state;
        struct span stream = hex_bytes("00000003 616263 0000");
        struct frame_cutter cutter;
        frame_cutter_init(&cutter, SIZE_MAX_BYTES);
        const size_t expected[] = {4, 3, 2, 1, 3, 2, 1};
        struct buffer body = {0};
        bool whole = false;
        for (size_t i = 0; i < 7; i++) {
                struct span input = span_of(stream.data + i, 1);
                assert_false(whole);
                assert_int_equal(frame_cutter_wants(&cutter), expected[i]);
                assert_int_equal(frame_cutter_take(&cutter, &input, &body, &whole), 0);
        }
        assert_true(whole);
        assert_body(&body, "abc");
        assert_int_equal(frame_cutter_wants(&cutter), 4);

        struct span input = stream;
        assert_int_equal(frame_cutter_take(&cutter, &input, &body, &whole), 0);
        assert_true(whole);
        assert_int_equal(input.size, 2);
        buffer_deinit(&body);
        frame_cutter_deinit(&cutter);
        free((void *)stream.data);
}

static enum kerr take_length(const char *hex)
{
        struct span stream = hex_bytes(hex), input = stream;
        struct frame_cutter cutter;
        frame_cutter_init(&cutter, SIZE_MAX_BYTES);
        struct buffer body = {0};
        bool whole;
        enum kerr err = frame_cutter_take(&cutter, &input, &body, &whole);
        assert_false(whole);
        if (err) {
                size_t left = input.size;
                assert_int_equal(frame_cutter_take(&cutter, &input, &body, &whole), err);
                assert_int_equal(input.size, left);
        }
        assert_true(cutter.body.capacity <= 256);
        frame_cutter_deinit(&cutter);
        free((void *)stream.data);
        return err;
}

/* Goal:   a length out of range ends the stream for good; one in range costs no memory in advance.
 * Method: the limit, one more, -1, the largest and the smallest length. */
static void lengths_out_of_range(void **state)
{
        (void)state;
        assert_int_equal(take_length("00000064 00"), KERR_NONE);
        assert_int_equal(take_length("00000065 00"), KERR_INVALID_REQUEST);
        assert_int_equal(take_length("ffffffff 00"), KERR_INVALID_REQUEST);
        assert_int_equal(take_length("7fffffff 00"), KERR_INVALID_REQUEST);
        assert_int_equal(take_length("80000000 00"), KERR_INVALID_REQUEST);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pieces_of_every_size),
                cmocka_unit_test(wants),
                cmocka_unit_test(lengths_out_of_range),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

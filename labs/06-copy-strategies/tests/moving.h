/* moving.h - a file, a strategy, and readers: what the tests of this lab have in common. */
#ifndef ODRADEK_LAB_06_MOVING_H
#define ODRADEK_LAB_06_MOVING_H

#include "base/bytes.h"
#include "copy/copy.h"
#include "labs/06-copy-strategies/tests/calls.h"
#include "labs/tool/lab_test.h"

enum { FILE_BYTES = 1 << 20, SMALL_BYTES = 4608 };

/* A sender, its lane, and its file of FILE_BYTES. */
struct sender {
        const struct copy_strategy *strategy;
        struct copy_lane lane;
        struct copy_source source;
        int64_t made; /* calls that move bytes, seen in all of its moves */
};

void sender_init(struct sender *s, const struct copy_strategy *strategy);
void sender_deinit(struct sender *s);

/* A connection within this machine (a socketpair): what is sent is there at once. */
struct line {
        int from, to;
        struct buffer got; /* what its reader has taken */
};

/* `buffer_bytes`: what the sender's socket holds, about; 0: as it comes. */
void line_open(struct line *l, int buffer_bytes);
void line_close(struct line *l);

/* The reader takes what is there, at most `limit` bytes. */
void line_read(struct line *l, size_t limit);

/* Bytes that have come in so far, whether the reader has taken them or not. */
size_t line_arrived(const struct line *l);

/* What the reader has taken, from byte `first` on, is that range of the file and nothing else. */
bool expect_taken(const struct line *l, size_t first, int64_t position, size_t size);

/* One move, watched; false when more or less came in than it says. *moved is then what came in. */
bool move_once(struct sender *s, struct line *l, int64_t position, size_t size, size_t *moved,
               enum kerr *err);

/* Moves a range as a broker does: whenever a move falls short, the reader takes at most `takes`
 * bytes, and the rest is moved. Checks all that arrives; false when something was wrong. */
bool transfer(struct sender *s, struct line *l, int64_t position, size_t size, size_t takes);

/* Moves from the file's front until the socket takes no more. Returns how much it took. */
size_t fill_up(struct sender *s, struct line *l);

/* Moves until that ends with an error, and says with which; KERR_NONE: it never does. */
enum kerr last_error(struct sender *s, struct line *l, int64_t position, size_t size);

/* Goes on behind the `done` bytes that fill_up() has moved, and looks at all of them. */
void expect_rest(struct sender *s, struct line *l, size_t done, size_t size);

#endif

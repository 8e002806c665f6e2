/* frame_words_private.h - what the parts of the wording share. Internal to frame_words*.c. */
#ifndef ODRADEK_SIM_FRAME_WORDS_PRIVATE_H
#define ODRADEK_SIM_FRAME_WORDS_PRIVATE_H

#include "sim/frame_words.h"

struct message_words {
        int16_t api;
        void (*request)(const struct frame_words *);
        void (*answer)(const struct frame_words *); /* NULL: no words */
};

/* Of groups and transactions; their number in *count. */
const struct message_words *frame_words_of_groups(size_t *count);

/* A list of partitions; zero-initialise but for `w`. The first few are told, the others counted. */
struct listing {
        const struct frame_words *w;
        int32_t count;
};

/* " orders/0" or ", orders/1"; false when enough were told. */
bool begin_partition(struct listing *l, struct str name, const struct uuid *id, int32_t index);
void end_listing(const struct listing *l);

/* True when there is an error, which is told. */
bool tell_error(const struct frame_words *w, int16_t error_code);

#endif

/* frame_words.h - the words for the body of each message that a story of a cluster speaks of. For
 * explain_frame.c. */
#ifndef ODRADEK_SIM_FRAME_WORDS_H
#define ODRADEK_SIM_FRAME_WORDS_H

#include "sim/history.h"
#include "wire/serde.h"

struct frame_words {
        const struct history *h; /* for the names of topics */
        struct serde *in;        /* at the body */
        struct buffer *into;
};

/* Appends the words, a space in front; nothing for messages that need none, or cannot be read. */
void frame_words(const struct frame_words *w, int16_t api, bool is_answer);

#endif

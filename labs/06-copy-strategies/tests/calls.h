/* calls.h - what a strategy asks of the kernel, seen from in between.
 *
 * calls.c has functions with the names of sendfile(), splice() and others, and the linker takes
 * these. While a move is watched they count, make the kernel's answer worse if a test wants that,
 * and then call the kernel. So a test need not wait until a socket happens to be full in the right
 * place, and what a strategy counts is held against what it did.
 *
 * A strategy that asks again and again, or that waits, is stopped here, with a check that fails. */
#ifndef ODRADEK_LAB_06_CALLS_H
#define ODRADEK_LAB_06_CALLS_H

#include <stddef.h>
#include <stdint.h>

struct calls {
        int made;             /* calls that move bytes */
        int64_t copied_bytes; /* read into our memory, or sent from it */

        /* The worst that a kernel may do: bytes of one call, or 0 for what it does by itself. */
        size_t fill_max;  /* from a file into a pipe */
        size_t send_max;  /* into a socket */
        size_t empty_max; /* from a pipe to where nobody reads */
        int fail_once;    /* errno of the next call that would send; 0: none */

        /* Called when a socket has got something; NULL: nobody is. */
        void (*sent)(void *context);
        void *context;
};

extern struct calls calls;

/* From here on they are watched; `made` and `copied_bytes` begin at 0. */
void calls_begin(void);
void calls_end(void);

#endif

/* clock.h - the machine's two clocks and its source of chance. Any thread may call these. */
#ifndef ODRADEK_POSIX_CLOCK_H
#define ODRADEK_POSIX_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970; jumps when somebody sets the clock. */
int64_t clock_wall_ms(void);

/* Milliseconds since some moment; never goes back. */
int64_t clock_mono_ms(void);

/* Unpredictable: from the kernel's generator. */
uint64_t clock_random_u64(void);

#endif

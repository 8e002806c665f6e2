#include "posix/logger.h"

#include "posix/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 1100, TEXT_BYTES = 1000 };

void logger_line(const struct logger *logger, enum world_log level, const char *text)
{
        static const char *const names[] = {"DEBUG", "INFO", "WARN", "ERROR"};
        if (level < logger->threshold)
                return;
        int64_t now_ms = clock_wall_ms();
        time_t seconds = (time_t)(now_ms / 1000);
        struct tm local;
        localtime_r(&seconds, &local);
        char when[32], line[LINE_BYTES];
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
        int length = snprintf(line, sizeof line, "[%s,%03d] %s %.*s\n", when, (int)(now_ms % 1000),
                              names[level], TEXT_BYTES, text);
        /* There is nobody to tell that standard error is gone. */
        ssize_t written = write(STDERR_FILENO, line, (size_t)length);
        (void)written;
}

void logger_printf(const struct logger *logger, enum world_log level, const char *format, ...)
{
        if (level < logger->threshold)
                return;
        char text[TEXT_BYTES];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        logger_line(logger, level, text);
}

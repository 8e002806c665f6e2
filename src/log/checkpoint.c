#include "log/checkpoint.h"

#include "log/path.h"

#include <stdlib.h>
#include <string.h>

enum { VERSION = 0, FILE_BYTES_MAX = 64 << 20 };

/* --- writing --- */

/* The bug of KAFKA-16541 was about checkpoints: a root without its meta.properties would not even
 * open. */
static bool forgets_sync(const struct world *w, const char *path)
{
        return zoo_has(w->zoo, ZOO_UNSYNCED_CHECKPOINT) && strstr(path, "checkpoint");
}

static enum kerr write_synced(struct world *w, const char *path, struct span contents)
{
        struct file *file;
        enum kerr err = w->open(w, path, WORLD_CREATE, &file);
        if (err)
                return err;
        err = w->append(w, file, &contents, 1);
        if (!err && !forgets_sync(w, path))
                err = w->sync(w, file);
        w->close(w, file);
        return err;
}

enum kerr checkpoint_replace(struct world *w, const char *directory, const char *name,
                             struct span contents)
{
        struct path path = path_of(directory, "%s", name);
        struct path temporary = path_of(directory, "%s.tmp", name);
        enum kerr err = write_synced(w, temporary.text, contents);
        if (!err)
                err = w->rename(w, temporary.text, path.text);
        if (!err && !zoo_has(w->zoo, ZOO_NO_DIR_SYNC)) /* KAFKA-3968 */
                err = w->sync_dir(w, directory);
        return err;
}

enum kerr checkpoint_write_offsets(struct world *w, const char *directory, const char *name,
                                   const struct offset_checkpoint_line *lines, int32_t count)
{
        struct buffer text = {0};
        buffer_printf(&text, "%d\n%d\n", VERSION, count);
        for (int32_t i = 0; i < count; i++)
                buffer_printf(&text, "%s %d %lld\n", lines[i].topic, lines[i].partition,
                              (long long)lines[i].offset);
        enum kerr err = checkpoint_replace(w, directory, name, buffer_span(&text));
        buffer_deinit(&text);
        return err;
}

/* --- reading --- */

bool checkpoint_take_word(struct str *line, struct str *word)
{
        int32_t size = 0;
        while (size < line->size && line->data[size] != ' ')
                size++;
        *word = (struct str){line->data, size};
        if (size == 0)
                return false;
        int32_t taken = size < line->size ? size + 1 : size;
        *line = (struct str){line->data + taken, line->size - taken};
        return true;
}

bool checkpoint_take_number(struct str *line, int64_t max, int64_t *value)
{
        struct str word;
        if (!checkpoint_take_word(line, &word))
                return false;
        *value = 0;
        for (int32_t i = 0; i < word.size; i++) {
                int digit = word.data[i] - '0';
                if (digit < 0 || digit > 9 || *value > max / 10 || digit > max - *value * 10)
                        return false;
                *value = *value * 10 + digit;
        }
        return true;
}

/* Takes the next line, without its end, off the front of *text. False at the end of the text. */
static bool take_line(struct span *text, struct str *line)
{
        if (text->size == 0)
                return false;
        const uint8_t *end = memchr(text->data, '\n', text->size);
        size_t size = end ? (size_t)(end - text->data) : text->size;
        size_t taken = end ? size + 1 : size;
        *line = (struct str){(const char *)text->data, (int32_t)size};
        *text = span_of(text->data + taken, text->size - taken);
        return true;
}

/* The number of the first line that does not follow the format, or 0. */
static int64_t parse(struct span text, bool (*each)(void *context, struct str line), void *context)
{
        struct str line;
        int64_t version, count, number = 1;
        if (!take_line(&text, &line))
                return 0;
        if (!checkpoint_take_number(&line, VERSION, &version) || line.size > 0)
                return number;
        number++;
        if (!take_line(&text, &line) || !checkpoint_take_number(&line, INT32_MAX, &count) ||
            line.size > 0)
                return number;
        for (int64_t i = 0; i < count; i++) {
                number++;
                if (!take_line(&text, &line) || !each(context, line))
                        return number;
        }
        return text.size == 0 ? 0 : number + 1;
}

enum kerr checkpoint_read(struct world *w, const char *directory, const char *name,
                          bool (*each)(void *context, struct str line), void *context)
{
        struct path path = path_of(directory, "%s", name);
        struct buffer text = {0};
        enum kerr err = world_read_file(w, path.text, FILE_BYTES_MAX, &text);
        if (!err) {
                int64_t bad_line = parse(buffer_span(&text), each, context);
                if (bad_line) {
                        world_log(w, WORLD_ERROR, "%s, line %lld: not a checkpoint's", path.text,
                                  (long long)bad_line);
                        err = KERR_MALFORMED;
                }
        }
        buffer_deinit(&text);
        return err == KERR_NOT_FOUND ? KERR_NONE : err;
}

static bool read_offset_line(void *context, struct str line)
{
        struct buffer *lines = context;
        struct offset_checkpoint_line l = {0};
        struct str topic;
        int64_t partition;
        if (!checkpoint_take_word(&line, &topic) || !str_copy(topic, l.topic, sizeof l.topic) ||
            !checkpoint_take_number(&line, INT32_MAX, &partition) ||
            !checkpoint_take_number(&line, INT64_MAX, &l.offset) || line.size > 0)
                return false;
        l.partition = (int32_t)partition;
        buffer_append(lines, &l, sizeof l);
        return true;
}

enum kerr checkpoint_read_offsets(struct world *w, const char *directory, const char *name,
                                  struct offset_checkpoint_line **lines, int32_t *count)
{
        struct buffer found = {0};
        enum kerr err = checkpoint_read(w, directory, name, read_offset_line, &found);
        if (err)
                buffer_deinit(&found);
        *lines = (struct offset_checkpoint_line *)(void *)found.data;
        *count = (int32_t)(found.size / sizeof **lines);
        return err;
}

#include "cluster/quorum_state.h"

#include "log/checkpoint.h"
#include "log/path.h"

#include <stdlib.h>
#include <string.h>

static const char file_name[] = "quorum-state";

enum { FILE_BYTES_MAX = 64 << 10 };

/* Reads the number that stands behind the next `"key":` and moves *text behind it; false when
 * there is none. */
static bool take_number(const char **text, const char *quoted_key, int32_t *value)
{
        const char *at = strstr(*text, quoted_key);
        if (!at)
                return false;
        at += strlen(quoted_key);
        at += strspn(at, " \t\r\n:");
        char *end;
        long number = strtol(at, &end, 10);
        if (end == at || number < -1 || number > INT32_MAX)
                return false;
        *value = (int32_t)number;
        *text = end;
        return true;
}

static bool parse(const char *text, struct quorum_state *state)
{
        const char *at = text;
        if (!take_number(&at, "\"leaderEpoch\"", &state->epoch) || state->epoch < 0)
                return false;
        at = text;
        if (!take_number(&at, "\"leaderId\"", &state->leader))
                return false;
        at = text;
        if (!take_number(&at, "\"votedId\"", &state->voted_for))
                return false;
        at = text;
        state->voter_count = 0;
        while (strstr(at, "\"voterId\"")) {
                if (state->voter_count == VOTERS_MAX ||
                    !take_number(&at, "\"voterId\"", &state->voters[state->voter_count++]))
                        return false;
        }
        return true;
}

enum kerr quorum_state_read(struct world *w, const char *directory, struct quorum_state *state)
{
        struct path path = path_of(directory, "%s", file_name);
        struct buffer text = {0};
        enum kerr err = world_read_file(w, path.text, FILE_BYTES_MAX, &text);
        buffer_append(&text, "", 1);
        if (!err && !parse((const char *)text.data, state)) {
                world_log(w, WORLD_ERROR, "%s is no quorum state", path.text);
                err = KERR_MALFORMED;
        }
        buffer_deinit(&text);
        return err == KERR_NOT_FOUND ? KERR_NONE : err;
}

enum kerr quorum_state_write(struct world *w, const char *directory,
                             const struct quorum_state *state)
{
        struct buffer text = {0};
        buffer_printf(&text,
                      "{\"clusterId\":\"\",\"leaderId\":%d,\"leaderEpoch\":%d,\"votedId\":%d,"
                      "\"appliedOffset\":0,\"currentVoters\":[",
                      state->leader, state->epoch, state->voted_for);
        for (int32_t i = 0; i < state->voter_count; i++)
                buffer_printf(&text, "%s{\"voterId\":%d}", i > 0 ? "," : "", state->voters[i]);
        buffer_printf(&text, "],\"data_version\":0}");
        enum kerr err = checkpoint_replace(w, directory, file_name, buffer_span(&text));
        buffer_deinit(&text);
        return err;
}

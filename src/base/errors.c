#include "base/errors.h"

static const struct {
        int code;
        const char *name;
        const char *text;
} codes[] = {
#define KERR_ROW(name, number, text) {(number), #name, (text)},
        KERR_LIST(KERR_ROW)
#undef KERR_ROW
};

enum { CODES = sizeof codes / sizeof codes[0] };

const char *kerr_name(int code)
{
        for (int i = 0; i < CODES; i++) {
                if (codes[i].code == code)
                        return codes[i].name;
        }
        return "UNLISTED";
}

const char *kerr_text(int code)
{
        for (int i = 0; i < CODES; i++) {
                if (codes[i].code == code)
                        return codes[i].text;
        }
        return "an error code that this program does not know";
}

int16_t errors_to_wire(enum kerr err)
{
        if (err >= KERR_UNKNOWN_SERVER_ERROR)
                return (int16_t)err;
        switch (err) {
        case KERR_IO:
        case KERR_NO_SPACE:
        case KERR_NOT_FOUND:
        case KERR_END_OF_FILE: return KERR_KAFKA_STORAGE_ERROR;
        case KERR_MALFORMED:
        case KERR_TRUNCATED: return KERR_INVALID_REQUEST;
        default: return KERR_UNKNOWN_SERVER_ERROR;
        }
}

/* scenario_forms.h - the forms and the values that patterns are made of; for scenario.c, which
 * prints them, and scenario_parse.c, which reads them. */
#ifndef ODRADEK_SIM_SCENARIO_FORMS_H
#define ODRADEK_SIM_SCENARIO_FORMS_H

#include "sim/scenario.h"

enum form_kind { FORM_LINE, FORM_CONDITION, FORM_ACTION };

struct form {
        enum form_kind kind;
        const char *pattern, *meaning;
};

extern const struct form scenario_forms[VERBS];

enum slot_kind {
        SLOT_NUMBER,
        SLOT_SIGNED, /* a number that begins with + or - */
        SLOT_WORD,   /* one of a list; the words may consist of several */
        SLOT_NODE,
        SLOT_BROKER,
        SLOT_CLIENT,
        SLOT_NAME,
        SLOT_LABEL, /* a name that need not be new: of a group, say */
        SLOT_TOPIC,
        SLOT_PARTITION,
        SLOT_LIST, /* of brokers */
        SLOT_SETTINGS,
        SLOT_CONDITION,
        SLOT_ACTION,
};

/* "s" 1,000,000,000: one second in the slot's unit. Largest first; a NULL ends the list. */
struct slot_unit {
        const char *name;
        int64_t factor;
};

/* A capital word of the patterns. */
struct slot {
        const char *name;
        enum slot_kind kind;
        size_t field;         /* of struct statement: an int64_t, or char[SCENARIO_NAME_BYTES] of
                               * SLOT_LABEL;         not for the last five kinds */
        const char *expected; /* what the reader is told to write */
        const struct slot_unit *units;                      /* of numbers */
        int64_t min, max;                                   /* of numbers */
        const char *(*word)(int32_t index, int64_t *value); /* NULL behind the last */
};

/* The slot of that name; NULL when `word` stands for itself. */
const struct slot *scenario_slot(struct str word);

/* Takes the next word off the front of a pattern: a literal, a slot, or a whole "[…]" without its
 * brackets, which *optional tells. False at the end. */
bool scenario_next_word(struct str *pattern, struct str *word, bool *optional);

/* Names that are no new ones. */
static inline char *scenario_text(struct statement *s, const struct slot *slot)
{
        return (char *)s + slot->field;
}

static inline int64_t *scenario_field(struct statement *s, const struct slot *slot)
{
        return (int64_t *)(void *)((char *)s + slot->field);
}

#endif

#include "sim/scenario_forms.h"

#include "broker/config.h"
#include "sim/history.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
        OPTIONS_MAX = 16,
        LINE_BYTES_MAX = 1024,
        TOKENS_MAX = LINE_BYTES_MAX / 2,
        EXPECTED_BYTES = 400
};

struct parser {
        struct scenario *s;
        char line[LINE_BYTES_MAX];
        char *tokens[TOKENS_MAX + 1]; /* NULL behind the last */
        int32_t at;
        int32_t line_number;
        struct statement action; /* of AT and WHEN */
        struct statement condition;
        /* What was expected at the furthest token that any form came to. */
        int32_t furthest;
        char expected[EXPECTED_BYTES];
};

/* --- what was expected --- */

/* Always false, for a return. */
static bool expect(struct parser *p, const char *what, size_t size)
{
        if (p->at < p->furthest)
                return false;
        if (p->at > p->furthest)
                p->expected[0] = '\0';
        p->furthest = p->at;
        char item[128], list[EXPECTED_BYTES + 4];
        snprintf(item, sizeof item, ", %.*s,", (int)size, what);
        snprintf(list, sizeof list, ", %s,", p->expected);
        if (strstr(list, item))
                return false;
        size_t used = strlen(p->expected);
        snprintf(p->expected + used, sizeof p->expected - used, "%s%.*s", used > 0 ? ", " : "",
                 (int)size, what);
        return false;
}

static bool expect_text(struct parser *p, const char *what)
{
        return expect(p, what, strlen(what));
}

/* --- values --- */

/* "1.5s" in units of `slot`: digits, perhaps a fraction, the unit. */
static bool read_digits(const char *text, const struct slot_unit *units, int64_t *value)
{
        int64_t whole = 0, fraction = 0, scale = 1;
        const char *at = text;
        for (; *at >= '0' && *at <= '9' && whole < INT64_C(1000000000); at++)
                whole = whole * 10 + (*at - '0');
        if (at == text)
                return false;
        if (*at == '.') {
                for (at++; *at >= '0' && *at <= '9' && scale < 1000000000; at++) {
                        fraction = fraction * 10 + (*at - '0');
                        scale *= 10;
                }
        }
        for (const struct slot_unit *unit = units; unit->name; unit++) {
                if (strcmp(at, unit->name) != 0)
                        continue;
                *value = whole * unit->factor + fraction * unit->factor / scale;
                return true;
        }
        return false;
}

static bool read_number(struct parser *p, const struct slot *slot, int64_t *value)
{
        const char *text = p->tokens[p->at];
        bool is_signed = slot->kind == SLOT_SIGNED;
        if (!text || (is_signed && *text != '+' && *text != '-') ||
            !read_digits(text + is_signed, slot->units, value) || *value < slot->min ||
            *value > slot->max)
                return expect_text(p, slot->expected);
        if (is_signed && *text == '-')
                *value = -*value;
        p->at++;
        return true;
}

/* How many tokens from here on are the words of `text`; 0: not these words. */
static int32_t count_matching(const struct parser *p, const char *text)
{
        int32_t count = 0;
        for (;; count++) {
                size_t size = strcspn(text, " ");
                const char *token = p->tokens[p->at + count];
                if (size == 0)
                        return count;
                if (!token || strlen(token) != size || memcmp(token, text, size) != 0)
                        return 0;
                text += size + (text[size] == ' ');
        }
}

static bool read_word(struct parser *p, const struct slot *slot, int64_t *value)
{
        const char *word;
        for (int32_t i = 0; (word = slot->word(i, value)); i++) {
                int32_t count = count_matching(p, word);
                p->at += count;
                if (count > 0)
                        return true;
        }
        for (int32_t i = 0; (word = slot->word(i, value)); i++)
                expect_text(p, word);
        return false;
}

static const struct slot_unit plain[] = {{"", 1}, {NULL, 0}};

static int32_t find_topic(const struct scenario *s, const char *name, size_t size)
{
        for (int32_t i = 0; i < s->topic_count; i++)
                if (strlen(s->topics[i].name) == size && memcmp(s->topics[i].name, name, size) == 0)
                        return i;
        return -1;
}

/* "orders", or with `with_partition` "orders/0". */
static bool read_topic(struct parser *p, const struct slot *slot, bool with_partition,
                       struct statement *into)
{
        const char *text = p->tokens[p->at];
        size_t size = text ? strcspn(text, with_partition ? "/" : "") : 0;
        int32_t topic = text ? find_topic(p->s, text, size) : -1;
        if (topic < 0)
                return expect_text(p, slot->expected);
        if (with_partition &&
            (text[size] != '/' || !read_digits(text + size + 1, plain, &into->partition) ||
             into->partition >= p->s->topics[topic].partitions))
                return expect_text(p, slot->expected);
        *(with_partition ? &into->topic : scenario_field(into, slot)) = topic;
        p->at++;
        return true;
}

/* "3", "broker 3", "controller 1". */
static bool read_server(struct parser *p, int64_t *id)
{
        const struct scenario *s = p->s;
        int32_t at = p->at;
        bool is_controller = count_matching(p, "controller") > 0;
        if (is_controller || count_matching(p, "broker") > 0)
                at++;
        int64_t count = is_controller ? s->controllers.count : s->brokers.count;
        if (!p->tokens[at] || !read_digits(p->tokens[at], plain, id) || *id < 1 || *id > count)
                return false;
        if (is_controller)
                *id += SCENARIO_CONTROLLER_ID - 1;
        p->at = at + 1;
        return true;
}

/* Who coordinates for one of the clients above: named by its group, or by itself. */
static bool read_coordinator(struct parser *p, int64_t *id)
{
        bool of_transactions = count_matching(p, "transaction coordinator of") > 0;
        int32_t at = p->at + (of_transactions ? 3 : count_matching(p, "coordinator of"));
        for (int32_t i = 0; at > p->at && p->tokens[at] && i < p->s->client_count; i++) {
                const struct statement *client = &p->s->clients[i];
                bool can = !of_transactions || *scenario_transactional_id(client);
                if (!can ||
                    strcmp(p->tokens[at], of_transactions ? client->name : client->group) != 0)
                        continue;
                *id = scenario_of_role((struct scenario_role){
                        of_transactions ? ROLE_TRANSACTION_COORDINATOR : ROLE_COORDINATOR, i, 0});
                p->at = at + 1;
                return true;
        }
        return false;
}

static bool read_role(struct parser *p, const struct slot *slot, int64_t *id)
{
        static const char *const roles[] = {"leader of", "follower of", "another follower of"};
        for (int i = 0; i < 3; i++) {
                int32_t count = count_matching(p, roles[i]);
                if (count == 0)
                        continue;
                struct statement place;
                p->at += count;
                if (!read_topic(p, scenario_slot(str_of("PARTITION")), true, &place)) {
                        p->at -= count;
                        return false;
                }
                *id = scenario_of_role(
                        (struct scenario_role){(enum role)i, place.topic, place.partition});
                return true;
        }
        return expect_text(p, slot->expected);
}

static bool read_group(struct parser *p, int64_t *id)
{
        static const struct {
                const char *words;
                int64_t id;
        } groups[] = {{"all", SCENARIO_ALL_NODES},
                      {"controllers", SCENARIO_CONTROLLERS},
                      {"active controller", SCENARIO_ACTIVE}};
        for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
                int32_t count = count_matching(p, groups[i].words);
                p->at += count;
                *id = groups[i].id;
                if (count > 0)
                        return true;
        }
        return false;
}

static bool read_client(struct parser *p, int64_t *id)
{
        for (int32_t i = 0; i < p->s->client_count; i++)
                if (count_matching(p, p->s->clients[i].name) > 0) {
                        *id = SCENARIO_CLIENT_ID + i;
                        p->at++;
                        return true;
                }
        return false;
}

static bool read_node(struct parser *p, const struct slot *slot, int64_t *id)
{
        if (slot->kind != SLOT_CLIENT &&
            (read_server(p, id) || read_group(p, id) || read_coordinator(p, id)))
                return true;
        if (slot->kind != SLOT_BROKER && read_client(p, id))
                return true;
        return slot->kind == SLOT_CLIENT ? expect_text(p, slot->expected) : read_role(p, slot, id);
}

/* "2,1,3": different brokers. */
static bool read_list(struct parser *p, const struct slot *slot, int64_t *list)
{
        const char *at = p->tokens[p->at];
        uint32_t seen = 0;
        *list = 0;
        for (int shift = 0; at && shift < 4 * SCENARIO_BROKERS_MAX; shift += 4, at++) {
                int64_t id = *at - '0';
                if (id < 1 || id > p->s->brokers.count || seen >> id & 1)
                        break;
                seen |= UINT32_C(1) << id;
                *list |= id << shift;
                if (*++at == '\0') {
                        p->at++;
                        return true;
                }
                if (*at != ',')
                        break;
        }
        return expect_text(p, slot->expected);
}

static bool is_reserved(const char *name)
{
        static const char *const names[] = {"all",    "broker",      "controller", "controllers",
                                            "active", "leader",      "follower",   "another",
                                            "admin",  "reader",      "HW",         "ISR",
                                            "event",  "coordinator", "transaction"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                if (strcmp(name, names[i]) == 0)
                        return true;
        return false;
}

static bool is_wellformed(const char *text)
{
        size_t size = text ? strlen(text) : 0;
        return size > 0 && size < SCENARIO_NAME_BYTES &&
               strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                       size;
}

static bool read_label(struct parser *p, const struct slot *slot, struct statement *into)
{
        const char *text = p->tokens[p->at];
        if (!is_wellformed(text))
                return expect_text(p, slot->expected);
        strcpy(scenario_text(into, slot), text);
        p->at++;
        return true;
}

static bool read_name(struct parser *p, const struct slot *slot, struct statement *into)
{
        const char *text = p->tokens[p->at];
        bool taken = text && (is_reserved(text) || find_topic(p->s, text, strlen(text)) >= 0);
        for (int32_t i = 0; text && i < p->s->client_count; i++)
                taken = taken || strcmp(p->s->clients[i].name, text) == 0;
        /* A client's name must not look like a broker's id. */
        if (!is_wellformed(text) || taken || (*text >= '0' && *text <= '9'))
                return expect_text(p, slot->expected);
        strcpy(into->name, text);
        p->at++;
        return true;
}

static bool read_settings(struct parser *p, struct statement *into)
{
        while (p->tokens[p->at]) {
                const char *key = p->tokens[p->at], *value = p->tokens[p->at + 1];
                bool of_broker = into->verb == VERB_BROKERS;
                enum config_id id =
                        of_broker ? config_find(str_of(key)) : config_find_topic(str_of(key));
                if (id == CONFIG_KEYS)
                        return expect_text(p, of_broker ? "a setting of brokers"
                                                        : "a setting of topics");
                p->at++;
                struct config checked = {0};
                char why[120] = "a value";
                enum kerr err = value ? config_set(&checked, id, str_of(value), why, sizeof why)
                                      : KERR_INVALID_CONFIG;
                config_deinit(&checked);
                if (err || !scenario_add_setting(p->s, into, key, value))
                        return expect_text(p, err ? why : "fewer settings");
                p->at++;
        }
        return true;
}

/* --- forms --- */

static bool match(struct parser *p, struct str pattern, struct statement *into);

/* Tries all forms of a kind; an action goes to the end of the line. */
static bool match_any(struct parser *p, enum form_kind kind, struct statement *into)
{
        int32_t start = p->at, settings = p->s->setting_count;
        for (int verb = 0; verb < VERBS; verb++) {
                if (scenario_forms[verb].kind != kind)
                        continue;
                *into = scenario_statement((enum verb)verb);
                into->line = p->line_number;
                if (match(p, str_of(scenario_forms[verb].pattern), into)) {
                        if (kind == FORM_CONDITION || !p->tokens[p->at])
                                return true;
                        expect_text(p, "the end of the line");
                }
                p->at = start;
                p->s->setting_count = settings;
        }
        return false;
}

static bool match_slot(struct parser *p, const struct slot *slot, struct statement *into)
{
        switch (slot->kind) {
        case SLOT_NUMBER:
        case SLOT_SIGNED: return read_number(p, slot, scenario_field(into, slot));
        case SLOT_WORD: return read_word(p, slot, scenario_field(into, slot));
        case SLOT_NODE:
        case SLOT_BROKER:
        case SLOT_CLIENT: return read_node(p, slot, scenario_field(into, slot));
        case SLOT_NAME: return read_name(p, slot, into);
        case SLOT_LABEL: return read_label(p, slot, into);
        case SLOT_TOPIC: return read_topic(p, slot, false, into);
        case SLOT_PARTITION: return read_topic(p, slot, true, into);
        case SLOT_LIST: return read_list(p, slot, scenario_field(into, slot));
        case SLOT_SETTINGS: return read_settings(p, into);
        case SLOT_CONDITION: return match_any(p, FORM_CONDITION, &p->condition);
        case SLOT_ACTION: return match_any(p, FORM_ACTION, &p->action);
        }
        return false;
}

static bool match_literal(struct parser *p, struct str word)
{
        const char *token = p->tokens[p->at];
        if (!token || !str_equal_c(word, token))
                return expect(p, word.data, (size_t)word.size);
        p->at++;
        return true;
}

/* Options in any order, each at most once. */
static bool match_options(struct parser *p, const struct str *options, int count,
                          struct statement *into)
{
        uint32_t used = 0;
        for (int i = 0; i < count; i++) {
                struct str rest = options[i], word;
                bool nested;
                if (used >> i & 1 || !scenario_next_word(&rest, &word, &nested) ||
                    !match_literal(p, word))
                        continue;
                if (!match(p, rest, into))
                        return false;
                used |= UINT32_C(1) << i;
                i = -1;
        }
        return true;
}

static bool match(struct parser *p, struct str pattern, struct statement *into)
{
        struct str options[OPTIONS_MAX], word;
        int count = 0;
        for (bool optional; scenario_next_word(&pattern, &word, &optional);) {
                if (optional) {
                        assert(count < OPTIONS_MAX);
                        options[count++] = word;
                        continue;
                }
                if (!match_options(p, options, count, into))
                        return false;
                count = 0;
                const struct slot *slot = scenario_slot(word);
                if (slot ? !match_slot(p, slot, into) : !match_literal(p, word))
                        return false;
        }
        return match_options(p, options, count, into);
}

/* --- lines --- */

static bool has_room(struct parser *p, int32_t count, int32_t max, const char *complaint)
{
        p->furthest = p->at = 0;
        p->expected[0] = '\0';
        return count < max || expect_text(p, complaint);
}

static bool add_topic(struct parser *p, struct statement *made)
{
        if (!has_room(p, p->s->topic_count, SCENARIO_TOPICS_MAX, "fewer topics"))
                return false;
        if (made->replicas > p->s->brokers.count)
                return expect_text(p, "no more replicas than brokers");
        made->topic = p->s->topic_count;
        p->s->topics[p->s->topic_count++] = *made;
        return true;
}

/* Conditions are about one machine, and something that is there. */
static bool is_sound(struct parser *p, const struct statement *condition)
{
        if (condition->node == SCENARIO_ALL_NODES || condition->node == SCENARIO_CONTROLLERS)
                return expect_text(p, "one broker");
        if (condition->verb == VERB_HW_PASSES && p->s->topic_count == 0)
                return expect_text(p, "a topic above");
        return true;
}

static bool add_step(struct parser *p, const struct statement *trigger, bool follows)
{
        struct scenario *s = p->s;
        if (!has_room(p, s->step_count, SCENARIO_STEPS_MAX, "fewer steps"))
                return false;
        if (!is_sound(p, trigger))
                return false;
        if (follows && s->step_count == 0)
                return expect_text(p, "a step above");
        /* Steps that make topics are printed before all others, so order must not count. */
        bool makes_topic = p->action.verb == VERB_CREATE_TOPIC;
        if (follows &&
            (makes_topic || s->steps[s->step_count - 1].action.verb == VERB_CREATE_TOPIC))
                return expect_text(p, "at or when: a topic is made on its own");
        if (makes_topic && !add_topic(p, &p->action))
                return false;
        s->steps[s->step_count++] = (struct step){*trigger, follows, p->action};
        return true;
}

static bool add_machines(struct parser *p, const struct statement *made)
{
        struct scenario *s = p->s;
        bool is_brokers = made->verb == VERB_BROKERS;
        p->at = 1;
        p->furthest = 0;
        if (made->count > (is_brokers ? SCENARIO_BROKERS_MAX : SCENARIO_CONTROLLERS_MAX))
                return expect_text(p, is_brokers ? "1 to 7 brokers" : "1 to 5 controllers");
        if (s->topic_count + s->client_count + s->step_count > 0)
                return expect_text(p, "this line above topics, clients and steps");
        *(is_brokers ? &s->brokers : &s->controllers) = *made;
        return true;
}

static bool add_line(struct parser *p, struct statement *made)
{
        struct scenario *s = p->s;
        switch (made->verb) {
        case VERB_BROKERS:
        case VERB_CONTROLLERS: return add_machines(p, made);
        case VERB_TOPIC: return add_topic(p, made);
        case VERB_PRODUCER:
        case VERB_CONSUMER:
        case VERB_PIPELINE:
                if (made->verb == VERB_CONSUMER && made->policy == COMMIT_TRANSACTION)
                        return expect_text(p, "a pipeline: a consumer has no transactions");
                if (!has_room(p, s->client_count, SCENARIO_CLIENTS_MAX, "fewer clients"))
                        return false;
                s->clients[s->client_count++] = *made;
                return true;
        case VERB_AT: return add_step(p, made, false);
        case VERB_WHEN: return add_step(p, &p->condition, false);
        case VERB_THEN_AFTER: return add_step(p, made, true);
        case VERB_THEN_WHEN: return add_step(p, &p->condition, true);
        case VERB_RUN: s->run = *made; return true;
        case VERB_EXPECT:
                if (!has_room(p, s->expect_count, SCENARIO_EXPECTS_MAX, "fewer expectations"))
                        return false;
                s->expects[s->expect_count++] = *made;
                return true;
        case VERB_EXPECT_THAT:
                if (!has_room(p, s->demand_count, SCENARIO_EXPECTS_MAX, "fewer expectations"))
                        return false;
                if (!is_sound(p, &p->condition))
                        return false;
                s->demands[s->demand_count++] = p->condition;
                return true;
        default: return false;
        }
}

static void split(struct parser *p)
{
        int32_t count = 0;
        p->line[strcspn(p->line, "#")] = '\0';
        for (char *at = p->line;;) {
                at += strspn(at, " \t\r");
                if (!*at)
                        break;
                p->tokens[count++] = at;
                at += strcspn(at, " \t\r");
                if (*at)
                        *at++ = '\0';
        }
        p->tokens[count] = NULL;
}

static bool parse_line(struct parser *p)
{
        p->at = p->furthest = 0;
        p->expected[0] = '\0';
        split(p);
        struct statement made;
        return !p->tokens[0] || (match_any(p, FORM_LINE, &made) && add_line(p, &made));
}

bool scenario_parse(struct scenario *s, const char *file, const char *text, char *error,
                    size_t error_size)
{
        struct parser p = {.s = s};
        scenario_init(s);
        while (*text) {
                size_t size = strcspn(text, "\n");
                p.line_number++;
                if (size >= sizeof p.line) {
                        snprintf(error, error_size, "%s:%" PRId32 ": the line is too long", file,
                                 p.line_number);
                        return false;
                }
                memcpy(p.line, text, size);
                p.line[size] = '\0';
                if (!parse_line(&p)) {
                        const char *found = p.tokens[p.furthest];
                        snprintf(error, error_size, "%s:%" PRId32 ": expected %s; found %s", file,
                                 p.line_number, p.expected, found ? found : "the end of the line");
                        return false;
                }
                text += size + (text[size] == '\n');
        }
        return true;
}

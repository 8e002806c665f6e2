#include "sim/scenario_forms.h"

#include "groups/assignor.h"
#include "log/compression.h"
#include "sim/history.h"
#include "sim/survival.h"
#include "sim/verdict.h"
#include "wire/api.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

const struct form scenario_forms[VERBS] = {
#define SCENARIO_FORM(VERB, kind, pattern, meaning) {FORM_##kind, pattern, meaning},
        SCENARIO_LIST(SCENARIO_FORM)
#undef SCENARIO_FORM
};

/* --- lists of words --- */

static const char *acks_word(int32_t index, int64_t *value)
{
        static const char *const words[] = {"all", "0", "1"};
        *value = index - 1;
        return index < 3 ? words[index] : NULL;
}

static const char *codec_word(int32_t index, int64_t *value)
{
        *value = index;
        return index < COMPRESSION_CODECS ? compression_name(index) : NULL;
}

static const char *switch_word(int32_t index, int64_t *value)
{
        static const char *const words[] = {"off", "on"};
        *value = index;
        return index < 2 ? words[index] : NULL;
}

static const char *isolation_word(int32_t index, int64_t *value)
{
        static const char *const words[] = {"read_uncommitted", "read_committed"};
        *value = index;
        return index < 2 ? words[index] : NULL;
}

static const char *assignor_word(int32_t index, int64_t *value)
{
        *value = index;
        return index < ASSIGNORS ? assignor_name((enum assignor_kind)index) : NULL;
}

static const char *policy_word(int32_t index, int64_t *value)
{
        static const char *const words[] = {
                [COMMIT_AFTER] = "after",
                [COMMIT_BEFORE] = "before",
                [COMMIT_AUTO] = "auto",
                [COMMIT_TRANSACTION] = "transaction",
        };
        *value = index;
        return index <= COMMIT_TRANSACTION ? words[index] : NULL;
}

static const char *survival_word(int32_t index, int64_t *value)
{
        *value = index;
        return sim_survival_name(index);
}

static const char *api_word(int32_t index, int64_t *value)
{
        int32_t count;
        const struct api *apis = api_table(&count);
        if (index >= count)
                return NULL;
        *value = apis[index].key;
        return apis[index].name;
}

static const char *guarantee_word(int32_t index, int64_t *value)
{
        *value = index;
        if (index >= 2 * GUARANTEES)
                return NULL;
        enum guarantee g = (enum guarantee)(index / 2);
        return index % 2 == 0 ? guarantee_name(g) : guarantee_opposite(g);
}

static const char *limit_word(int32_t index, int64_t *value)
{
        *value = 1;
        return index == 0 ? "budget" : NULL;
}

/* --- slots --- */

static const struct slot_unit no_unit[] = {{"", 1}, {NULL, 0}};
static const struct slot_unit bytes[] = {{"MB", 1 << 20}, {"KB", 1 << 10}, {"", 1}, {NULL, 0}};
static const struct slot_unit times[] = {
        {"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}, {NULL, 0}};
static const struct slot_unit rates[] = {{"/s", 1}, {NULL, 0}};
static const struct slot_unit ppm[] = {{"ppm", 1}, {NULL, 0}};

#define FIELD(member) offsetof(struct statement, member)

#define NUMBER(name, kind, field, units, min, max, expected)              \
        {                                                                 \
                name, kind, FIELD(field), expected, units, min, max, NULL \
        }
#define WORD(name, field, words)                                       \
        {                                                              \
                name, SLOT_WORD, FIELD(field), NULL, NULL, 0, 0, words \
        }
#define OTHER(name, kind, field, expected)                           \
        {                                                            \
                name, kind, FIELD(field), expected, NULL, 0, 0, NULL \
        }

enum { HOUR_S = 3600 };
#define SECONDS INT64_C(1000000000)

static const struct slot slots[] = {
        NUMBER("COUNT", SLOT_NUMBER, count, no_unit, 1, 1000000, "a number from 1 on"),
        NUMBER("TIMES", SLOT_NUMBER, times, no_unit, 1, 1000000, "a number from 1 on"),
        NUMBER("AFTER", SLOT_NUMBER, after, no_unit, 0, 1000000, "a number"),
        NUMBER("FACTOR", SLOT_NUMBER, factor, no_unit, 1, 100000, "a number from 1 on"),
        NUMBER("OPERATION", SLOT_NUMBER, operation, no_unit, 1, 1000000, "a number from 1 on"),
        NUMBER("PARTITIONS", SLOT_NUMBER, partitions, no_unit, 1, SCENARIO_PARTITIONS_MAX,
               "1 to 64"),
        NUMBER("REPLICAS", SLOT_NUMBER, replicas, no_unit, 1, 16, "1 to 16"),
        NUMBER("OFFSET", SLOT_NUMBER, offset, no_unit, 0, INT64_MAX, "an offset"),
        NUMBER("BYTES", SLOT_NUMBER, bytes, bytes, 0, 1 << 30, "bytes (100, 4KB)"),
        NUMBER("SIZE", SLOT_NUMBER, bytes, bytes, 0, 64 << 10, "bytes (100, 4KB; 64KB at most)"),
        NUMBER("BATCH", SLOT_NUMBER, batch_bytes, bytes, 0, 1 << 20, "bytes (100, 4KB)"),
        NUMBER("TIME", SLOT_NUMBER, time_ns, times, 0, HOUR_S *SECONDS, "a time (2s, 300ms)"),
        NUMBER("LINGER", SLOT_NUMBER, linger_ns, times, 0, HOUR_S *SECONDS, "a time (2s, 300ms)"),
        NUMBER("RATE", SLOT_NUMBER, rate, rates, 1, 100000, "a rate (100/s)"),
        NUMBER("JUMP", SLOT_SIGNED, jump_ns, times, 0, 24 * HOUR_S * SECONDS, "a jump (+60s, -5s)"),
        NUMBER("DRIFT", SLOT_SIGNED, drift_ppm, ppm, 0, 400000, "a drift (+200ppm, -200ppm)"),
        NUMBER("KEYS", SLOT_NUMBER, keys, no_unit, 1, 1000, "a number from 1 to 1000"),
        NUMBER("RECORDS", SLOT_NUMBER, records, no_unit, 1, 1000, "a number from 1 to 1000"),
        NUMBER("EVERY", SLOT_NUMBER, every, no_unit, 1, 1000, "a number from 1 to 1000"),
        NUMBER("SESSION", SLOT_NUMBER, session_ns, times, 1, HOUR_S *SECONDS, "a time (2s, 300ms)"),
        NUMBER("DELIVERY", SLOT_NUMBER, delivery_ns, times, 1, HOUR_S *SECONDS,
               "a time (2s, 300ms)"),
        WORD("SWITCH", idempotence, switch_word),
        WORD("ISOLATION", isolation, isolation_word),
        WORD("ASSIGNOR", assignor, assignor_word),
        WORD("POLICY", policy, policy_word),
        WORD("ACKS", acks, acks_word),
        WORD("CODEC", codec, codec_word),
        WORD("SURVIVAL", survival, survival_word),
        WORD("API", api, api_word),
        WORD("GUARANTEE", guarantee, guarantee_word),
        WORD("LIMIT", within, limit_word),
        OTHER("NODE", SLOT_NODE, node, "a broker (1, broker 1), a role, a client's name or all"),
        OTHER("OTHER", SLOT_NODE, other, "a broker (1, broker 1), a role, a client's name or all"),
        OTHER("BROKER", SLOT_BROKER, node, "a broker (1, broker 1), a role or all"),
        OTHER("CLIENT", SLOT_CLIENT, node, "a client's name"),
        OTHER("TOPIC", SLOT_TOPIC, topic, "a topic named above"),
        OTHER("TARGET", SLOT_TOPIC, target, "a topic named above"),
        OTHER("GROUP", SLOT_LABEL, group, "a name of up to 31 letters, digits, '.', '_' or '-'"),
        OTHER("INSTANCE", SLOT_LABEL, instance,
              "a name of up to 31 letters, digits, '.', '_' or '-'"),
        OTHER("ID", SLOT_LABEL, id, "a name of up to 31 letters, digits, '.', '_' or '-'"),
        OTHER("PARTITION", SLOT_PARTITION, partition,
              "a partition of a topic named above (orders/0)"),
        OTHER("LIST", SLOT_LIST, brokers, "brokers (1,2,3)"),
        OTHER("NAME", SLOT_NAME, topic, "a new name of up to 31 letters, digits, '.', '_' or '-'"),
        OTHER("SETTINGS", SLOT_SETTINGS, topic, "a setting and its value"),
        OTHER("CONDITION", SLOT_CONDITION, topic, NULL),
        OTHER("ACTION", SLOT_ACTION, topic, NULL),
};

const struct slot *scenario_slot(struct str word)
{
        for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
                if (str_equal_c(word, slots[i].name))
                        return &slots[i];
        return NULL;
}

bool scenario_next_word(struct str *pattern, struct str *word, bool *optional)
{
        const char *at = pattern->data, *end = pattern->data + pattern->size;
        while (at < end && *at == ' ')
                at++;
        if (at == end)
                return false;
        *optional = *at == '[';
        if (*optional)
                at++;
        const char *stop = memchr(at, *optional ? ']' : ' ', (size_t)(end - at));
        assert(stop || !*optional);
        if (!stop)
                stop = end;
        *word = (struct str){at, (int32_t)(stop - at)};
        if (*optional)
                stop++;
        *pattern = (struct str){stop, (int32_t)(end - stop)};
        return true;
}

/* --- making one --- */

struct statement scenario_statement(enum verb verb)
{
        int32_t any = 0; /* the last of the survivals */
        while (sim_survival_name(any + 1))
                any++;
        return (struct statement){
                .verb = verb,
                .topic = -1,
                .target = -1,
                .idempotence = 1,
                .delivery_ns = 6 * SECONDS,
                .session_ns = (verb == VERB_PRODUCER ? 2000 : 600) * INT64_C(1000000),
                .partitions = 1,
                .replicas = 1,
                .count = 1,
                .times = 1,
                .factor = 10,
                .offset = -1,
                .bytes = verb == VERB_PRODUCER || verb == VERB_PIPELINE ? 100 : 0,
                .batch_bytes = 16384,
                .rate = 50,
                .acks = -1,
                .survival = any,
        };
}

void scenario_init(struct scenario *s)
{
        memset(s, 0, sizeof *s);
        s->brokers = scenario_statement(VERB_BROKERS);
        s->controllers = scenario_statement(VERB_CONTROLLERS);
        s->controllers.count = 0;
        s->run = scenario_statement(VERB_RUN);
        s->run.time_ns = 5 * INT64_C(1000000000);
}

bool scenario_add_setting(struct scenario *s, struct statement *statement, const char *key,
                          const char *value)
{
        struct setting *setting = &s->settings[s->setting_count];
        if (s->setting_count == SCENARIO_SETTINGS_MAX || strlen(key) >= sizeof setting->key ||
            strlen(value) >= sizeof setting->value)
                return false;
        if (statement->setting_count++ == 0)
                statement->first_setting = s->setting_count;
        assert(statement->first_setting + statement->setting_count == s->setting_count + 1);
        strcpy(setting->key, key);
        strcpy(setting->value, value);
        s->setting_count++;
        return true;
}

int64_t scenario_of_role(struct scenario_role role)
{
        return SCENARIO_ROLES -
               (role.role * SCENARIO_TOPICS_MAX + role.topic) * SCENARIO_PARTITIONS_MAX -
               role.partition;
}

bool scenario_as_role(int64_t node, struct scenario_role *role)
{
        int64_t code = SCENARIO_ROLES - node;
        if (code < 0)
                return false;
        role->partition = code % SCENARIO_PARTITIONS_MAX;
        role->topic = code / SCENARIO_PARTITIONS_MAX % SCENARIO_TOPICS_MAX;
        role->role = (enum role)(code / SCENARIO_PARTITIONS_MAX / SCENARIO_TOPICS_MAX);
        return true;
}

const char *scenario_transactional_id(const struct statement *client)
{
        bool has_one = client->verb == VERB_PIPELINE ? client->policy == COMMIT_TRANSACTION
                                                     : client->records > 0;
        if (!has_one)
                return "";
        return *client->id ? client->id : client->name;
}

int32_t scenario_voting_brokers(const struct scenario *s)
{
        int64_t odd = s->brokers.count - (s->brokers.count + 1) % 2;
        return s->controllers.count > 0 ? 0 : (int32_t)(odd < 5 ? odd : 5);
}

const char *scenario_node_name(const struct scenario *s, int64_t id, char *into, size_t size)
{
        static const char *const roles[] = {"leader of", "follower of", "another follower of"};
        struct scenario_role role;
        if (id == SCENARIO_ALL_NODES)
                snprintf(into, size, "all");
        else if (id == SCENARIO_CONTROLLERS)
                snprintf(into, size, "controllers");
        else if (id == SCENARIO_ACTIVE)
                snprintf(into, size, "active controller");
        else if (scenario_as_role(id, &role) && role.role == ROLE_COORDINATOR)
                snprintf(into, size, "coordinator of %s", s->clients[role.topic].group);
        else if (scenario_as_role(id, &role) && role.role == ROLE_TRANSACTION_COORDINATOR)
                snprintf(into, size, "transaction coordinator of %s", s->clients[role.topic].name);
        else if (scenario_as_role(id, &role))
                snprintf(into, size, "%s %s/%" PRId64, roles[role.role], s->topics[role.topic].name,
                         role.partition);
        else if (id < SCENARIO_CONTROLLER_ID)
                snprintf(into, size, "broker %" PRId64, id);
        else if (id < SCENARIO_CLIENT_ID)
                snprintf(into, size, "controller %" PRId64, id - SCENARIO_CONTROLLER_ID + 1);
        else if (id < SCENARIO_CLIENT_ID + s->client_count)
                snprintf(into, size, "%s", s->clients[id - SCENARIO_CLIENT_ID].name);
        else
                snprintf(into, size, "node %" PRId64, id);
        return into;
}

/* --- printing --- */

static const char *text_of(const struct statement *from, const struct slot *slot)
{
        return (const char *)from + slot->field;
}

static int64_t value_of(const struct statement *from, const struct slot *slot)
{
        struct statement copy = *from;
        return *scenario_field(&copy, slot);
}

static void print_number(const struct slot *slot, int64_t value, struct buffer *into)
{
        const struct slot_unit *unit = slot->units;
        while (unit[1].name && (value == 0 || value % unit->factor != 0))
                unit++;
        buffer_printf(into, slot->kind == SLOT_SIGNED ? "%+" PRId64 "%s" : "%" PRId64 "%s",
                      value / unit->factor, unit->name);
}

static void print_word(const struct slot *slot, int64_t value, struct buffer *into)
{
        const char *word;
        int64_t at;
        for (int32_t i = 0; (word = slot->word(i, &at)); i++)
                if (at == value)
                        buffer_printf(into, "%s", word);
}

static void print_settings(const struct scenario *s, const struct statement *from,
                           struct buffer *into)
{
        for (int32_t i = 0; i < from->setting_count; i++) {
                const struct setting *setting = &s->settings[from->first_setting + i];
                buffer_printf(into, "%s%s %s", i > 0 ? " " : "", setting->key, setting->value);
        }
}

static void print_list(int64_t brokers, struct buffer *into)
{
        for (int64_t rest = brokers; rest > 0; rest >>= 4)
                buffer_printf(into, "%s%d", rest == brokers ? "" : ",", (int)(rest & 15));
}

static void print_slot(const struct scenario *s, const struct slot *slot,
                       const struct statement *from, struct buffer *into)
{
        char name[SCENARIO_NAME_BYTES + 32];
        switch (slot->kind) {
        case SLOT_NUMBER:
        case SLOT_SIGNED: print_number(slot, value_of(from, slot), into); break;
        case SLOT_WORD: print_word(slot, value_of(from, slot), into); break;
        case SLOT_NODE:
        case SLOT_BROKER:
        case SLOT_CLIENT:
                scenario_node_name(s, value_of(from, slot), name, sizeof name);
                buffer_printf(into, "%s", name);
                break;
        case SLOT_NAME: buffer_printf(into, "%s", from->name); break;
        case SLOT_LABEL: buffer_printf(into, "%s", text_of(from, slot)); break;
        case SLOT_TOPIC: buffer_printf(into, "%s", s->topics[value_of(from, slot)].name); break;
        case SLOT_PARTITION:
                buffer_printf(into, "%s/%" PRId64, s->topics[from->topic].name, from->partition);
                break;
        case SLOT_LIST: print_list(value_of(from, slot), into); break;
        case SLOT_SETTINGS: print_settings(s, from, into); break;
        case SLOT_CONDITION:
        case SLOT_ACTION: break; /* printed by print_step() */
        }
}

/* An option is printed when its value is not the default. */
static bool is_default(const struct statement *from, struct str option)
{
        struct statement usual = scenario_statement(from->verb);
        struct str word;
        bool optional;
        while (scenario_next_word(&option, &word, &optional)) {
                const struct slot *slot = scenario_slot(word);
                if (slot && slot->kind == SLOT_LABEL) {
                        if (*text_of(from, slot))
                                return false;
                        continue;
                }
                if (slot && value_of(from, slot) != value_of(&usual, slot))
                        return false;
                if (slot && slot->kind == SLOT_PARTITION && from->topic != usual.topic)
                        return false;
        }
        return true;
}

static void print_pattern(const struct scenario *s, const struct statement *from,
                          struct str pattern, struct buffer *into)
{
        struct str word;
        bool optional;
        while (scenario_next_word(&pattern, &word, &optional)) {
                if (optional && is_default(from, word))
                        continue;
                if (into->size > 0 && into->data[into->size - 1] > ' ')
                        buffer_printf(into, " ");
                const struct slot *slot = optional ? NULL : scenario_slot(word);
                if (optional)
                        print_pattern(s, from, word, into);
                else if (slot)
                        print_slot(s, slot, from, into);
                else
                        buffer_append(into, word.data, (size_t)word.size);
        }
}

/* Without its newline, and without spaces at its end. */
static void print_statement(const struct scenario *s, const struct statement *from,
                            struct buffer *into)
{
        print_pattern(s, from, str_of(scenario_forms[from->verb].pattern), into);
        while (into->size > 0 && into->data[into->size - 1] == ' ')
                into->size--;
}

static void print_line(const struct scenario *s, const struct statement *from, struct buffer *into)
{
        print_statement(s, from, into);
        buffer_printf(into, "\n");
}

void scenario_print_statement(const struct scenario *s, const struct statement *statement,
                              struct buffer *into)
{
        print_statement(s, statement, into);
}

static void print_step(const struct scenario *s, const struct step *step, struct buffer *into)
{
        if (step->follows && step->trigger.verb != VERB_THEN_AFTER)
                buffer_printf(into, "then ");
        if (step->trigger.verb != VERB_AT && step->trigger.verb != VERB_THEN_AFTER)
                buffer_printf(into, "when ");
        print_statement(s, &step->trigger, into);
        buffer_printf(into, " ");
        print_line(s, &step->action, into);
}

void scenario_print(const struct scenario *s, struct buffer *into)
{
        print_line(s, &s->brokers, into);
        if (s->controllers.count > 0)
                print_line(s, &s->controllers, into);
        for (int32_t i = 0; i < s->topic_count; i++)
                if (s->topics[i].verb == VERB_TOPIC)
                        print_line(s, &s->topics[i], into);
        /* A client may be of a topic that a step makes, so the steps that do come first. */
        for (int32_t i = 0; i < s->step_count; i++)
                if (s->steps[i].action.verb == VERB_CREATE_TOPIC)
                        print_step(s, &s->steps[i], into);
        for (int32_t i = 0; i < s->client_count; i++)
                print_line(s, &s->clients[i], into);
        for (int32_t i = 0; i < s->step_count; i++)
                if (s->steps[i].action.verb != VERB_CREATE_TOPIC)
                        print_step(s, &s->steps[i], into);
        print_line(s, &s->run, into);
        for (int32_t i = 0; i < s->expect_count; i++)
                print_line(s, &s->expects[i], into);
        for (int32_t i = 0; i < s->demand_count; i++) {
                buffer_printf(into, "expect ");
                print_line(s, &s->demands[i], into);
        }
}

void scenario_print_language(struct buffer *into)
{
        static const char *const titles[] = {"Statements", "Conditions", "Actions"};
        for (int kind = FORM_LINE; kind <= FORM_ACTION; kind++) {
                buffer_printf(into, "%s%s:\n", kind > 0 ? "\n" : "", titles[kind]);
                for (int i = 0; i < VERBS; i++)
                        if ((int)scenario_forms[i].kind == kind)
                                buffer_printf(into, "  %s\n      %s\n", scenario_forms[i].pattern,
                                              scenario_forms[i].meaning);
        }
        buffer_printf(into, "\nRoles, of whoever has them when the step runs:\n"
                            "  leader of PARTITION\n"
                            "  follower of PARTITION, another follower of PARTITION\n"
                            "      the first and the second of the ISR that do not lead\n"
                            "  active controller\n"
                            "  coordinator of GROUP\n"
                            "  transaction coordinator of CLIENT\n\nWords:\n");
        for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
                if (slots[i].expected)
                        buffer_printf(into, "  %s: %s\n", slots[i].name, slots[i].expected);
                if (slots[i].kind != SLOT_WORD)
                        continue;
                buffer_printf(into, "  %s:", slots[i].name);
                const char *word;
                int64_t value;
                for (int32_t n = 0; (word = slots[i].word(n, &value)); n++)
                        buffer_printf(into, "%s %s", n > 0 ? " |" : "", word);
                buffer_printf(into, "\n");
        }
}

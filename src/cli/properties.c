#include "cli/properties.h"

bool property_text(const char *value, int64_t min, void *field)
{
        (void)min;
        *(const char **)field = value;
        return true;
}

bool property_i32(const char *value, int64_t min, void *field)
{
        int64_t number;
        if (!cli_number(value, min, INT32_MAX, &number))
                return false;
        *(int32_t *)field = (int32_t)number;
        return true;
}

bool property_i64(const char *value, int64_t min, void *field)
{
        return cli_number(value, min, INT64_MAX, field);
}

static const struct property *find(struct property_table table, struct str key)
{
        for (size_t i = 0; i < table.count; i++) {
                if (str_equal_c(key, table.items[i].key))
                        return &table.items[i];
        }
        return NULL;
}

int properties_set(struct property_table table, void *structure, const char *command,
                   struct str key, const char *value)
{
        const struct property *property = find(table, key);
        if (!property)
                cli_note(command, "unknown property '%.*s' is left out", key.size, key.data);
        else if (!property->set(value, property->min, (char *)structure + property->at))
                return cli_misuse(command, "%s cannot be '%s'", property->key, value);
        return CLI_GO_ON;
}

int properties_apply(struct property_table table, void *structure, const char *command,
                     const struct cli_list *properties)
{
        int status = CLI_GO_ON;
        for (int i = 0; i < properties->count && status == CLI_GO_ON; i++) {
                const char *text = properties->items[i], *value;
                struct str key;
                if (!cli_key_value(text, &key, &value))
                        return cli_misuse(command, "a property must be key=value, not '%s'", text);
                status = properties_set(table, structure, command, key, value);
        }
        return status;
}

#include "cli/listeners.h"

#include <string.h>

/* Is `name` in the list "A,B,C"? */
static bool is_listed(struct str name, const char *list)
{
        while (*list != '\0') {
                size_t size = strcspn(list, ",");
                if (str_equal(name, (struct str){list, (int32_t)size}))
                        return true;
                list += size + (list[size] == ',');
        }
        return false;
}

static struct str name_of(const char *entry)
{
        const char *end = strstr(entry, "://");
        return (struct str){entry, end ? (int32_t)(end - entry) : 0};
}

bool listeners_read(const struct config *config, struct listeners *into)
{
        const char *entry = config_string(config, CONFIG_LISTENERS);
        const char *for_controllers = config_string(config, CONFIG_CONTROLLER_LISTENERS);
        *into = (struct listeners){.told = -1};
        do {
                if (into->count == LISTENERS_MAX)
                        return false;
                struct listener_place *place = &into->places[into->count];
                if (!config_parse_listener(entry, place->host, sizeof place->host, &place->port))
                        return false;
                if (into->told < 0 && !is_listed(name_of(entry), for_controllers))
                        into->told = into->count;
                into->count++;
                entry += strcspn(entry, ",");
        } while (*entry++ == ',');
        if (into->told < 0)
                into->told = 0;
        return true;
}

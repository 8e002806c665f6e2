#include "base/zoo.h"

#include <string.h>

static const char *const names[ZOO_BUGS] = {
#define ZOO_NAME(id, name) [ZOO_##id] = (name),
        ZOO_LIST(ZOO_NAME)
#undef ZOO_NAME
};

const char *zoo_name(enum zoo_bug bug)
{
        return names[bug];
}

enum zoo_bug zoo_find(const char *name)
{
        for (int bug = 0; bug < ZOO_BUGS; bug++) {
                if (strcmp(names[bug], name) == 0)
                        return (enum zoo_bug)bug;
        }
        return ZOO_BUGS;
}

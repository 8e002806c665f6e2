/* group_metadata.h - who a consumer is in its group. A producer shows it to the group's coordinator
 * when it sends offsets in a transaction, so that a member of an old generation is refused
 * (KIP-447). All strings are borrowed. */
#ifndef ODRADEK_CLIENT_GROUP_METADATA_H
#define ODRADEK_CLIENT_GROUP_METADATA_H

#include <stdint.h>

struct group_metadata {
        const char *group_id;
        const char *member_id;         /* "" */
        const char *group_instance_id; /* NULL: none */
        int32_t generation;            /* -1: not a member */
};

#endif

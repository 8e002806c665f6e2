/* metadata_cache.h - what the brokers have told about themselves: addresses, topics, leaders.
 *
 * Invariants:
 *  (1) Only topics that somebody asked for are kept; a refresh asks for all of them.
 *  (2) A partition's leader is a broker whose address is known, or -1.
 *  (3) The leader epoch of a partition never goes back while the topic keeps its id: an answer from
 *      a broker that lags behind cannot lead us back to an old leader (KIP-320).
 *
 * Nothing here sends anything: client.h does, and says when. Source: Kafka's Metadata class. */
#ifndef ODRADEK_CLIENT_METADATA_CACHE_H
#define ODRADEK_CLIENT_METADATA_CACHE_H

#include "wire/metadata.h"

#include <uthash.h>

struct cached_partition {
        int32_t leader;       /* node id; -1: none */
        int32_t leader_epoch; /* -1: unknown */
        enum kerr err;        /* why there is no leader */
};

struct cached_topic {
        char *name;
        struct uuid topic_id; /* zero: unknown */
        bool answered;        /* a broker has told about it; else it is only wanted */
        enum kerr err;        /* of the last answer, such as UNKNOWN_TOPIC… */
        struct cached_partition *partitions; /* by partition index; kept over an answer in error */
        int32_t partition_count;             /* 0: unknown */
        UT_hash_handle hh;
};

struct cached_broker {
        int32_t node;
        char *host;
        int32_t port;
        UT_hash_handle hh;
};

struct metadata_cache {
        struct cached_topic *topics;   /* by name */
        struct cached_broker *brokers; /* by node id */
        int32_t controller;            /* node id; -1: unknown */
        char *cluster_id;              /* NULL: unknown */
};

void metadata_cache_init(struct metadata_cache *m);
void metadata_cache_deinit(struct metadata_cache *m);

/* The topic's entry; a new one (answered == false) when nobody has asked for it before, and then
 * *is_new says so. Entries live until deinit. */
struct cached_topic *metadata_cache_topic(struct metadata_cache *m, const char *name, bool *is_new);

/* NULL when no broker of that id has been told. */
const struct cached_broker *metadata_cache_broker(const struct metadata_cache *m, int32_t node);

/* Takes over what an answer says; topics that nobody asked for are left out. */
void metadata_cache_update(struct metadata_cache *m, const struct metadata_response *answer);

#endif

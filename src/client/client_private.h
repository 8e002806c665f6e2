/* client_private.h - the inside of a client, for client.c (who is asked: connections, routing,
 * services) and client_metadata.c (what the brokers have told), and for no other. */
#ifndef ODRADEK_CLIENT_CLIENT_PRIVATE_H
#define ODRADEK_CLIENT_CLIENT_PRIVATE_H

#include "client/client.h"
#include "client/connection.h"

struct client {
        struct actor actor; /* first: the world's pointer is ours */
        struct world *world;
        struct client_config config;
        char *client_id;

        struct connection *
                *connections; /* the bootstrap addresses, then brokers as they are told */
        int32_t connection_count;
        int32_t bootstrap_turn;   /* whom to dial next when nobody is connected */
        struct request *unrouted; /* wait for a connection to be chosen */
        struct service *services;
        bool woken;

        struct metadata_cache metadata;
        bool refresh_wanted, refresh_in_flight;
        int64_t refresh_after_ms; /* not before */
        int64_t refreshed_ms;     /* when the last answer came */
};

int64_t client_now_ms(const struct client *c);

/* Asks for metadata when it is wanted or too old. Returns when to be run again. */
int64_t client_run_metadata(struct client *c, int64_t now_ms);

#endif

#include "broker/state.h"

#include <stdio.h>

static const struct {
        enum api_key key;
        void (*handle)(struct request *r);
} handlers[] = {
        {API_PRODUCE, handle_produce},
        {API_FETCH, handle_fetch},
        {API_LIST_OFFSETS, handle_list_offsets},
        {API_METADATA, handle_metadata},
        {API_FIND_COORDINATOR, handle_find_coordinator},
        {API_API_VERSIONS, handle_api_versions},
        {API_CREATE_TOPICS, handle_create_topics},
        {API_DELETE_TOPICS, handle_delete_topics},
        {API_DELETE_RECORDS, handle_delete_records},
        {API_OFFSET_FOR_LEADER_EPOCH, handle_offset_for_leader_epoch},
        {API_DESCRIBE_CONFIGS, handle_describe_configs},
        {API_ALTER_CONFIGS, handle_alter_configs},
        {API_INCREMENTAL_ALTER_CONFIGS, handle_incremental_alter_configs},
        {API_CREATE_PARTITIONS, handle_create_partitions},
        {API_DESCRIBE_CLUSTER, handle_describe_cluster},
};

void dispatch(struct request *r)
{
        const struct api *api = r->api;
        int16_t version = r->header.api_version;
        bool known = api && version >= api->min && version <= api->max;
        if (known || (api && api->key == API_API_VERSIONS)) {
                for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
                        if ((int16_t)handlers[i].key == api->key) {
                                handlers[i].handle(r);
                                return;
                        }
                }
        }
        char why[100];
        snprintf(why, sizeof why, "unsupported request: %s (key %d) version %d",
                 api ? api->name : "unknown API", r->header.api_key, version);
        peer_refuse(r->broker, r->peer, why);
}

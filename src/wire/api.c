#include "wire/api.h"

static const struct api table[] = {
#define API_ROW(key, NAME, name, min, max, flexible, advertised_min, client_max, since, text, \
                missing)                                                                      \
        {(key),        (name),  (min),  (max),    (flexible), (advertised_min),               \
         (client_max), (since), (text), (missing)},
        API_LIST(API_ROW)
#undef API_ROW
};

const struct api *api_table(int32_t *count)
{
        *count = (int32_t)(sizeof table / sizeof table[0]);
        return table;
}

const struct api *api_find(int16_t key)
{
        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
                if (table[i].key == key)
                        return &table[i];
        }
        return NULL;
}

void serde_request_header(struct serde *s, struct request_header *h)
{
        s->flexible = false; /* the client id keeps its old form in every version */
        serde_i16(s, &h->api_key);
        serde_i16(s, &h->api_version);
        serde_i32(s, &h->correlation_id);
        serde_nullable_string(s, &h->client_id);
        const struct api *api = api_find(h->api_key);
        s->version = h->api_version;
        s->flexible = api && h->api_version >= api->flexible_from && h->api_version <= api->max;
        serde_tags(s);
}

void serde_response_header(struct serde *s, const struct api *api, int32_t *correlation_id)
{
        serde_i32(s, correlation_id);
        s->flexible = s->version >= api->flexible_from;
        if (api->key != API_API_VERSIONS)
                serde_tags(s);
}

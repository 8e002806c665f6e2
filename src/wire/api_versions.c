#include "wire/api_versions.h"

/* ApiVersions asks which APIs and versions the broker speaks, and says who asks (KIP-511). */
void serde_api_versions_request(struct serde *s, struct api_versions_request *m)
{
        if (s->version >= 3)
                serde_string(s, &m->client_software_name);
        if (s->version >= 3)
                serde_string(s, &m->client_software_version);
        serde_tags(s);
}

static void serde_api_versions_api(struct serde *s, struct api_versions_api *m)
{
        serde_i16(s, &m->api_key);
        serde_i16(s, &m->min_version);
        serde_i16(s, &m->max_version);
        serde_tags(s);
}

/* The answer: the range of each API; the APIs come even with UNSUPPORTED_VERSION (KIP-511). */
void serde_api_versions_response(struct serde *s, struct api_versions_response *m)
{
        serde_i16(s, &m->error_code);
        serde_array(s, &m->apis, serde_api_versions_api);
        if (s->version >= 1)
                serde_i32(s, &m->throttle_time_ms);
        serde_tags(s);
}

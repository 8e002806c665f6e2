/* api_versions.h - ApiVersions: which APIs does this broker speak, and from which version to which?
 *
 * The first request on a connection. A broker that does not know its version answers in version 0
 * with UNSUPPORTED_VERSION and its own range for key 18 (KIP-511). Versions 0-4; 3 is flexible.
 * The response's tagged fields (features, KIP-584) are not written and are skipped when read. */
#ifndef ODRADEK_WIRE_API_VERSIONS_H
#define ODRADEK_WIRE_API_VERSIONS_H

#include "wire/serde.h"

struct api_versions_request {
        struct str client_software_name;    /* 3+ */
        struct str client_software_version; /* 3+ */
};

struct api_versions_api {
        int16_t api_key;
        int16_t min_version, max_version; /* both included */
};

struct api_versions_response {
        int16_t error_code;
        ARRAY_OF(struct api_versions_api) apis;
        int32_t throttle_time_ms; /* 1+ */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_api_versions_request(struct serde *s, struct api_versions_request *m);
void serde_api_versions_response(struct serde *s, struct api_versions_response *m);

#endif

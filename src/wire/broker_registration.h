/* broker_registration.h - BrokerRegistration: a broker that has started tells the controller who it
 * is, and gets the epoch of this life.
 *
 * Version 3 only, flexible: it carries the epoch of the life before, by which a broker proves that
 * it went down in good order (KIP-966). Source: KIP-631. */
#ifndef ODRADEK_WIRE_BROKER_REGISTRATION_H
#define ODRADEK_WIRE_BROKER_REGISTRATION_H

#include "wire/serde.h"

struct broker_registration_listener {
        struct str name; /* PLAINTEXT */
        struct str host;
        uint16_t port;
        int16_t security_protocol; /* 0: PLAINTEXT */
};

struct broker_registration_feature {
        struct str name;
        int16_t min_supported_version, max_supported_version;
};

struct broker_registration_request {
        int32_t broker_id;
        struct str cluster_id;
        struct uuid incarnation_id; /* new with each start of the process */
        ARRAY_OF(struct broker_registration_listener) listeners;
        ARRAY_OF(struct broker_registration_feature) features;
        struct str rack; /* null: none */
        ARRAY_OF(struct uuid) log_dirs;
        int64_t previous_broker_epoch; /* -1: not known, as after a crash */
};

struct broker_registration_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        int64_t broker_epoch; /* -1 after an error */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_broker_registration_request(struct serde *s, struct broker_registration_request *m);
void serde_broker_registration_response(struct serde *s, struct broker_registration_response *m);

#endif

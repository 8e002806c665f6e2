/* envelope.h - Envelope: a broker hands a client's request on to the controller, and the answer
 * back.
 *
 * Version 0 only, flexible. The request inside is whole, with its header; so is the answer. Source:
 * KIP-590. */
#ifndef ODRADEK_WIRE_ENVELOPE_H
#define ODRADEK_WIRE_ENVELOPE_H

#include "wire/serde.h"

struct envelope_request {
        struct span request_data;
        struct span request_principal;   /* null: nobody was authenticated */
        struct span client_host_address; /* 4 or 16 bytes; not null */
};

struct envelope_response {
        struct span response_data; /* null after an error of the envelope itself */
        int16_t error_code;        /* of the envelope: NOT_CONTROLLER; the answer has its own */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_envelope_request(struct serde *s, struct envelope_request *m);
void serde_envelope_response(struct serde *s, struct envelope_response *m);

#endif

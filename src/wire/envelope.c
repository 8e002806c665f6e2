#include "wire/envelope.h"

/* Envelope carries a client's request to the controller (KIP-590). */
void serde_envelope_request(struct serde *s, struct envelope_request *m)
{
        serde_bytes(s, &m->request_data);
        serde_nullable_bytes(s, &m->request_principal);
        serde_bytes(s, &m->client_host_address);
        serde_tags(s);
}

/* The answer: the controller's answer to the client. */
void serde_envelope_response(struct serde *s, struct envelope_response *m)
{
        serde_nullable_bytes(s, &m->response_data);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}

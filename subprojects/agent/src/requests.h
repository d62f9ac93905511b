/* requests.h: what each request means. Called by the server as a request's parts arrive. */
#ifndef SBX_REQUESTS_H
#define SBX_REQUESTS_H

#include "server.h"

void requests_begin(struct request *request);
void requests_body(struct request *request, const uint8_t *bytes, size_t length);
void requests_body_end(struct request *request);
/* The stream is gone, whoever ended it. */
void requests_closed(struct request *request);

#endif

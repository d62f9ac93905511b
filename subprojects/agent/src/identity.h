/* identity.h: what makes this guest this sandbox, and what it says about itself. */
#ifndef SBX_IDENTITY_H
#define SBX_IDENTITY_H

#include "protocol.h"

/* What must not be opened by path later. */
void identity_init(void);
/* NULL, or what could not be done. In the test mode only the environment changes. */
const char *identity_apply(const struct sbx_setup *setup);
void identity_describe(struct sbx_tlv_writer *reply);

#endif

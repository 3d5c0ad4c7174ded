/* SPDX-License-Identifier: Apache-2.0 */
/* error.c -- why there is no identity: every reason code, its class and its sentence. */
#include "sso/error.h"

static const sso_error_t errors[] = {
#define SSO_CODE(code, class, sentence) {SSO_##code, class, #code, sentence},
    SSO_CODES(SSO_CODE)
#undef SSO_CODE
};

const sso_error_t *sso_error(sso_code_t code)
{
    return &errors[code];
}

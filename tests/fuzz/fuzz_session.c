/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_session_open, on texts inside a genuine seal and on sealed texts. */
#include "fuzz.h"

#include "sso/session.h"

static const sso_session_policy_t policy = {APR_INT64_C(1) << 60, APR_INT64_C(1) << 61};
static const sso_session_bond_t bond = {SSO_SESSION_COOKIE, "https://a.example", "s", "a"};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    sso_span_t text = {(const char *)bytes, length};
    sso_seal_t seal = {0};
    sso_session_t session;
    const char *value;

    must(sso_seal_add(&seal, sso_span("0123456789abcdef0123456789abcdef"), "session"));
    must(sso_session_open(&seal, &bond, text, &policy, 0, &session, p) != NULL);
    value = sso_seal(&seal, sso_span("__Host-moodlesso\nhttps://a.example\ns\na"), text, p);
    if (sso_session_open(&seal, &bond, sso_span(value), &policy, 0, &session, p) == NULL)
        must(strlen(session.who->claims[SSO_CLAIM_SUBJECT]) <= length && session.who->expires > 0);
    return 0;
}

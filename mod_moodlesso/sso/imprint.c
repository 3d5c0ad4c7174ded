/* SPDX-License-Identifier: Apache-2.0 */
/* imprint.c -- what the store keeps of a sid, a subject, a token's id: two hashes, never the text.
 */
#include "sso/imprint.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_siphash.h>
#include <openssl/evp.h>

#include "base/text.h"

bool sso_imprint_is_kind(const char *kind)
{
    return sso_span_consists_of(sso_span(kind), "abcdefghijklmnopqrstuvwxyz0123456789_",
                                SSO_IMPRINT_KIND);
}

apr_uint64_t sso_imprint_tag(const char *kind, const char *text)
{
    unsigned char key[APR_SIPHASH_KSIZE] = {0};
    apr_uint64_t tag;

    for (int i = 0; i < APR_SIPHASH_KSIZE && kind[i] != '\0'; i++)
        key[i] = (unsigned char)kind[i];
    tag = apr_siphash24(text, strlen(text), key);
    return tag != 0 ? tag : 1;
}

bool sso_imprint_digest(const char *kind, const char *text,
                        unsigned char digest[SSO_IMPRINT_DIGEST])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done =
        context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
        EVP_DigestUpdate(context, kind, strlen(kind)) && EVP_DigestUpdate(context, "\n", 1) &&
        EVP_DigestUpdate(context, text, strlen(text)) && EVP_DigestFinal_ex(context, digest, NULL);

    EVP_MD_CTX_free(context);
    return done;
}

const char *sso_imprint_hex(const char *kind, const char *text, apr_pool_t *p)
{
    unsigned char digest[SSO_IMPRINT_DIGEST];

    return sso_imprint_digest(kind, text, digest) ? apr_pescape_hex(p, digest, sizeof(digest), 0)
                                                  : NULL;
}

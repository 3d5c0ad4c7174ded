/* SPDX-License-Identifier: Apache-2.0 */
/* imprint.h -- what the store keeps of a sid, a subject, a token's id: two hashes, never the text.
 *
 * The tag is cheap, and anybody can aim at it: it finds. The digest is SHA-256: it decides. */
#ifndef SSO_IMPRINT_H
#define SSO_IMPRINT_H

#include <stdbool.h>

#include <apr_pools.h>

#define SSO_IMPRINT_KIND   16 /* bytes of a kind's name at most */
#define SSO_IMPRINT_DIGEST 32 /* bytes */

/* A short name of what the text is, "sid"; then the text is one text of that kind. 1 to
 * SSO_IMPRINT_KIND lower-case letters, digits or '_'. */
bool sso_imprint_is_kind(const char *kind);

/* SipHash-2-4 of the text with the kind, padded with zeros, as its key; never 0. */
apr_uint64_t sso_imprint_tag(const char *kind, const char *text);

/* SHA-256 of kind, newline, text. False when the library fails. */
bool sso_imprint_digest(const char *kind, const char *text,
                        unsigned char digest[SSO_IMPRINT_DIGEST]);

/* The digest in 64 lower-case hex digits: `printf 'sid\nTEXT' | sha256sum`. NULL when the library
 * fails. */
const char *sso_imprint_hex(const char *kind, const char *text, apr_pool_t *p);

#endif

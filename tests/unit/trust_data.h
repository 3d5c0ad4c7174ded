/* SPDX-License-Identifier: Apache-2.0 */
/* trust_data.h -- a key set, and empty folders, for the tests of trust. */
#ifndef TRUST_DATA_H
#define TRUST_DATA_H

#include <apr_pools.h>

/* The key of RFC 7517 A.1. */
#define TRUST_KEY(kid)                                       \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"" kid "\"," \
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}"
#define TRUST_KEYS "{\"keys\":[" TRUST_KEY("1") "]}"

/* A folder of this process under the temporary one, made when it is not there. */
const char *trust_data_folder(const char *name, apr_pool_t *p);

#endif

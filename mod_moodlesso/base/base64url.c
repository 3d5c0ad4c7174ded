/* SPDX-License-Identifier: Apache-2.0 */
/* base64url.c -- bytes as text in URLs, cookies and tokens. */
#include "base/base64url.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* 0 to 63; 64 for what is no letter. */
static const unsigned char *values(void)
{
    static const unsigned char table[256] = {
#define NONE4  64, 64, 64, 64
#define NONE16 NONE4, NONE4, NONE4, NONE4
        NONE16, NONE16, NONE4,  NONE4,  NONE4,  64,     62,     64,    64, /* to '/' */
        52,     53,     54,     55,     56,     57,     58,     59,    60, 61, 64, 64,
        NONE4,  64,     0,      1,      2,      3,      4,      5,     6,  7,  8,  9,
        10,     11,     12,     13,     14,     15,     16,     17,    18, 19, 20, 21,
        22,     23,     24,     25,     64,     64,     64,     64,    63, 64, /* to '`' */
        26,     27,     28,     29,     30,     31,     32,     33,    34, 35, 36, 37,
        38,     39,     40,     41,     42,     43,     44,     45,    46, 47, 48, 49,
        50,     51,     64,     NONE4, /* to DEL */
        NONE16, NONE16, NONE16, NONE16, NONE16, NONE16, NONE16, NONE16};

    return table;
}

/* Decode 2 to 4 letters into 1 to 3 bytes; false when one is no letter. */
static bool decode_group(const unsigned char *table, const char *from, apr_size_t count,
                         unsigned char *to)
{
    apr_uint32_t bits = 0;
    unsigned char wrong = 0;

    for (apr_size_t i = 0; i < 4; i++) {
        unsigned char value = i < count ? table[(unsigned char)from[i]] : 0;
        wrong |= value;
        bits = bits << 6 | (value & 63);
    }
    to[0] = (unsigned char)(bits >> 16);
    if (count > 2)
        to[1] = (unsigned char)(bits >> 8);
    if (count > 3)
        to[2] = (unsigned char)bits;
    if ((wrong & 64) != 0)
        return false;
    return count == 4 || (bits & (count == 3 ? 0xFFu : 0xFFFFu)) == 0;
}

bool sso_base64url_decode(sso_span_t text, sso_span_t *bytes, apr_pool_t *p)
{
    const unsigned char *table = values();
    apr_size_t length = text.len / 4 * 3 + (text.len % 4 ? text.len % 4 - 1 : 0);
    unsigned char *made = apr_palloc(p, length + 4);

    if (text.len % 4 == 1)
        return false;
    for (apr_size_t from = 0, to = 0; from < text.len; from += 4, to += 3) {
        apr_size_t count = text.len - from < 4 ? text.len - from : 4;
        if (!decode_group(table, text.at + from, count, made + to))
            return false;
    }
    made[length] = '\0';
    bytes->at = (const char *)made;
    bytes->len = length;
    return true;
}

const char *sso_base64url_encode(const void *of_bytes, apr_size_t length, apr_pool_t *p)
{
    const unsigned char *bytes = of_bytes;
    char *made = apr_palloc(p, length / 3 * 4 + 5), *to = made;

    for (apr_size_t i = 0; i < length; i += 3) {
        apr_size_t left = length - i;
        apr_uint32_t bits = (apr_uint32_t)bytes[i] << 16 |
                            (left > 1 ? (apr_uint32_t)bytes[i + 1] << 8 : 0) |
                            (left > 2 ? (apr_uint32_t)bytes[i + 2] : 0);
        *to++ = letters[bits >> 18];
        *to++ = letters[bits >> 12 & 63];
        if (left > 1)
            *to++ = letters[bits >> 6 & 63];
        if (left > 2)
            *to++ = letters[bits & 63];
    }
    *to = '\0';
    return made;
}

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

/* Decode groups of 4 letters into 3 bytes each; false when one is no letter. */
static bool decode_groups(const unsigned char *table, sso_span_t text, unsigned char *to)
{
    const unsigned char *from = (const unsigned char *)text.at;
    unsigned wrong = 0;

    for (apr_size_t i = 0; i < text.len; i += 4, from += 4, to += 3) {
        unsigned a = table[from[0]], b = table[from[1]], c = table[from[2]], d = table[from[3]];

        wrong |= a | b | c | d;
        to[0] = (unsigned char)(a << 2 | b >> 4);
        to[1] = (unsigned char)(b << 4 | c >> 2);
        to[2] = (unsigned char)(c << 6 | d);
    }
    return (wrong & 64) == 0;
}

/* Decode the 2 or 3 letters at the end into 1 or 2 bytes; no bits may be left over. */
static bool decode_tail(const unsigned char *table, sso_span_t text, unsigned char *to)
{
    const unsigned char *from = (const unsigned char *)text.at;
    unsigned a = table[from[0]], b = table[from[1]], c = text.len == 3 ? table[from[2]] : 0;

    to[0] = (unsigned char)(a << 2 | b >> 4);
    if (text.len == 3)
        to[1] = (unsigned char)(b << 4 | c >> 2);
    return ((a | b | c) & 64) == 0 && (text.len == 3 ? c & 3 : b & 15) == 0;
}

bool sso_base64url_decode(sso_span_t text, sso_span_t *bytes, apr_pool_t *p)
{
    sso_span_t groups = {text.at, text.len - text.len % 4}, tail = {NULL, text.len % 4};
    apr_size_t length = groups.len / 4 * 3 + (tail.len ? tail.len - 1 : 0);
    unsigned char *made = apr_palloc(p, length + 1);

    if (tail.len == 1 || !decode_groups(values(), groups, made))
        return false;
    if (tail.len != 0) {
        tail.at = text.at + groups.len;
        if (!decode_tail(values(), tail, made + groups.len / 4 * 3))
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

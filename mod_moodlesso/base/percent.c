/* SPDX-License-Identifier: Apache-2.0 */
/* percent.c -- percent-encoding (RFC 3986 2.1). */
#include "base/percent.h"

#include <string.h>

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

sso_span_t sso_percent_decode(sso_span_t text, apr_pool_t *p)
{
    sso_span_t decoded = {text.at, text.len};
    char *out;

    if (text.len == 0 || memchr(text.at, '%', text.len) == NULL)
        return decoded;
    out = apr_palloc(p, text.len + 1);
    decoded.at = out;
    for (apr_size_t i = 0; i < text.len; i++) {
        int high = -1, low = -1;
        if (text.at[i] == '%' && text.len - i > 2) {
            high = hex_value(text.at[i + 1]);
            low = hex_value(text.at[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            *out++ = (char)(high * 16 + low);
            i += 2;
        }
        else {
            *out++ = text.at[i];
        }
    }
    *out = '\0';
    decoded.len = (apr_size_t)(out - decoded.at);
    return decoded;
}

const char *sso_percent_encode(sso_span_t text, apr_pool_t *p)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = apr_palloc(p, text.len * 3 + 1), *out = encoded;

    for (apr_size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (byte != 0 && strchr(unreserved, byte) != NULL) {
            *out++ = (char)byte;
        }
        else {
            *out++ = '%';
            *out++ = digits[byte >> 4];
            *out++ = digits[byte & 15];
        }
    }
    *out = '\0';
    return encoded;
}

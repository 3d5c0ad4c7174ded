/* SPDX-License-Identifier: Apache-2.0 */
/* igbinary.c -- scalars as the PHP extension igbinary writes them. */
#include "base/igbinary.h"

#include <string.h>

#define HEADER_BYTES 4

/* Type bytes (igbinary, src/php7/igbinary.c, enum igbinary_type). */
enum {
    TYPE_NULL = 0x00,
    TYPE_FALSE = 0x04,
    TYPE_TRUE = 0x05,
    TYPE_POSITIVE_8 =
        0x06, /* then: negative 8, positive 16, negative 16, positive 32, negative 32 */
    TYPE_NEGATIVE_32 = 0x0b,
    TYPE_STRING_EMPTY = 0x0d,
    TYPE_STRING_8 = 0x11, /* then: 16, 32 bits of length */
    TYPE_STRING_32 = 0x13,
    TYPE_POSITIVE_64 = 0x20,
    TYPE_NEGATIVE_64 = 0x21
};

bool sso_igbinary_is(sso_span_t text)
{
    return text.len > HEADER_BYTES && memcmp(text.at, "\0\0\0", 3) == 0 &&
           (text.at[3] == 1 || text.at[3] == 2);
}

/* Big-endian number of `width` bytes, cut off the span. */
static bool take_number(sso_span_t *rest, apr_size_t width, apr_uint64_t *number)
{
    if (rest->len < width)
        return false;
    *number = 0;
    for (apr_size_t i = 0; i < width; i++)
        *number = (*number << 8) | (unsigned char)rest->at[i];
    rest->at += width;
    rest->len -= width;
    return true;
}

static bool integer(sso_span_t rest, apr_size_t width, bool negative, sso_php_value_t *value)
{
    apr_uint64_t number;

    if (!take_number(&rest, width, &number) || rest.len != 0 || number > APR_INT64_MAX)
        return false;
    value->type = SSO_PHP_INTEGER;
    value->integer = negative ? -(apr_int64_t)number : (apr_int64_t)number;
    return true;
}

static bool string(sso_span_t rest, apr_size_t width, sso_php_value_t *value)
{
    apr_uint64_t length;

    if (!take_number(&rest, width, &length) || rest.len != length)
        return false;
    value->type = SSO_PHP_STRING;
    value->string = rest;
    return true;
}

bool sso_igbinary_scalar(sso_span_t text, sso_php_value_t *value)
{
    sso_span_t rest = {text.at + HEADER_BYTES + 1, text.len - HEADER_BYTES - 1};
    int type;

    memset(value, 0, sizeof(*value));
    if (!sso_igbinary_is(text))
        return false;
    type = (unsigned char)text.at[HEADER_BYTES];
    if (type >= TYPE_POSITIVE_8 && type <= TYPE_NEGATIVE_32)
        return integer(rest, (apr_size_t)1 << ((type - TYPE_POSITIVE_8) / 2), type % 2 == 1, value);
    if (type == TYPE_POSITIVE_64 || type == TYPE_NEGATIVE_64)
        return integer(rest, 8, type == TYPE_NEGATIVE_64, value);
    if (type >= TYPE_STRING_8 && type <= TYPE_STRING_32)
        return string(rest, (apr_size_t)1 << (type - TYPE_STRING_8), value);
    if (rest.len != 0)
        return false;
    value->type = type == TYPE_NULL           ? SSO_PHP_NULL
                  : type == TYPE_STRING_EMPTY ? SSO_PHP_STRING
                                              : SSO_PHP_BOOLEAN;
    value->integer = type == TYPE_TRUE;
    value->string = sso_span("");
    return type == TYPE_NULL || type == TYPE_STRING_EMPTY || type == TYPE_TRUE ||
           type == TYPE_FALSE;
}

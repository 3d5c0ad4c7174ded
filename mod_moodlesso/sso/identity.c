/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c -- what a source vouches for: issuer, subject and claims; as values and as bytes.
 *
 * The packed form: a head, then one length per claim (0xFFFF: unknown), then the texts with their
 * NULs in the order of the lengths. Unpacking sets pointers and copies nothing. */
#include "sso/identity.h"

#include <string.h>

#include <apr_strings.h>

#include "base/utf8.h"

#define UNKNOWN 0xFFFF

typedef struct head_t {
    apr_time_t expires, vouched_at;
    apr_int32_t error; /* code, or -1 for an identity */
    apr_int32_t extra_count;
} head_t;

static const char *const names[] = {
#define SSO_CLAIM(field, claim, variable) claim,
    SSO_CLAIMS(SSO_CLAIM)
#undef SSO_CLAIM
};

static const char *const variables[] = {
#define SSO_CLAIM(field, claim, variable) variable,
    SSO_CLAIMS(SSO_CLAIM)
#undef SSO_CLAIM
};

const char *sso_claim_variable(sso_claim_t claim)
{
    return variables[claim];
}

const char *sso_identity_claim(const sso_identity_t *who, const char *name)
{
    for (int i = 0; i < SSO_CLAIM_COUNT; i++) {
        if (strcmp(names[i], name) == 0)
            return who->claims[i];
    }
    for (int i = 0; i < who->extra_count; i++) {
        if (strcmp(who->extra[2 * i], name) == 0)
            return who->extra[2 * i + 1];
    }
    return NULL;
}

bool sso_identity_next(const char *name, sso_span_t *rest, sso_span_t *value)
{
    if (strcmp(name, names[SSO_CLAIM_ROLES]) == 0)
        return sso_span_next(rest, SSO_VALUE_SEPARATOR, value);
    *value = *rest;
    *rest = sso_span(NULL);
    return value->at != NULL;
}

bool sso_identity_has(const sso_identity_t *who, const char *name, const char *value)
{
    sso_span_t rest = sso_span(sso_identity_claim(who, name)), item;

    while (sso_identity_next(name, &rest, &item)) {
        if (sso_span_equal(item, value))
            return true;
    }
    return false;
}

const char *sso_identity_verified_email(const sso_identity_t *who)
{
    return sso_identity_has(who, "email_verified", "true") ? who->claims[SSO_CLAIM_EMAIL] : NULL;
}

static char *replace(const char *text, char from, char to, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, text);

    for (char *c = copy; *c; c++) {
        if (*c == from)
            *c = to;
    }
    return copy;
}

static const char *clean(const char *value, apr_pool_t *p)
{
    if (value == NULL || *value == '\0')
        return NULL;
    return replace(sso_utf8_clean(value, p), ';', ',', p);
}

void sso_identity_set(sso_identity_t *who, sso_claim_t claim, const char *value, apr_pool_t *p)
{
    who->claims[claim] = clean(value, p);
}

void sso_identity_add(sso_identity_t *who, const char *name, const char *value, apr_pool_t *p)
{
    const char **extra;

    if ((value = clean(value, p)) == NULL)
        return;
    extra = apr_palloc(p, sizeof(*extra) * 2 * (apr_size_t)(who->extra_count + 1));
    for (int i = 0; i < who->extra_count * 2; i++)
        extra[i] = who->extra[i];
    extra[2 * who->extra_count] = name;
    extra[2 * who->extra_count + 1] = value;
    who->extra = extra;
    who->extra_count++;
}

void sso_identity_set_list(sso_identity_t *who, sso_claim_t claim, const char *list, char separator,
                           apr_pool_t *p)
{
    if (list == NULL)
        return;
    /* A value that holds our separator must not look like two values. */
    if (separator != SSO_VALUE_SEPARATOR)
        list =
            replace(replace(list, SSO_VALUE_SEPARATOR, ' ', p), separator, SSO_VALUE_SEPARATOR, p);
    sso_identity_set(who, claim, list, p);
}

static bool put(char *bytes, apr_size_t size, apr_size_t *used, const void *from, apr_size_t length)
{
    if (*used + length <= size)
        memcpy(bytes + *used, from, length);
    *used += length;
    return *used <= size;
}

static bool put_text(char *bytes, apr_size_t size, apr_size_t *used, const char *text,
                     apr_uint16_t *length)
{
    apr_size_t n = text ? strlen(text) : 0;

    *length = text ? (apr_uint16_t)n : UNKNOWN;
    if (text == NULL)
        return true;
    return n < UNKNOWN && put(bytes, size, used, text, n + 1);
}

bool sso_identity_pack(const sso_identity_t *who, const sso_error_t *error, char *bytes,
                       apr_size_t size, apr_size_t *used)
{
    head_t head = {who ? who->expires : 0, who ? who->vouched_at : 0,
                   error ? (apr_int32_t)error->code : -1, who ? who->extra_count : 0};
    int count = who ? SSO_CLAIM_COUNT + 2 * who->extra_count : 0;
    apr_size_t lengths_at = sizeof(head), length_bytes = (apr_size_t)count * sizeof(apr_uint16_t);
    bool fits = true;

    *used = 0;
    put(bytes, size, used, &head, sizeof(head));
    *used += length_bytes;
    for (int i = 0; i < count; i++) {
        const char *text = i < SSO_CLAIM_COUNT ? who->claims[i] : who->extra[i - SSO_CLAIM_COUNT];
        apr_size_t at = lengths_at + (apr_size_t)i * sizeof(apr_uint16_t);
        apr_uint16_t length;

        fits &= put_text(bytes, size, used, text, &length);
        if (at + sizeof(length) <= size)
            memcpy(bytes + at, &length, sizeof(length));
    }
    return fits && *used <= size;
}

/* The text of `length` bytes and a NUL at `*at`; false when it does not end where it must. */
static bool get_text(const char *bytes, apr_size_t size, apr_size_t *at, apr_uint16_t length,
                     const char **text)
{
    *text = NULL;
    if (length == UNKNOWN)
        return true;
    if (size - *at <= length || bytes[*at + length] != '\0')
        return false;
    *text = bytes + *at;
    *at += (apr_size_t)length + 1;
    return true;
}

static bool get_identity(const char *bytes, apr_size_t size, const head_t *head,
                         sso_identity_t *who, apr_pool_t *p)
{
    int count = SSO_CLAIM_COUNT + 2 * head->extra_count;
    apr_size_t at = sizeof(*head) + (apr_size_t)count * sizeof(apr_uint16_t);

    if (at > size)
        return false;
    who->expires = head->expires;
    who->vouched_at = head->vouched_at;
    who->extra_count = head->extra_count;
    if (head->extra_count > 0)
        who->extra = apr_palloc(p, sizeof(*who->extra) * 2 * (apr_size_t)head->extra_count);
    for (int i = 0; i < count; i++) {
        apr_uint16_t length;
        const char **text =
            i < SSO_CLAIM_COUNT ? &who->claims[i] : &who->extra[i - SSO_CLAIM_COUNT];

        memcpy(&length, bytes + sizeof(*head) + (apr_size_t)i * sizeof(length), sizeof(length));
        if (!get_text(bytes, size, &at, length, text))
            return false;
    }
    return true;
}

bool sso_identity_unpack(const char *bytes, apr_size_t size, sso_identity_t **who,
                         const sso_error_t **error, apr_pool_t *p)
{
    head_t head;

    *who = NULL;
    *error = NULL;
    if (size < sizeof(head))
        return false;
    memcpy(&head, bytes, sizeof(head));
    if (head.error >= 0) {
        if (head.error >= SSO_CODE_COUNT)
            return false;
        *error = sso_error((sso_code_t)head.error);
        return true;
    }
    if (head.extra_count < 0 || head.extra_count > 1000)
        return false;
    *who = apr_pcalloc(p, sizeof(**who));
    return get_identity(bytes, size, &head, *who, p);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* domain.c -- names of domains in one form, so that equal ones are the same bytes. */
#include "base/domain.h"

#include <apr_strings.h>

#include "base/utf8.h"

#define LABEL_MAX      63
#define NAME_MAX_BYTES 253

/* RFC 3492 5. */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };

typedef struct label_t {
    char text[LABEL_MAX + 1];
    apr_size_t used;
} label_t;

static bool push(label_t *label, char byte)
{
    if (label->used >= LABEL_MAX)
        return false;
    label->text[label->used++] = byte;
    return true;
}

static apr_uint32_t adapt(apr_uint32_t delta, apr_uint32_t count, bool is_first)
{
    apr_uint32_t k = 0;

    delta = is_first ? delta / DAMP : delta / 2;
    for (delta += delta / count; delta > ((BASE - TMIN) * TMAX) / 2; k += BASE)
        delta /= BASE - TMIN;
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

/* One number in digits of changing weight (RFC 3492 3.3). */
static bool push_number(label_t *label, apr_uint32_t number, apr_uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    for (apr_uint32_t k = BASE;; k += BASE) {
        apr_uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;

        if (number < t)
            return push(label, digits[number]);
        if (!push(label, digits[t + (number - t) % (BASE - t)]))
            return false;
        number = (number - t) / (BASE - t);
    }
}

/* The code points of valid UTF-8; at most LABEL_MAX, or 0 when there are more. */
static apr_uint32_t code_points(sso_span_t text, apr_uint32_t points[LABEL_MAX])
{
    apr_uint32_t count = 0;

    for (apr_size_t i = 0; i < text.len;) {
        unsigned char lead = (unsigned char)text.at[i];
        int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        apr_uint32_t point = more == 0 ? lead : lead & (0x3Fu >> more);

        if (count == LABEL_MAX || i + (apr_size_t)more >= text.len)
            return 0;
        for (i++; more > 0; more--, i++)
            point = point << 6 | ((unsigned char)text.at[i] & 0x3F);
        points[count++] = point;
    }
    return count;
}

static apr_uint32_t next_point(const apr_uint32_t *points, apr_uint32_t count, apr_uint32_t least)
{
    apr_uint32_t next = APR_UINT32_MAX;

    for (apr_uint32_t i = 0; i < count; i++) {
        if (points[i] >= least && points[i] < next)
            next = points[i];
    }
    return next;
}

/* RFC 3492 6.3; labels are short, so that no number runs over. */
static bool push_punycode(label_t *label, sso_span_t text)
{
    apr_uint32_t points[LABEL_MAX], count = code_points(text, points);
    apr_uint32_t n = FIRST, delta = 0, bias = BIAS, basic = 0, done;

    for (const char *prefix = "xn--"; *prefix; prefix++)
        push(label, *prefix);
    for (apr_uint32_t i = 0; i < count; i++) {
        if (points[i] < FIRST && (basic++, !push(label, (char)points[i])))
            return false;
    }
    if (count == 0 || (basic > 0 && !push(label, '-')))
        return false;
    for (done = basic; done < count; n++, delta++) {
        apr_uint32_t next = next_point(points, count, n);

        delta += (next - n) * (done + 1);
        n = next;
        for (apr_uint32_t i = 0; i < count; i++) {
            if (points[i] < n)
                delta++;
            if (points[i] != n)
                continue;
            if (!push_number(label, delta, bias))
                return false;
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
    return true;
}

static bool is_ldh(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

/* A label in small letters, as DNS has it. */
static bool read_label(sso_span_t text, label_t *label)
{
    bool is_ascii = true;

    for (apr_size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] >= 0x80)
            is_ascii = false;
        else if (!is_ldh(text.at[i]))
            return false;
    }
    if (text.len == 0 || text.at[0] == '-' || text.at[text.len - 1] == '-')
        return false;
    if (!is_ascii)
        return push_punycode(label, text);
    for (apr_size_t i = 0; i < text.len; i++) {
        if (!push(label, text.at[i]))
            return false;
    }
    return true;
}

const char *sso_domain_normal(sso_span_t domain, apr_pool_t *p)
{
    sso_span_t rest, item;
    char *normal;
    apr_size_t used = 0;

    if (domain.len > 0 && domain.at[domain.len - 1] == '.')
        domain.len--;
    if (domain.len == 0 || domain.len > 4 * NAME_MAX_BYTES || !sso_utf8_is_clean(domain))
        return NULL;
    rest = (sso_span_t){sso_span_lower(domain, p), domain.len};
    normal = apr_palloc(p, NAME_MAX_BYTES + 2);
    while (sso_span_next(&rest, '.', &item)) {
        label_t label = {.used = 0};

        if (!read_label(item, &label) || used + label.used > NAME_MAX_BYTES)
            return NULL;
        memcpy(normal + used, label.text, label.used);
        used += label.used;
        normal[used++] = '.';
    }
    normal[used - 1] = '\0';
    return normal;
}

const char *sso_domain_of_email(const char *email, sso_span_t *local, apr_pool_t *p)
{
    const char *at = email ? strchr(email, '@') : NULL;

    if (at == NULL || at == email || strchr(at + 1, '@') != NULL)
        return NULL;
    *local = (sso_span_t){email, (apr_size_t)(at - email)};
    return sso_domain_normal(sso_span(at + 1), p);
}

bool sso_domain_is(const char *domain, const char *rule)
{
    apr_size_t length = strlen(domain), end;

    if (strncmp(rule, "*.", 2) != 0)
        return strcmp(domain, rule) == 0;
    end = strlen(rule + 1);
    return length > end && strcmp(domain + length - end, rule + 1) == 0;
}

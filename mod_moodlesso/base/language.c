/* SPDX-License-Identifier: Apache-2.0 */
/* language.c -- the language a visitor's browser asks for. */
#include "base/language.h"

#include <apr_lib.h>

#define MAX_RANGES 32 /* more than any browser sends */

bool sso_language_is_tag(sso_span_t tag)
{
    sso_span_t rest = tag, part;
    int parts = 0;

    while (sso_span_next(&rest, '-', &part)) {
        if (!sso_span_is_word(part, "", 8) || (parts++ == 0 && (part.len < 2 || part.len > 3)))
            return false;
    }
    return parts > 0 && parts <= 3;
}

/* Thousandths: "0.8" is 800. What is no weight counts as 0, so it asks for nothing. */
static int weight_of(sso_span_t text)
{
    int weight = 0, scale = 1000;

    if (text.len == 0 || text.len > 5 || (*text.at != '0' && *text.at != '1') ||
        (text.len > 1 && text.at[1] != '.'))
        return 0;
    for (apr_size_t i = 0; i < text.len; i++) {
        if (i == 1)
            continue;
        if (!apr_isdigit(text.at[i]))
            return 0;
        weight += (text.at[i] - '0') * scale;
        scale /= 10;
    }
    return weight <= 1000 ? weight : 0;
}

/* "de-AT;q=0.8" into its tag and weight. */
static int read_range(sso_span_t item, sso_span_t *tag)
{
    sso_span_t parameter;
    int weight = 1000;

    *tag = (sso_span_t){"", 0};
    if (!sso_span_next(&item, ';', tag))
        return 0;
    *tag = sso_span_trim(*tag);
    while (sso_span_next(&item, ';', &parameter)) {
        parameter = sso_span_trim(parameter);
        if (parameter.len >= 2 && (parameter.at[0] | 0x20) == 'q' && parameter.at[1] == '=')
            weight = weight_of((sso_span_t){parameter.at + 2, parameter.len - 2});
    }
    return weight;
}

/* The place of the tag, or of the longest beginning of it that ends before a '-'; else -1. */
static int look_up(sso_span_t tag, const apr_array_header_t *tags)
{
    while (tag.len > 0) {
        for (int i = 0; i < tags->nelts; i++) {
            if (sso_span_equal_nocase(tag, sso_span(APR_ARRAY_IDX(tags, i, const char *))))
                return i;
        }
        while (tag.len > 0 && tag.at[--tag.len] != '-')
            ;
    }
    return -1;
}

int sso_language_choose(const char *accept_language, const apr_array_header_t *tags)
{
    sso_span_t rest = sso_span(accept_language), item, tag;
    int best = 0, best_weight = 0;

    for (int i = 0; i < MAX_RANGES && rest.at != NULL && sso_span_next(&rest, ',', &item); i++) {
        int weight = read_range(item, &tag);
        int place = sso_span_equal(tag, "*") ? 0 : look_up(tag, tags);

        if (place >= 0 && weight > best_weight) {
            best = place;
            best_weight = weight;
        }
    }
    return best;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_mark.c -- what a browser remembers for seconds of having been signed in to Moodle. */
#include "sso/moodle_mark.h"

#include <apr_hash.h>
#include <apr_strings.h>

#define ANY "-"

/* Tells apart; nobody gains by finding another text of the same hash but a page that explains. */
static const char *hash_of(sso_span_t text, apr_pool_t *p)
{
    apr_ssize_t length = (apr_ssize_t)text.len;

    return text.len == 0 ? ANY : apr_psprintf(p, "%08x", apr_hashfunc_default(text.at, &length));
}

const char *sso_moodle_mark_make(const char *subject, sso_span_t sid, int rounds, apr_pool_t *p)
{
    return apr_psprintf(p, "%s.%s.%d", hash_of(sso_span(subject), p), hash_of(sid, p), rounds);
}

sso_moodle_mark_t sso_moodle_mark_read(sso_span_t value, const char *subject, sso_span_t sid,
                                       apr_pool_t *p)
{
    sso_moodle_mark_t mark = {0, false};
    sso_span_t rest = value, person, session, count;
    apr_int64_t rounds;

    if (value.len == 0 || !sso_span_next(&rest, '.', &person) || rest.at == NULL ||
        !sso_span_next(&rest, '.', &session) || rest.at == NULL ||
        !sso_span_next(&rest, '.', &count) || !sso_span_integer(count, &rounds) || rounds < 1 ||
        !sso_span_equal(person, hash_of(sso_span(subject), p)))
        return mark;
    mark.rounds = rounds < SSO_MOODLE_MARK_ROUNDS ? (int)rounds : SSO_MOODLE_MARK_ROUNDS;
    mark.returned = sid.len == 0 || rounds >= SSO_MOODLE_MARK_ROUNDS ||
                    sso_span_equal(session, ANY) || sso_span_equal(session, hash_of(sid, p));
    return mark;
}

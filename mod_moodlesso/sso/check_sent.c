/* SPDX-License-Identifier: Apache-2.0 */
/* check_sent.c -- what a page says of frames when it reaches a browser. */
#include "sso/check_sent.h"

#include <apr_strings.h>

typedef struct said_t {
    apr_array_header_t
        *policies;    /* const char **: each in a place of its own, for sso_frame_apply */
    const char *text; /* all of it, for people; NULL: nothing */
    apr_pool_t *p;
} said_t;

static int take(void *of_said, const char *name, const char *value)
{
    said_t *said = of_said;
    const char **policy = apr_palloc(said->p, sizeof(*policy));

    *policy = value;
    if (strcasecmp(name, "Content-Security-Policy") == 0)
        APR_ARRAY_PUSH(said->policies, const char **) = policy;
    said->text = apr_pstrcat(said->p, said->text ? said->text : "", said->text ? " | " : "", name,
                             ": ", value, NULL);
    return 1;
}

/* Our filter makes a header that it leaves alone itself: what it would change came later. */
static bool is_as_sent(const sso_frame_t *frame, const said_t *said, const char *x_frame_options)
{
    sso_frame_headers_t headers = {.policies = said->policies, .x_frame_options = x_frame_options};
    const apr_array_header_t *policies = said->policies;
    const char **before = apr_palloc(said->p, sizeof(*before) * (apr_size_t)(policies->nelts + 1));
    bool is_same = true;

    for (int i = 0; i < policies->nelts; i++)
        before[i] = *APR_ARRAY_IDX(policies, i, const char **);
    sso_frame_apply(frame, &headers, said->p);
    for (int i = 0; i < policies->nelts; i++)
        is_same &= strcmp(before[i], *APR_ARRAY_IDX(policies, i, const char **)) == 0;
    return is_same && headers.added == NULL && !headers.too_large &&
           !(headers.drop_x_frame_options && x_frame_options != NULL);
}

void sso_check_sent(sso_check_t *check, const sso_frame_t *frame, const sso_check_sent_t *sent)
{
    said_t said = {.policies = apr_array_make(check->p, 2, sizeof(const char **)), .p = check->p};
    sso_check_line_t *line;
    bool is_good;

    if (sent->url == NULL || sent->why != NULL) {
        line = sso_check_add(check, "sent", SSO_CHECK_UNTESTED,
                             sent->url ? SSO_FOUND_NOT_SENT : SSO_FOUND_NO_BASE_URL, sent->url);
        line->why = sent->why;
        return;
    }
    apr_table_do(take, &said, sent->fields, "Content-Security-Policy", "X-Frame-Options", NULL);
    is_good = is_as_sent(frame, &said, apr_table_get(sent->fields, "X-Frame-Options"));
    line = sso_check_add(check, "sent", is_good ? SSO_CHECK_GOOD : SSO_CHECK_BAD, SSO_FOUND_SENT,
                         sent->url);
    line->why = said.text;
    line->fix = is_good ? SSO_FIX_NONE : SSO_FIX_SENT;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* return_url_driver.c -- the rule of return targets as a filter of JSON lines, for
 * return_differential.mjs.
 *
 * In: {"wanted": "..."}   Out: {"url": "..." or null}, for the site https://moodle.example and the
 * listed origin https://portal.example:8443. */
#include "json_lines.h"

#include "sso/return_url.h"

static json_t *answer(const json_t *question, apr_pool_t *p)
{
    apr_array_header_t *origins = apr_array_make(p, 1, sizeof(sso_uri_t));
    const char *wanted = bytes_of(json_object_get(question, "wanted"), p);
    sso_uri_t own;

    if (!sso_uri_parse("https://moodle.example", &own, p) ||
        !sso_uri_parse("https://portal.example:8443", apr_array_push(origins), p))
        abort();
    return json_pack("{s:o}", "url", text_of(sso_return_url(wanted, &own, origins, p), p));
}

int main(void)
{
    return answer_lines(answer);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* page_driver.c -- the pages built in, filled in with any values, as a filter of JSON lines, for
 * pages.test.mjs.
 *
 * In: {"page": "login", "language": "de", "values": {...}}   Out: {"html": "..." or null} */
#include "json_lines.h"

#include "sso/pages.h"

static json_t *answer(const json_t *question, apr_pool_t *p)
{
    const char *sentence, *page = json_string_value(json_object_get(question, "page"));
    const char *language = json_string_value(json_object_get(question, "language"));
    sso_pages_t *pages = sso_pages_make(&sentence, p);
    sso_span_t html = {NULL, 0};

    if (pages == NULL || page == NULL)
        abort();
    sso_pages_fill(pages, page, sso_pages_language(pages, language),
                   json_object_get(question, "values"), &html, p);
    return json_pack("{s:o}", "html", html.at ? json_string(html.at) : json_null());
}

int main(void)
{
    return answer_lines(answer);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* template.c -- "%{given_name} %{family_name}": text with claims in it. */
#include "sso/template.h"

#include <string.h>

#include <apr_strings.h>

struct sso_template_t {
    const char *text; /* fixed text, or the claim's name */
    bool is_claim;
    sso_template_t *next;
};

static sso_template_t *append(sso_template_t ***end, const char *text, apr_size_t length,
                              bool is_claim, apr_pool_t *p)
{
    sso_template_t *piece = apr_pcalloc(p, sizeof(*piece));

    piece->text = apr_pstrmemdup(p, text, length);
    piece->is_claim = is_claim;
    **end = piece;
    *end = &piece->next;
    return piece;
}

const char *sso_template_parse(const char *text, const sso_template_t **compiled, apr_pool_t *p)
{
    sso_template_t *first = NULL, **end = &first;
    const char *close;

    while (*text != '\0') {
        apr_size_t fixed = strcspn(text, "%");
        if (fixed > 0)
            append(&end, text, fixed, false, p);
        text += fixed;
        if (strncmp(text, "%%", 2) == 0) {
            append(&end, "%", 1, false, p);
            text += 2;
        }
        else if (strncmp(text, "%{", 2) == 0 && (close = strchr(text, '}')) != NULL &&
                 close > text + 2) {
            append(&end, text + 2, (apr_size_t)(close - text - 2), true, p);
            text = close + 1;
        }
        else if (*text != '\0') {
            return apr_psprintf(p, "\"%s\": write %%{claim}, and %%%% for a per cent sign", text);
        }
    }
    if (first == NULL)
        return "the template is empty";
    *compiled = first;
    return NULL;
}

const char *sso_template_fill(const sso_template_t *compiled, const sso_identity_t *who,
                              apr_pool_t *p)
{
    const char *filled = "";

    for (; compiled != NULL; compiled = compiled->next) {
        const char *text =
            compiled->is_claim ? sso_identity_claim(who, compiled->text) : compiled->text;
        if (text == NULL)
            return NULL;
        filled = *filled ? apr_pstrcat(p, filled, text, NULL) : text;
    }
    return filled;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c -- who may show our pages in a frame, and what it does to the headers of a response. */
#include "sso/frame.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "base/csp.h"

/* Hosts as Microsoft documents them, read on 2026-11-22: learn.microsoft.com, "Tab requirements"
 * (Teams, Microsoft 365, Outlook); validOrigins of @microsoft/teams-js 2.58.0 (personal and the
 * US government clouds). conf.d/REFERENCE.md repeats the lists. */
static const struct {
    const char *name;
    const char *sources;
} presets[] = {
    {"teams",
     "https://teams.microsoft.com https://*.teams.microsoft.com https://teams.cloud.microsoft"},
    {"m365", "https://teams.microsoft.com https://*.teams.microsoft.com https://*.cloud.microsoft "
             "https://*.microsoft365.com https://*.office.com https://outlook.office.com "
             "https://outlook.office365.com"},
    {"outlook", "https://outlook.office.com https://outlook.office365.com "
                "https://outlook.cloud.microsoft https://outlook.live.com"},
    {"personal", "https://teams.live.com"},
    {"gcch", "https://gov.teams.microsoft.us https://outlook.office365.us"},
    {"dod", "https://dod.teams.microsoft.us https://outlook-dod.office365.us "
            "https://webmail.apps.mil"},
};

static const char *const modes[] = {"Off", "merge", "replace", "absent"};

static void add_source(sso_frame_t *frame, const char *source)
{
    for (int i = 0; i < frame->sources->nelts; i++) {
        if (sso_span_equal_nocase(sso_span(APR_ARRAY_IDX(frame->sources, i, const char *)),
                                  sso_span(source)))
            return;
    }
    APR_ARRAY_PUSH(frame->sources, const char *) = source;
}

static bool add_preset(sso_frame_t *frame, const char *word, apr_pool_t *p)
{
    sso_span_t rest, source;

    for (apr_size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        if (strcmp(presets[i].name, word) != 0)
            continue;
        rest = sso_span(presets[i].sources);
        while (sso_span_word(&rest, &source))
            add_source(frame, apr_pstrmemdup(p, source.at, source.len));
        return true;
    }
    return false;
}

static const char *add_word(sso_frame_t *frame, const char *word, apr_pool_t *p)
{
    if (strcmp(word, "respect-none") == 0 || strcmp(word, "unsafe-any") == 0 ||
        add_preset(frame, word, p))
        return NULL;
    if (sso_csp_source_is_valid(word, true) && !sso_csp_source_is_valid(word, frame->unsafe_any))
        return apr_psprintf(p,
                            "%s lets every site frame this one; name the sites, or add the word "
                            "unsafe-any if you mean it",
                            word);
    /* A bare word is a mistyped preset rather than a host. */
    if (!sso_csp_source_is_valid(word, frame->unsafe_any) || strpbrk(word, "'.:*") == NULL)
        return apr_psprintf(p,
                            "%s is no preset (teams, m365, outlook, personal, gcch, dod) and no "
                            "source: write https://host, https://*.host or 'self', without a path",
                            word);
    add_source(frame, word);
    return NULL;
}

static bool has_word(const apr_array_header_t *words, const char *word)
{
    for (int i = 0; i < words->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(words, i, const char *), word) == 0)
            return true;
    }
    return false;
}

const char *sso_frame_make(const apr_array_header_t *words, const sso_frame_t **made, apr_pool_t *p)
{
    sso_frame_t *frame = apr_pcalloc(p, sizeof(*frame));
    const char *first = words->nelts > 0 ? APR_ARRAY_IDX(words, 0, const char *) : "", *sentence;
    int from = 0;

    *made = frame;
    frame->mode = SSO_FRAME_MERGE;
    for (int i = SSO_FRAME_OFF; i <= SSO_FRAME_ABSENT; i++) {
        if (apr_cstr_casecmp(modes[i], first) == 0) {
            frame->mode = (sso_frame_mode_t)i;
            from = 1;
        }
    }
    if (frame->mode == SSO_FRAME_OFF)
        return words->nelts == 1 ? NULL : "Off stands alone";
    frame->respect_none = has_word(words, "respect-none");
    frame->unsafe_any = has_word(words, "unsafe-any");
    frame->sources = apr_array_make(p, 8, sizeof(const char *));
    /* Every ancestor is checked, so Moodle's own frames (H5P, SCORM) inside Teams need 'self'. */
    add_source(frame, "'self'");
    for (int i = from; i < words->nelts; i++) {
        if ((sentence = add_word(frame, APR_ARRAY_IDX(words, i, const char *), p)))
            return sentence;
    }
    if (words->nelts == from)
        return "name who may frame this site: a preset like teams, or sources like https://host";
    frame->directive = sso_csp_directive(frame->sources, p);
    return NULL;
}

bool sso_frame_allows(const sso_frame_t *frame, const char *origin, const sso_uri_t *own,
                      apr_pool_t *p)
{
    sso_uri_t uri;

    if (frame->mode == SSO_FRAME_OFF || !sso_uri_parse(origin, &uri, p) || uri.path[0] != '\0')
        return false;
    for (int i = 0; i < frame->sources->nelts; i++) {
        const char *source = APR_ARRAY_IDX(frame->sources, i, const char *);

        if (strcmp(source, "'self'") == 0 ? sso_uri_same_origin(&uri, own)
                                          : sso_csp_source_allows(source, &uri))
            return true;
    }
    return false;
}

static void edit(const sso_frame_t *frame, sso_frame_headers_t *headers, apr_pool_t *p)
{
    for (int i = 0; i < headers->policies->nelts; i++) {
        const char **value = APR_ARRAY_IDX(headers->policies, i, const char **);
        sso_csp_view_t view;

        if (sso_csp_look(*value, &view) && view.names_ancestors)
            *value = sso_csp_edit(*value, frame->sources, frame->mode == SSO_FRAME_REPLACE, p);
    }
}

static void append(const sso_frame_t *frame, sso_frame_headers_t *headers, apr_pool_t *p)
{
    for (int i = 0; i < headers->policies->nelts; i++) {
        const char **value = APR_ARRAY_IDX(headers->policies, i, const char **);
        sso_csp_view_t view;

        if (sso_csp_look(*value, &view) && view.policies > 0) {
            *value = sso_csp_append(*value, frame->sources, p);
            return;
        }
    }
    headers->added = frame->directive;
}

/* One of several values is enough: browsers block on conflicting ones as well. */
static bool says_deny(const char *x_frame_options)
{
    sso_span_t rest = sso_span(x_frame_options), item;

    while (sso_span_next(&rest, ',', &item)) {
        if (sso_span_equal_nocase(sso_span_trim(item), sso_span("DENY")))
            return true;
    }
    return false;
}

void sso_frame_apply(const sso_frame_t *frame, sso_frame_headers_t *headers, apr_pool_t *p)
{
    bool named = false, has = false, forbidden = false;

    for (int i = 0; i < headers->policies->nelts; i++) {
        sso_csp_view_t view;

        if (!sso_csp_look(*APR_ARRAY_IDX(headers->policies, i, const char **), &view)) {
            headers->too_large = true;
            return;
        }
        named |= view.names_ancestors;
        has |= view.has_ancestors;
        forbidden |= view.forbids_ancestors;
    }
    headers->drop_x_frame_options = has;
    if (frame->respect_none && (named ? forbidden : says_deny(headers->x_frame_options)))
        return;
    if (frame->mode == SSO_FRAME_ABSENT && (named || headers->x_frame_options != NULL))
        return;
    if (named)
        edit(frame, headers, p);
    else
        append(frame, headers, p);
    headers->drop_x_frame_options = true;
}

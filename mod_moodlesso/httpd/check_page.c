/* SPDX-License-Identifier: Apache-2.0 */
/* check_page.c -- what moodlesso-check found, as JSON for scripts and as a page for people: the
 * same sentences, from pages/texts.LANGUAGE. */
#include <httpd.h>

#include <apr_strings.h>

#include "httpd/check.h"
#include "httpd/handlers.h"
#include "httpd/page.h"

/* Somebody else's words may be no UTF-8. */
static json_t *text_of(const char *text)
{
    json_t *string = json_string(text ? text : "");

    return string ? string : json_string("?");
}

/* What stands in the texts of a line. */
static json_t *words_of(const sso_check_line_t *line)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "what", text_of(line->what), "why", text_of(line->why),
                     "run", text_of(line->run), "thing", text_of(line->thing));
}

/* "found", "fix" and "run" of a line; the latter two only where there are some. */
static void describe(request_rec *r, bool in_english, const sso_check_line_t *line, json_t *object)
{
    json_t *words = words_of(line);
    const char *found = moodlesso_page_text(r, in_english, sso_found_text(line->found), words);
    const char *fix = line->fix == SSO_FIX_NONE
                          ? NULL
                          : moodlesso_page_text(r, in_english, sso_fix_text(line->fix), words);

    json_object_set_new(object, "name", text_of(line->name));
    json_object_set_new(object, "found", text_of(found));
    if (fix != NULL)
        json_object_set_new(object, "fix", text_of(fix));
    if (line->run != NULL)
        json_object_set_new(object, "run", text_of(line->run));
    json_decref(words);
}

static json_t *verdict(sso_verdict_t verdict)
{
    return verdict == SSO_CHECK_UNTESTED ? json_null() : json_boolean(verdict == SSO_CHECK_GOOD);
}

int moodlesso_check_json(request_rec *r, moodlesso_checked_t *checked)
{
    const apr_array_header_t *lines = checked->check.lines;
    json_t *array = json_array(), *object;

    for (int i = 0; i < lines->nelts; i++) {
        const sso_check_line_t *line = &APR_ARRAY_IDX(lines, i, sso_check_line_t);
        json_t *item = json_object();

        describe(r, true, line, item);
        json_object_set_new(item, "ok", verdict(line->verdict));
        json_array_append_new(array, item);
    }
    object = json_pack("{s:b, s:o, s:o}", "ok", sso_check_is_good(&checked->check), "lines", array,
                       "sources", checked->sources);
    if (checked->services != NULL)
        json_object_set_new(object, "services", checked->services);
    if (checked->matches != NULL)
        json_object_set_new(object, "match", checked->matches);
    return moodlesso_answer_json(r, MOODLESSO_JSON, object);
}

static bool is_same_group(const sso_check_line_t *a, const sso_check_line_t *b)
{
    return strcmp(a->kind, b->kind) == 0 &&
           (a->thing == b->thing ||
            (a->thing != NULL && b->thing != NULL && strcmp(a->thing, b->thing) == 0));
}

/* A heading, and for a source its switch; an issuer has the name of its source. */
static json_t *begin_group(request_rec *r, const sso_world_t *world,
                           const moodlesso_checked_t *checked, const sso_check_line_t *line)
{
    json_t *words = words_of(line), *group = json_object(), *source;
    const char *name = apr_pstrcat(r->pool, "check_", line->kind, NULL);
    const char *title = moodlesso_page_text(r, false, name, words);

    json_object_set_new(group, "title", json_string(title ? title : line->kind));
    json_object_set_new(group, "lines", json_array());
    source = strcmp(line->kind, "source") == 0 || strcmp(line->kind, "issuer") == 0
                 ? json_object_get(checked->sources, line->thing)
                 : NULL;
    if (source != NULL && world != NULL && world->store != NULL)
        json_object_set_new(group, "switch",
                            json_pack("{s:s, s:b}", "name", line->thing, "is_on",
                                      json_is_true(json_object_get(source, "on"))));
    json_decref(words);
    return group;
}

static json_t *groups(request_rec *r, const sso_world_t *world, const moodlesso_checked_t *checked)
{
    static const char *const verdicts[] = {"good", "bad", "untested"};
    const apr_array_header_t *lines = checked->check.lines;
    json_t *array = json_array(), *group = NULL;

    for (int i = 0; i < lines->nelts; i++) {
        const sso_check_line_t *line = &APR_ARRAY_IDX(lines, i, sso_check_line_t);
        json_t *item = json_object();

        if (group == NULL || !is_same_group(line, line - 1)) {
            group = begin_group(r, world, checked, line);
            json_array_append_new(array, group);
        }
        describe(r, false, line, item);
        for (int k = SSO_CHECK_GOOD; k <= SSO_CHECK_UNTESTED; k++)
            json_object_set_new(item, verdicts[k], json_boolean((int)line->verdict == k));
        json_array_append_new(json_object_get(group, "lines"), item);
    }
    return array;
}

int moodlesso_check_page(request_rec *r, const sso_world_t *world, moodlesso_checked_t *checked,
                         const char *path, const char *value)
{
    json_t *values =
        json_pack("{s:b, s:o, s:o, s:o}", "all_good", sso_check_is_good(&checked->check), "groups",
                  groups(r, world, checked), "action", text_of(r->uri), "path", text_of(path));

    if (moodlesso_totals()->matches->nelts > 0)
        json_object_set_new(
            values, "search",
            json_pack("{s:o, s:o}", "value", text_of(value), "matches",
                      checked->matches ? json_incref(checked->matches) : json_array()));
    json_decref(checked->sources);
    json_decref(checked->services);
    json_decref(checked->matches);
    return moodlesso_page(r, HTTP_OK, "check", values);
}

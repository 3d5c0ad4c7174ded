/* SPDX-License-Identifier: Apache-2.0 */
/* frame_driver.c -- MoodleSSOFrameAncestors as a filter of JSON lines, for frame_differential.mjs.
 *
 * In:  {"words": [...], "csp": [...], "xfo": "..." or null}
 * Out: {"csp": [...], "added": "..." or null, "drop_xfo": bool, "too_large": bool}
 *      or {"error": "..."} when the directive's words are wrong.
 * A character of the JSON is a byte of the header: U+00E9 stands for 0xE9. */
#include <stdio.h>
#include <stdlib.h>

#include <apr_general.h>
#include <jansson.h>

#include "sso/frame.h"

/* UTF-8 of U+0001 to U+00FF, one byte per character. */
static const char *bytes_of(const json_t *text, apr_pool_t *p)
{
    const unsigned char *from = (const unsigned char *)json_string_value(text);
    char *bytes = apr_palloc(p, json_string_length(text) + 1), *to = bytes;

    while (*from) {
        if (*from < 0x80) {
            *to++ = (char)*from++;
            continue;
        }
        *to++ = (char)((*from & 0x03) << 6 | (from[1] & 0x3F));
        from += 2;
    }
    *to = '\0';
    return bytes;
}

/* Every byte as a character of its own; null for NULL. */
static json_t *text_of(const char *bytes, apr_pool_t *p)
{
    const unsigned char *from = (const unsigned char *)bytes;
    char *utf8, *to;

    if (bytes == NULL)
        return json_null();
    to = utf8 = apr_palloc(p, 2 * strlen(bytes) + 1);
    for (; *from; from++) {
        if (*from >= 0x80)
            *to++ = (char)(0xC0 | *from >> 6);
        *to++ = (char)(*from < 0x80 ? *from : 0x80 | (*from & 0x3F));
    }
    *to = '\0';
    return json_string(utf8);
}

static apr_array_header_t *words_of(const json_t *array, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 8, sizeof(const char *));

    for (size_t i = 0; i < json_array_size(array); i++)
        APR_ARRAY_PUSH(words, const char *) = bytes_of(json_array_get(array, i), p);
    return words;
}

/* Places of the values, as the httpd glue collects them. */
static apr_array_header_t *policies_of(const json_t *array, apr_pool_t *p)
{
    apr_array_header_t *policies = apr_array_make(p, 4, sizeof(const char **));

    for (size_t i = 0; i < json_array_size(array); i++) {
        const char **place = apr_palloc(p, sizeof(*place));
        *place = bytes_of(json_array_get(array, i), p);
        APR_ARRAY_PUSH(policies, const char **) = place;
    }
    return policies;
}

static json_t *answer(const json_t *question, apr_pool_t *p)
{
    const json_t *xfo = json_object_get(question, "xfo");
    sso_frame_headers_t headers = {
        .policies = policies_of(json_object_get(question, "csp"), p),
        .x_frame_options = json_is_string(xfo) ? bytes_of(xfo, p) : NULL,
    };
    const sso_frame_t *frame;
    const char *sentence =
        sso_frame_make(words_of(json_object_get(question, "words"), p), &frame, p);
    json_t *values = json_array();

    if (sentence != NULL) {
        json_decref(values);
        return json_pack("{s:o}", "error", text_of(sentence, p));
    }
    sso_frame_apply(frame, &headers, p);
    for (int i = 0; i < headers.policies->nelts; i++)
        json_array_append_new(values,
                              text_of(*APR_ARRAY_IDX(headers.policies, i, const char **), p));
    return json_pack("{s:o, s:o, s:b, s:b}", "csp", values, "added", text_of(headers.added, p),
                     "drop_xfo", headers.drop_x_frame_options, "too_large", headers.too_large);
}

static int answer_line(const char *line, size_t length, apr_pool_t *p)
{
    json_error_t error;
    json_t *question = json_loadb(line, length, 0, &error), *reply;
    char *text;

    if (question == NULL) {
        fprintf(stderr, "frame_driver: %s\n", error.text);
        return 2;
    }
    reply = answer(question, p);
    text = json_dumps(reply, JSON_COMPACT);
    puts(text);
    free(text);
    json_decref(reply);
    json_decref(question);
    return 0;
}

int main(void)
{
    apr_pool_t *p;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    int status = 0;

    apr_initialize();
    apr_pool_create(&p, NULL);
    while (status == 0 && (length = getline(&line, &room, stdin)) > 0) {
        status = answer_line(line, (size_t)length, p);
        apr_pool_clear(p);
    }
    free(line);
    apr_pool_destroy(p);
    apr_terminate();
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json_lines.h -- a driver: a question in each line of JSON in, its answer in a line out.
 *
 * A character of the JSON is a byte of the header: U+00E9 stands for 0xE9. */
#ifndef JSON_LINES_H
#define JSON_LINES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_tables.h>
#include <jansson.h>

/* The answer to a question; everything else is allocated in `p`. */
typedef json_t *answer_t(const json_t *question, apr_pool_t *p);

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
__attribute__((unused)) static json_t *text_of(const char *bytes, apr_pool_t *p)
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

__attribute__((unused)) static apr_array_header_t *words_of(const json_t *array, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 8, sizeof(const char *));

    for (size_t i = 0; i < json_array_size(array); i++)
        APR_ARRAY_PUSH(words, const char *) = bytes_of(json_array_get(array, i), p);
    return words;
}

static int answer_line(answer_t *answer, const char *line, size_t length, apr_pool_t *p)
{
    json_error_t error;
    json_t *question = json_loadb(line, length, 0, &error), *reply;
    char *text;

    if (question == NULL) {
        fprintf(stderr, "no question: %s\n", error.text);
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

/* Answer every line of standard input; the exit status. */
static int answer_lines(answer_t *answer)
{
    apr_pool_t *p;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    int status = 0;

    apr_initialize();
    apr_pool_create(&p, NULL);
    while (status == 0 && (length = getline(&line, &room, stdin)) > 0) {
        status = answer_line(answer, line, (size_t)length, p);
        apr_pool_clear(p);
    }
    free(line);
    apr_pool_destroy(p);
    apr_terminate();
    return status;
}

#endif

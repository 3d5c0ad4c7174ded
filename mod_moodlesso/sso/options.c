/* SPDX-License-Identifier: Apache-2.0 */
/* options.c -- "key=value" arguments of a directive, taken one by one; what is left is a mistake.
 */
#include "sso/options.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/duration.h"

#define SQL_OTHERS "_$"  /* beside letters and digits */
#define FILE_MAX   65536 /* bytes */

const char *sso_options_add(sso_options_t *options, const char *argument)
{
    const char *equals = strchr(argument, '=');
    const char *key;

    if (equals == NULL || equals == argument)
        return apr_psprintf(options->p, "\"%s\" is not of the form key=value", argument);
    key = apr_pstrmemdup(options->p, argument, (apr_size_t)(equals - argument));
    if (apr_table_get(options->values, key) != NULL)
        return apr_psprintf(options->p, "%s= is given twice", key);
    apr_table_setn(options->values, key, equals + 1);
    return NULL;
}

const char *sso_options_take(sso_options_t *options, const char *key, const char *otherwise)
{
    const char *value = apr_table_get(options->values, key);

    if (value == NULL)
        return otherwise;
    apr_table_unset(options->values, key);
    return value;
}

const char *sso_options_take_duration(sso_options_t *options, const char *key,
                                      apr_interval_time_t *duration)
{
    const char *value = sso_options_take(options, key, NULL);

    if (value == NULL || (sso_duration_parse(value, duration) && *duration > 0))
        return NULL;
    return apr_psprintf(options->p, "%s=%s is no length of time; write it like 2s, 100ms or 5min",
                        key, value);
}

const char *sso_options_take_integer(sso_options_t *options, const char *key, int least, int most,
                                     int *number)
{
    const char *value = sso_options_take(options, key, NULL);
    apr_int64_t given;

    if (value == NULL)
        return NULL;
    if (!sso_span_integer(sso_span(value), &given) || given < least || given > most)
        return apr_psprintf(options->p, "%s=%s is no number from %d to %d", key, value, least,
                            most);
    *number = (int)given;
    return NULL;
}

const char *sso_options_take_choice(sso_options_t *options, const char *key, const char *choices,
                                    int *choice)
{
    const char *value = sso_options_take(options, key, NULL);
    sso_span_t rest = sso_span(choices), name;

    if (value == NULL)
        return NULL;
    for (int i = 0; sso_span_next(&rest, '|', &name); i++) {
        if (sso_span_equal(name, value)) {
            *choice = i;
            return NULL;
        }
    }
    return apr_psprintf(options->p, "%s=%s is none of %s", key, value, choices);
}

const char *sso_options_take_list(sso_options_t *options, const char *key,
                                  const apr_array_header_t **list)
{
    const char *value = sso_options_take(options, key, NULL);
    apr_array_header_t *items;
    sso_span_t rest = sso_span(value), item;

    if (value == NULL)
        return NULL;
    items = apr_array_make(options->p, 4, sizeof(const char *));
    while (sso_span_next(&rest, ',', &item)) {
        if (item.len == 0)
            return apr_psprintf(options->p, "%s=%s: something is missing beside a comma", key,
                                value);
        APR_ARRAY_PUSH(items, const char *) = apr_pstrmemdup(options->p, item.at, item.len);
    }
    *list = items;
    return NULL;
}

static const char *read_first_line(const char *path, const char **line, apr_pool_t *p)
{
    char buffer[4096], message[120];
    apr_file_t *file;
    apr_status_t status = apr_file_open(&file, path, APR_FOPEN_READ, APR_OS_DEFAULT, p);

    if (status == APR_SUCCESS) {
        status = apr_file_gets(buffer, (int)sizeof(buffer), file);
        apr_file_close(file);
    }
    if (status != APR_SUCCESS)
        return apr_psprintf(p, "the secret file %s cannot be read: %s", path,
                            apr_strerror(status, message, sizeof(message)));
    *line =
        apr_pstrmemdup(p, sso_span_trim(sso_span(buffer)).at, sso_span_trim(sso_span(buffer)).len);
    return **line ? NULL : apr_psprintf(p, "the first line of the secret file %s is empty", path);
}

/* The path of "file:/path"; *path is NULL when the key is not given. */
static const char *take_path(sso_options_t *options, const char *key, const char **path)
{
    const char *value = sso_options_take(options, key, NULL);

    *path = value ? value + 5 : NULL;
    if (value == NULL || strncmp(value, "file:/", 6) == 0)
        return NULL;
    return apr_psprintf(options->p, "%s= takes secrets from files only; write it as %s=file:/path",
                        key, key);
}

const char *sso_options_take_secret(sso_options_t *options, const char *key, const char **secret)
{
    const char *path, *sentence = take_path(options, key, &path);

    return sentence || path == NULL ? sentence : read_first_line(path, secret, options->p);
}

const char *sso_options_take_file(sso_options_t *options, const char *key, const char **text)
{
    const char *path, *sentence = take_path(options, key, &path);
    char *bytes, message[120];
    apr_size_t length = FILE_MAX;
    apr_file_t *file;
    apr_status_t status;

    if (sentence != NULL || path == NULL)
        return sentence;
    bytes = apr_palloc(options->p, FILE_MAX + 1);
    status = apr_file_open(&file, path, APR_FOPEN_READ, APR_OS_DEFAULT, options->p);
    if (status == APR_SUCCESS) {
        status = apr_file_read(file, bytes, &length);
        apr_file_close(file);
    }
    if (status != APR_SUCCESS)
        return apr_psprintf(options->p, "the secret file %s cannot be read: %s", path,
                            apr_strerror(status, message, sizeof(message)));
    bytes[length] = '\0';
    *text = bytes;
    return NULL;
}

const char *sso_options_done(sso_options_t *options, const char *known)
{
    const apr_array_header_t *left = apr_table_elts(options->values);

    if (left->nelts == 0)
        return NULL;
    return apr_psprintf(options->p, "%s= is not known here; the keys are %s",
                        APR_ARRAY_IDX(left, 0, apr_table_entry_t).key, known);
}

bool sso_options_is_sql_name(const char *name, bool may_be_empty)
{
    const char *dot = strchr(name, '.');

    if (*name == '\0')
        return may_be_empty;
    if (dot == NULL)
        return sso_span_is_word(sso_span(name), SQL_OTHERS, 64);
    return sso_span_is_word((sso_span_t){name, (apr_size_t)(dot - name)}, SQL_OTHERS, 64) &&
           (dot[1] == '\0' ? may_be_empty : sso_span_is_word(sso_span(dot + 1), SQL_OTHERS, 64));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* trust_file.c -- the last good copy of what an issuer said, as a file. */
#include "io/trust_file.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <jansson.h>

#include "base/json.h"
#include "sso/io.h"

#define FILE_MAX (2 * (SSO_METADATA_MAX + SSO_JWKS_MAX)) /* bytes: quotes are escaped */
#define MODE     (APR_FPROT_UREAD | APR_FPROT_UWRITE)

static apr_status_t write_whole(const char *path, const char *text, apr_size_t length,
                                apr_pool_t *p)
{
    char *draft = apr_psprintf(p, "%s.XXXXXX", path);
    apr_file_t *file;
    apr_status_t status = apr_file_mktemp(
        &file, draft, APR_FOPEN_CREATE | APR_FOPEN_WRITE | APR_FOPEN_EXCL | APR_FOPEN_BINARY, p);

    if (status != APR_SUCCESS)
        return status;
    apr_file_perms_set(draft, MODE);
    status = apr_file_write_full(file, text, length, NULL);
    if (status == APR_SUCCESS)
        status = apr_file_datasync(file);
    apr_file_close(file);
    if (status == APR_SUCCESS)
        status = apr_file_rename(draft, path, p);
    if (status != APR_SUCCESS)
        apr_file_remove(draft, p);
    return status;
}

apr_status_t sso_trust_file_write(const char *path, const sso_trust_copy_t *copy, apr_pool_t *p)
{
    json_t *object = json_pack("{s:I, s:I, s:s%, s:s%}", "fetched", (json_int_t)copy->fetched,
                               "fresh_until", (json_int_t)copy->fresh_until, "metadata",
                               copy->metadata.at ? copy->metadata.at : "", copy->metadata.len,
                               "keys", copy->keys.at, copy->keys.len);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    apr_status_t status = SSO_IO_ANSWER;

    if (text != NULL)
        status = write_whole(path, text, strlen(text), p);
    free(text);
    json_decref(object);
    return status;
}

static apr_status_t read_text(const char *path, sso_span_t *text, apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_size_t length;
    char *bytes;
    apr_status_t status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, p);

    if (status != APR_SUCCESS)
        return APR_STATUS_IS_ENOENT(status) ? APR_NOTFOUND : status;
    status = apr_file_info_get(&info, APR_FINFO_SIZE, file);
    if (status == APR_SUCCESS && info.size > FILE_MAX)
        status = SSO_IO_ANSWER;
    if (status == APR_SUCCESS) {
        length = (apr_size_t)info.size;
        bytes = apr_palloc(p, length + 1);
        status = apr_file_read_full(file, bytes, length, NULL);
        *text = (sso_span_t){bytes, length};
    }
    apr_file_close(file);
    return status;
}

static sso_span_t text_of(const json_t *object, const char *name, apr_pool_t *p)
{
    const json_t *text = json_object_get(object, name);
    apr_size_t length = text ? json_string_length(text) : 0;

    return (sso_span_t){length ? apr_pstrmemdup(p, json_string_value(text), length) : NULL, length};
}

apr_status_t sso_trust_file_read(const char *path, sso_trust_copy_t *copy, apr_pool_t *p)
{
    sso_span_t text;
    json_t *object;
    apr_status_t status = read_text(path, &text, p);

    if (status != APR_SUCCESS)
        return status;
    if (!sso_json_parse(text, FILE_MAX, &object, p))
        return SSO_IO_ANSWER;
    copy->fetched = (apr_time_t)json_integer_value(json_object_get(object, "fetched"));
    copy->fresh_until = (apr_time_t)json_integer_value(json_object_get(object, "fresh_until"));
    copy->metadata = text_of(object, "metadata", p);
    copy->keys = text_of(object, "keys", p);
    return copy->fetched > 0 && copy->keys.len > 0 ? APR_SUCCESS : SSO_IO_ANSWER;
}

const sso_trust_t *sso_trust_judge(const sso_trust_copy_t *copy, const sso_issuer_t *issuer,
                                   const char **sentence, apr_pool_t *p)
{
    sso_trust_t *trust = apr_pcalloc(p, sizeof(*trust));

    if (issuer->metadata_url != NULL &&
        (*sentence = sso_trust_read(copy->metadata, issuer, trust, p)) != NULL)
        return NULL;
    trust->fetched = copy->fetched;
    trust->keys = sso_jwks_parse(copy->keys, p);
    if (trust->keys == NULL)
        *sentence =
            "its keys are no JWK set to trust: no strict JSON, no usable key, a secret in it, or "
            "one id for two keys";
    return trust->keys ? trust : NULL;
}

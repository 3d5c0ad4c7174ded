/* SPDX-License-Identifier: Apache-2.0 */
/* page_folder.c -- MoodleSSOTemplates: a folder whose files take the place of those built in. */
#include "httpd/page_folder.h"

#include <stdlib.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "sso/pages.h"

static const char *failed(const char *path, apr_status_t status, apr_pool_t *p)
{
    char text[128];

    return apr_psprintf(p, "%s: %s", path, apr_strerror(status, text, sizeof(text)));
}

/* "line 3: x" of a file becomes "path:3: x". */
static const char *in_file(const char *path, const char *sentence, apr_pool_t *p)
{
    return apr_pstrcat(p, path, ":", sentence + strlen("line "), NULL);
}

static const char *read_file(const char *path, sso_span_t *text, apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_status_t status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, p);
    char *bytes;

    if (status != APR_SUCCESS)
        return failed(path, status, p);
    status = apr_file_info_get(&info, APR_FINFO_SIZE | APR_FINFO_TYPE, file);
    if (status == APR_SUCCESS && (info.filetype != APR_REG || info.size > SSO_MUSTACHE_MAX_SOURCE))
        return apr_pstrcat(p, path, ": this is no file of at most 256 KiB", NULL);
    bytes = apr_palloc(p, SSO_MUSTACHE_MAX_SOURCE);
    text->at = bytes;
    text->len = status == APR_SUCCESS ? (apr_size_t)info.size : 0;
    if (text->len > 0)
        status = apr_file_read_full(file, bytes, text->len, NULL);
    apr_file_close(file);
    return status == APR_SUCCESS ? NULL : failed(path, status, p);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names, so that the same folder gives the same pages everywhere. */
static const char *list(const char *folder, apr_array_header_t *names, apr_pool_t *p)
{
    apr_dir_t *directory;
    apr_finfo_t info;
    apr_status_t status = apr_dir_open(&directory, folder, p);

    if (status != APR_SUCCESS)
        return failed(folder, status, p);
    while (apr_dir_read(&info, APR_FINFO_NAME, directory) == APR_SUCCESS) {
        if (*info.name != '.')
            APR_ARRAY_PUSH(names, const char *) = apr_pstrdup(p, info.name);
    }
    apr_dir_close(directory);
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), by_name);
    return NULL;
}

static const char *read_pages(const char *folder, const sso_pages_t **pages, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 16, sizeof(const char *));
    const char *sentence = list(folder, names, p);
    sso_pages_t *made = sentence ? NULL : sso_pages_make(&sentence, p);

    for (int i = 0; sentence == NULL && i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        const char *path = apr_pstrcat(p, folder, "/", name, NULL);
        sso_span_t text = {"", 0};

        if ((sentence = read_file(path, &text, p)) != NULL)
            return sentence;
        if ((sentence = sso_pages_replace(made, name, text)) != NULL)
            sentence = in_file(path, sentence, p);
    }
    if (sentence == NULL && (sentence = sso_pages_check(made, p)) != NULL) {
        const char *end = strstr(sentence, ": line ");
        sentence =
            in_file(apr_pstrcat(p, folder, "/",
                                apr_pstrmemdup(p, sentence, (apr_size_t)(end - sentence)), NULL),
                    end + 2, p);
    }
    *pages = made;
    return sentence;
}

const char *moodlesso_set_templates(cmd_parms *cmd, void *unused, const char *folder)
{
    const char *path = ap_server_root_relative(cmd->pool, folder);
    const char *sentence = path ? read_pages(path, &moodlesso_server(cmd->server)->pages, cmd->pool)
                                : "write the path of a directory";

    return sentence ? apr_pstrcat(cmd->pool, "MoodleSSOTemplates: ", sentence, NULL) : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* password_login.c -- MoodleSSOPasswordLogin: Moodle's own password form, open or closed. */
#include "httpd/password_login.h"

#include <apr_network_io.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>

#include "httpd/endpoints.h"
#include "httpd/page.h"
#include "sso/password_login.h"

APLOG_USE_MODULE(moodlesso);

#define USAGE "MoodleSSOPasswordLogin: write On, or Off [except ADDRESS ...]"

static const char *add_address(cmd_parms *cmd, apr_array_header_t *addresses, const char *word)
{
    char *address = apr_pstrdup(cmd->pool, word), *bits = strchr(address, '/');
    apr_ipsubnet_t *subnet;

    if (bits != NULL)
        *bits++ = '\0';
    if (apr_ipsubnet_create(&subnet, address, bits, cmd->pool) != APR_SUCCESS)
        return apr_pstrcat(
            cmd->pool, "MoodleSSOPasswordLogin: ", word,
            " is no address; write one like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32", NULL);
    APR_ARRAY_PUSH(addresses, apr_ipsubnet_t *) = subnet;
    return NULL;
}

const char *moodlesso_set_password_login(cmd_parms *cmd, void *of_directory, int argc,
                                         char *const argv[])
{
    moodlesso_directory_t *directory = of_directory;
    bool is_off = argc > 0 && ap_cstr_casecmp(argv[0], "Off") == 0;
    const char *sentence = NULL;

    if (!is_off && (argc != 1 || ap_cstr_casecmp(argv[0], "On") != 0))
        return USAGE;
    if (argc == 2 || (argc > 2 && ap_cstr_casecmp(argv[1], "except") != 0))
        return USAGE;
    directory->password_login = is_off ? MOODLESSO_OFF : MOODLESSO_ON;
    directory->password_addresses = apr_array_make(cmd->pool, argc, sizeof(apr_ipsubnet_t *));
    for (int i = 2; i < argc && sentence == NULL; i++)
        sentence = add_address(cmd, directory->password_addresses, argv[i]);
    return sentence;
}

/* From where mod_remoteip says, when it is there. */
static bool is_excepted(request_rec *r, const apr_array_header_t *addresses)
{
    for (int i = 0; i < addresses->nelts; i++) {
        if (apr_ipsubnet_test(APR_ARRAY_IDX(addresses, i, apr_ipsubnet_t *), r->useragent_addr))
            return true;
    }
    return false;
}

/* The URL may have been rewritten to another file, and the file may be an alias of another URL. */
static sso_password_place_t place_of(request_rec *r)
{
    sso_password_place_t place = sso_password_place(r->uri);

    return place != SSO_NO_PASSWORD ? place : sso_password_place(r->filename);
}

static bool only_reads(request_rec *r)
{
    return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0 ||
           strcmp(r->method, "OPTIONS") == 0;
}

static int refuse(request_rec *r, sso_password_place_t place)
{
    const sso_error_t *error = sso_error(SSO_PASSWORD_LOGIN_OFF);
    const char *accept = apr_table_get(r->headers_in, "Accept");
    int status = ap_discard_request_body(r);

    if (status != OK)
        return status;
    if (place == SSO_PASSWORD_FORM && accept != NULL && strstr(accept, "text/html") != NULL)
        return moodlesso_error_page(
            r, HTTP_FORBIDDEN, error,
            moodlesso_server(r->server)->sessions ? moodlesso_endpoint_url(r, "login") : NULL);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: %s", error->name, error->sentence);
    return moodlesso_problem(r, HTTP_FORBIDDEN, error);
}

int moodlesso_refuse_password(request_rec *r)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);
    sso_password_place_t place;

    if (directory->password_login != MOODLESSO_OFF || !moodlesso_is_on(directory))
        return DECLINED;
    place = place_of(r);
    if (place == SSO_NO_PASSWORD || (place == SSO_PASSWORD_FORM && only_reads(r)) ||
        is_excepted(r, directory->password_addresses))
        return DECLINED;
    return refuse(r, place);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_login.c -- MoodleSSOMoodleLogin: who is signed in to Moodle, and when. */
#include "sso/moodle_login.h"

#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/form.h"
#include "sso/return_url.h"

#define LOGIN "/login/index.php"
#define PATH  "/auth/shibboleth/index.php"

/* The scripts with NO_MOODLE_COOKIES that browsers and machines ask often (moodle 4.2 to 5.2); a
 * folder, where all below it are. */
static const char *const sessionless[] = {"/webservice/",
                                          "/theme/styles.php",
                                          "/theme/styles_debug.php",
                                          "/theme/image.php",
                                          "/theme/font.php",
                                          "/theme/javascript.php",
                                          "/theme/jquery.php",
                                          "/theme/yui_combo.php",
                                          "/theme/yui_image.php",
                                          "/lib/javascript.php",
                                          "/lib/requirejs.php",
                                          "/lib/jssourcemap.php",
                                          "/lib/editor/tiny/",
                                          "/lib/ajax/service-nologin.php",
                                          "/tokenpluginfile.php",
                                          "/rss/file.php",
                                          "/admin/cron.php",
                                          "/login/token.php",
                                          "/calendar/export_execute.php",
                                          "/badges/assertion.php",
                                          "/badges/json/",
                                          "/mod/lti/certs.php",
                                          "/mod/lti/service.php",
                                          "/mod/lti/services.php",
                                          "/mod/lti/token.php",
                                          "/enrol/lti/jwks.php",
                                          "/mnet/xmlrpc/server.php",
                                          "/user/grouppix.php"};

static const char *read_bypass(const apr_array_header_t *list, sso_moodle_login_t *login,
                               apr_pool_t *p)
{
    login->bypass = apr_array_make(p, 4, sizeof(apr_ipsubnet_t *));
    for (int i = 0; list != NULL && i < list->nelts; i++) {
        const char *text = APR_ARRAY_IDX(list, i, const char *), *slash = strchr(text, '/');
        const char *address =
            slash ? apr_pstrmemdup(p, text, (apr_size_t)(slash - text)) : apr_pstrdup(p, text);

        if (apr_ipsubnet_create(apr_array_push(login->bypass), address, slash ? slash + 1 : NULL,
                                p) != APR_SUCCESS)
            return apr_psprintf(p, "bypass=%s: write addresses, or networks like 10.1.0.0/16",
                                text);
    }
    return NULL;
}

static bool is_path(const char *text)
{
    apr_size_t length = strlen(text);

    return text[0] == '/' && length > 1 && text[length - 1] != '/' &&
           sso_span_is_word((sso_span_t){text + 1, length - 1}, "-_./~", 200);
}

static const char *read_shibboleth(sso_moodle_login_t *login, sso_options_t *options)
{
    const char *path = sso_options_take(options, "path", PATH);

    if (!is_path(path))
        return "path= is a path below root=, like " PATH;
    login->path = apr_pstrcat(options->p, login->root, path, NULL);
    return NULL;
}

/* url= is wwwroot, so it has the path, too. */
static const char *read_userkey(sso_moodle_login_t *login, sso_options_t *options)
{
    const char *sentence = sso_userkey_take(options, &login->userkey);
    sso_uri_t site;

    if (sentence != NULL)
        return sentence;
    if (!sso_uri_parse(login->userkey->service.site, &site, options->p) ||
        (site.path[0] != '\0' && !is_path(site.path)))
        return "url= is Moodle's wwwroot, like https://moodle.example.edu/moodle";
    if (login->root[0] != '\0' && strcmp(login->root, site.path) != 0)
        return "root= is not the path of url=; leave it out";
    login->root = site.path;
    login->path = sso_moodle_login_page(login, options->p);
    return NULL;
}

/* The ways to sign people in; what is wrong with a way's own options, and which it has. */
static const struct {
    const char *word;
    const char *(*read)(sso_moodle_login_t *login, sso_options_t *options);
    const char *known;
} ways[] = {
    {"shibboleth", read_shibboleth, "path, root, source, user, usernames and bypass"},
    {"userkey", read_userkey,
     "url, token, ca, timeout, mapping, ip, create, admins, root, source, user, usernames and "
     "bypass"},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* What all ways have. */
static const char *read_shared(sso_moodle_login_t *login, sso_options_t *options)
{
    const apr_array_header_t *bypass = NULL;
    const char *sentence;

    login->root = sso_options_take(options, "root", "");
    login->source = sso_options_take(options, "source", NULL);
    login->variable = sso_options_take(options, "user", "MOODLESSO_USERNAME");
    if ((sentence = sso_options_take_choice(options, "usernames", "standard|extended",
                                            &login->is_extended)) ||
        (sentence = sso_options_take_list(options, "bypass", &bypass)) ||
        (sentence = read_bypass(bypass, login, options->p)))
        return sentence;
    if (strcmp(login->root, "/") == 0)
        login->root = "";
    if (login->root[0] != '\0' && !is_path(login->root))
        return "root= is the path of Moodle's wwwroot, like /moodle, without a slash at its end";
    return sso_span_is_word(sso_span(login->variable), "_", 64)
               ? NULL
               : "user= is the name of a variable, the same as in Moodle's setting user_attribute";
}

const char *sso_moodle_login_make(const char *word, sso_options_t *options,
                                  const sso_moodle_login_t **made)
{
    sso_moodle_login_t *login = apr_pcalloc(options->p, sizeof(*login));
    const char *sentence = read_shared(login, options);
    apr_size_t way = 0;

    *made = login;
    if (strcasecmp(word, "Off") == 0)
        return sentence ? sentence : sso_options_done(options, "none behind Off");
    login->on = true;
    while (way < WAYS && strcmp(word, ways[way].word) != 0)
        way++;
    if (way == WAYS)
        return "write shibboleth or userkey, then options; or Off";
    if (sentence != NULL || (sentence = ways[way].read(login, options)))
        return sentence;
    return sso_options_done(options, ways[way].known);
}

/* Is it this script, perhaps with PATH_INFO; or something below this folder? */
static bool is_at(const char *path, const char *wanted)
{
    apr_size_t length = strlen(wanted);

    if (strncmp(path, wanted, length) != 0)
        return false;
    return wanted[length - 1] == '/' || path[length] == '\0' || path[length] == '/';
}

sso_moodle_place_t sso_moodle_login_place(const sso_moodle_login_t *login, const char *path)
{
    apr_size_t length = strlen(login->root);
    const char *inside;

    if (path == NULL || strncmp(path, login->root, length) != 0 || path[length] != '/')
        return SSO_MOODLE_ELSEWHERE;
    if (login->userkey == NULL && is_at(path, login->path))
        return SSO_MOODLE_SHIBBOLETH;
    inside = path + length;
    if (is_at(inside, LOGIN) || strcmp(inside, "/login/") == 0)
        return SSO_MOODLE_LOGIN_PAGE;
    if (is_at(inside, "/login/logout.php"))
        return SSO_MOODLE_LOGOUT_PAGE;
    for (apr_size_t i = 0; i < sizeof(sessionless) / sizeof(sessionless[0]); i++) {
        if (sessionless[i][1] == inside[1] && is_at(inside, sessionless[i]))
            return SSO_MOODLE_SESSIONLESS;
    }
    return is_at(inside, "/login/") || is_at(inside, "/auth/") ? SSO_MOODLE_SIGNING
                                                               : SSO_MOODLE_PAGE;
}

bool sso_moodle_login_is_bypassed(const sso_moodle_login_t *login, apr_sockaddr_t *address)
{
    for (int i = 0; i < login->bypass->nelts; i++) {
        if (apr_ipsubnet_test(APR_ARRAY_IDX(login->bypass, i, apr_ipsubnet_t *), address))
            return true;
    }
    return false;
}

/* Does an item of the query begin so? */
static bool has_item(const char *query, const char *beginning)
{
    sso_span_t rest = sso_span(query), item;
    apr_size_t length = strlen(beginning);

    while (rest.at != NULL && sso_span_next(&rest, '&', &item)) {
        if (item.len >= length && memcmp(item.at, beginning, length) == 0)
            return true;
    }
    return false;
}

static bool wants_form(const char *query)
{
    return has_item(query, "loginredirect=0") || has_item(query, "testsession=");
}

bool sso_moodle_login_has_target(const char *query)
{
    return has_item(query, "target=");
}

const char *sso_moodle_login_target(const sso_moodle_login_t *login, const char *query,
                                    const sso_uri_t *own, apr_pool_t *p)
{
    apr_size_t length = strlen(login->root);
    const char *target = NULL, *url;
    sso_uri_t to;

    if (query == NULL || !sso_form_get(query, "target", &target, p) || target == NULL ||
        (url = sso_return_url(target, own, NULL, p)) == NULL || !sso_uri_parse(url, &to, p) ||
        !sso_uri_same_origin(&to, own) || strncmp(to.path, login->root, length) != 0)
        return NULL;
    return strchr("/?", to.path[length]) != NULL ? url : NULL;
}

sso_moodle_step_t sso_moodle_login_decide(const sso_moodle_visit_t *visit)
{
    if (visit->place != SSO_MOODLE_LOGIN_PAGE || !visit->navigates || !visit->is_known ||
        wants_form(visit->query))
        return SSO_MOODLE_PASS;
    /* Moodle's login page knows no target. */
    if (visit->is_in)
        return sso_moodle_login_has_target(visit->query) ? SSO_MOODLE_GO_ON : SSO_MOODLE_PASS;
    return visit->came_back ? SSO_MOODLE_EXPLAIN : SSO_MOODLE_SIGN_IN;
}

bool sso_moodle_login_wants_proof(const sso_moodle_visit_t *visit)
{
    return (visit->place == SSO_MOODLE_LOGIN_PAGE || visit->place == SSO_MOODLE_SHIBBOLETH) &&
           visit->navigates && !visit->is_known && !visit->is_in && !wants_form(visit->query);
}

const char *sso_moodle_login_page(const sso_moodle_login_t *login, apr_pool_t *p)
{
    return apr_pstrcat(p, login->root, LOGIN, NULL);
}

bool sso_moodle_login_is_page(const sso_moodle_login_t *login, const char *path)
{
    apr_size_t length = strlen(login->root);

    return strncmp(path, login->root, length) == 0 && strcmp(path + length, LOGIN) == 0;
}

bool sso_moodle_login_sends(const sso_moodle_login_t *login, const sso_moodle_visit_t *visit,
                            const char *path)
{
    return visit->place == SSO_MOODLE_PAGE && visit->navigates && !visit->is_in &&
           sso_moodle_login_is_page(login, path);
}

const sso_error_t *sso_moodle_login_check_username(const sso_moodle_login_t *login,
                                                   const char *username)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._@-";

    if (login->userkey != NULL && login->userkey->field != SSO_USERKEY_USERNAME &&
        !login->userkey->creates)
        return NULL;
    if (username == NULL || *username == '\0' || strlen(username) > 100 ||
        strpbrk(username, "; <>") != NULL)
        return sso_error(SSO_MOODLE_USERNAME);
    if (!login->is_extended && !sso_span_consists_of(sso_span(username), allowed, 100))
        return sso_error(SSO_MOODLE_USERNAME);
    return NULL;
}

const sso_error_t *sso_moodle_login_check_profile(const sso_identity_t *who)
{
    if (who->claims[SSO_CLAIM_EMAIL] == NULL || who->claims[SSO_CLAIM_GIVEN_NAME] == NULL ||
        who->claims[SSO_CLAIM_FAMILY_NAME] == NULL)
        return sso_error(SSO_MOODLE_PROFILE);
    return NULL;
}

bool sso_moodle_login_is_same(const char *username, const char *of_moodle)
{
    return username != NULL && sso_span_equal_nocase(sso_span(username), sso_span(of_moodle));
}

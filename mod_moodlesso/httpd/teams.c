/* SPDX-License-Identifier: Apache-2.0 */
/* teams.c -- signing in inside Microsoft Teams: a page in the tab fetches a token from Teams and
 * exchanges it for a session in this frame. The tab never goes to a login page. */
#include <httpd.h>

#include <apr_base64.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <util_script.h>

#include "httpd/authorise.h"
#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/freeze.h"
#include "httpd/handlers.h"
#include "httpd/judge.h"
#include "httpd/session_cookie.h"

APLOG_USE_MODULE(moodlesso);

/* TeamsJS 2.58.0 and its hash, as Microsoft publishes both (README of @microsoft/teams-js). */
#define SCRIPT    "https://res.cdn.office.net/teams-js/2.58.0/js/MicrosoftTeams.min.js"
#define INTEGRITY "sha384-sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4"

static const char head[] = "<!DOCTYPE html>\n"
                           "<html lang=\"en\">\n"
                           "<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width\">\n"
                           "<title>Signing in</title>\n";

static const char style[] =
    ":root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }\n"
    "main { max-width: 34rem; margin: 20vh auto; padding: 0 1rem; text-align: center }\n"
    "button { font: inherit; padding: .5em 1.5em }\n";

static const char body[] = "<main>\n"
                           "<p role=\"status\" id=\"status\">Signing in ...</p>\n"
                           "<p><button id=\"again\" hidden>Try again</button></p>\n"
                           "<noscript><p>Please allow JavaScript for this page.</p></noscript>\n"
                           "</main>\n";

/* Told what it needs by attributes of its own element. */
static const char script[] =
    "const { exchange, back } = document.currentScript.dataset;\n"
    "const say = (text) => { document.getElementById('status').textContent = text; };\n"
    "async function signIn() {\n"
    "    if (!window.microsoftTeams) throw new Error('TeamsJS did not load');\n"
    "    await microsoftTeams.app.initialize();\n"
    "    const token = await microsoftTeams.authentication.getAuthToken();\n"
    "    const answer = await fetch(exchange, {\n"
    "        method: 'POST', headers: { Authorization: `Bearer ${token}` },\n"
    "    });\n"
    "    if (!answer.ok) {\n"
    "        const problem = await answer.json();\n"
    "        throw new Error(`${problem.detail} (${problem.reason})`);\n"
    "    }\n"
    "    microsoftTeams.app.notifySuccess();\n"
    "    location.replace(back);\n"
    "}\n"
    "const again = document.getElementById('again');\n"
    "function tryIt() {\n"
    "    again.hidden = true;\n"
    "    say('Signing in ...');\n"
    "    signIn().catch((error) => {\n"
    "        say(`Signing in did not work: ${error.message ?? error}`);\n"
    "        again.hidden = false;\n"
    "    });\n"
    "}\n"
    "again.addEventListener('click', () => window.microsoftTeams ? tryIt() : location.reload());\n"
    "tryIt();\n";

static const char *make_nonce(request_rec *r)
{
    unsigned char random[16];
    char *text = apr_palloc(r->pool, (apr_size_t)apr_base64_encode_len(sizeof(random)));

    if (apr_generate_random_bytes(random, sizeof(random)) != APR_SUCCESS)
        return NULL;
    apr_base64_encode_binary(text, random, sizeof(random));
    return text;
}

/* MoodleSSOFrameAncestors unites its hosts with this, as with every policy. */
static void set_policy(request_rec *r, const char *nonce, const char *teams)
{
    apr_table_setn(
        r->headers_out, "Content-Security-Policy",
        apr_psprintf(r->pool,
                     "default-src 'none'; script-src 'nonce-%s' %s; style-src 'nonce-%s'; "
                     "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                     "frame-ancestors 'self'",
                     nonce, teams, nonce));
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
}

int moodlesso_teams_page(request_rec *r)
{
    const moodlesso_server_t *server = moodlesso_server(r->server);
    const char *teams = server->teams_script ? server->teams_script : SCRIPT;
    const char *integrity = server->teams_script ? server->teams_integrity : INTEGRITY;
    const char *nonce = make_nonce(r);

    if (nonce == NULL)
        return HTTP_INTERNAL_SERVER_ERROR;
    ap_set_content_type(r, "text/html; charset=utf-8");
    set_policy(r, nonce, teams);
    ap_rputs(head, r);
    ap_rvputs(r, "<style nonce=\"", nonce, "\">\n", style, "</style>\n", NULL);
    ap_rputs(body, r);
    ap_rvputs(r, "<script nonce=\"", nonce, "\" src=\"", ap_escape_html(r->pool, teams), "\"",
              NULL);
    if (integrity != NULL)
        ap_rvputs(r, " integrity=\"", ap_escape_html(r->pool, integrity),
                  "\" crossorigin=\"anonymous\"", NULL);
    ap_rvputs(r, "></script>\n<script nonce=\"", nonce, "\" data-exchange=\"",
              ap_escape_html(r->pool, moodlesso_endpoint_url(r, "teams")), "\" data-back=\"",
              ap_escape_html(r->pool, moodlesso_return_url(r)), "\">\n", script,
              "</script>\n</html>\n", NULL);
    return OK;
}

static void identify_by_token(request_rec *r, sso_decision_t *decision)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    const sso_request_t request = {.authorization = apr_table_get(r->headers_in, "Authorization"),
                                   .now = r->request_time};
    sso_world_t *world = moodlesso_world();
    sso_access_t access;

    memset(decision, 0, sizeof(*decision));
    decision->why = sso_error(world ? SSO_NO_CREDENTIAL : SSO_NOT_READY);
    if (world == NULL || request.authorization == NULL)
        return;
    sso_access_init(&access, world, r->request_time);
    sso_identify(sources, moodlesso_token_sources(r, sources), &request, &access.io, decision,
                 r->pool);
}

int moodlesso_teams_exchange(request_rec *r)
{
    const sso_identity_t *judged;
    sso_decision_t decision;
    const char *sid;
    int status = ap_discard_request_body(r);

    if (status != OK)
        return status;
    identify_by_token(r, &decision);
    if (decision.who == NULL)
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: %s", decision.why->name,
                      decision.why->sentence);
    else
        decision.why = moodlesso_judge(r, decision.source, decision.who, &judged);
    if (decision.why != NULL)
        return moodlesso_problem(r, moodlesso_status_of(decision.why), decision.why);
    sid = sso_identity_claim(decision.who, "sid");
    if (!moodlesso_session_begin(r, decision.source, decision.who, sid ? sid : ""))
        return moodlesso_problem(r, HTTP_INTERNAL_SERVER_ERROR, sso_error(SSO_SESSION_NOT_SEALED));
    return moodlesso_answer_json(
        r, MOODLESSO_JSON, json_pack("{s:s}", "username", judged->claims[SSO_CLAIM_USERNAME]));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* mod_moodlesso.c -- the module's table of contents: its record, its hooks, and their order.
 *
 *   read      freeze, post_config, child_init
 *   request   scrub, frames, identify, check_user, check_authorisation, publish, handlers
 *   response  frame filter
 *   end       child_stopping
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>

#include "httpd/authorise.h"
#include "httpd/config.h"
#include "httpd/endpoints.h"
#include "httpd/frame_filter.h"
#include "httpd/frame_request.h"
#include "httpd/freeze.h"
#include "httpd/handlers.h"
#include "httpd/identify.h"
#include "httpd/moodle_login.h"
#include "httpd/password_login.h"
#include "httpd/watch.h"

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    moodlesso_totals_begin(pconf);
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    /* mod_headers' RequestHeader and mod_rewrite in a directory read our variables. */
    static const char *const readers[] = {"mod_headers.c", "mod_rewrite.c", NULL};
    /* Its threads run our jobs: they find a process that is set up. */
    static const char *const workers[] = {"mod_watchdog.c", NULL};

    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    /* Under `httpd -t` too, so that apachectl configtest finds what is wrong. */
    ap_hook_check_config(moodlesso_freeze, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(moodlesso_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(moodlesso_child_init, NULL, workers, APR_HOOK_MIDDLE);
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 110)
    ap_hook_child_stopping(moodlesso_watch_stop, NULL, NULL, APR_HOOK_MIDDLE);
#endif

    /* Before mod_setenvif, which copies headers into the environment. */
    ap_hook_post_read_request(moodlesso_scrub, NULL, NULL, APR_HOOK_REALLY_FIRST);

    /* Before mod_proxy and mod_alias take the path for theirs. */
    ap_hook_translate_name(moodlesso_find_endpoint, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(moodlesso_endpoint_has_no_file, NULL, NULL, APR_HOOK_REALLY_FIRST);
    /* Before mod_log_config. */
    ap_hook_log_transaction(moodlesso_hide_unread, NULL, NULL, APR_HOOK_REALLY_FIRST);

    /* Before mod_setenvif of a directory, and everybody who reads cookies. */
    ap_hook_header_parser(moodlesso_frame_request, NULL, NULL, APR_HOOK_REALLY_FIRST);

    /* Before every other checker, so that RequireAny and Require expr know the user. */
    ap_hook_check_access(moodlesso_identify, NULL, NULL, APR_HOOK_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access(moodlesso_moodle_request, NULL, NULL, APR_HOOK_FIRST + 1,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(moodlesso_check_user, NULL, NULL, APR_HOOK_MIDDLE,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authz(moodlesso_check_authorisation, NULL, NULL, APR_HOOK_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_note_auth_failure(moodlesso_note_failure, NULL, NULL, APR_HOOK_MIDDLE);
    moodlesso_register_requirements(p);

    ap_hook_fixups(moodlesso_endpoint_has_a_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    /* Twice: before those who read the environment, and after those who write into it. */
    ap_hook_fixups(moodlesso_publish_early, NULL, readers, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(moodlesso_publish_again, NULL, NULL, APR_HOOK_REALLY_LAST);

    moodlesso_register_moodle_filter();
    ap_hook_insert_filter(moodlesso_insert_moodle_filter, NULL, NULL, APR_HOOK_LAST);
    moodlesso_register_frame_filter();
    ap_hook_insert_filter(moodlesso_insert_frame_filter, NULL, NULL, APR_HOOK_LAST);
    ap_hook_insert_error_filter(moodlesso_insert_frame_filter, NULL, NULL, APR_HOOK_LAST);

    ap_hook_handler(moodlesso_refuse_password, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(moodlesso_handle_endpoint, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(moodlesso_handle, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(moodlesso) = {
    STANDARD20_MODULE_STUFF, moodlesso_directory_create, moodlesso_directory_merge,
    moodlesso_server_create, moodlesso_server_merge,     moodlesso_directives,
    register_hooks,          AP_MODULE_FLAG_NONE,
};

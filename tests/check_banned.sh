#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_banned.sh -- functions that are not used here, and why.
cd "$(dirname "$0")/../mod_moodlesso" || exit 2
status=0
ban() { # pattern, folders, why
  # shellcheck disable=SC2086
  found=$(grep -nE "(^|[^a-z_>.])($1)\(" $2 -r --include='*.c' --include='*.h')
  [ -n "$found" ] && echo "$3:" && echo "$found" && status=1
}
ban 'strcpy|strcat|sprintf|vsprintf|strtok|gets|strncpy' 'base sso io httpd' 'unbounded or truncating'
ban 'atoi|atol|strtol|atof' 'base sso io httpd' 'no errors: sso_span_integer'
ban 'malloc|calloc|realloc|free' 'base sso httpd' 'memory is in pools'
ban 'apr_time_now|time|gettimeofday' 'base sso' 'time is a value'
ban 'getenv|system|popen|exec[lv]p?' 'base sso io httpd' 'the world is io/, and not this part of it'
ban 'apr_sleep|usleep|sleep' 'base sso httpd' 'nothing sleeps here'
exit $status

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_floors.sh -- arrows only down: a floor includes itself and those below, from the root.
cd "$(dirname "$0")/../mod_moodlesso" || exit 2
status=0
check() { # floor, floors it may not include
  found=$(grep -rnE "#include \"($2)/" "$1" --include='*.[ch]')
  [ -n "$found" ] && echo "upward include:" && echo "$found" && status=1
  files=$(find "$1" -name '*.[ch]' | wc -l)
  [ "$files" -gt 3 ] || { echo "$1: nothing to check"; status=1; }
}
check base 'sso|io|httpd'
check sso 'io|httpd'
check io 'httpd'
found=$(grep -rnE '#include [<"](httpd|http_[a-z]+|ap_[a-z]+|util_filter|mod_[a-z]+)\.h' base sso io --include='*.[ch]')
[ -n "$found" ] && echo "httpd below its floor:" && echo "$found" && status=1
found=$(grep -rnE '#include "[a-z_]+\.h"' . --include='*.[ch]')
[ -n "$found" ] && echo "include from the root, please:" && echo "$found" && status=1
exit $status

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_headers.sh -- every header compiles alone, begins with its two lines, and has a guard.
# usage: check_headers.sh COMPILER FLAGS...
cd "$(dirname "$0")/.." || exit 2
status=0 count=0
for header in mod_moodlesso/*/*.h; do
  count=$((count + 1))
  case $header in */httpd/*) extra=$HTTPD_FLAGS ;; *) extra= ;; esac
  # shellcheck disable=SC2086
  echo "#include \"${header#mod_moodlesso/}\"" | "$@" $extra -fsyntax-only -x c - || { echo "$header does not stand alone"; status=1; }
done
for file in mod_moodlesso/*/*.[ch]; do
  [ "$(sed -n 1p "$file")" = "/* SPDX-License-Identifier: Apache-2.0 */" ] || { echo "$file: no licence line"; status=1; }
  sed -n 2p "$file" | grep -qF "/* $(basename "$file") -- " || { echo "$file: the second line does not say what it is"; status=1; }
  lines=$(wc -l <"$file"); [ "$lines" -le 400 ] || { echo "$file: $lines lines"; status=1; }
done
[ "$count" -gt 20 ] || { echo "nothing to check"; status=1; }
exit $status

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh -- every test, step by step; the last line counts them all. Logs are under build/check.
# usage: check.sh (from apxs.mk, at the top of the project)
set -u
logs=build/check
rm -rf $logs && mkdir -p $logs
passed=0 failed=0 skipped=0 reasons=

count() { # passed, failed, skipped
  passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}
number() { # what, in a line of words: "12 passed, 1 failed"
  echo "$2" | grep -oE "[0-9]+ $1" | grep -oE '^[0-9]+' | head -1 | grep . || echo 0
}
began=$(date +%s)
say() { printf '%5ss  %-28s %s\n' "$(($(date +%s) - began))" "$1" "$2"; }

# One command that holds or not.
one() { # name, command...
  name=$1; shift
  if "$@" >"$logs/$name.log" 2>&1; then count 1 0 0; say "$name" ok
  else count 0 1 0; say "$name" "FAILED, see $logs/$name.log"; tail -n 15 "$logs/$name.log"; fi
}
# A command whose last line counts its tests.
many() { # name, command...
  name=$1; shift
  "$@" >"$logs/$name.log" 2>&1; code=$?
  line=$(grep -E '[0-9]+ (passed|failed)' "$logs/$name.log" | tail -1)
  bad=$(($(number failed "$line") + $(number errors "$line") + $(number error "$line")))
  [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
  # units say of themselves what they skip
  left=$(grep -c '^# skipped' "$logs/$name.log")
  count "$(number passed "$line")" "$bad" "$(($(number skipped "$line") + left))"
  say "$name" "${line:-nothing ran}"
  [ "$bad" -ne 0 ] && grep -E '^(not ok|FAILED|ERROR|E  )' "$logs/$name.log" | cut -c1-200 | head -40
  left=$(grep -E '^(SKIPPED|# skipped|skipped)' "$logs/$name.log" | sed "s/^/  $name: /")
  [ -n "$left" ] && reasons="${reasons:+$reasons
}$left"
  return 0
}
make="${MAKE:-make} -s -f apxs.mk"

one build-gcc $make -j2 all WERROR=-Werror
one build-clang $make -j2 all CC=clang BUILD=build/clang WERROR=-Werror
one floors tests/check_floors.sh
one headers $make guard-headers
one banned tests/check_banned.sh
one documented tests/check_documented.sh
one tested tests/check_tested.sh
one format $make format-check
one cppcheck $make cppcheck
one tidy $make tidy
many unit $make -j2 unit WERROR=-Werror
one replay $make replay
# They wait most of their time: four side by side keep two cores half busy. What needs the machine for itself comes after.
many httpd $make httpd JOBS=4 M='not alone'
many httpd-alone $make httpd M=alone
one differential $make differential
many browser $make browser
many demo $make demo-check
one install $make install-check

[ -n "$reasons" ] && printf 'Skipped:\n%s\n' "$reasons"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

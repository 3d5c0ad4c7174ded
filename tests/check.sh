#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh -- every test, step by step. Its last lines say what was skipped and why, what failed and how, and count them all.
# The logs are under build/check.
# usage: check.sh (from apxs.mk, at the top of the project)
set -u
export COLUMNS=300 # pytest cuts what it says of a failure to fit
logs=build/check
rm -rf $logs && mkdir -p $logs
passed=0 failed=0 skipped=0
: >$logs/skipped; : >$logs/failed

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
  else
    count 0 1 0; say "$name" "FAILED, see $logs/$name.log"
    { echo "$name"; tail -n 5 "$logs/$name.log"; } | cut -c1-200 | sed '2,$s/^/    /' | tee -a $logs/failed
  fi
}
# The failures in the log of `name`: each with its first words; where no test says so itself, how the log ends.
failures() {
  grep -A1 -E '^(not ok|FAILED|ERROR) ' "$logs/$1.log" | grep -v '^--$' >"$logs/$1.failed" || tail -n 5 "$logs/$1.log" >"$logs/$1.failed"
  cut -c1-300 "$logs/$1.failed" | head -40 | sed "s/^/$1: /"
}
# What the log of `name` skipped: "number reason" as pytest, the units and the browsers' tests say it.
skips() {
  sed -nE -e 's/^SKIPPED \[([0-9]+)\] [^ ]+ (.*)/\1 \2/p' -e 's/^# skipped:? *(.*)/1 \1/p' \
    -e 's/^skipped - .* \((.*)\)$/1 \1/p' "$logs/$1.log" | sed "s/ / $1: /"
}
# A line for each reason.
reasons() {
  awk '{ n = $1; sub(/^[0-9]+ /, ""); many[$0] += n } END { for (reason in many) print "  " reason " [" many[reason] "]" }' \
    $logs/skipped | sort
}
# A command whose last line counts its tests.
many() { # name, command...
  name=$1; shift
  "$@" >"$logs/$name.log" 2>&1; code=$?
  line=$(grep -E '[0-9]+ (passed|failed)' "$logs/$name.log" | tail -1)
  bad=$(($(number failed "$line") + $(number error "$line"))) # an error, or errors
  [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
  # units say of themselves what they skip
  left=$(grep -c '^# skipped' "$logs/$name.log")
  count "$(number passed "$line")" "$bad" "$(($(number skipped "$line") + left))"
  say "$name" "${line:-nothing ran}"
  [ "$bad" -ne 0 ] && failures "$name" | tee -a $logs/failed
  skips "$name" >>$logs/skipped
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

[ -s $logs/skipped ] && { echo 'Skipped:'; reasons; }
[ -s $logs/failed ] && { echo 'Failed:'; sed 's/^/  /' $logs/failed; }
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_tested.sh -- every file of base/, sso/ and io/ has a unit test of its name, every parser a fuzz target.
cd "$(dirname "$0")/.." || exit 2
status=0
# world.c is what the tests of lookup and of tests/httpd run through.
for file in mod_moodlesso/base/*.c mod_moodlesso/sso/*.c mod_moodlesso/io/*.c; do
  name=$(basename "$file" .c)
  [ "$name" = world ] || [ -f "tests/unit/test_$name.c" ] || { echo "$file has no tests/unit/test_$name.c"; status=1; }
done
for name in cookie set_cookie login session csp uri php_session igbinary json jwt jwks language logout mustache domain php_form key_request key_wire userkey; do
  [ -f "tests/fuzz/fuzz_$name.c" ] && [ -d "tests/fuzz/corpus/$name" ] || { echo "$name has no fuzz target or corpus"; status=1; }
done
exit $status

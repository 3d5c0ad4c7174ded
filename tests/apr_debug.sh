#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# apr_debug.sh -- an APR with pool debugging, from Debian's own source: every allocation of a pool is a
# malloc of its own then, which the address sanitiser can watch.
# usage: apr_debug.sh FOLDER
set -eu
folder=$1
work=$folder/work
mkdir -p "$work/parts" "$work/lists/partial"
# The machine's own package sources, asked for source code; its lists are left alone.
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -f "$file" ] && sed -n 's/^deb /deb-src /p' "$file" >>"$work/parts/$(basename "$file" .list).list"
done
for file in /etc/apt/sources.list.d/*.sources; do
  [ -f "$file" ] && sed 's/^Types: .*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
done
cd "$work"
apt="apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$work/parts -o Dir::State::lists=$work/lists"
$apt update >apt.log 2>&1 || { cat apt.log >&2; exit 1; }
# shellcheck disable=SC2086
$apt -o APT::Sandbox::User=root source --download-only apr >>apt.log 2>&1 || { tail -3 apt.log >&2; exit 1; }
for archive in apr_*.orig.tar.*; do case $archive in *.asc) ;; *) tar xf "$archive" ;; esac; done
cd apr-*/
# Debian's httpd is built without pool debugging and so does not announce (apr_pool_join) the tables it
# joins on internal redirects; the check of tables would take that for a mistake.
sed -i 's/^#if APR_POOL_DEBUG/#if 0/' tables/apr_tables.c
{ ./configure --prefix="$folder" --enable-pool-debug=yes CFLAGS="-g -O1" && make -j2 && make install; } >../build.log 2>&1 ||
  { tail -5 ../build.log >&2; exit 1; }
echo "APR with pool debugging: $folder/lib"

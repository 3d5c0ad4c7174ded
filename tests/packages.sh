#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# packages.sh -- installs the Debian packages that a target needs, says which, and starts no service.
# usage: packages.sh build|demo|check|bench
set -u
build="gcc make apache2-bin apache2-dev libcurl4-openssl-dev libjansson-dev libhiredis-dev libpcre2-dev libssl-dev"
demo="$build libaprutil1-dbd-sqlite3 php-fpm php-sqlite3 python3 procps"
check="$demo clang clang-format clang-tidy cppcheck libcmocka-dev libaprutil1-dbd-mysql libaprutil1-dbd-pgsql
 mariadb-server mariadb-client postgresql redis-server php-cli php-mysql php-pgsql php-redis php-igbinary
 python3-pytest python3-pymysql python3-psycopg2 python3-redis python3-cryptography curl openssl nodejs npm chromium firefox-esr"
bench="$check valgrind strace wrk libapache2-mod-auth-openidc"
eval "wanted=\$$1"

missing=
for package in $wanted; do
  case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
    *"ok installed"*) continue ;;
  esac
  # Node.js from elsewhere will do, with its own npm.
  case $package in nodejs|npm) command -v "$package" >/dev/null && continue ;; esac
  missing="$missing $package"
done
[ -z "$missing" ] && exit 0

command -v apt-get >/dev/null || { echo "These packages are needed and this is no Debian:$missing" >&2; exit 1; }
if [ "$(id -u)" -eq 0 ]; then as_root=; elif command -v sudo >/dev/null; then as_root=sudo
else echo "These packages are needed; install them as root, or install sudo:$missing" >&2; exit 1; fi
echo "Installing:$missing"

# Debian's way to keep packages from starting their services; taken away again, and left alone if there.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null && $as_root chmod 755 $policy
  trap '$as_root rm -f $policy' EXIT INT TERM
fi
log=${BUILD:-build}/packages.log
mkdir -p "$(dirname "$log")"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
{ $as_root apt-get update && $as_root apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 || {
  tail -n 3 "$log" >&2
  echo "apt-get could not install:$missing (see $log). Is the package source reachable?" >&2
  exit 1
}

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_documented.sh -- directives, variables, reason codes, source keys, handlers: what the code has is in
# conf.d/REFERENCE.md, and what is there the code has; every directive is in an example.
cd "$(dirname "$0")/.." || exit 2
doc=conf.d/REFERENCE.md
code=mod_moodlesso
status=0
same() { # what, list in code, list in documentation
  [ -n "$2" ] || { echo "$1: nothing found in the code"; status=1; return; }
  for word in $2; do echo "$3" | grep -qxF -- "$word" || { echo "$1 $word is not documented"; status=1; }; done
  for word in $3; do echo "$2" | grep -qxF -- "$word" || { echo "$1 $word is documented and absent"; status=1; }; done
}
section() { sed -n "/^## $1\$/,/^## /p" $doc; }

directives=$(grep -oE 'AP_INIT_[A-Z0-9_]+\("[A-Za-z]+"' $code/httpd/directives.c | cut -d'"' -f2 | sort -u)
same directive "$directives" \
  "$(grep -oE '^### MoodleSSO[A-Za-z]*' $doc | cut -c5- | sort -u)"
same variable "$( { grep -oE '"MOODLESSO_[A-Z_]+"' $code/sso/identity.h | tr -d '"'; echo MOODLESSO_REASON REMOTE_USER AUTH_TYPE | tr ' ' '\n'; } | sort -u)" \
  "$(section Environment | grep -oE '^\| `[A-Z_]+`' | tr -d '|` ' | sort -u)"
same "reason code" "$(sed -n '/#define SSO_CODES/,/^typedef/p' $code/sso/error.h | grep -oE 'X\([A-Z_]+,' | sed 's/^X(//; s/,$//' | sort -u)" \
  "$(section 'Reason codes' | grep -oE '^\| `[A-Z_]+`' | tr -d '|` ' | sort -u)"
same "source key" "$(grep -ohE 'sso_options_take[a-z_]*\(options, "[a-z_]+"' $code/sso/source_*.c | cut -d'"' -f2 | sort -u)" \
  "$(section Sources | grep -oE '^\| `[a-z_]+=`' | tr -d '|`= ' | sort -u)"
same handler "$(sed -n '/handlers\[\] = /,/;/p' $code/httpd/handlers.c | grep -oE '"[a-z]+"' | tr -d '"' | sort -u)" \
  "$(section Handlers | grep -oE 'SetHandler moodlesso-[a-z]+' | sed 's/.*-//' | sort -u)"
same preset "$(sed -n '/presets\[\] = /,/^};/p' $code/sso/frame.c | grep -oE '^ *\{"[a-z0-9]+"' | tr -d ' {"' | sort -u)" \
  "$(sed -n '/^| preset/,/^$/p' $doc | grep -oE '^\| `[a-z0-9]+`' | tr -d '|` ' | sort -u)"
# every directive is used in a configuration of conf.d
for directive in $directives; do
  grep -qE "^ *$directive( |\$)" conf.d/*.conf || { echo "directive $directive is in no example of conf.d"; status=1; }
done
# every configuration in conf.d is named in README.md
for file in conf.d/*.conf; do
  case $file in conf.d/moodlesso.conf) continue ;; esac
  grep -qF "($file)" README.md || { echo "$file is not in README.md"; status=1; }
done
exit $status

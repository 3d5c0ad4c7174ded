# SPDX-License-Identifier: Apache-2.0
"""installed.py -- the programs and modules the demo needs: found, or missed in one clear sentence."""
import functools
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0

HTTPD = os.environ.get("HTTPD", "/usr/sbin/apache2")
HTTPD_MODULES = Path(os.environ.get("HTTPD_MODULES", "/usr/lib/apache2/modules"))
OURS = Path(os.environ.get("MODULE", TOP / "build/.libs/mod_moodlesso.so")).resolve()
NEEDED = "mpm_event authn_core authz_core authz_host authz_user alias dir mime proxy proxy_fcgi".split()
BUILT_IN_ON_DEBIAN = "unixd log_config".split()


def httpd():
    """The path of httpd's program."""
    program = shutil.which(HTTPD)
    if program is None:
        raise SystemExit(f"{HTTPD} is not installed: run apt-get install apache2-bin")
    return program


def load_module_lines():
    """LoadModule for everything the demo's configuration uses, ours last."""
    if not OURS.exists():
        raise SystemExit(f"{OURS.name} is not built: run make -f apxs.mk")
    missing = [name for name in NEEDED if not (HTTPD_MODULES / f"mod_{name}.so").exists()]
    if missing:
        raise SystemExit(f"mod_{missing[0]}.so is not in {HTTPD_MODULES}: run apt-get install apache2-bin")
    names = [name for name in [*BUILT_IN_ON_DEBIAN, *NEEDED] if (HTTPD_MODULES / f"mod_{name}.so").exists()]
    lines = [f'LoadModule {name}_module "{HTTPD_MODULES}/mod_{name}.so"' for name in names]
    return "\n".join([*lines, f'LoadModule moodlesso_module "{OURS}"'])


@functools.cache
def php_fpm():
    """The path of the newest PHP-FPM, which must know SQLite."""
    def version(path):
        return [int(n) for n in re.findall(r"\d+", path.name)]
    found = sorted(Path("/usr/sbin").glob("php-fpm*"), key=version)
    if not found:
        raise SystemExit("PHP-FPM is not installed: run apt-get install php-fpm php-sqlite3")
    modules = subprocess.run([found[-1], "-m"], capture_output=True, text=True).stdout.split()
    if "pdo_sqlite" not in modules:
        raise SystemExit(f"{found[-1].name} has no pdo_sqlite: run apt-get install php-sqlite3")
    return str(found[-1])


def servant():
    """The account that httpd's and PHP's workers run as when we are root; None when we are not."""
    if not IS_ROOT:
        return None
    for name in ("www-data", "apache", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise SystemExit("there is no account www-data for httpd's workers: run apt-get install base-passwd")


def require():
    """Leave with a sentence when something is missing."""
    httpd()
    load_module_lines()
    php_fpm()
    servant()

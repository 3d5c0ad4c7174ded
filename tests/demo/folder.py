# SPDX-License-Identifier: Apache-2.0
"""folder.py -- the demo's run-time folder: pages, fresh databases, configurations, logs."""
import os
import re
import shutil
import socket
import sqlite3
import tempfile
from pathlib import Path

import installed

HERE = Path(__file__).resolve().parent
PREFIX = "moodlesso-demo-"


def place(port):
    return installed.TOP / "build/demo" / str(port)


def remove(port):
    """Take away what an earlier run has left on this port."""
    folder = place(port)
    if folder.is_symlink():
        target = folder.resolve()
        folder.unlink()
        folder = target if target.name.startswith(PREFIX) else folder
    if folder.exists():
        shutil.rmtree(folder)


def is_usable(folder):
    """A unix socket has a short path, and httpd's workers must get there, whatever our own rights."""
    reachable = not installed.IS_ROOT or all(p.stat().st_mode & 0o001 for p in [folder, *folder.parents])
    return reachable and re.fullmatch(r"[\w./+-]{1,80}", str(folder)) is not None


def make_place(port):
    """An empty folder; it lies among the temporary ones, behind a link, where ours is not usable."""
    remove(port)
    folder = place(port)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if is_usable(folder.parent):
        folder.mkdir()
    else:
        folder.symlink_to(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)
    return folder.resolve()


def make_readable(top):
    for path in [top, *top.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def make_databases(folder):
    """Fresh ones, of the account that PHP runs as."""
    folder.mkdir()
    for source in sorted((HERE / "sql").glob("*.sql")):
        connection = sqlite3.connect(folder / f"{source.stem}.db")
        connection.execute("PRAGMA journal_mode = WAL")  # as Drupal does: readers never wait for writers
        connection.executescript(source.read_text())
        connection.close()
    make_readable(folder)
    servant = installed.servant()
    for path in [folder, *folder.iterdir()] if servant else []:
        os.chown(path, servant.pw_uid, servant.pw_gid)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


def addresses():
    """Browsers take *.localhost for either."""
    return ["127.0.0.1", "[::1]"] if has_ipv6() else ["127.0.0.1"]


def configure(folder, port):
    servant = installed.servant()
    words = {"RUN": str(folder), "PORT": str(port), "LOADMODULES": installed.load_module_lines(),
             "LISTEN": "\n".join(f"Listen {address}:{port}" for address in addresses())}
    accounts = {"httpd.conf": "User {0}\nGroup #{1}", "php-fpm.conf": "user = {0}\ngroup = {1}"}
    for source in (HERE / "conf").glob("*.conf"):
        account = accounts.get(source.name, "").format(servant.pw_name, servant.pw_gid) if servant else ""
        text = source.read_text().replace("@ACCOUNT@", account)
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        (folder / source.name).write_text(text)
    (folder / "moodle.conf").chmod(0o644)  # a page shows it


def make(port):
    """Everything httpd and PHP-FPM need on this port; answers the folder."""
    folder = make_place(port)
    shutil.copytree(HERE / "www", folder / "www", copy_function=shutil.copyfile)
    make_readable(folder / "www")
    make_databases(folder / "db")
    configure(folder, port)
    return folder

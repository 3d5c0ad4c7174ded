# SPDX-License-Identifier: Apache-2.0
"""Fixtures: servers start at first use and live for the whole run; an httpd lives for one test."""
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import env  # noqa: E402

FIXTURES = Path(__file__).parent / "fixtures"


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: what it shows needs a machine that does nothing else; a line says why")


@pytest.fixture(scope="session")
def run():
    return env.run_folder()


def copy_of(name, run):
    """A folder of ours where the servers' account can read it: @RUN@/NAME."""
    folder = run / name
    shutil.copytree(Path(__file__).parent / name, folder)
    for path in [folder, *folder.rglob("*")]:
        os.chmod(path, 0o755)
    return folder


@pytest.fixture(scope="session")
def www(run):
    """The files that httpd and PHP-FPM serve."""
    return copy_of("www", run)


@pytest.fixture(scope="session")
def php(run, www):
    server = env.PhpFpm(run, www)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def moodle_files(run):
    """The stand-in for Moodle."""
    return copy_of("moodle", run)


@pytest.fixture(scope="session")
def drupal_files(run):
    """The stand-in for Drupal."""
    return copy_of("drupal", run)


@pytest.fixture
def client_secret(run):
    """The file with what a provider knows us by."""
    path = run / "client-secret"
    path.write_text("secret-of-client:+/%\n")
    return path


@pytest.fixture(scope="session")
def mariadb(run):
    server = env.MariaDB(run)
    yield server
    server.process.stop()


@pytest.fixture(scope="session")
def postgresql(run):
    server = env.PostgreSQL(run)
    yield server
    server.process.stop()


@pytest.fixture(scope="session")
def sqlite(run):
    server = env.SQLite(run)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis(run):
    server = env.Redis(run)
    yield server
    server.stop()


@pytest.fixture(params=["mariadb", "postgresql", "sqlite"])
def database(request):
    """Each database in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def httpd(run, www, php):
    """httpd(config, ...) starts a server; it is stopped, and its log read, after the test."""
    yield from httpds(run, www, php)


@pytest.fixture(scope="module")
def httpd_for_all(run, www, php):
    """Likewise, after the last test of the file."""
    yield from httpds(run, www, php)


def httpds(run, www, php):
    servers = []

    def prepare(config, **kwargs):
        servers.append(env.Httpd(run, www, php, config, **kwargs))
        return servers[-1]

    def start(config, **kwargs):
        return prepare(config, **kwargs).start()

    start.prepare = prepare
    yield start
    for server in servers:
        server.stop()
    servers = [server for server in servers if server.has_run]
    unexpected = [line for server in servers for line in server.unexpected()]
    assert not unexpected, "unannounced in the error log: " + "".join(unexpected)
    # Nothing secret may be logged: no cookie value of any test, no password of a database.
    for server in servers:
        text = server.error_log.read_text(errors="replace")
        for secret in ("secret-", "pass=secret", "password=secret"):
            assert secret not in text, f"{secret} in the error log"

# SPDX-License-Identifier: Apache-2.0
"""Databases that stop, freeze, restart: bounded waiting, a clear answer, nobody let in, others not
slowed, and everything back when the database is."""
import threading
import time

import pytest

import env
from load import at_once
from sites import STATUS, WHOAMI, Moodle, use
from test_90_cache import WORKERS

# Answers keep their times while databases are started, frozen and stopped under load.
pytestmark = pytest.mark.alone

PRIVATE = "<Location /private>\nAuthType MoodleSSO\nRequire valid-user\n</Location>\n"


@pytest.fixture(params=["mariadb", "postgresql"])
def server_database(request, run):
    """A database server of this test alone."""
    folder = run / f"faults-{request.param}-{time.monotonic_ns()}"
    folder.mkdir()
    folder.chmod(0o755)
    server = {"mariadb": env.MariaDB, "postgresql": env.PostgreSQL}[request.param](folder)
    yield server
    getattr(server, "thaw", lambda: None)() if hasattr(server, "stopped") else None
    stop(server)


def freeze(server):
    (server.freeze if hasattr(server, "freeze") else server.process.freeze)()


def thaw(server):
    (server.thaw if hasattr(server, "thaw") else server.process.thaw)()


def stop(server):
    """PostgreSQL's fast shutdown; MariaDB's only one."""
    server.process.stop(env.signal.SIGINT if isinstance(server, env.PostgreSQL) else env.signal.SIGTERM)


def config(moodle, timeout="500ms", ttl="0s 0s"):
    return (f"MoodleSSOCacheTTL {ttl}\n" + moodle.directives(database=f"timeout={timeout}") + use("moodle") + PRIVATE
            + WHOAMI + STATUS)


def test_a_stopped_database(httpd, server_database):
    moodle = Moodle(server_database)
    cookie = moodle.session("secret-a")
    server = httpd(config(moodle))
    assert server.get("/private/page.txt", cookie=cookie).status == 200
    server.expect("DB_DOWN", "DB_TIMEOUT")
    stop(server_database)
    for _ in range(6):
        began = time.monotonic()
        assert server.get("/private/page.txt", cookie=cookie).status == 503
        assert server.get("/static.txt", cookie=cookie).status == 200
        assert time.monotonic() - began < 3
    assert server.status()["databases"]["m"]["circuit"] == "open"
    server_database.start()
    env.wait_until(lambda: server.get("/private/page.txt", cookie=cookie).status == 200, "the database to be used again")
    assert server.logged("database m answers again")
    assert server.status()["databases"]["m"]["circuit"] == "closed"


def test_a_frozen_database(httpd, server_database):
    """It accepts connections and never answers: the kernel does the accepting."""
    moodle = Moodle(server_database)
    cookie = moodle.session("secret-a")
    server = httpd(config(moodle))
    assert server.get("/private/page.txt", cookie=cookie).status == 200
    server.expect("DB_TIMEOUT", "DB_DOWN")
    freeze(server_database)
    try:
        for i in range(6):
            began = time.monotonic()
            assert server.get("/private/page.txt", cookie=cookie).status == 503
            assert server.get("/static.txt").status == 200
            assert time.monotonic() - began < 3
        assert server.get("/whoami", cookie=cookie).json["reason"] in ("DB_DOWN", "DB_TIMEOUT")
    finally:
        thaw(server_database)
    env.wait_until(lambda: server.get("/private/page.txt", cookie=cookie).status == 200, "the database to be used again")


def test_a_database_frozen_before_the_first_connection(httpd, server_database):
    moodle = Moodle(server_database)
    cookie = moodle.session("secret-a")
    server = httpd(config(moodle))
    server.expect("DB_TIMEOUT", "DB_DOWN")
    freeze(server_database)
    try:
        for _ in range(4):
            began = time.monotonic()
            assert server.get("/private/page.txt", cookie=cookie).status == 503
            assert time.monotonic() - began < 3
    finally:
        thaw(server_database)
    env.wait_until(lambda: server.get("/private/page.txt", cookie=cookie).status == 200, "the database to be used again")


def test_a_restarted_database_costs_nobody_an_error(httpd, server_database):
    """Connections lost while idle are replaced within the request."""
    moodle = Moodle(server_database)
    cookie = moodle.session("secret-a")
    server = httpd(config(moodle, timeout="10s"))
    at_once(16, lambda i: server.get("/whoami", cookie=cookie).status)
    stop(server_database)
    server_database.start()
    results = at_once(16, lambda i: server.get("/whoami", cookie=cookie).json["identified"])
    assert results == [True] * 16


def test_a_few_connections_are_shared_fairly(httpd, server_database):
    moodle = Moodle(server_database)
    cookies = [moodle.session(f"secret-{i}") for i in range(60)]
    server = httpd(config(moodle, timeout="5s max=2"), workers=WORKERS)
    assert at_once(60, lambda i: server.get("/whoami", cookie=cookies[i]).json.get("username")) == ["alice"] * 60


def test_others_are_not_slowed_and_a_quarter_waits_at_most(httpd, server_database):
    moodle = Moodle(server_database)
    cookie = moodle.session("secret-a")
    server = httpd(config(moodle, timeout="6s", ttl="60s 2s"))
    assert server.get("/private/page.txt", cookie=cookie).status == 200  # kept for a minute
    server.expect("DB_TIMEOUT", "DB_DOWN")
    freeze(server_database)
    try:
        crowd = threading.Thread(target=lambda: at_once(
            60, lambda i: server.get("/private/page.txt", cookie=f"MoodleSession=secret-new{i}")))
        crowd.start()
        env.wait_until(lambda: server.status()["sources"]["moodle"]["waiting"] >= 3, "requests to wait")
        for _ in range(20):
            began = time.monotonic()
            assert server.get("/static.txt").status == 200
            assert server.get("/private/page.txt", cookie=cookie).status == 200
            assert time.monotonic() - began < 1
        crowd.join()
        state = server.status()["sources"]["moodle"]
        assert state["waiting_places"] == 16
        assert state["waiting_peak"] <= 16
        assert state["turned_away"] > 0
    finally:
        thaw(server_database)


def test_too_many_roles_for_the_cache_are_still_right(httpd, sqlite):
    from sites import Drupal
    drupal = Drupal(sqlite, 10)
    for i in range(700):
        drupal.execute("INSERT INTO user__roles (bundle, deleted, entity_id, revision_id, langcode, delta, roles_target_id)"
                       " VALUES ('user', 0, 2, 2, 'en', %s, %s)", 100 + i, f"role_number_{i}")
    cookie, _ = drupal.cookie("alice")
    server = httpd("MoodleSSOBaseURL http://x.example.test\n" + drupal.directives() + use("drupal") + WHOAMI + STATUS)
    for _ in range(3):
        assert "role_number_699" in server.get("/whoami", cookie=cookie).json["roles"].split("|")
    assert server.status()["cache"]["too_large"] == 3


def test_a_locked_sqlite_file_is_not_taken_for_away(httpd, sqlite):
    """In rollback mode readers wait for a writer; that is slow, but no outage."""
    import sqlite3
    moodle = Moodle(sqlite)
    cookie = moodle.session("secret-a")
    server = httpd(config(moodle))
    writer = sqlite3.connect(sqlite.path("moodle"), isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    try:
        for _ in range(4):
            assert server.get("/whoami", cookie=cookie).json["reason"] == "DB_TIMEOUT"
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    assert server.status()["databases"]["m"]["circuit"] == "closed"
    assert server.get("/whoami", cookie=cookie).json["identified"]

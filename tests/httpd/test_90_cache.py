# SPDX-License-Identifier: Apache-2.0
"""The cache: sources are spared, and what ended is over within the TTL."""
import time

import pytest

import env
from load import at_once
from sites import ALICE, BOB, STATUS, WHOAMI, Drupal, Moodle, use

# What ended is over within the TTL of a second and a second of slack.
pytestmark = pytest.mark.alone

SHORT = "MoodleSSOCacheTTL 1s 1s\n"
# 200 places to wait in
WORKERS = ("<IfModule mpm_event_module>\nStartServers 1\nServerLimit 4\nThreadLimit 200\nThreadsPerChild 200\n"
           "MaxRequestWorkers 800\nMinSpareThreads 1\nMaxSpareThreads 800\n</IfModule>\n")


def ends(server, cookie, reason):
    """The identity is there, and gone for this reason within the TTL and a second of slack."""
    began = time.monotonic()
    env.wait_until(lambda: not server.get("/whoami", cookie=cookie).json["identified"], reason)
    assert time.monotonic() - began < 2.5
    assert server.get("/whoami", cookie=cookie).json["reason"] == reason


@pytest.fixture
def moodle(database):
    return Moodle(database)


@pytest.mark.parametrize("sql, reason", [
    ("DELETE FROM mdl_sessions WHERE userid = 3", "SESSION_UNKNOWN"),
    ("UPDATE mdl_user SET suspended = 1 WHERE id = 3", "USER_SUSPENDED"),
    ("UPDATE mdl_user SET deleted = 1 WHERE id = 3", "USER_DELETED"),
    ("UPDATE mdl_user SET auth = 'nologin' WHERE id = 3", "USER_NOLOGIN"),
    ("UPDATE mdl_sessions SET userid = 0", "SESSION_ANONYMOUS"),
    ("UPDATE mdl_sessions SET timemodified = timemodified - 28900", "SESSION_TIMED_OUT"),
])
def test_what_ends_in_moodle_ends_here(httpd, moodle, sql, reason):
    server = httpd(SHORT + moodle.directives() + use("moodle") + WHOAMI)
    cookie = moodle.session("secret-a", ALICE)
    assert server.get("/whoami", cookie=cookie).json["identified"]
    moodle.execute(sql)
    ends(server, cookie, reason)


def test_a_session_that_times_out_meanwhile_is_not_kept(httpd, moodle):
    """The TTL is a minute, the session has five seconds left."""
    server = httpd("MoodleSSOCacheTTL 60s 1s\n" + moodle.directives("timeout=60s") + use("moodle") + WHOAMI)
    cookie = moodle.session("secret-a", ALICE, age=55)
    assert server.get("/whoami", cookie=cookie).json["identified"]
    env.wait_until(lambda: not server.get("/whoami", cookie=cookie).json["identified"], "the timeout")
    assert server.get("/whoami", cookie=cookie).json["reason"] == "SESSION_TIMED_OUT"


@pytest.mark.parametrize("sql, reason", [
    ("DELETE FROM sessions WHERE uid = 2", "SESSION_UNKNOWN"),
    ("UPDATE users_field_data SET status = 0 WHERE uid = 2", "USER_SUSPENDED"),
    ("DELETE FROM users_field_data WHERE uid = 2", "USER_DELETED"),
])
def test_what_ends_in_drupal_ends_here(httpd, database, sql, reason):
    drupal = Drupal(database, 10)
    server = httpd("MoodleSSOBaseURL http://x.example.test\n" + SHORT + drupal.directives() + use("drupal") + WHOAMI)
    cookie, _ = drupal.cookie("alice")
    assert server.get("/whoami", cookie=cookie).json["identified"]
    drupal.execute(sql)
    ends(server, cookie, reason)


def test_a_new_login_is_seen_at_once(httpd, moodle):
    """Signing in changes the session id, so no negative entry can hide it."""
    server = httpd("MoodleSSOCacheTTL 60s 60s\n" + moodle.directives() + use("moodle") + WHOAMI)
    assert server.get("/whoami", cookie="MoodleSession=secret-before").json["reason"] == "SESSION_UNKNOWN"
    assert server.get("/whoami", cookie=moodle.session("secret-after")).json["identified"]


def test_known_and_unknown_are_asked_once(httpd, moodle):
    server = httpd("MoodleSSOCacheTTL 60s 60s\n" + moodle.directives() + use("moodle") + WHOAMI + STATUS)
    cookie = moodle.session("secret-a")
    for _ in range(20):
        assert server.get("/whoami", cookie=cookie).json["identified"]
        assert not server.get("/whoami", cookie="MoodleSession=secret-no").json["identified"]
    assert server.status()["sources"]["moodle"]["asked"] == 2


def test_the_cache_never_mixes_people(httpd, moodle):
    server = httpd(moodle.directives() + use("moodle") + WHOAMI + "MoodleSSOCache 64k\n", workers=WORKERS)
    people = [(moodle.session(f"secret-{i}", ALICE if i % 2 else BOB), "alice" if i % 2 else "bob") for i in range(400)]
    for _ in range(2):
        wrong = [r for r in at_once(20, lambda t: [
            (c, name) for c, name in people[t::20] if server.get("/whoami", cookie=c).json.get("username") != name]) if r]
        assert not wrong


def test_two_hundred_first_requests_make_one_query_per_process(httpd, mariadb):
    """The table is locked while they arrive, so that they all meet the same look-up under way."""
    moodle = Moodle(mariadb)
    cookie = moodle.session("secret-crowd")
    server = httpd(moodle.directives() + use("moodle") + WHOAMI + STATUS, workers=WORKERS)
    server.get("/whoami", cookie="MoodleSession=secret-warm")
    asked = server.status()["sources"]["moodle"]["asked"]
    before = mariadb.statements()
    locker = mariadb.connect("moodle")
    locker.cursor().execute("LOCK TABLES mdl_sessions WRITE")
    try:
        import threading
        results = []
        crowd = threading.Thread(target=lambda: results.extend(
            at_once(200, lambda i: server.get("/whoami", cookie=cookie).json)))
        crowd.start()
        env.wait_until(lambda: server.status()["sources"]["moodle"]["waiting"] > 0, "the first to wait")
    finally:
        locker.cursor().execute("UNLOCK TABLES")
        locker.close()
    crowd.join()
    assert len(results) == 200
    assert all(r.get("username") == "alice" for r in results), [r for r in results if not isinstance(r, dict)][:3]
    processes = 4
    assert server.status()["sources"]["moodle"]["asked"] - asked <= processes
    assert mariadb.statements() - before <= processes

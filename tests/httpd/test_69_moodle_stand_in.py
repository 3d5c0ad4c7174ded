# SPDX-License-Identifier: Apache-2.0
"""The stand-in for Moodle does what Moodle was seen to do: exchanges of real Moodle 4.5, one by one."""
import json
import re
from pathlib import Path

import pytest

from moodle_site import CHROME, ROOT, MoodleSite, sesskey

EXCHANGES = json.loads((Path(__file__).parent / "fixtures/moodle_exchanges.json").read_text())
CAPTURES = sorted({e["capture"].split()[0] for e in EXCHANGES})
# What the environment said in the exchanges.
ATTRIBUTES = {"carol": ("carol@example.test", "Carol", "Who", "carol@example.test"),
              "alice": ("alice", "Alice", "Who", "alice@example.test"),
              "suspended": ("sue.suspended", "Sue", "Who", "sue@example.test"),
              "minimal": ("mini.mal", "", "", ""), "plus": ("user+tag@example.test", "P", "Lus", "p@example.test"),
              "guid": ("8F2C7A1E-0b5d-4e43-9a77-2d1c5b6a7f90", "G", "U", "carol@example.test"),
              "badmail": ("bad.mail", "B", "M", "not-an-email")}
NAMES = ("MOODLESSO_USERNAME", "MOODLESSO_GIVEN_NAME", "MOODLESSO_FAMILY_NAME", "MOODLESSO_EMAIL")
AS = "".join(f'SetEnvIf X-As "^{who}$" {" ".join(f"{n}={v}" for n, v in zip(NAMES, values) if v)}\n'
             for who, values in ATTRIBUTES.items())


@pytest.fixture(params=["mariadb", "postgresql", "redis"])
def site(request, moodle_files):
    redis = request.getfixturevalue("redis") if request.param == "redis" else None
    if redis:
        redis.client().flushall()
    return MoodleSite(request.getfixturevalue("mariadb" if redis else request.param), redis=redis)


def compare(exchange, answer, sids):
    assert answer.status == exchange["status"], answer
    location = exchange.get("location", "").replace("@ROOT@", ROOT).replace("@ENCODED@", ROOT.replace(":", "%3A").replace("/", "%2F"))
    assert re.fullmatch(re.escape(location).replace("@ID@", r"\d+"), answer.one("Location") or ""), answer
    line = answer.one("Set-Cookie")
    expected = exchange.get("set_cookie")
    assert (line is None) == (expected is None), answer
    if line:
        value = re.match(r"MoodleSession=([^;]+)", line)[1]
        symbol = re.match(r"MoodleSession=([^;]+)", expected)[1]
        assert value not in sids.values()
        sids[symbol] = value
        assert line == expected.replace(f"={symbol};", f"={value};")
    html_page = exchange["status"] in (200, 404)
    assert (answer.one("X-Frame-Options") == "sameorigin") == html_page


def aside(site, exchange, sid):
    """What was done to the session from outside."""
    if site.redis and exchange["before"] == "kill":
        site.redis.client().unlink(f"session_{sid}")
    elif site.redis:
        site.redis.client().hset(f"session_{sid}", "timemodified", "i:1000000000;")
    elif exchange["before"] == "kill":
        site.execute("DELETE FROM mdl_sessions WHERE sid = %s", sid)
    else:
        site.execute("UPDATE mdl_sessions SET timemodified = timemodified - 28801 WHERE sid = %s", sid)


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_stand_in_answers_as_moodle_did(httpd, site, capture):
    settings = {"LOGOUT_HANDLER": f"{ROOT}/moodlesso/logout"} if capture == "m45-shibboleth" else {}
    plain = httpd(site.config(**settings) + AS, bare=True)
    automatic = httpd(site.config(**settings, ALTERNATELOGINURL=f"{ROOT}/auth/shibboleth/index.php") + AS, bare=True)
    sids = {}
    for exchange in (e for e in EXCHANGES if e["capture"].split()[0] == capture):
        server = automatic if exchange.get("alternateloginurl") else plain
        sid = sids.get(exchange.get("cookie"))
        if "before" in exchange:
            aside(site, exchange, sid)
        method, path = exchange["request"].split(" ", 1)
        cookie = f"MoodleSession={sid}" if sid else None
        if "sesskey=" in path:
            path = re.sub(r"sesskey=\w+", f"sesskey={sesskey(server.get('/my/', cookie=cookie))}", path)
        headers = [("User-Agent", CHROME), *([("X-As", exchange["as"])] if "as" in exchange else [])]
        body = None
        if "form" in exchange:
            body = "&".join(f"{k}={v}" for k, v in exchange["form"].items()).encode()
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        answer = server.get(path.replace("@ROOT@", ROOT), cookie=cookie, headers=headers, method=method, body=body)
        compare(exchange, answer, sids)
        for symbol, user in exchange.get("rows", {}).items():
            assert site.users().get(sids[symbol]) == user, exchange["capture"]


def test_existing_accounts_of_another_kind_are_refused_and_new_ones_made(httpd, site):
    server = httpd(site.config() + 'SetEnvIf X-As "^zed$" MOODLESSO_USERNAME=Zed@Example.Test MOODLESSO_GIVEN_NAME=A;B '
                   'MOODLESSO_FAMILY_NAME=Zett MOODLESSO_EMAIL=zed@example.test;other@example.test\n', bare=True)
    answer = server.get("/auth/shibboleth/index.php", headers=[("X-As", "zed")])
    assert (answer.status, answer.one("Location")) == (303, f"{ROOT}/my/")
    assert [tuple(r) for r in site.execute("SELECT auth, firstname, email FROM mdl_user WHERE username = 'zed@example.test'")] \
        == [("shibboleth", "A", "zed@example.test")]
    # a target that is no URL of the site is not gone to
    answer = server.get("/auth/shibboleth/index.php?target=https://evil.example/", headers=[("X-As", "zed")])
    assert answer.one("Location") == f"{ROOT}/my/"


def test_the_cookie_of_later_versions_is_lax(httpd, mariadb, moodle_files):
    site = MoodleSite(mariadb)
    server = httpd(site.config(SAMESITE="Lax"), bare=True)
    assert server.get("/my/").one("Set-Cookie").endswith("; path=/; secure; HttpOnly; SameSite=Lax")

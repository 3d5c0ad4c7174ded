# SPDX-License-Identifier: Apache-2.0
"""MoodleSSOMatch: which of Moodle's users an identity of a provider is."""
import time

import pytest

import env
from issuer import Issuer
from sites import ALICE, BOB, STATUS, SUE, WHOAMI, Moodle, use
from test_50_tokens import bearer, knows_keys
from test_60_store import Store
from test_91_faults import server_database, stop  # noqa: F401

MAIL = {"email": "Alice@Example.TEST", "email_verified": True}


@pytest.fixture(autouse=True)
def issuer(run):
    """Made first, so that it is there until the servers have stopped."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


@pytest.fixture
def moodle(database):
    return Moodle(database)


def config(issuer, moodle, rules, more=""):
    return ("MoodleSSOBaseURL https://moodle.example\nMoodleSSOStateDir @HTTPD@/state\n" + moodle.directives() +
            f"MoodleSSOSource idp oidc issuer={issuer.url} audience=https://moodle.example\n" + use("idp", "moodle") + WHOAMI +
            STATUS + f"<Location />\n{rules}\n</Location>\n"
            "<Location /protected>\nAuthType MoodleSSO\nRequire valid-user\nSetHandler moodlesso-whoami\n</Location>\n" + more)


@pytest.fixture
def site(httpd, issuer, moodle):
    def start(rules, more=""):
        server = httpd(config(issuer, moodle, rules, more))
        knows_keys(server)
        return server
    return start


def whom(server, token):
    """The username, or the reason why there is none."""
    who = server.get("/whoami", headers=bearer(token)).json
    return who["username"] if who["identified"] else who["reason"]


def test_the_first_rule_that_finds_one_wins(site, issuer, moodle):
    server = site("MoodleSSOMatch oid idnumber\nMoodleSSOMatch email email verified\n"
                  "MoodleSSOMatch username username skip-domain=example.test\nMoodleSSOCreateUsers Off")
    assert whom(server, issuer.token(sub="1", oid="E-1002", **MAIL)) == "bob"
    assert whom(server, issuer.token(sub="2", oid="none", **MAIL)) == "alice"
    assert whom(server, issuer.token(sub="3", preferred_username="Alice@Example.Test")) == "alice"
    for n, claims in enumerate(({"oid": "e-1002"}, {"email": "alice@example.test"}, {"preferred_username": "alice@evil.test"},
                                {"preferred_username": "bob_evil.test#EXT#@example.test"},
                                {"preferred_username": "admin@example.test"}, {"preferred_username": "álice@example.test"})):
        assert whom(server, issuer.token(sub=f"x{n}", **{"preferred_username": None, **claims})) == "NOT_LINKED", claims
    answer = server.get("/protected", headers=bearer(issuer.token(sub="1", oid="E-1002")))
    assert answer.status == 200 and answer.json["subject"] == "1" and answer.json["issuer"] == issuer.url


def test_two_hits_are_nobody(site, issuer, moodle):
    moodle.execute("UPDATE mdl_user SET idnumber = 'E-7' WHERE id IN (%s, %s)", ALICE, BOB)
    server = site("MoodleSSOMatch oid idnumber\nMoodleSSOMatch email email verified")
    assert whom(server, issuer.token(oid="E-7", **MAIL)) == "AMBIGUOUS_MATCH"
    assert server.get("/protected", headers=bearer(issuer.token(oid="E-7"))).status == 403
    # one of the two is spelled otherwise, which some collations do not mind
    moodle.execute("UPDATE mdl_user SET idnumber = 'e-7' WHERE id = %s", BOB)
    env.wait_until(lambda: whom(server, issuer.token(oid="E-7", **MAIL)) == "alice", "the cache to forget")


def test_who_may_not_sign_in_is_no_match(site, issuer, moodle):
    server = site("MoodleSSOMatch oid idnumber\nMoodleSSOCreateUsers Off")
    found = {oid: whom(server, issuer.token(sub=oid, oid=oid)) for oid in ("E-1003", "E-1004", "E-1005")}
    assert found == {"E-1003": "USER_SUSPENDED", "E-1004": "USER_NOLOGIN", "E-1005": "NOT_LINKED"}
    moodle.execute("UPDATE mdl_user SET mnethostid = 2, deleted = 0 WHERE id = %s", BOB)
    assert whom(server, issuer.token(sub="m", oid="E-1002")) == "NOT_LINKED"
    moodle.execute("UPDATE mdl_user SET mnethostid = 1, deleted = 1 WHERE id = %s", BOB)
    assert whom(server, issuer.token(sub="d", oid="E-1002")) == "NOT_LINKED"


def test_what_was_found_stays_when_moodle_changes(site, issuer, moodle):
    server = site("MoodleSSOMatch oid idnumber")
    assert whom(server, issuer.token(oid="E-1001")) == "alice"
    moodle.execute("UPDATE mdl_user SET idnumber = '' WHERE id = %s", ALICE)
    moodle.execute("UPDATE mdl_user SET idnumber = 'E-1001' WHERE id = %s", BOB)
    again = issuer.token(oid="E-1001", name="Another Name")
    assert whom(server, again) == "alice", "by its link"
    assert whom(server, issuer.token(sub="other", oid="E-1001")) == "bob"


def test_a_name_that_somebody_has_is_not_made_again(site, issuer, moodle):
    server = site("MoodleSSOMatch email email verified")
    assert whom(server, issuer.token(sub="1", preferred_username="Alice")) == "USERNAME_TAKEN"
    assert whom(server, issuer.token(sub="2", preferred_username="sue.suspended")) == "USERNAME_TAKEN"
    assert whom(server, issuer.token(sub="3", preferred_username="New.One@example.test")) == "new.one@example.test"
    assert whom(server, issuer.token(sub="3", preferred_username="renamed")) == "new.one@example.test"
    assert whom(server, issuer.token(sub="4", preferred_username="new.one@example.test")) == "USERNAME_TAKEN"
    assert whom(server, issuer.token(sub="5", preferred_username="admin")) == "NOT_LINKED"


def test_moodles_own_people_are_who_they_are(site, issuer, moodle):
    server = site("MoodleSSOMatch oid idnumber\nMoodleSSOCreateUsers Off")
    assert server.get("/whoami", cookie=moodle.session("secret-own")).json["username"] == "alice"


def test_a_match_is_asked_for_once(site, issuer, moodle):
    server = site("MoodleSSOMatch oid idnumber")
    token = issuer.token(oid="E-1001")
    for _ in range(5):
        assert whom(server, token) == "alice"
    assert server.status()["sources"]["(accounts)"]["asked"] == 1


def test_what_a_request_leads_to_inside_the_server_asks_nobody_again(site, issuer, moodle):
    server = site("MoodleSSOMatch oid idnumber\nMoodleSSOAllow claim name ~.*\nErrorDocument 404 /whoami",
                  "MoodleSSOCacheTTL 0s 0s\n<Location /none>\nMoodleSSOAllow claim name ~.*\n</Location>\n")
    answer = server.get("/nothing/here", headers=bearer(issuer.token(oid="E-1001")))
    assert answer.status == 404 and answer.json["username"] == "alice"
    assert server.status()["sources"]["(accounts)"]["asked"] == 1
    assert server.get("/none", headers=bearer(issuer.token(oid="E-1001"))).json["username"] == "alice"
    assert server.status()["sources"]["(accounts)"]["asked"] == 3


def test_sections_have_rules_of_their_own(site, issuer):
    server = site("MoodleSSOMatch oid idnumber\nMoodleSSOCreateUsers Off",
                  "<Location /protected>\nMoodleSSOMatch email email verified\n</Location>\n")
    token = issuer.token(oid="E-1002", sub="a")
    assert whom(server, token) == "bob"
    assert server.get("/protected", headers=bearer(token)).json["username"] == "bob", "its link counts everywhere"
    other = issuer.token(oid="E-1001", sub="b")
    assert server.get("/protected", headers=bearer(other)).status == 403
    assert whom(server, other) == "alice"


def test_the_moodle_may_be_named(httpd, issuer, moodle, sqlite):
    other = Moodle(sqlite, "othermoodle")
    other.execute("UPDATE mdl_user SET idnumber = 'O-1' WHERE id = %s", SUE - 1)
    more = other.directives().replace("MoodleSSODatabase m ", "MoodleSSODatabase o ").replace(
        "MoodleSSOSource moodle moodle database=m", "MoodleSSOSource other moodle database=o")
    server = httpd(config(issuer, moodle, "MoodleSSOMatch oid idnumber in=other\nMoodleSSOCreateUsers Off", more))
    knows_keys(server)
    assert whom(server, issuer.token(sub="1", oid="O-1")) == "bob"
    assert whom(server, issuer.token(sub="2", oid="E-1002")) == "NOT_LINKED"


def test_a_database_that_is_away_makes_nobody(httpd, issuer, server_database, run):  # noqa: F811
    moodle = Moodle(server_database)
    server = httpd(config(issuer, moodle, "MoodleSSOMatch oid idnumber"))
    knows_keys(server)
    assert whom(server, issuer.token(sub="1", oid="E-1001")) == "alice"
    stop(server_database)
    server.expect("DB_DOWN", "DB_TIMEOUT")
    answer = server.get("/protected", headers=bearer(issuer.token(sub="2", oid="E-1002", preferred_username="new")))
    assert answer.status == 503 and answer.one("Retry-After") == "3"


def test_a_store_that_is_away_makes_nobody(httpd, issuer, server_database, sqlite, run):  # noqa: F811
    store = Store(server_database, run)
    server = httpd(config(issuer, Moodle(sqlite), "MoodleSSOCreateUsers On", store.directive("timeout=500ms")))
    knows_keys(server)
    assert whom(server, issuer.token(sub="1", preferred_username="one")) == "one"
    stop(server_database)
    server.expect("the store failed 3 times")
    assert whom(server, issuer.token(sub="2", preferred_username="two")) == "STORE_DOWN"
    assert server.get("/protected", headers=bearer(issuer.token(sub="3"))).status == 503
    server_database.start()
    env.wait_until(lambda: whom(server, issuer.token(sub="2", preferred_username="two")) == "two", "the store to be asked")


@pytest.mark.parametrize("rule, sentence", [
    ("MoodleSSOMatch email email", "when it is verified"), ("MoodleSSOMatch username username skip-domain=", "lists the domains"),
    ("MoodleSSOMatch oid idnumber", "MoodleSSOMatch oid to idnumber: there is no MoodleSSOSource of the kind moodle and no "
                                    "MoodleSSOProvision, to look for users in: define one"),
    ("MoodleSSOMatch oid idnumber in=nobody", "there is no MoodleSSOSource nobody of the kind moodle"),
    ("MoodleSSOMatch oid", "write IDENTITYFIELD")])
def test_a_mistake_is_a_sentence(httpd, rule, sentence):
    status, output = httpd.prepare(f"<Location />\n{rule}\n</Location>\n").check()
    assert status != 0 and sentence in output

# SPDX-License-Identifier: Apache-2.0
"""MoodleSSOAllow: whom of those that a source vouches for a section lets pass."""
import time

import pytest

from issuer import Issuer
from sites import PHP, STATUS, WHOAMI, Moodle, use
from test_50_tokens import STATE, bearer, knows_keys
from test_51_sessions import FRAMED, IN_FRAME

MAIL = {"email": "alice@example.edu", "email_verified": True}
BASE = "MoodleSSOBaseURL https://moodle.example\n"


@pytest.fixture(autouse=True)
def issuer(run):
    """Made first, so that it is there until the servers have stopped."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


def config(issuer, rules, more=""):
    return (BASE + STATE + f"MoodleSSOSource idp oidc issuer={issuer.url} audience=https://moodle.example\n" + use("idp") + PHP +
            WHOAMI + STATUS + f"<Location />\n{rules}\n</Location>\n"
            "<Location /protected>\nAuthType MoodleSSO\nRequire valid-user\nSetHandler moodlesso-whoami\n</Location>\n" + more)


@pytest.fixture
def site(httpd, issuer):
    def start(rules, more=""):
        server = httpd(config(issuer, rules, more))
        knows_keys(server)
        return server
    return start


def reason(server, token, path="/whoami"):
    who = server.get(path, headers=bearer(token)).json
    return None if who["identified"] else who["reason"]


def test_people_of_the_institution_pass(site, issuer):
    server = site("MoodleSSOAllow domain example.edu *.example.edu\nMoodleSSOAllow claim roles teacher ~dean-.*")
    for email, roles in (("alice@example.edu", ["teacher"]), ("a@Physics.Example.EDU", ["x", "dean-2"])):
        answer = server.get("/protected", headers=bearer(issuer.token(email=email, email_verified=True, roles=roles)))
        assert answer.status == 200 and answer.json["email"] == email


@pytest.mark.parametrize("rules, claims, expected", [
    ("MoodleSSOAllow domain example.edu", {"email": "a@other.edu", "email_verified": True}, "DOMAIN_NOT_ALLOWED"),
    ("MoodleSSOAllow domain example.edu", {"email": "a@example.edu"}, "DOMAIN_NOT_ALLOWED"),
    ("MoodleSSOAllow domain example.edu", {"email": "a@example.edu", "email_verified": False}, "DOMAIN_NOT_ALLOWED"),
    ("MoodleSSOAllow domain example.edu", {"hd": "example.edu"}, "DOMAIN_NOT_ALLOWED"),
    ("MoodleSSOAllow domain *.example.edu", MAIL, "DOMAIN_NOT_ALLOWED"),
    ("MoodleSSOAllow tenant 72f988bf-86f1-41af-91ab-2d7cd011db47", {"tid": "72f988bf-86f1-41af-91ab-2d7cd011db47"},
     "TENANT_NOT_ALLOWED"),
    ('MoodleSSOAllow username "[a-z.]+@example\\.edu"', {"preferred_username": "a@example.edu.evil.org"}, "USERNAME_NOT_ALLOWED"),
    ('MoodleSSOAllow username "(a+)+b"', {"preferred_username": "a" * 200}, "USERNAME_NOT_ALLOWED"),
    ("MoodleSSOAllow claim roles teacher", {"roles": ["student"]}, "CLAIM_NOT_ALLOWED"),
    ("MoodleSSOAllow domain example.edu\nMoodleSSOAllow claim roles teacher", MAIL, "CLAIM_NOT_ALLOWED")])
def test_others_are_nobody_and_the_reason_is_said(site, issuer, rules, claims, expected):
    server = site(rules)
    token = issuer.token(**claims)
    answer = server.get("/protected", headers=bearer(token))
    assert answer.status == 403 and answer.all("WWW-Authenticate") == []
    environment = server.get("/env.php", headers=bearer(token)).json["server"]
    assert environment["MOODLESSO_REASON"] == expected
    assert {name for name in environment if name.startswith("MOODLESSO_")} == {"MOODLESSO_REASON"}
    assert "REMOTE_USER" not in environment
    assert server.logged(f"moodlesso: {expected}: source idp: ")
    assert not server.logged("evil|student|other.edu"), "never the value"
    assert server.status()["refused"][expected] == 2


def test_a_tenant_is_told_by_its_issuer(httpd, issuer):
    """An issuer with {tenantid} in its name, as Entra's."""
    issuer.metadata = lambda: {**Issuer.metadata(issuer), "issuer": f"{issuer.url}/{{tenantid}}"}
    issuer.keys[0].jwk["issuer"] = f"{issuer.url}/{{tenantid}}"
    tenants = ["72f988bf-86f1-41af-91ab-2d7cd011db47", "99999999-86f1-41af-91ab-2d7cd011db47"]
    server = httpd(BASE + STATE + f"MoodleSSOSource idp oidc issuer={issuer.url}/{{tenantid}} tenants={','.join(tenants)} "
                   f"metadata={issuer.url}/metadata audience=https://moodle.example\n" + use("idp") + STATUS +
                   WHOAMI + f"<Location />\nMoodleSSOAllow tenant {tenants[0].upper()}\n</Location>\n")
    knows_keys(server)
    assert reason(server, issuer.token(iss=f"{issuer.url}/{tenants[0]}", tid=tenants[0])) is None
    assert reason(server, issuer.token(iss=f"{issuer.url}/{tenants[1]}", tid=tenants[1])) == "TENANT_NOT_ALLOWED"


def test_inner_sections_add_rules(site, issuer):
    server = site("MoodleSSOAllow domain example.edu",
                  "<Location /protected>\nMoodleSSOAllow claim roles teacher\n</Location>\n"
                  "<Location /protected/deans>\nMoodleSSOAllow claim roles dean\n</Location>\n")
    token = issuer.token(**MAIL, roles=["teacher"])
    assert [reason(server, token), reason(server, token, "/protected")] == [None, None]
    assert server.get("/protected/deans", headers=bearer(token)).status == 403
    assert server.get("/protected", headers=bearer(issuer.token(email="x@y.org", email_verified=True, roles=["teacher"]))
                      ).status == 403


def test_a_redirect_inside_the_server_is_judged_by_its_own_section(site, issuer):
    server = site("", "<Location /private>\nMoodleSSOAllow claim roles dean\n</Location>\n"
                      "<Location /env.php>\nMoodleSSOAllow claim roles teacher\n</Location>\nErrorDocument 404 /env.php\n")
    answer = server.get("/private/nothing", headers=bearer(issuer.token(roles=["teacher"])))
    assert answer.status == 404 and answer.json["server"]["MOODLESSO_USERNAME"] == "alice"
    answer = server.get("/private/nothing", headers=bearer(issuer.token(roles=["dean"])))
    assert answer.json["server"]["MOODLESSO_REASON"] == "CLAIM_NOT_ALLOWED"


def test_no_session_is_begun_for_whoever_may_not_pass(site, issuer):
    server = site("MoodleSSOAllow domain example.edu")
    refused = server.get("/moodlesso/teams", method="POST", body=b"", headers=[*FRAMED, *bearer(issuer.token())])
    assert refused.status == 403 and refused.json["reason"] == "DOMAIN_NOT_ALLOWED"
    assert refused.all("Set-Cookie") == []
    begun = server.get("/moodlesso/teams", method="POST", body=b"", headers=[*FRAMED, *bearer(issuer.token(**MAIL))])
    assert begun.status == 200
    cookie = begun.one("Set-Cookie").partition(";")[0]
    assert server.get("/protected", cookie=cookie, headers=IN_FRAME).json["email"] == MAIL["email"]


def test_what_the_rules_look_at_stays_in_the_smallest_session(site, issuer):
    server = site("MoodleSSOAllow domain example.edu")
    token = issuer.token(**MAIL, roles=[f"role-{i}" for i in range(200)], oid="o" * 300)
    begun = server.get("/moodlesso/teams", method="POST", body=b"", headers=[*FRAMED, *bearer(token)])
    who = server.get("/protected", cookie=begun.one("Set-Cookie").partition(";")[0], headers=IN_FRAME)
    assert who.status == 200 and "oid" not in who.json and "roles" not in who.json


def test_addresses_in_moodle_are_not_verified(httpd, sqlite):
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives() + use("moodle") + WHOAMI + STATUS +
                   "<Location /whoami>\nMoodleSSOAllow domain example.test\n</Location>\n")
    assert server.get("/whoami", cookie=moodle.session("secret-a")).json["reason"] == "DOMAIN_NOT_ALLOWED"


@pytest.mark.parametrize("rule, sentence", [
    ("tenant common", "is no tenant ID"), ("domain *.", "is no domain"), ('username "("', "is no regular expression"),
    ("claim roles", "write tenant GUID"), ("", "write tenant GUID")])
def test_a_mistake_is_a_sentence(httpd, rule, sentence):
    status, output = httpd.prepare(f"<Location />\nMoodleSSOAllow {rule}\n</Location>\n").check()
    assert status != 0 and sentence in output

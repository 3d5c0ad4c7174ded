# SPDX-License-Identifier: Apache-2.0
"""A stronger sign-in: what a person gets whom Require moodlesso-claim acr: keeps out, and how they come in."""
from urllib.parse import parse_qsl, urlsplit

import pytest

from sites import ALICE, Moodle
from test_50_tokens import bearer, knows_keys
from test_51_sessions import IN_FRAME, PAGE, sign_in
from test_54_login import Browser, config, issuer, reason, retry, source

STRONG = "<Location /strong%s>\nAuthType MoodleSSO\n%s\nSetHandler moodlesso-whoami\n</Location>\n"
START = "/moodlesso/start/idp?return=%2Fstrong&acr=mfa"
CHALLENGE = ('Bearer realm="MoodleSSO", error="insufficient_user_authentication", error_description="ACR_INSUFFICIENT", '
             'acr_values="mfa"')
SCRIPT = [("Sec-Fetch-Mode", "cors")]


@pytest.fixture
def begin(httpd, issuer, client_secret):
    def start(require="Require moodlesso-claim acr:mfa", more="", options=""):
        server = httpd(config(source(issuer, client_secret, more=options), more=STRONG % ("", require) + more))
        server.expect("AH01630", "AH01631")
        knows_keys(server)
        return server

    return start


@pytest.fixture
def site(begin):
    return begin()


def known(server, issuer, **claims):
    """A browser whose person signed in so."""
    browser = Browser(server)
    issuer.person = claims
    assert browser.sign_in(issuer).status == 303
    return browser


@pytest.mark.parametrize("claims", [{}, {"acr": "pwd"}])
def test_a_page_leads_to_a_stronger_login_and_back(site, issuer, claims):
    browser = known(site, issuer, **claims)
    answer = browser.ask("/strong?course=5&x=%2Fy")
    assert answer.status == 302 and answer.one("Cache-Control") == "no-store"
    assert answer.one("Location") == "/moodlesso/start/idp?return=%2Fstrong%3Fcourse%3D5%26x%3D%252Fy&acr=mfa"
    issuer.person = {"acr": "mfa"}
    answer = browser.ask(answer.one("Location"))
    assert dict(parse_qsl(urlsplit(answer.one("Location")).query))["acr_values"] == "mfa"
    answer = browser.follow(answer, issuer)
    assert answer.status == 303 and answer.one("Location").endswith("/strong?course=5&x=%2Fy")
    assert browser.ask("/strong").json["username"] == "alice"
    assert browser.ask("/protected").status == 200


def test_who_is_not_known_signs_in_first(site):
    assert Browser(site).ask("/strong").one("Location") == "/moodlesso/start/idp?return=%2Fstrong"


def test_a_linked_person_too(begin, issuer):
    """An account step in between leaves how the person signed in as it is."""
    browser = known(begin(more="<Location />\nMoodleSSOCreateUsers On\n</Location>\n"), issuer)
    place = browser.ask("/strong").one("Location")
    assert place == START
    issuer.person = {"acr": "mfa"}
    assert browser.sign_in(issuer, place).status == 303
    assert browser.ask("/strong").json["username"] == "alice"


def test_what_the_provider_does_not_give_is_a_page_and_no_circle(site, issuer):
    browser = known(site, issuer)
    for claims in ({}, {"acr": "pwd"}):
        issuer.person = claims
        answer = browser.sign_in(issuer, START)
        assert answer.status == 403 and reason(answer) == "TOKEN_ACR"
        assert dict(parse_qsl(urlsplit(retry(answer)).query))["acr"] == "mfa"
        assert browser.ask("/protected").status == 200, "the person stays signed in as before"


def test_the_largest_of_sessions_keeps_how_it_was_begun(site, issuer):
    browser = known(site, issuer, acr="mfa", roles=[f"role-{i}" for i in range(400)], oid="o" * 200)
    assert browser.ask("/strong").status == 200


def test_whoever_comes_back_is_who_it_is(site, issuer):
    browser = known(site, issuer)
    issuer.person = {"acr": "mfa", "sub": "bob", "preferred_username": "bob"}
    browser.sign_in(issuer, START)
    assert browser.ask("/strong").json["username"] == "bob"
    assert browser.ask("/protected").json["username"] == "bob"


@pytest.mark.parametrize("method, headers", [
    ("GET", SCRIPT), ("GET", [("Accept", "application/json")]), ("GET", ()), ("POST", PAGE), ("POST", SCRIPT), ("PUT", PAGE),
    ("POST", IN_FRAME)])
def test_scripts_and_forms_get_a_challenge(site, issuer, method, headers):
    browser = known(site, issuer)
    answer = browser.ask("/strong", method, headers, b"x" * 5000 if method != "GET" else None)
    assert answer.status == 401 and answer.one("Location") is None
    assert answer.all("WWW-Authenticate") == [CHALLENGE]
    assert answer.one("Content-Type") == "application/problem+json" and answer.one("Cache-Control") == "no-store"
    assert answer.json["reason"] == "ACR_INSUFFICIENT" and answer.json["status"] == 401
    assert "alice" not in answer.body, "not a byte of the page"


def test_head_gets_what_get_does(site, issuer):
    browser = known(site, issuer)
    answer = browser.ask("/strong", "HEAD")
    assert answer.status == 302 and answer.one("Location") == START
    answer = browser.ask("/strong", "HEAD", SCRIPT)
    assert answer.status == 401 and answer.all("WWW-Authenticate") == [CHALLENGE] and answer.body == ""


def test_bearer_tokens(site, issuer):
    weak, strong = (issuer.token(aud="moodle", **claims) for claims in ({"acr": "pwd"}, {"acr": "mfa"}))
    for headers in ((), PAGE):
        answer = site.get("/strong", headers=[*headers, *bearer(weak)])
        assert answer.status == 401 and answer.all("WWW-Authenticate") == [CHALLENGE]
        assert answer.json["reason"] == "ACR_INSUFFICIENT"
    assert site.get("/strong", headers=bearer(strong)).json["username"] == "alice"


def test_in_a_frame_a_page_says_so(site, issuer):
    cookie = sign_in(site, issuer, aud="moodle")
    answer = site.get("/strong", headers=IN_FRAME, cookie=cookie)
    assert answer.status == 403 and answer.one("Location") is None
    assert "ACR_INSUFFICIENT" in answer.body and "a window of its own" in answer.body
    assert site.get("/strong", headers=IN_FRAME).one("Location").startswith("/moodlesso/teams?"), "who is not known"
    strong = sign_in(site, issuer, aud="moodle", acr="mfa")
    assert site.get("/strong", headers=IN_FRAME, cookie=strong).status == 200


LOGIN, STAYS = 302, 403


RULES = (
    # alice: no acr, "pwd", "mfa"
    ("Require moodlesso-claim acr:mfa", (LOGIN, LOGIN, 200)),
    ("Require moodlesso-claim acr:mfa acr:pwd", (LOGIN, 200, 200)),
    ("Require moodlesso-claim acr:mfa name:nobody", (LOGIN, LOGIN, 200)),
    ("Require moodlesso-claim acr:mfa \"name:Alice Anders\"", (200, 200, 200)),
    ("Require moodlesso-claim acr~mf.", (STAYS, STAYS, 200)),
    ("<RequireAll>\nRequire valid-user\nRequire moodlesso-claim acr:mfa\n</RequireAll>", (LOGIN, LOGIN, 200)),
    ("<RequireAll>\nRequire moodlesso-claim acr:mfa\nRequire user alice\n</RequireAll>", (LOGIN, LOGIN, 200)),
    ("<RequireAll>\nRequire moodlesso-claim acr:mfa\nRequire user bob\n</RequireAll>", (STAYS, STAYS, STAYS)),
    ("<RequireAll>\nRequire user bob\nRequire moodlesso-claim acr:mfa\n</RequireAll>", (STAYS, STAYS, STAYS)),
    ("<RequireAll>\nRequire ip 192.0.2.1\nRequire moodlesso-claim acr:mfa\n</RequireAll>", (STAYS, STAYS, STAYS)),
    ("<RequireAny>\nRequire user bob\nRequire moodlesso-claim acr:mfa\n</RequireAny>", (LOGIN, LOGIN, 200)),
    ("<RequireAny>\nRequire moodlesso-claim acr:mfa\nRequire user bob\n</RequireAny>", (LOGIN, LOGIN, 200)),
    ("<RequireAny>\nRequire moodlesso-claim acr:mfa\nRequire user alice\n</RequireAny>", (200, 200, 200)),
    ("<RequireAny>\nRequire ip 127.0.0.1\nRequire moodlesso-claim acr:mfa\n</RequireAny>", (200, 200, 200)),
    ("<RequireAll>\nRequire valid-user\nRequire not moodlesso-claim acr:pwd\n</RequireAll>", (200, STAYS, 200)),
    ("<RequireAll>\nRequire valid-user\n<RequireNone>\nRequire moodlesso-claim acr:pwd\n</RequireNone>\n</RequireAll>",
     (200, STAYS, 200)),
    ("<RequireAll>\nRequire valid-user\nRequire not weak\n</RequireAll>", (200, STAYS, 200)),
    # no login meets both
    ("<RequireAll>\nRequire moodlesso-claim acr:mfa\nRequire moodlesso-claim acr:pwd\n</RequireAll>", (LOGIN, STAYS, STAYS)),
    ("Require moodlesso-claim acr:mfa\nMoodleSSOUnauthenticated 403", (STAYS, STAYS, 200)),
    ("Require moodlesso-claim acr:mfa\nMoodleSSOUnauthenticated 401", (401, 401, 200)),
    ("Require moodlesso-claim acr:mfa\nMoodleSSOUnauthenticated login", (LOGIN, LOGIN, 200)),
    ("Require moodlesso-claim acr:mfa\nMoodleSSOUnauthenticated pass", (LOGIN, LOGIN, 200)),
    ("Require moodlesso-claim \"acr:m\\\"fa\"", (STAYS, STAYS, STAYS)),
    ("Require moodlesso-claim acr:" + "m" * 129, (STAYS, STAYS, STAYS)),
)


def test_among_other_rules(begin, issuer):
    server = begin(more="<AuthzProviderAlias moodlesso-claim weak acr:pwd>\n</AuthzProviderAlias>\n" +
                        "".join(STRONG % (i, require) for i, (require, _) in enumerate(RULES)))
    people = [known(server, issuer, **claims) for claims in ({}, {"acr": "pwd"}, {"acr": "mfa"})]
    for i, (require, expected) in enumerate(RULES):
        answers = [browser.ask(f"/strong{i}") for browser in people]
        assert tuple(a.status for a in answers) == expected, require
        for answer in answers:
            assert (answer.one("Location") is not None) == (answer.status == LOGIN)
            assert (answer.one("Location") or "acr=mfa").endswith("acr=mfa") or "mfa%20pwd" in answer.one("Location")
            assert ("alice" in answer.body) == (answer.status == 200)


def test_one_of_several_is_to_come_back(begin, issuer):
    server = begin("Require moodlesso-claim acr:hwk acr:mfa")
    browser = known(server, issuer)
    place = browser.ask("/strong").one("Location")
    assert place == "/moodlesso/start/idp?return=%2Fstrong&acr=hwk%20mfa"
    assert browser.leave(place)["acr_values"] == "hwk mfa"
    issuer.person = {"acr": "mfa"}
    assert browser.sign_in(issuer, place).status == 303
    assert browser.ask("/strong").status == 200
    answer = known(server, issuer, acr="pwd").ask("/strong", headers=SCRIPT)
    assert 'acr_values="hwk mfa"' in answer.one("WWW-Authenticate")


def test_of_several_that_fail_the_first_is_asked_for(begin, issuer):
    server = begin("Require moodlesso-claim acr:hwk\nRequire moodlesso-claim acr:mfa")
    assert known(server, issuer).ask("/strong").one("Location").endswith("&acr=hwk")


def test_a_whole_site_can_ask_for_it(begin, issuer):
    """The way to the stronger login is no page that asks for it."""
    server = begin(more="<Location />\nAuthType MoodleSSO\nRequire moodlesso-claim acr:mfa\n</Location>\n"
                        "<Location /protected>\nRequire valid-user\n</Location>\n"
                        "<Location /moodlesso-status>\nRequire all granted\n</Location>\n")
    browser = known(server, issuer)
    place = browser.ask("/static.txt").one("Location")
    assert place == "/moodlesso/start/idp?return=%2Fstatic.txt&acr=mfa"
    issuer.person = {"acr": "mfa"}
    assert browser.ask("/folder/").one("Location") == "/moodlesso/start/idp?return=%2Ffolder%2F&acr=mfa"
    assert browser.ask("/nothing").one("Location") == "/moodlesso/start/idp?return=%2Fnothing&acr=mfa"
    browser.sign_in(issuer, place)
    assert browser.ask("/static.txt").status == 200
    assert browser.ask("/nothing").status == 404


def test_a_stronger_login_is_never_silent(begin):
    browser = Browser(begin(options="try_silent=on"))
    assert browser.leave()["prompt"] == "none"
    assert "prompt" not in browser.leave(START)


def test_a_lost_login_is_not_taken_for_done(site, issuer):
    """The session is there, but not as strong as this login was to make it."""
    browser = known(site, issuer)
    asked = browser.leave(START)
    back = issuer.authorize(asked)
    del browser.cookies["__Host-moodlesso-login"]
    answer = browser.ask(back)
    assert answer.status == 303 and answer.one("Location").startswith(issuer.url + "/authorize?"), "begun anew, once"
    issuer.person = {"acr": "mfa"}
    assert browser.follow(answer, issuer).one("Location").endswith("/strong")
    answer = browser.ask(back)
    assert answer.one("Location").endswith("/strong"), "done already"


def test_other_sources_stay_out(httpd, issuer, client_secret, sqlite):
    """No login at a provider gives a session of Moodle an acr; nor is there one where nobody signs in."""
    moodle = Moodle(sqlite)
    api = f"MoodleSSOSource api oidc issuer={issuer.url} audience=https://moodle.example\n"
    server = httpd(config(source(issuer, client_secret), api, moodle.directives(), names=("moodle", "api", "idp"),
                          more=STRONG % ("", "Require moodlesso-claim acr:mfa")))
    server.expect("AH01630", "AH01631")
    knows_keys(server)
    assert server.get("/strong", headers=PAGE, cookie=moodle.session("secret-a", ALICE)).status == 403
    cookie = sign_in(server, issuer, headers=())
    assert server.get("/whoami", cookie=cookie).json["source"] == "api"
    assert server.get("/strong", headers=PAGE, cookie=cookie).status == 403
    assert server.get("/strong", headers=SCRIPT, cookie=cookie).status == 401


def test_another_auth_type_decides_for_itself(begin, issuer, run):
    (run / "passwords").write_text("carol:x\n")
    server = begin(more="<Location /basic>\nAuthType Basic\nAuthName b\nAuthUserFile %s/passwords\n"
                        "Require moodlesso-claim acr:mfa\n</Location>\n" % run)
    assert known(server, issuer).ask("/basic").status == 403

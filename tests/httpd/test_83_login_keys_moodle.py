# SPDX-License-Identifier: Apache-2.0
"""A login URL leads into Moodle: by auth_shibboleth, in place of whoever was there, and out again."""
import pytest

from env import wait_until
from login_keys import ROOT, Portal, clients, config, key_of, reason, redeem, whoami
from moodle_site import Browser, MoodleSite, sesskey, shown
from test_70_moodle_login import location
from test_71_wrong_user import allow

DEEP = "/course/view.php?id=7&section=3&q=a%20b%2Fc%3Fd"


@pytest.fixture(params=["mariadb", "postgresql", "redis"])
def moodle(request, moodle_files):
    redis = request.getfixturevalue("redis") if request.param == "redis" else None
    if redis:
        redis.client().flushall()
    site = MoodleSite(request.getfixturevalue("mariadb" if redis else request.param), redis=redis)
    site.switch_to_shibboleth("alice")
    site.add_user("dave")
    allow(site, "DELETE ON mdl_sessions")
    return site


@pytest.fixture
def start(httpd, run, moodle):
    def begin(source="mapping=email", more="", options="shibboleth"):
        return httpd(config(moodle, clients(run), source, location(options) + moodle.config() +
                            "<Location />\nMoodleSSOLogout oidc moodle\n</Location>\n" + more))

    return begin


def enter(server, path, browser=None):
    """The page that a person sees in the end."""
    browser, landed = redeem(server, path, browser)
    assert landed.status == 303, landed
    target = landed.one("Location")
    assert target.startswith(ROOT)
    return browser, browser.open(target[len(ROOT):])


def test_it_leads_to_the_wanted_page_signed_in(start):
    server = start()
    browser, page = enter(server, Portal(server).url(wantsurl=DEEP))
    assert (page.status, shown(page), shown(page, "uri")) == (200, "alice", DEEP)
    assert len(browser.paths) == 2 and browser.paths[0].startswith("GET /auth/shibboleth/index.php?target=")
    # also where the page needs no login, and where none is wanted
    browser, page = enter(server, Portal(server).url())
    assert shown(page) == "alice"


def test_what_is_no_page_of_moodle_is_gone_to_at_once(start):
    server = start("mapping=email wantsurl=https://portal.example.edu")
    portal = Portal(server)
    for wanted in ("https://portal.example.edu/x", "/theme/styles.php", "/login/index.php"):
        _, landed = redeem(server, portal.url(wantsurl=wanted))
        assert landed.one("Location") == (wanted if wanted.startswith("https") else ROOT + wanted)


def test_whoever_was_there_is_replaced_however_they_came(start, moodle):
    server = start()
    portal = Portal(server)
    browser = Browser(server)
    browser.open("/login/index.php?loginredirect=0")
    browser.open("/login/index.php", "POST", {"username": "bob", "password": "User-pass-1!"})
    assert shown(browser.open("/my/")) == "bob"
    bobs = browser.cookies["MoodleSession"]
    _, page = enter(server, portal.url(wantsurl="/my/"), browser)
    assert shown(page) == "alice" and "bob" not in moodle.users().values()
    assert browser.cookies["MoodleSession"] != bobs
    # and who came by a URL, by another URL
    _, page = enter(server, portal.url({"email": "dave@example.test"}, wantsurl="/my/"), browser)
    assert shown(page) == "dave"
    # the same person goes on
    mine = browser.cookies["MoodleSession"]
    _, page = enter(server, portal.url({"email": "dave@example.test"}, wantsurl="/my/"), browser)
    assert shown(page) == "dave" and browser.cookies["MoodleSession"] == mine


SECTIONS = "".join(f"<Location {where}>\nMoodleSSOMoodleLogin shibboleth\n</Location>\n" for where in ("/my", "/login", "/auth"))


@pytest.mark.parametrize("sections, wanted, replaced", [
    (SECTIONS, "/my/", True), (SECTIONS, f"{ROOT}/my/?a=b#c", True), (SECTIONS, "/course/", False), (SECTIONS, "https://portal.example.edu/my/", False),
    # of a page that has none, or is elsewhere, what holds for our own address counts
    (location("shibboleth"), "https://portal.example.edu/my/", True),
    (location("shibboleth") + "<Location /course>\nMoodleSSOMoodleLogin Off\n</Location>\n", "/course/", True),
    (SECTIONS + "<Location /my>\nMoodleSSO Off\n</Location>\n", "/my/", False)],
    ids=["page", "URL", "other page", "other site", "all and other site", "all but the page", "off"])
def test_what_is_configured_for_the_wanted_page_counts(httpd, run, moodle, sections, wanted, replaced):
    server = httpd(config(moodle, clients(run), "mapping=email wantsurl=https://portal.example.edu", sections + moodle.config()))
    browser = Browser(server)
    browser.open("/login/index.php?loginredirect=0")
    browser.open("/login/index.php", "POST", {"username": "bob", "password": "User-pass-1!"})
    assert shown(browser.open("/my/")) == "bob"
    bobs = browser.cookies["MoodleSession"]
    browser, landed = redeem(server, Portal(server).url(wantsurl=wanted), browser)
    assert (bobs not in moodle.users()) is replaced and ("MoodleSession" not in browser.cookies) is replaced
    target = landed.one("Location")
    if "/my/" in wanted and not wanted.startswith("https://portal") and replaced:
        assert target.startswith(f"{ROOT}/auth/shibboleth/index.php?target=")
        answer = browser.open(target[len(ROOT):])
        assert shown(answer) == "alice" and shown(answer, "uri").startswith("/my/")
    else:
        assert target == (wanted if wanted.startswith("https") else ROOT + wanted)


def test_a_page_that_is_closed_to_others_is_gone_to(httpd, run, moodle):
    """Whoever redeems the URL is nobody yet."""
    closed = "<Location /my>\nAuthType MoodleSSO\nRequire valid-user\n</Location>\n"
    server = httpd(config(moodle, clients(run), "mapping=email", SECTIONS + closed + moodle.config()))
    assert Browser(server).once("/my/").status in (303, 401)
    _, page = enter(server, Portal(server).url(wantsurl="/my/"))
    assert (page.status, shown(page)) == (200, "alice")
    assert not server.logged("authoriz|denied")


def test_a_url_that_is_refused_signs_nobody_out(start):
    server = start()
    portal = Portal(server)
    path = portal.url(wantsurl="/my/")
    browser, page = enter(server, path)
    assert shown(page) == "alice"
    refused = browser.once("/moodlesso/key", "POST", {"key": key_of(path)})
    assert (refused.status, reason(refused), refused.all("Set-Cookie")) == (404, "LOGINKEY_USED", [])
    assert shown(browser.open("/my/")) == "alice" and whoami(browser)["username"] == "alice"


def test_somebody_new_gets_an_account_at_the_first_login(start, moodle):
    server = start("mapping=email create=on")
    new = {"email": "new@example.test", "username": "new.one", "firstname": "New", "lastname": "Öne"}
    _, page = enter(server, Portal(server).url(new, wantsurl="/my/"))
    assert shown(page) == "new.one"
    rows = moodle.execute("SELECT auth, email, firstname, lastname FROM mdl_user WHERE username = 'new.one'")
    assert [tuple(row) for row in rows] == [("shibboleth", "new@example.test", "New", "Öne")]


def test_signing_out_of_moodle_ends_ours_and_leads_to_the_application(start):
    server = start("mapping=email logout_redirect=https://portal.example.edu/bye")
    browser, page = enter(server, Portal(server).url(wantsurl="/my/"))
    answer = browser.once(f"/login/logout.php?sesskey={sesskey(page)}")
    assert (answer.status, answer.one("Location")) == (303, "https://portal.example.edu/bye")
    assert whoami(browser)["reason"] == "NO_CREDENTIAL"
    assert shown(browser.open("/my/")) is None


def test_the_application_signs_people_out_of_moodle_too(start, moodle):
    server = start()
    portal = Portal(server)
    browser, page = enter(server, portal.url(wantsurl="/my/"))
    assert shown(page) == "alice"
    assert portal.post("/moodlesso/userkey/logout", {"user": {"email": "alice@example.test"}}).json == {"ended": True}
    wait_until(lambda: shown(browser.open("/my/")) is None, "Moodle's session to end")
    assert "alice" not in moodle.users().values()


def test_a_moodle_in_a_folder(httpd, run, mariadb, moodle_files):
    site = MoodleSite(mariadb, "moodle_folder", root=f"{ROOT}/moodle")
    site.switch_to_shibboleth("alice")
    allow(site, "DELETE ON mdl_sessions")
    server = httpd(config(site, clients(run), more=location("shibboleth root=/moodle") + site.config()))
    portal = Portal(server)
    for wanted, uri in ((None, "/moodle/"), ("/moodle/my/", "/moodle/my/")):
        more = {"wantsurl": wanted} if wanted else {}
        _, landed = redeem(server, portal.url(**more))
        assert landed.one("Location").startswith(f"{ROOT}/moodle/auth/shibboleth/index.php?target=")
        assert landed.one("Location").endswith(uri.replace("/", "%2F"))

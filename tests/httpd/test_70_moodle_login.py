# SPDX-License-Identifier: Apache-2.0
"""MoodleSSOMoodleLogin: who is known elsewhere comes into Moodle without its login page."""
import re
import urllib.parse

import pytest

from moodle_site import ROOT, Browser, MoodleSite, shown
from sites import Drupal, use

FIELDS = "fields=given_name:field_first_name,family_name:field_last_name"
SHIBBOLETH = "/auth/shibboleth/index.php"


def reason(answer):
    return re.search(r"<code>(\w+)</code>", answer.body)[1]


def drupal_config(drupal, source="cookie_domain=.example.test " + FIELDS):
    return "MoodleSSOBaseURL https://moodle.example.test\n" + drupal.directives(source) + use("drupal")


def https_cookie(drupal, who="alice"):
    """The session of the capture, under the name it has on https (Drupal 8+: one id for both)."""
    name, value = drupal.cookie(who)[0].split("=", 1)
    return (name if name.startswith("SSESS") else "S" + name), value


def location(path):
    return "<Location />\nMoodleSSOMoodleLogin " + path + "\n</Location>\n"


@pytest.fixture(params=["mariadb", "postgresql"])
def sites(request, moodle_files):
    server = request.getfixturevalue(request.param)
    drupal, moodle = Drupal(server, 10), MoodleSite(server)
    moodle.switch_to_shibboleth("alice")
    return drupal, moodle


@pytest.fixture
def start(httpd, sites):
    drupal, moodle = sites

    def begin(options="shibboleth", more="", **settings):
        return httpd(drupal_config(drupal) + moodle.directives() + location(options) + moodle.config(**settings) + more)

    return begin


@pytest.fixture
def known(sites):
    """Cookies of a browser in which Drupal knows alice."""
    return dict([https_cookie(sites[0])])


DEEP = "/course/view.php?id=7&section=3&q=a%20b%2Fc%3Fd"


def test_a_deep_link_is_reached_without_the_login_page(start, known):
    browser = Browser(start(), cookies=known)
    answer = browser.open(DEEP)
    assert (answer.status, shown(answer), shown(answer, "uri")) == (200, "alice", DEEP)
    target = urllib.parse.quote(ROOT + DEEP, safe="-._~")
    assert browser.paths == [f"GET {DEEP}", f"GET {SHIBBOLETH}?target={target}", f"GET {DEEP}"]
    # and from then on it is Moodle's session
    assert browser.open("/my/courses.php").status == 200 and len(browser.steps) == 1


def test_a_source_that_was_silent_for_a_moment_costs_no_deep_link(start, sites, known):
    sites[0].options = "timeout=2s"
    browser = Browser(start(), cookies=known)
    told = f"/login/index.php?target={urllib.parse.quote(ROOT + DEEP, safe='-._~')}"
    with sites[0].silent():
        assert browser.once(DEEP).one("Location") == ROOT + told
        assert browser.once(told).status == 200, "the password form: nobody is kept out"
    assert shown(browser.open(told), "uri") == DEEP
    assert browser.paths == [f"GET {told}", f"GET {SHIBBOLETH}?{told.partition('?')[2]}", f"GET {DEEP}"]
    # and who is in by then, since another tab was quicker
    assert shown(browser.open(told), "uri") == DEEP
    assert browser.paths == [f"GET {told}", f"GET {DEEP}"]


def test_the_login_page_itself_is_skipped(start, known):
    for path in ("/login/index.php", "/login/", "/login/index.php?lang=de"):
        browser = Browser(start(), cookies=known)
        answer = browser.open(path)
        assert browser.paths == [f"GET {path}", f"GET {SHIBBOLETH}", "GET /my/"]
        assert shown(answer) == "alice"


def test_the_wanted_page_of_the_session_is_found_where_moodle_leads_by_itself(start, known):
    """A person without a proof meets the password form, signs in to Drupal, and opens the form again."""
    browser = Browser(start())
    assert browser.open(DEEP).status == 200
    assert browser.paths[-1] == "GET /login/index.php"
    browser.cookies.update(known)
    assert shown(browser.open("/login/index.php"), "uri") == DEEP
    assert len(browser.steps) == 3


def test_moodles_own_alternate_login_url_does_the_same(start, known):
    browser = Browser(start(ALTERNATELOGINURL=ROOT + SHIBBOLETH), cookies=known)
    assert shown(browser.open(DEEP), "uri") == DEEP
    assert len(browser.steps) <= 4


def test_an_account_is_made_from_the_environment(start, sites, known):
    drupal, moodle = sites
    moodle.execute("DELETE FROM mdl_user WHERE username = 'alice'")
    assert shown(Browser(start(), cookies=known).open("/my/")) == "alice"
    assert [tuple(r) for r in moodle.execute("SELECT auth, firstname, email, idnumber FROM mdl_user WHERE username = 'alice'")] \
        == [("shibboleth", "Alice", "alice@example.test", drupal.execute(
            "SELECT uid FROM users_field_data WHERE name = 'alice'")[0][0].__str__())]


def test_without_a_proof_moodle_is_as_ever(start):
    browser = Browser(start())
    assert browser.open("/my/").status == 200
    assert browser.paths == ["GET /my/", "GET /login/index.php"]
    assert all("returned" not in line for step, answer in browser.steps for line in answer.all("Set-Cookie"))


def test_the_password_form_stays_within_reach(start, known, sites):
    server = start("shibboleth bypass=192.0.2.1,127.0.0.0/8")
    assert Browser(server, cookies=known).open("/login/index.php").status == 200
    server = start()
    browser = Browser(server, cookies=known)
    assert browser.open("/login/index.php?loginredirect=0").status == 200
    assert len(browser.steps) == 1
    # its POST is Moodle's alone: the password form works with somebody else's proof at hand
    sites[1].add_user("dora", "manual")
    answer = browser.open("/login/index.php", "POST", {"username": "dora", "password": "User-pass-1!"})
    assert (answer.status, shown(answer)) == (200, "dora")


def test_what_is_no_navigation_is_left_alone(start, known):
    server = start()
    ajax = [("Sec-Fetch-Mode", "cors"), ("Accept", "text/html")]
    assert Browser(server, cookies=known).once("/login/index.php", headers=ajax).status == 200
    answer = Browser(server, cookies=known).once("/my/", headers=ajax)
    assert answer.one("Location") == f"{ROOT}/login/index.php"
    assert Browser(server, cookies=known).once("/login/index.php", method="HEAD").status == 200
    # a form is never sent twice: Moodle's own redirect stands
    answer = Browser(server, cookies=known).once("/my/", method="POST", form={"a": "b"})
    assert answer.one("Location") == f"{ROOT}/login/index.php"


SESSIONLESS = ["/webservice/rest/server.php?wsfunction=x", "/tokenpluginfile.php/abc/1/x.png", "/rss/file.php/1/2",
               "/theme/styles.php/boost/1/all", "/admin/cron.php"]


@pytest.mark.parametrize("path", SESSIONLESS)
def test_scripts_without_a_session_get_what_they_always_got(start, sites, known, path):
    moodle = sites[1]
    moodle.switch_to_shibboleth("bob")
    session = moodle.session("secret-bob", 4)
    answer = Browser(start(), cookies={**known, "MoodleSession": "secret-bob"}).once(path)
    assert answer.status == 200 and "MoodleSession" in answer.json["cookies"]
    assert answer.one("Set-Cookie") is None and session


def test_files_behind_the_login_are_reached(start, known):
    browser = Browser(start(), cookies=known)
    assert shown(browser.open("/pluginfile.php/12/mod_resource/content/1/a.pdf?forcedownload=1"), "uri").endswith("forcedownload=1")
    assert len(browser.steps) == 3


def test_pages_that_httpd_finds_by_itself_are_wanted_as_they_were_asked_for(start, known):
    """DirectoryIndex, FallbackResource, an internal redirect."""
    more = ("FallbackResource /r.php\n<Directory @RUN@/moodle>\nRewriteEngine On\n"
            "RewriteRule ^pretty/(.*)$ /course/view.php?id=$1 [L]\n</Directory>\n")
    server = start(more=more, FORCELOGIN="1")
    for path in ("/?redirect=0", "/some/route?x=y", "/pretty/7?z=1"):
        browser = Browser(server, cookies=known)
        assert shown(browser.open(path), "uri") == path
        assert len(browser.steps) == 3


@pytest.mark.parametrize("path", ["/moodle", "/public"])
def test_moodle_in_a_folder(httpd, sites, known, path):
    drupal, _ = sites
    moodle = MoodleSite(drupal.server, root=ROOT + path)
    moodle.switch_to_shibboleth("alice")
    server = httpd(drupal_config(drupal) + moodle.directives() + location(f"shibboleth root={path}") + moodle.config())
    for page in ("/course/view.php?id=7", "/r.php/course/7"):
        browser = Browser(server, moodle.root, cookies=known)
        assert shown(browser.open(path + page), "uri") == path + page
        assert len(browser.steps) == 3
    assert server.get("/login/index.php").status == 404


def test_a_browser_that_keeps_no_moodle_cookie_is_told_not_sent_round(start, known):
    server = start()
    server.expect("MOODLE_LOGIN_LOOP")
    browser = Browser(server, cookies=known)
    path, visited = "/my/", []
    for _ in range(9):
        answer = browser.once(path)
        browser.cookies.pop("MoodleSession", None)
        visited.append(path)
        if answer.status != 303:
            break
        path = answer.one("Location").removeprefix(ROOT)
    assert (answer.status, reason(answer)) == (500, "MOODLE_LOGIN_LOOP")
    assert len([p for p in visited if p.startswith(SHIBBOLETH)]) == 1
    assert f'href="/login/index.php?target={urllib.parse.quote(ROOT + "/my/", safe="-._~")}"' in answer.body
    # and may try again at once
    assert browser.once("/login/index.php").one("Location") == SHIBBOLETH


def test_many_tabs_opened_at_once_each_reach_their_page(start, known):
    """Nine tabs of a restored window: all are at Moodle's redirect before the first is signed in."""
    server = start()
    tabs = [Browser(server, cookies=known) for _ in range(9)]
    jar = dict(known)
    for tab in tabs:
        tab.cookies = jar
    first = [tab.once(f"/course/view.php?id={i}") for i, tab in enumerate(tabs)]
    for i, (tab, answer) in enumerate(zip(tabs, first)):
        assert shown(tab.open(answer.one("Location").removeprefix(ROOT)), "user") == "alice"
        assert tab.paths[-1] == f"GET /course/view.php?id={i}"


def test_a_tab_that_spoils_the_session_of_another_is_no_loop(start, known):
    """An answer for nobody comes late and overwrites the cookie of whom auth_shibboleth just signed in."""
    server = start()
    late = Browser(server, cookies=known)
    late.once("/course/view.php?id=9")
    browser = Browser(server, cookies=known)
    browser.once("/my/")
    browser.once(browser.steps[-1][1].one("Location").removeprefix(ROOT))
    browser.cookies["MoodleSession"] = late.cookies["MoodleSession"]
    assert shown(browser.open("/my/")) == "alice"
    browser.cookies["MoodleSession"] = late.cookies["MoodleSession"]
    assert shown(browser.open("/login/index.php")) == "alice"


def test_a_session_that_moodle_itself_ends_each_time_is_told(start, sites, known):
    server = start()
    server.expect("MOODLE_LOGIN_LOOP")
    browser = Browser(server, cookies=known)
    path, signed_in = "/my/", 0
    for _ in range(9):
        answer = browser.once(path)
        if path.startswith(SHIBBOLETH):
            signed_in += 1
            sites[1].execute("DELETE FROM mdl_sessions")
        if answer.status != 303:
            break
        path = answer.one("Location").removeprefix(ROOT)
    assert (answer.status, reason(answer), signed_in) == (500, "MOODLE_LOGIN_LOOP", 1)


def test_a_session_that_moodle_ends_at_its_first_page_is_told(start, sites, known):
    server = start(ENDS_SESSIONS="1", more="MoodleSSOCacheTTL 1ms 1ms\n")
    server.expect("MOODLE_LOGIN_LOOP")
    answer = Browser(server, cookies=known).open("/my/")
    assert (answer.status, reason(answer)) == (500, "MOODLE_LOGIN_LOOP")


def test_a_name_that_is_not_the_one_moodle_reads_is_told(start, sites, known):
    """The guard takes everybody for another: user= is not what user_attribute says."""
    more = '<Location />\nMoodleSSOPublish MOODLE_USER "x%{username}"\n</Location>\n'
    server = start("shibboleth user=MOODLE_USER", more)
    server.expect("MOODLE_LOGIN_LOOP", "DB_DENIED")
    answer = Browser(server, cookies=known).open("/my/")
    assert (answer.status, reason(answer)) == (500, "MOODLE_LOGIN_LOOP")


@pytest.mark.parametrize("name", ["user+tag@example.test", "Jörg Müller", "a;b"])
def test_a_name_that_moodle_does_not_take_has_its_reason(start, sites, known, name):
    sites[0].execute("UPDATE users_field_data SET name = %s WHERE name = 'alice'", name)
    server = start()
    server.expect("MOODLE_USERNAME")
    browser = Browser(server, cookies=known)
    for path in ("/login/index.php", SHIBBOLETH):
        answer = browser.open(path)
        assert (answer.status, reason(answer)) == (403, "MOODLE_USERNAME")


def test_another_name_may_be_published_for_moodle(start, sites, known):
    drupal, moodle = sites
    drupal.execute("UPDATE users_field_data SET name = 'Alice Ünïcode' WHERE name = 'alice'")
    more = '<Location />\nMoodleSSOPublish MOODLE_USER "drupal-%{subject}"\n</Location>\n'
    browser = Browser(start("shibboleth user=MOODLE_USER", more, USER_ATTRIBUTE="MOODLE_USER"), cookies=known)
    uid = drupal.execute("SELECT uid FROM users_field_data WHERE name = 'Alice Ünïcode'")[0][0]
    assert shown(browser.open("/my/")) == f"drupal-{uid}"
    # the guard compares the same name
    assert browser.open("/my/courses.php").status == 200 and len(browser.steps) == 1


def test_capitals_are_made_small_by_moodle_and_are_the_same_person(start, sites, known):
    sites[0].execute("UPDATE users_field_data SET name = 'ALICE' WHERE name = 'alice'")
    browser = Browser(start(), cookies=known)
    assert shown(browser.open("/my/")) == "alice"
    assert browser.open("/my/").status == 200 and len(browser.steps) == 1


def test_a_profile_without_names_is_told_and_not_kept_out(httpd, sites, known):
    drupal, moodle = sites
    moodle.execute("DELETE FROM mdl_user WHERE username = 'alice'")
    server = httpd(drupal_config(drupal, "cookie_domain=.example.test") + moodle.directives() + location("shibboleth")
                   + moodle.config())
    browser = Browser(server, cookies=known)
    browser.open("/my/")
    assert browser.paths[-1].startswith("GET /user/edit.php")
    assert server.logged("MOODLE_PROFILE")


def test_mistakes_stop_the_start(httpd, sites):
    drupal, moodle = sites
    for options, sentence in (("shibboleth source=other", "MoodleSSOMoodleLogin source=other .*there is no MoodleSSOSource"),
                              ("shibboleth root=/m/", "root= is the path"), ("saml", "write shibboleth")):
        server = httpd.prepare(drupal_config(drupal) + moodle.directives() + location(options))
        status, output = server.check()
        assert status != 0 and re.search(sentence, output), output

# SPDX-License-Identifier: Apache-2.0
"""MoodleSSOLogout: who signs out of Moodle is signed out of Drupal and of us; and the other way round."""
import time
import urllib.parse

import pytest

from env import wait_until
from issuer import Issuer
from moodle_site import ROOT, Browser, MoodleSite, sesskey, shown
from sites import WHOAMI, Drupal
from test_50_tokens import bearer
from test_51_sessions import exchange
from test_70_moodle_login import FIELDS, drupal_config, https_cookie, location
from test_71_wrong_user import allow

LOGOUT = "<Location />\nMoodleSSOLogout drupal oidc moodle\n</Location>\n"


@pytest.fixture(params=["mariadb", "postgresql"])
def sites(request, moodle_files):
    server = request.getfixturevalue(request.param)
    drupal, moodle = Drupal(server, 10), MoodleSite(server)
    moodle.switch_to_shibboleth("alice")
    return drupal, moodle


def begin(httpd, sites, more=LOGOUT, grant=True):
    drupal, moodle = sites
    allow(moodle, "DELETE ON mdl_sessions")
    allow(drupal, *(["DELETE ON sessions", "UPDATE (timestamp) ON sessions"] if grant else []))
    server = httpd(drupal_config(drupal) + moodle.directives() + location("shibboleth") + moodle.config() + WHOAMI + more)
    browser = Browser(server, cookies=dict([https_cookie(drupal)]))
    page = browser.open("/my/")
    assert shown(page) == "alice"
    return server, browser, sesskey(page)


def sessions_of_alice(drupal):
    return drupal.execute("SELECT COUNT(DISTINCT s.sid) FROM sessions s JOIN users_field_data u ON u.uid = s.uid WHERE u.name = 'alice'")[0][0]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_logout_in_moodle_ends_drupals_session(httpd, sites, method):
    drupal, moodle = sites
    server, browser, key = begin(httpd, sites)
    before = sessions_of_alice(drupal)
    name, value = https_cookie(drupal)
    form = {"sesskey": key} if method == "POST" else None
    answer = browser.once("/login/logout.php" + ("" if form else f"?sesskey={key}"), method, form)
    assert (answer.status, answer.one("Location")) == (303, f"{ROOT}/")
    assert f"{name}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/; domain=.example.test; secure; HttpOnly" \
        in answer.all("Set-Cookie")
    assert sessions_of_alice(drupal) == before - 1
    assert name not in browser.cookies and "alice" not in moodle.users().values()
    # nor does a copy of the cookie sign anybody in, at once and not after the cache's time
    browser.cookies[name] = value
    browser.open("/my/")
    assert browser.paths == ["GET /my/", "GET /login/index.php"]


def test_the_question_whether_to_log_out_ends_nothing(httpd, sites):
    drupal, moodle = sites
    server, browser, key = begin(httpd, sites)
    before = sessions_of_alice(drupal)
    assert browser.once("/login/logout.php?sesskey=wrong").status == 200
    assert sessions_of_alice(drupal) == before and "alice" in moodle.users().values()


def test_a_link_to_moodles_logout_ends_nothing_for_whom_moodle_does_not_know(httpd, sites):
    """Moodle gives them a new session, too."""
    drupal, moodle = sites
    server, browser, key = begin(httpd, sites)
    before = sessions_of_alice(drupal)
    browser.cookies.pop("MoodleSession")
    answer = browser.once("/login/logout.php")
    assert answer.status == 303 and len(answer.all("Set-Cookie")) == 1
    assert sessions_of_alice(drupal) == before


def test_people_who_signed_in_with_a_password_leave_drupal_as_well(httpd, sites):
    drupal, moodle = sites
    server, browser, key = begin(httpd, sites)
    moodle.add_user("dora", "manual")
    before = sessions_of_alice(drupal)
    browser.cookies.pop("MoodleSession")
    browser.open("/login/index.php?loginredirect=0")
    page = browser.open("/login/index.php", "POST", {"username": "dora", "password": "User-pass-1!"})
    browser.once(f"/login/logout.php?sesskey={sesskey(page)}")
    assert sessions_of_alice(drupal) == before - 1


def test_without_the_word_drupal_stays(httpd, sites):
    drupal, moodle = sites
    server, browser, key = begin(httpd, sites, more="<Location />\nMoodleSSOLogout moodle\n</Location>\n")
    before = sessions_of_alice(drupal)
    answer = browser.once(f"/login/logout.php?sesskey={key}")
    assert sessions_of_alice(drupal) == before
    assert not [line for line in answer.all("Set-Cookie") if "SESS" in line.split("=")[0] and "Moodle" not in line]
    # and brings the person back, at once and without a loop
    assert shown(browser.open("/my/")) == "alice"


def test_off_inside_takes_it_back(httpd, sites):
    drupal, moodle = sites
    server, browser, key = begin(httpd, sites, more=LOGOUT + "<Location /login>\nMoodleSSOLogout Off\n</Location>\n")
    before = sessions_of_alice(drupal)
    browser.once(f"/login/logout.php?sesskey={key}")
    assert sessions_of_alice(drupal) == before


def test_without_the_grant_the_browser_forgets_and_the_log_tells(httpd, sites):
    drupal, moodle = sites
    server, browser, key = begin(httpd, sites, grant=False)
    server.expect("DB_DENIED")
    before = sessions_of_alice(drupal)
    answer = browser.once(f"/login/logout.php?sesskey={key}")
    assert answer.status == 303 and https_cookie(drupal)[0] not in browser.cookies
    assert sessions_of_alice(drupal) == before
    assert server.logged("DB_DENIED: source drupal: a session could not be ended")


def test_drupal_7_over_http(httpd, mariadb, moodle_files):
    drupal, moodle = Drupal(mariadb, 7), MoodleSite(mariadb, root="http://moodle.example.test")
    moodle.switch_to_shibboleth("alice")
    allow(moodle, "DELETE ON mdl_sessions")
    allow(drupal, "DELETE ON sessions")
    server = httpd("MoodleSSOBaseURL http://moodle.example.test\n" + drupal.directives("cookie_domain=.example.test " + FIELDS)
                   + "<Location />\nMoodleSSOUse drupal\n</Location>\n" + moodle.directives() + location("shibboleth")
                   + moodle.config() + LOGOUT)
    cookie, https = drupal.cookie("alice")
    name, value = cookie.split("=", 1)
    browser = Browser(server, moodle.root, cookies={name: value})
    before = drupal.execute("SELECT COUNT(*) FROM sessions")[0][0]
    answer = browser.once(f"/login/logout.php?sesskey={sesskey(browser.open('/my/'))}")
    assert drupal.execute("SELECT COUNT(*) FROM sessions")[0][0] == before - 1
    line, = [line for line in answer.all("Set-Cookie") if line.startswith(name)]
    assert "; domain=.example.test" in line and "secure" not in line


def test_a_used_session_of_drupal_is_kept_from_being_collected(httpd, sites):
    drupal, moodle = sites
    allow(drupal, "UPDATE (timestamp) ON sessions")
    server = httpd(drupal_config(drupal, "cookie_domain=.example.test touch=10min") + WHOAMI + "MoodleSSOCacheTTL 1ms 1ms\n")
    cookie = "=".join(https_cookie(drupal))
    uid = drupal.execute("SELECT uid FROM users_field_data WHERE name = 'alice'")[0][0]
    for old, renewed in ((500, False), (700, True)):
        drupal.execute("UPDATE sessions SET timestamp = %s WHERE uid = %s", int(time.time()) - old, uid)
        assert server.get("/whoami", cookie=cookie).json["username"] == "alice"
        newest = drupal.execute("SELECT MAX(timestamp) FROM sessions WHERE uid = %s", uid)[0][0]
        assert (int(time.time()) - newest < 60) == renewed


def test_where_it_may_not_be_renewed_it_is_good_all_the_same(httpd, sites):
    drupal, moodle = sites
    allow(drupal)
    server = httpd(drupal_config(drupal, "cookie_domain=.example.test touch=10min") + WHOAMI + "MoodleSSOCacheTTL 1ms 1ms\n")
    drupal.execute("UPDATE sessions SET timestamp = %s", int(time.time()) - 900)
    for _ in range(8):
        assert server.get("/whoami", cookie="=".join(https_cookie(drupal))).json["username"] == "alice"


@pytest.fixture
def issuer(run):
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


@pytest.fixture
def teams(issuer, httpd, mariadb, moodle_files, run):
    """A person known by a session of ours, at the top level."""
    (run / "client-of-moodle").write_text("secret-of-client\n")
    moodle = MoodleSite(mariadb)
    moodle.switch_to_shibboleth("alice")
    allow(moodle, "DELETE ON mdl_sessions")
    server = httpd(f"MoodleSSOBaseURL {ROOT}\nMoodleSSOStateDir @HTTPD@/state\n"
                   f"MoodleSSOSource idp oidc issuer={issuer.url} audience=https://moodle.example,c "
                   "client_id=c client_secret=file:@RUN@/client-of-moodle\n"
                   "<Location />\nMoodleSSOUse idp\n</Location>\n" + moodle.directives() + location("shibboleth")
                   + moodle.config() + LOGOUT + WHOAMI + "MoodleSSOFrameCookies MoodleSession*\n")
    server.expect("back-channel logout")
    return server, moodle


def test_our_own_session_ends_with_moodles_and_moodles_with_ours(teams, issuer):
    server, moodle = teams
    wait_until(lambda: server.get("/whoami", headers=bearer(issuer.token())).json["identified"], "the keys")
    line = exchange(server, issuer.token(sid="s1"), headers=()).one("Set-Cookie")
    name, value = line.split(";")[0].split("=", 1)
    browser = Browser(server, cookies={name: value})
    page = browser.open("/my/")
    assert shown(page) == "alice"
    answer = browser.once(f"/login/logout.php?sesskey={sesskey(page)}")
    assert name not in browser.cookies
    # the provider is next, and then the page that Moodle leads to
    assert answer.one("Location").startswith(f"{issuer.url}/end?")
    assert urllib.parse.parse_qs(answer.one("Location").partition("?")[2])["post_logout_redirect_uri"] == [f"{ROOT}/"]
    # no copy of ours counts any more
    assert server.get("/whoami", cookie=f"{name}={value}").json["reason"] == "SESSION_REVOKED"
    # the other way round: ours is gone (expired, ended at the provider), so is Moodle's
    line = exchange(server, issuer.token(sid="s2"), headers=()).one("Set-Cookie")
    browser.cookies = dict([line.split(";")[0].split("=", 1)])
    assert shown(browser.open("/my/")) == "alice"
    del browser.cookies[name]
    browser.open("/my/")
    assert "alice" not in moodle.users().values()


def test_a_back_channel_logout_ends_moodles_session(teams, issuer):
    from test_52_logout import logout_token, send
    server, moodle = teams
    wait_until(lambda: server.get("/whoami", headers=bearer(issuer.token())).json["identified"], "the keys")
    line = exchange(server, issuer.token(sid="s3"), headers=()).one("Set-Cookie")
    browser = Browser(server, cookies=dict([line.split(";")[0].split("=", 1)]))
    assert shown(browser.open("/my/")) == "alice"
    assert send(server, logout_token(issuer, sid="s3")).status == 200
    browser.open("/my/")
    assert "alice" not in moodle.users().values()


def test_a_front_channel_logout_ends_moodles_session(teams, issuer):
    server, moodle = teams
    wait_until(lambda: server.get("/whoami", headers=bearer(issuer.token())).json["identified"], "the keys")
    jars = {}
    for sid in ("s4", "s5"):
        line = exchange(server, issuer.token(sid=sid), headers=()).one("Set-Cookie")
        browser = jars[sid] = Browser(server, cookies=dict([line.split(";")[0].split("=", 1)]))
        assert shown(browser.open("/my/")) == "alice"
    sessions = {sid: browser.cookies["MoodleSession"] for sid, browser in jars.items()}
    # the provider's frame, without any cookie
    query = urllib.parse.urlencode({"iss": issuer.url, "sid": "s4"})
    assert server.get(f"/moodlesso/frontchannel-logout?{query}").status == 200
    for browser in jars.values():
        browser.open("/my/")
    assert shown(jars["s5"].open("/my/")) == "alice" and jars["s5"].cookies["MoodleSession"] == sessions["s5"]
    assert sessions["s4"] not in moodle.users() and sessions["s5"] in moodle.users()


def test_inside_a_frame_all_of_it_holds_for_the_frames_own_session(teams, issuer):
    server, moodle = teams
    moodle.add_user("bob2")
    wait_until(lambda: server.get("/whoami", headers=bearer(issuer.token())).json["identified"], "the keys")
    framed = [("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Site", "same-origin")]
    jars = {}
    for name in ("alice", "bob2"):
        line = exchange(server, issuer.token(sub=name, preferred_username=name), headers=framed).one("Set-Cookie")
        jars[name] = dict([line.split(";")[0].split("=", 1)])
    browser = Browser(server, cookies=jars["alice"])
    browser.headers = [*browser.headers[:-1], ("Sec-Fetch-Dest", "iframe"), *framed]
    assert shown(browser.open("/course/view.php?id=7")) == "alice"
    # at the root the browser takes the stricter prefix
    assert "__Host-MoodleSession" in browser.cookies and "MoodleSession" not in browser.cookies
    browser.cookies.update(jars["bob2"])
    assert shown(browser.open("/my/")) == "bob2"
    assert "alice" not in moodle.users().values()
    marks = [line for step, answer in browser.steps for line in answer.all("Set-Cookie") if "returned" in line]
    assert marks and all("; Secure; SameSite=None; Partitioned" in line for line in marks)


def test_in_a_frame_who_is_not_known_is_led_to_the_teams_page_and_back(teams, issuer):
    server, moodle = teams
    wait_until(lambda: server.get("/whoami", headers=bearer(issuer.token())).json["identified"], "the keys")
    framed = [("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Site", "same-origin")]
    browser = Browser(server)
    top_level = browser.headers
    browser.headers = [*browser.headers[:-1], ("Sec-Fetch-Dest", "iframe"), *framed]
    browser.open("/course/view.php?id=7")
    assert browser.paths == ["GET /course/view.php?id=7", "GET /moodlesso/teams?return=%2Fcourse%2Fview.php%3Fid%3D7"]
    # with Moodle's own link, too
    assert browser.once("/login/index.php").one("Location") == "/moodlesso/teams?return=%2Flogin%2Findex.php"
    assert browser.once("/login/index.php?loginredirect=0").status == 200
    line = exchange(server, issuer.token(), headers=framed).one("Set-Cookie")
    browser.cookies.update([line.split(";")[0].split("=", 1)])
    assert shown(browser.open("/login/index.php"), "uri") == "/course/view.php?id=7"
    # at the top level the password form stays, unless MoodleSSOUnauthenticated says login
    browser = Browser(server)
    browser.headers = top_level
    assert browser.open("/my/").status == 200 and browser.paths[-1] == "GET /login/index.php"


def test_with_unauthenticated_login_the_provider_takes_the_place_of_the_password_form(issuer, httpd, mariadb, moodle_files, run):
    (run / "client-of-moodle").write_text("secret-of-client\n")
    moodle = MoodleSite(mariadb)
    server = httpd(f"MoodleSSOBaseURL {ROOT}\nMoodleSSOStateDir @HTTPD@/state\n"
                   f"MoodleSSOSource idp oidc issuer={issuer.url} client_id=c client_secret=file:@RUN@/client-of-moodle\n"
                   "<Location />\nMoodleSSOUse idp\nMoodleSSOUnauthenticated login\n</Location>\n" + moodle.directives()
                   + location("shibboleth") + moodle.config())
    browser = Browser(server)
    assert browser.once("/my/?a=b").one("Location") == "/moodlesso/start/idp?return=%2Fmy%2F%3Fa%3Db"
    assert browser.once("/my/", headers=[("Sec-Fetch-Mode", "cors")]).one("Location") == f"{ROOT}/login/index.php"
    assert browser.once("/login/index.php").one("Location") == "/moodlesso/start/idp?return=%2Flogin%2Findex.php"
    assert browser.once("/login/index.php?loginredirect=0").status == 200

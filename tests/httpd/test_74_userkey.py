# SPDX-License-Identifier: Apache-2.0
"""MoodleSSOMoodleLogin userkey: people signed in to Moodle by its plugin auth_userkey, whose client the module is."""
import base64
import hashlib
import re
import threading
import time
import urllib.parse

import pytest

import env
from issuer import Issuer
from moodle_site import Browser, sesskey, shown
from sites import PATIENT, STATUS, Drupal, use
from test_50_tokens import bearer, knows_keys
from test_70_moodle_login import DEEP, https_cookie, location, reason
from test_71_wrong_user import allow, in_rows
from userkey_site import TOKEN, Misbehaving, UserkeySite, dripping, excepting, hanging, saying

LOGIN = "/login/index.php"
LOG = 'CustomLog @HTTPD@/access.log "%r %{Referer}i %U %q %{Location}o"\n'


@pytest.fixture(params=["mariadb", "postgresql", "redis"])
def sites(request, moodle_files):
    redis = request.getfixturevalue("redis") if request.param == "redis" else None
    server = request.getfixturevalue("mariadb" if redis else request.param)
    if redis:
        redis.client().flushall()
    drupal, moodle = Drupal(server, 10), UserkeySite(server, redis=redis)
    moodle.add_user("dave", "manual")
    allow(moodle, "DELETE ON mdl_sessions")
    allow(drupal, "DELETE ON sessions", "UPDATE (timestamp) ON sessions")
    return drupal, moodle


@pytest.fixture
def token(run):
    path = run / "userkey-token"
    path.write_text(TOKEN + "\n")
    return path


@pytest.fixture
def start(httpd, sites, token):
    drupal, moodle = sites

    def begin(options="", more="", url="http://127.0.0.1:@PORT@", extra=(), source="", **settings):
        moodle.root = "http://127.0.0.1:@PORT@"
        options += "" if "timeout=" in options else " timeout=10s"
        return moodle.opened(httpd(
            drupal.directives() + use("drupal") + moodle.directives(source) + moodle.config(**settings) + STATUS + LOG
            + location(f"userkey url={url} token=file:{token} {options}") + more, extra=extra))

    return begin


def proof(sites, who="alice"):
    """The cookie of a browser in which Drupal knows somebody, over http."""
    name, value = https_cookie(sites[0], who)
    return {name[1:]: value}


def open_as(server, sites, who="alice"):
    return Browser(server, sites[1].root, cookies=proof(sites, who))


def target(sites, page):
    return f"{LOGIN}?target=" + urllib.parse.quote(sites[1].root + page, safe="-._~")


def test_a_deep_link_is_reached_without_the_login_page_and_without_a_key(start, sites):
    drupal, moodle = sites
    server = start()
    browser = open_as(server, sites)
    answer = browser.open(DEEP)
    assert (answer.status, shown(answer), shown(answer, "uri")) == (200, "alice", DEEP)
    assert browser.paths == [f"GET {DEEP}", f"GET {target(sites, DEEP)}", f"GET {DEEP}"]
    # Moodle's own line, as it wrote it, and marks of ours
    lines = browser.steps[1][1].all("Set-Cookie")
    assert re.fullmatch(r"MoodleSession=[a-z0-9]+; path=/; HttpOnly", lines[0])
    assert [line.split("=")[0] for line in lines[1:]] == ["moodlesso-began", "moodlesso-returned"]
    assert browser.steps[1][1].one("Cache-Control") == "no-store"
    # from then on it is Moodle's session
    assert browser.open("/my/courses.php").status == 200 and len(browser.steps) == 1
    assert moodle.issued == 1 and [how for how, _ in moodle.notes("redeem")] == ["POST"]
    # accounts stay what they are
    assert moodle.execute("SELECT auth FROM mdl_user WHERE username = 'alice'")[0][0] == "manual"
    server.stop()
    for text in [*(repr(answer) for _, answer in browser.steps), (server.folder / "access.log").read_text(),
                 server.error_log.read_text()]:
        assert not re.search(r"\bkey=", text) and not re.search(r"\b[0-9a-f]{32}\b", text.replace(browser.cookies["MoodleSession"], ""))
    assert "POST /auth/userkey/login.php HTTP" in (server.folder / "access.log").read_text()


def test_the_login_page_leads_to_what_the_session_wants(start, sites):
    server = start()
    browser = Browser(server, sites[1].root)
    assert browser.open(DEEP).status == 200 and browser.paths[-1] == f"GET {LOGIN}"
    browser.cookies.update(proof(sites))
    answer = browser.open(LOGIN)
    assert (shown(answer), shown(answer, "uri")) == ("alice", DEEP)
    assert browser.paths == [f"GET {LOGIN}", f"GET {LOGIN}?testsession=3", f"GET {DEEP}"]
    # or home
    browser = open_as(server, sites)
    assert shown(browser.open(LOGIN)) == "alice" and browser.paths[-1] == "GET /my/"
    # who is in gets Moodle's word for it, or the page of the tab
    assert "already logged in as alice" in browser.open(LOGIN).body
    assert shown(browser.open(target(sites, DEEP)), "uri") == DEEP and len(browser.steps) == 2
    # a browser with the same proof is the same browser, for some seconds
    assert sites[1].issued == 1


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(start, sites, to):
    server = start()
    browser = open_as(server, sites)
    path = f"{LOGIN}?target={urllib.parse.quote(to, safe='')}"
    assert browser.once(path).one("Location") == f"{LOGIN}?testsession=3"
    assert browser.once(path).one("Location") == "/"


def test_only_navigations_are_signed_in(start, sites):
    drupal, moodle = sites
    server = start()
    ajax = [("Sec-Fetch-Mode", "cors"), ("Accept", "text/html")]
    for path, method, headers in (("/my/", "GET", ajax), (LOGIN, "GET", ajax), (LOGIN, "HEAD", None), ("/my/", "POST", None),
                                  (LOGIN, "POST", None), (f"{LOGIN}?loginredirect=0", "GET", None),
                                  ("/webservice/rest/server.php", "GET", None), ("/tokenpluginfile.php/abc/1/x.png", "GET", None)):
        form = {"a": "b"} if method == "POST" else None
        answer = open_as(server, sites).once(path, method, form, headers)
        assert (answer.one("Location") or "").startswith(moodle.root + LOGIN) or answer.status == 200, path
    assert moodle.issued == 0
    server = start("bypass=127.0.0.0/8")
    assert open_as(server, sites).open("/my/") and moodle.issued == 0


def test_people_are_found_by_what_the_plugin_maps(start, sites):
    drupal, moodle = sites
    drupal.execute("UPDATE users_field_data SET name = 'Al Ice' WHERE name = 'alice'")
    uid = drupal.execute("SELECT uid FROM users_field_data WHERE name = 'Al Ice'")[0][0]
    moodle.execute("UPDATE mdl_user SET idnumber = %s WHERE username = 'alice'", str(uid))
    server = start("mapping=idnumber", USERKEY_MAPPING="idnumber")
    browser = open_as(server, sites)
    assert shown(browser.open("/my/")) == "alice" and moodle.notes("issue")[-1][0] == str(uid)
    # the guard compares the same
    assert shown(browser.open("/my/")) == "alice" and len(browser.steps) == 1


def test_an_email_that_a_person_wrote_finds_nobody(start, sites):
    drupal, moodle = sites
    server = start("mapping=email", USERKEY_MAPPING="email")
    server.expect("MOODLE_USERKEY_USER")
    for mail in ("alice@example.test", "dave@example.test"):
        drupal.execute("UPDATE users_field_data SET mail = %s WHERE name = 'alice'", mail)
        answer = open_as(server, sites).open("/my/")
        assert (answer.status, reason(answer)) == (403, "MOODLE_USERKEY_USER")
    assert moodle.issued == 0 and set(moodle.users().values()) <= {""}


@pytest.fixture
def issuer(run):
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


def test_an_email_that_a_provider_verified_finds_its_account(issuer, httpd, sites, token):
    drupal, moodle = sites
    moodle.root = "http://127.0.0.1:@PORT@"
    server = moodle.opened(httpd(
        f"MoodleSSOStateDir @HTTPD@/state\nMoodleSSOSource idp oidc issuer={issuer.url} audience=https://moodle.example\n"
        + use("idp") + moodle.directives() + moodle.config(USERKEY_MAPPING="email") + STATUS
        + location(f"userkey url=http://127.0.0.1:@PORT@ token=file:{token} mapping=email")))
    knows_keys(server)
    for verified in (True, False):
        browser = Browser(server, moodle.root)
        browser.headers += bearer(issuer.token(email="dave@example.test", email_verified=verified))
        if not verified:
            server.expect("MOODLE_USERKEY_USER")
            assert reason(browser.open("/my/")) == "MOODLE_USERKEY_USER"
            continue
        assert shown(browser.open("/my/")) == "dave" and moodle.notes("issue")[-1][0] == "dave@example.test"
        # the guard compares the same
        assert shown(browser.open("/my/")) == "dave" and len(browser.steps) == 1
    assert moodle.issued == 1


def test_the_name_for_moodle_is_small_and_may_be_published(start, sites):
    drupal, moodle = sites
    drupal.execute("UPDATE users_field_data SET name = 'ALICE' WHERE name = 'alice'")
    assert shown(open_as(start(), sites).open("/my/")) == "alice"
    drupal.execute("UPDATE users_field_data SET name = 'A b' WHERE name = 'ALICE'")
    server = start()
    server.expect("MOODLE_USERNAME")
    assert reason(open_as(server, sites).open("/my/")) == "MOODLE_USERNAME"
    server = start("user=MOODLE_USER", '<Location />\nMoodleSSOPublish MOODLE_USER "dave"\n</Location>\n')
    assert shown(open_as(server, sites).open("/my/")) == "dave"


def test_new_accounts_are_made_by_the_plugin(httpd, sites, token):
    drupal, moodle = sites
    moodle.execute("DELETE FROM mdl_user WHERE username = 'alice'")
    fields = "cookie_domain=.example.test fields=given_name:field_first_name,family_name:field_last_name"

    def begin(options):
        moodle.root = "http://127.0.0.1:@PORT@"
        return moodle.opened(httpd(drupal.directives(fields) + use("drupal") + moodle.directives()
                                   + moodle.config(USERKEY_CREATEUSER="1")
                                   + location(f"userkey url=http://127.0.0.1:@PORT@ token=file:{token} {options}")))

    server = begin("")
    server.expect("MOODLE_USERKEY_USER")
    answer = open_as(server, sites).open("/my/")
    assert (answer.status, reason(answer)) == (403, "MOODLE_USERKEY_USER")
    assert shown(open_as(begin("create=on"), sites).open("/my/")) == "alice"
    assert [tuple(r) for r in moodle.execute("SELECT auth, firstname, email FROM mdl_user WHERE username = 'alice'")] \
        == [("userkey", "Alice", "alice@example.test")]


@pytest.mark.parametrize("believes", ["mod_remoteip", "Moodle", "nobody"])
def test_moodle_is_told_the_browsers_address(start, sites, believes):
    header = "X-Forwarded-For" if believes == "mod_remoteip" else "X-Client"
    server = start("ip=on", f"RemoteIPHeader {header}\nRemoteIPInternalProxy 127.0.0.1\n", extra=["remoteip"],
                   USERKEY_IPRESTRICTION="1", **({"USERKEY_FORWARDED": "1"} if believes == "Moodle" else {}))
    browser = open_as(server, sites)
    browser.headers.append((header, "192.0.2.7"))
    if believes == "nobody":
        # a key for the browser's address is of no use to who comes from another
        server.expect("MOODLE_USERKEY_REFUSED")
        assert reason(browser.open("/my/")) == "MOODLE_USERKEY_REFUSED"
    else:
        assert shown(browser.open("/my/")) == "alice"
    assert [address for _, address in sites[1].notes("redeem")] == ["127.0.0.1" if believes == "nobody" else "192.0.2.7"]


def at_once(*works):
    """Each in a thread, begun together; the results in order."""
    barrier, results = threading.Barrier(len(works)), [None] * len(works)

    def run(i):
        barrier.wait()
        results[i] = works[i]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def tabs_of(servers, sites, count, jar):
    """Tabs of one browser, which share its cookies, of somebody whom each server knows: more than a source's waiting room
    takes may come before its first answer, and they are nobody for that moment."""
    for server in servers:
        assert Browser(server, sites[1].root, jar).once(f"{LOGIN}?loginredirect=0").status == 200
    tabs = [Browser(servers[i % len(servers)], sites[1].root) for i in range(count)]
    for tab in tabs:
        tab.cookies = jar
    return tabs


def test_a_source_that_was_silent_for_a_moment_costs_no_deep_link(start, sites):
    sites[0].options = "timeout=2s"
    browser = open_as(start(), sites)
    with sites[0].silent():
        assert browser.once(DEEP).one("Location") == sites[1].root + target(sites, DEEP)
    answer = browser.open(target(sites, DEEP))
    assert (shown(answer), shown(answer, "uri")) == ("alice", DEEP)
    assert browser.paths == [f"GET {target(sites, DEEP)}", f"GET {DEEP}"]


# More than may wait for one turn, and who finds no place comes again as often as browsers do.
@pytest.mark.alone
def test_forty_tabs_at_once_need_one_key_and_all_land(start, sites):
    server = start(more="MoodleSSOCacheTTL 60s\n")
    tabs = tabs_of([server], sites, 40, proof(sites))
    # all are at Moodle's redirect before the first is signed in
    places = [tab.once(f"/course/view.php?id={i}").one("Location") for i, tab in enumerate(tabs)]
    jar = proof(sites)
    for tab in tabs:
        tab.cookies = jar
    answers = at_once(*(lambda tab=tab, to=to: tab.open(to.removeprefix(sites[1].root)) for tab, to in zip(tabs, places)))
    assert [(a.status, shown(a), shown(a, "uri")) for a in answers] \
        == [(200, "alice", f"/course/view.php?id={i}") for i in range(40)]
    assert sites[1].issued == len(sites[1].notes("redeem")) == 1
    assert list(sites[1].users().values()).count("alice") == 1


# Likewise; and tabs share a session for ten seconds.
@pytest.mark.alone
def test_forty_tabs_that_begin_with_the_page_land_too(start, sites):
    """Answers for nobody come late and overwrite the cookie of whom another tab signed in."""
    server = start()
    tabs = tabs_of([server], sites, 40, proof(sites))
    answers = at_once(*(lambda tab=tab, i=i: tab.open(f"/course/view.php?id={i}") for i, tab in enumerate(tabs)))
    assert [(shown(a), shown(a, "uri")) for a in answers] == [("alice", f"/course/view.php?id={i}") for i in range(40)]
    assert sites[1].issued == 1


# Whose turn does not come within three seconds is told to try again.
@pytest.mark.alone
@in_rows
def test_nodes_with_one_store_do_not_take_each_others_keys(httpd, sites, token):
    drupal, moodle = sites
    drupal.server.empty("nodes_userkey")

    def node(url):
        return httpd(drupal.directives() + use("drupal") + moodle.directives() + moodle.config()
                     + location(f"userkey url={url} token=file:{token} timeout=10s")
                     + f'MoodleSSOStore {drupal.server.driver} "{drupal.server.parameters("nodes_userkey")}" {PATIENT}\n')

    first = moodle.opened(node("http://127.0.0.1:@PORT@"))
    second = node(moodle.root)
    for _ in range(5):
        moodle.execute("DELETE FROM standin_notes")
        tabs = tabs_of([first, second], sites, 16, proof(sites))
        answers = at_once(*(lambda tab=tab: tab.open("/my/") for tab in tabs))
        assert [shown(a) for a in answers] == ["alice"] * 16
        # one for each node: only a machine of its own knows what other tabs got
        assert 1 <= moodle.issued <= 2 and len(moodle.notes("redeem")) == moodle.issued
        env.wait_until(lambda: moodle.server.execute("SELECT COUNT(*) FROM moodlesso_seen WHERE kind = 'turn'",
                                                     database="nodes_userkey")[0][0] == 0, "the turn to be over")
        moodle.execute("DELETE FROM mdl_sessions")


# Likewise.
@pytest.mark.alone
@in_rows
def test_the_turn_of_another_node_is_waited_for(httpd, sites, token):
    drupal, moodle = sites
    drupal.server.empty("turns_userkey")
    server = moodle.opened(httpd(
        drupal.directives() + use("drupal") + moodle.directives() + moodle.config() + STATUS
        + location(f"userkey url=http://127.0.0.1:@PORT@ token=file:{token}")
        + f'MoodleSSOStore {drupal.server.driver} "{drupal.server.parameters("turns_userkey")}" {PATIENT}\n'))

    def store(text, *values):
        return moodle.server.execute(text, *values, database="turns_userkey")

    # by the database's clock, as the module writes it
    clock = {"mysql": "UNIX_TIMESTAMP()", "pgsql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS bigint)"}[moodle.server.driver]
    taken = f"INSERT INTO moodlesso_seen (hash, kind, expires) VALUES (%s, 'turn', {clock} + %s)"
    whose = hashlib.sha256(f"turn\n{moodle.root}\nalice".encode()).hexdigest()
    store(taken, whose, 600)
    assert shown(open_as(server, sites, "dave").open("/my/")) == "dave"
    browser = open_as(server, sites)
    place = browser.once("/my/").one("Location").removeprefix(moodle.root)
    asked = server.status()["store"]["asked"]
    tab = threading.Thread(target=lambda: results.append(browser.open(place)))
    results = []
    tab.start()
    env.wait_until(lambda: server.status()["store"]["asked"] > asked + 4, "the turn to be asked for")
    assert moodle.issued == 1
    store("DELETE FROM moodlesso_seen")
    tab.join()
    assert shown(results[0]) == "alice" and moodle.issued == 2
    # who waits for too long is told; a turn whose node died is over when its time is
    store(taken, whose, 600)
    moodle.execute("DELETE FROM mdl_sessions")
    server.expect("LOGIN_BUSY")
    answer = open_as(server, sites).open("/my/")
    assert (answer.status, reason(answer)) == (503, "LOGIN_BUSY")
    store("DELETE FROM moodlesso_seen")
    store(taken, whose, 0)
    assert shown(open_as(server, sites).open("/my/")) == "alice" and moodle.issued == 3


# Likewise.
@pytest.mark.alone
def test_two_people_at_once_are_two(start, sites):
    server = start()
    tabs = tabs_of([server], sites, 8, proof(sites)) + tabs_of([server], sites, 8, proof(sites, "dave"))
    answers = at_once(*(lambda tab=tab: tab.open("/my/") for tab in tabs))
    assert [shown(a) for a in answers] == ["alice"] * 8 + ["dave"] * 8
    assert sorted(name for name, _ in sites[1].notes("issue")) == ["alice", "dave"]


def test_the_next_person_at_the_computer_gets_their_own_session(start, sites):
    drupal, moodle = sites
    server = start()
    browser = open_as(server, sites)
    assert shown(browser.open("/my/")) == "alice"
    of_alice = browser.cookies["MoodleSession"]
    browser.cookies.update(proof(sites, "dave"))
    answer = browser.open(DEEP)
    assert (shown(answer), shown(answer, "uri")) == ("dave", DEEP)
    assert of_alice not in moodle.users() and "dave" in moodle.users().values()
    # and back, within the seconds for which tabs share
    browser.cookies.update(proof(sites))
    assert shown(browser.open("/my/")) == "alice" and browser.cookies["MoodleSession"] != of_alice


def test_people_with_a_password_are_left_alone(start, sites):
    drupal, moodle = sites
    server = start(more="<Location />\nMoodleSSOLogout moodle\n</Location>\n")
    browser = Browser(server, moodle.root)
    browser.open(f"{LOGIN}?loginredirect=0")
    assert shown(browser.open(LOGIN, "POST", {"username": "alice", "password": "User-pass-1!"})) == "alice"
    assert shown(browser.open("/my/")) == "alice"
    browser.cookies.update(proof(sites, "dave"))
    assert shown(browser.open("/my/")) == "alice"
    # a mark of another session changes nothing
    browser.cookies["moodlesso-began"] = "0" * 64
    assert shown(browser.open("/my/")) == "alice" and moodle.issued == 0


def test_a_session_of_ours_whose_mark_is_gone_is_known_by_its_account(start, sites):
    drupal, moodle = sites
    server = start(USERKEY_UPDATEUSER="1", options="create=on")
    browser = open_as(server, sites)
    assert shown(browser.open("/my/")) == "alice"
    assert moodle.execute("SELECT auth FROM mdl_user WHERE username = 'alice'")[0][0] == "userkey"
    del browser.cookies["moodlesso-began"]
    browser.cookies.update(proof(sites, "dave"))
    assert shown(browser.open("/my/")) == "dave" and "alice" not in moodle.users().values()


def test_signed_out_of_drupal_is_signed_out_of_moodle(start, sites):
    drupal, moodle = sites
    server = start(more="<Location />\nMoodleSSOLogout drupal moodle\n</Location>\nMoodleSSOCacheTTL 10s 1ms\n")
    browser = open_as(server, sites)
    assert shown(browser.open("/my/")) == "alice"
    drupal.execute("DELETE FROM sessions")
    for name in proof(sites):
        del browser.cookies[name]
    assert shown(browser.open("/my/")) is None and "alice" not in moodle.users().values()


def test_signed_out_of_moodle_and_in_again_is_a_new_session(start, sites):
    drupal, moodle = sites
    server = start()
    browser = open_as(server, sites)
    page = browser.open("/my/")
    first = browser.cookies["MoodleSession"]
    browser.once(f"{LOGIN.replace('index', 'logout')}?sesskey={sesskey(page)}")
    assert first not in moodle.users()
    # at once, with Drupal's session still there: the session that was shared is not given again
    assert shown(browser.open("/my/")) == "alice"
    assert browser.cookies["MoodleSession"] != first and moodle.issued == 2
    server = start(more="<Location />\nMoodleSSOLogout drupal\n</Location>\n")
    browser = open_as(server, sites)
    page = browser.open("/my/")
    browser.once(f"{LOGIN.replace('index', 'logout')}?sesskey={sesskey(page)}")
    browser.cookies.update(proof(sites))
    assert browser.open("/my/") and browser.paths[-1] == f"GET {LOGIN}"


def test_who_may_not_sign_in_gets_no_session(start, sites):
    drupal, moodle = sites
    moodle.execute("UPDATE mdl_user SET suspended = 1 WHERE username = 'alice'")
    server = start(USERKEY_KNOWN_DEVICE="1")
    server.expect("USER_SUSPENDED")
    browser = open_as(server, sites)
    answer = browser.open("/my/")
    assert (answer.status, reason(answer)) == (403, "USER_SUSPENDED")
    assert "alice" not in moodle.users().values() and browser.cookies["MoodleSession"] in moodle.users()
    server = start()
    server.expect("MOODLE_USERKEY_REFUSED")
    answer = open_as(server, sites).open("/my/")
    assert (answer.status, reason(answer)) == (503, "MOODLE_USERKEY_REFUSED")


def test_a_browser_that_keeps_no_moodle_cookie_is_told_not_sent_round(start, sites):
    server = start()
    server.expect("MOODLE_LOGIN_LOOP")
    browser = open_as(server, sites)
    path = "/my/"
    for _ in range(9):
        answer = browser.once(path)
        browser.cookies.pop("MoodleSession", None)
        if answer.status != 303:
            break
        path = answer.one("Location").removeprefix(sites[1].root)
    assert (answer.status, reason(answer)) == (500, "MOODLE_LOGIN_LOOP")
    assert sites[1].issued == 1 and f'href="{target(sites, "/my/")}"' in answer.body


def test_a_session_that_is_ended_at_once_is_made_anew_and_then_told(start, sites):
    server = start()
    server.expect("MOODLE_LOGIN_LOOP")
    browser = open_as(server, sites)
    path = "/my/"
    for _ in range(9):
        answer = browser.once(path)
        if "moodlesso-began" in repr(answer.headers):
            for sid in sites[1].users():
                sites[1].redis.client().unlink(f"session_{sid}") if sites[1].redis else None
            sites[1].execute("DELETE FROM mdl_sessions")
        if answer.status != 303:
            break
        path = answer.one("Location").removeprefix(sites[1].root)
    assert (answer.status, reason(answer)) == (500, "MOODLE_LOGIN_LOOP")


def test_a_moodle_that_ends_each_session_at_its_first_page_is_told(start, sites):
    """As with tracksessionip, when Moodle saw this server's address at the sign-in."""
    server = start(ENDS_SESSIONS="1")
    server.expect("MOODLE_LOGIN_LOOP")
    answer = open_as(server, sites).open("/my/")
    assert (answer.status, reason(answer), sites[1].issued) == (500, "MOODLE_LOGIN_LOOP", 1)


# where Moodle keeps its sessions is nothing to what the plugin says
ON_ONE = pytest.mark.parametrize("sites", ["mariadb"], indirect=True)

SETTINGS_AND_REASONS = [({"USERKEY_TOKEN": "another"}, "MOODLE_SERVICE_DENIED"), ({"USERKEY_DISABLED": "1"}, "MOODLE_SERVICE_DENIED"),
                        ({"WEBSERVICES_OFF": "1"}, "MOODLE_SERVICE_DENIED"), ({"MAINTENANCE": "1"}, "MOODLE_SERVICE_DOWN"),
                        ({"USERKEY_MAPPING": "email"}, "MOODLE_USERKEY_USER"), ({"USERKEY_IPRESTRICTION": "1"}, "MOODLE_USERKEY_USER"),
                        ({"USERKEY_LIFETIME": "-1"}, "MOODLE_USERKEY_REFUSED")]


@ON_ONE
@pytest.mark.parametrize("settings, code", SETTINGS_AND_REASONS, ids=[next(iter(s)) for s, _ in SETTINGS_AND_REASONS])
def test_what_the_plugin_says_is_told(start, sites, settings, code):
    server = start(**settings)
    server.expect(code)
    answer = open_as(server, sites).open("/my/")
    assert (answer.status, reason(answer)) == (403 if code.endswith("USER") else 503, code)
    assert server.logged(f"moodlesso: {code}: ") and "alice" not in sites[1].users().values()
    # what may be over soon is tried again with the page in mind
    assert (f'href="{target(sites, "/my/")}"' in answer.body) == (answer.status == 503)


@pytest.fixture
def misbehaving():
    server = Misbehaving()
    yield server
    server.stop()


def session_of_alice(moodle):
    session = ('USER|O:8:"stdClass":7:{s:2:"id";i:3;s:8:"username";s:5:"alice";s:9:"firstname";s:1:"A";s:8:"lastname";'
               's:1:"B";s:5:"email";s:1:"x";s:4:"auth";s:6:"manual";s:7:"sesskey";s:1:"k";}')
    moodle.session("ofalice", 3, sessdata=base64.b64encode(session.encode()).decode())


def url_of(text):
    return saying(200, {"loginurl": text})


FAULTS = {
    "refused": ("request", excepting("invalidtoken"), "MOODLE_SERVICE_DENIED"),
    "not installed": ("request", excepting("invalidrecordunknown"), "MOODLE_SERVICE_DENIED"),
    "broken": ("request", saying(500, b""), "MOODLE_SERVICE_DOWN"),
    "page": ("request", saying(200, b"<html>a proxy</html>"), "MOODLE_SERVICE_ANSWER"),
    "elsewhere": ("request", saying(302, b"", ("Location", "http://127.0.0.1:9/")), "MOODLE_SERVICE_ANSWER"),
    "huge": ("request", saying(200, b'{"loginurl":"' + b"x" * 1000000), "MOODLE_SERVICE_ANSWER"),
    "wrong origin": ("request", url_of("https://evil.example/auth/userkey/login.php?key=a1"), "MOODLE_SERVICE_ANSWER"),
    "metadata service": ("request", url_of("http://169.254.169.254/auth/userkey/login.php?key=a1"), "MOODLE_SERVICE_ANSWER"),
    "other port": ("request", url_of("http://127.0.0.1:1/auth/userkey/login.php?key=a1"), "MOODLE_SERVICE_ANSWER"),
    "file": ("request", url_of("file:///etc/passwd"), "MOODLE_SERVICE_ANSWER"),
    "hanging": ("request", hanging, "MOODLE_SERVICE_TIMEOUT"),
    "dripping": ("request", dripping, "MOODLE_SERVICE_TIMEOUT"),
    "key refused": ("redeem", saying(404, b"x" * 130000), "MOODLE_USERKEY_REFUSED"),
    "key hanging": ("redeem", hanging, "MOODLE_SERVICE_TIMEOUT"),
    "key huge": ("redeem", saying(303, b"x" * 1000000), "MOODLE_SERVICE_ANSWER"),
    "no cookie": ("redeem", saying(303, b""), "MOODLE_SERVICE_ANSWER"),
    "other cookie": ("redeem", saying(303, b"", ("Set-Cookie", "Evil=1; path=/")), "MOODLE_SERVICE_ANSWER"),
    "bad cookie": ("redeem", saying(303, b"", ("Set-Cookie", "MoodleSession=a b\"; path=/")), "MOODLE_SERVICE_ANSWER"),
    "unknown session": ("redeem", saying(303, b"", ("Set-Cookie", "MoodleSession=abc; path=/")), "MOODLE_USERKEY_OTHER"),
}


@ON_ONE
@pytest.mark.parametrize("name", FAULTS)
def test_a_plugin_that_misbehaves_signs_nobody_in(start, sites, misbehaving, name):
    where, fault, code = FAULTS[name]
    misbehaving.faults[where] = fault
    server = start("timeout=300ms" if code.endswith("TIMEOUT") else "", url=misbehaving.root)
    server.expect(code)
    began = time.monotonic()
    answer = open_as(server, sites).open("/my/")
    assert (answer.status, reason(answer)) == (500 if code.endswith("OTHER") else 503, code)
    assert not [line for line in answer.all("Set-Cookie") if not line.startswith("moodlesso-returned=;")]
    # where there is something to wait for it is not for longer than that, and a slow machine's while
    assert time.monotonic() - began < 10
    # nothing but the two addresses below url= was asked for, by POST
    assert {path for path, form, _ in misbehaving.log if form} <= {"/webservice/rest/server.php", "/auth/userkey/login.php"}
    assert all(form for _, form, _ in misbehaving.log)
    misbehaving.released.set()


@in_rows
def test_the_session_of_another_account_is_ended_and_not_given_to_anybody(start, sites, misbehaving):
    drupal, moodle = sites
    moodle.session("ofbob", 4)
    misbehaving.cookie = "MoodleSession=ofbob; path=/"
    server = start(url=misbehaving.root)
    server.expect("MOODLE_USERKEY_OTHER")
    assert reason(open_as(server, sites).open("/my/")) == "MOODLE_USERKEY_OTHER"
    assert "ofbob" not in moodle.users()
    # who is meant gets it
    session_of_alice(moodle)
    misbehaving.cookie = "MoodleSession=ofalice; path=/; SameSite=Strict"
    browser = open_as(server, sites)
    assert shown(browser.open("/my/")) == "alice"
    assert browser.steps[1][1].all("Set-Cookie")[0] == misbehaving.cookie
    sent = [(path, form, headers) for path, form, headers in misbehaving.log if "login.php" in path][-1]
    assert sent[1] == {"key": "a1" * 16} and sent[2]["X-Forwarded-For"] == "127.0.0.1" and "Cookie" not in sent[2]


@pytest.mark.parametrize("mfa", ["ignore", "required"])
def test_a_session_is_its_persons_before_the_second_factor_too(start, sites, mfa):
    drupal, moodle = sites
    allow(moodle, "DELETE ON mdl_sessions", "SELECT (sessdata) ON mdl_sessions")
    # to this collation the name is another's
    finds_another = moodle.server.driver == "mysql"
    if finds_another:
        moodle.add_user("david", "manual")
        drupal.execute("UPDATE users_field_data SET name = 'dävid' WHERE name = 'dave'")
    server = start("usernames=extended", source=f"mfa={mfa}")
    assert shown(open_as(server, sites).open("/my/")) == "alice"
    # Moodle, which asks for it, leads on from there
    browser = open_as(server, sites)
    assert browser.once(LOGIN).one("Location") == (f"{LOGIN}?testsession=3" if mfa == "ignore" else "/")
    if finds_another:
        server.expect("MOODLE_USERKEY_OTHER")
        browser = open_as(server, sites, "dave")
        answer = browser.open("/my/")
        assert moodle.notes("issue")[-1][0] == "dävid"
        assert (answer.status, reason(answer)) == (500, "MOODLE_USERKEY_OTHER")
        assert "david" not in moodle.users().values() and shown(browser.once("/")) == ""


def test_a_plugin_that_is_away_is_left_alone_and_asked_again(start, sites, misbehaving):
    drupal, moodle = sites
    misbehaving.faults["request"] = hanging
    server = start("timeout=200ms", url=misbehaving.root)
    server.expect("MOODLE_SERVICE_TIMEOUT", "MOODLE_SERVICE_DOWN", "HTTP_TIMEOUT")
    env.is_left_alone(lambda: reason(open_as(server, sites).open("/my/")), "MOODLE_SERVICE_TIMEOUT", "MOODLE_SERVICE_DOWN")
    assert server.status()["services"][misbehaving.root]["circuit"] == "open"
    # pages that need nobody's login go on, and so does the password
    assert open_as(server, sites).open(f"{LOGIN}?loginredirect=0").status == 200
    misbehaving.faults.clear()
    misbehaving.released.set()
    if moodle.redis:
        return
    session_of_alice(moodle)
    misbehaving.cookie = "MoodleSession=ofalice; path=/"
    env.wait_until(lambda: shown(open_as(server, sites).open("/my/")) == "alice", "the circuit to close")


def test_over_tls_the_certificate_is_verified_and_frames_get_their_own_session(httpd, sites, token, run):
    drupal, moodle = sites
    root, cert, key = env.tls_files(run / "tls-userkey", "127.0.0.1")
    fields = "".join(line.replace("@PORT@", "@TLSPORT@").replace("http:", "https:") for line in moodle.config().splitlines(True))

    def begin(options):
        server = httpd("MoodleSSOBaseURL https://127.0.0.1:@TLSPORT@\n" + drupal.directives() + use("drupal") + moodle.directives()
                       + fields + "<Location />\nMoodleSSOFrameCookies MoodleSession*\n</Location>\n"
                       + location(f"userkey url=https://127.0.0.1:@TLSPORT@ token=file:{token} {options}")
                       + f"Listen 127.0.0.1:@TLSPORT@\n<VirtualHost 127.0.0.1:@TLSPORT@>\nServerName 127.0.0.1\nSSLEngine On\nSSLCertificateFile {cert}\n"
                       f"SSLCertificateKeyFile {key}\n{fields}</VirtualHost>\n")
        moodle.root = f"https://127.0.0.1:{server.tls_port}"
        return server

    server = begin("")
    server.expect("MOODLE_SERVICE_DOWN")
    browser = Browser(server, moodle.root, cookies=dict([https_cookie(drupal)]))
    assert reason(browser.open("/my/")) == "MOODLE_SERVICE_DOWN" and server.logged("SSL|certificate")
    server = begin(f"ca={root}")
    browser = Browser(server, moodle.root, cookies=dict([https_cookie(drupal)]))
    assert shown(browser.open("/my/")) == "alice"
    assert re.fullmatch(r"__Host-moodlesso-began=[0-9a-f]{64}; Path=/; HttpOnly; Secure; SameSite=Lax",
                        browser.steps[1][1].all("Set-Cookie")[1])
    framed = Browser(server, moodle.root, cookies=dict([https_cookie(drupal)]))
    framed.headers = [h for h in framed.headers if "Dest" not in h[0]] + [
        ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Storage-Access", "active")]
    line, mark, _ = [line for line in framed.once(target(sites, "/my/")).all("Set-Cookie") if "moodlesso-frame" not in line]
    assert re.fullmatch(r"__Host-MoodleSession=[a-z0-9]+; path=/; HttpOnly; Secure; SameSite=None; Partitioned", line)
    assert mark.endswith("; Secure; SameSite=None; Partitioned") and moodle.issued == 2


def test_mistakes_stop_the_start(httpd, sites, token):
    drupal, moodle = sites
    plain = f"userkey url=http://127.0.0.1:1 token=file:{token}"
    two = moodle.directives() + "MoodleSSOSource other moodle database=m\n"
    for config, options, sentence in ((moodle.directives(), "userkey url=http://127.0.0.1:1", "token= is missing"),
                                      (moodle.directives(), plain.replace("http:", "https:") + " root=/x", "root= is not the path"),
                                      (moodle.directives(), plain + " path=/x", "path"),
                                      ("", plain, "needs to see Moodle's sessions"),
                                      ("", plain + " source=drupal", "needs to see Moodle's sessions"), (two, plain, "needs to see Moodle's sessions")):
        status, output = httpd.prepare(drupal.directives() + config + location(options)).check()
        assert status != 0 and re.search(sentence, output), output
    status, output = httpd.prepare(drupal.directives() + two + location(plain + " source=moodle")).check()
    assert status == 0, output

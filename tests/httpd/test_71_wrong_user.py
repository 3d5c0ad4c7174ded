# SPDX-License-Identifier: Apache-2.0
"""Nobody is left with another person's Moodle session, nor with one whose proof is gone."""
import re
import time

import pytest

from grants import CHANGES, DRUPAL, MOODLE, Account
from moodle_site import ROOT, Browser, MoodleSite, sesskey, shown
from sites import ADMIN, STATUS, Drupal
from test_70_moodle_login import FIELDS, drupal_config, https_cookie, location

LOGOUT = "<Location />\nMoodleSSOLogout moodle\n</Location>\n"


def allow(site, *grants):
    """What conf.d/REFERENCE.md grants for it; none: nothing but reading. MariaDB keeps grants beyond databases."""
    user = "'sso'@'127.0.0.1'" if site.server.driver == "mysql" else "sso"
    schema = f"{site.name}." if site.server.driver == "mysql" else ""
    for grant in ("DELETE ON mdl_sessions", "DELETE ON sessions", "UPDATE (timestamp) ON sessions"):
        what, table = grant.split(" ON ")
        if grant in grants:
            site.execute(f"GRANT {what} ON {schema}{table} TO {user}")
        elif (site.server.driver == "mysql" and (table == "sessions") == isinstance(site, Drupal)
              and site.server.execute(f"SELECT 1 FROM mysql.tables_priv WHERE Db = '{site.name}'")):
            site.server.execute(f"GRANT {what} ON {schema}{table} TO {user}")
            site.server.execute(f"REVOKE {what} ON {schema}{table} FROM {user}")


@pytest.fixture(params=["mariadb", "postgresql", "redis"])
def sites(request, moodle_files):
    redis = request.getfixturevalue("redis") if request.param == "redis" else None
    server = request.getfixturevalue("mariadb" if redis else request.param)
    if redis:
        redis.client().flushall()
    drupal, moodle = Drupal(server, 10), MoodleSite(server, redis=redis)
    moodle.switch_to_shibboleth("alice")
    moodle.add_user("dave")
    return drupal, moodle


# What is about rows, and not about keys of Redis.
in_rows = pytest.mark.parametrize("sites", ["mariadb", "postgresql"], indirect=True)


@pytest.fixture
def start(httpd, sites):
    drupal, moodle = sites

    def begin(more="", options="shibboleth", grant=True):
        allow(moodle, *(["DELETE ON mdl_sessions"] if grant else []))
        return httpd(drupal_config(drupal) + moodle.directives() + location(options) + moodle.config() + STATUS + more)

    return begin


def jar(sites, who):
    return dict([https_cookie(sites[0], who)])


def signed_in(server, sites, who="alice"):
    browser = Browser(server, cookies=jar(sites, who))
    assert shown(browser.open("/my/")) == who
    return browser


def test_the_next_person_at_the_computer_gets_their_own_session(start, sites):
    server, moodle = start(), sites[1]
    browser = signed_in(server, sites)
    of_alice = browser.cookies["MoodleSession"]
    browser.cookies.update(jar(sites, "dave"))
    answer = browser.open("/course/view.php?id=7")
    assert shown(answer) == "dave" and browser.paths[-1] == "GET /course/view.php?id=7"
    # the very first answer was for nobody: PHP did not see alice's session
    assert browser.steps[0][1].status == 303
    assert of_alice not in moodle.users()
    assert "dave" in moodle.users().values()
    assert shown(browser.open("/my/")) == "dave" and len(browser.steps) == 1


def test_a_form_of_the_page_that_was_left_open_does_nothing(start, sites):
    server = start()
    browser = signed_in(server, sites)
    browser.cookies.update(jar(sites, "dave"))
    answer = browser.once("/course/view.php?id=7", "POST", {"grade": "1"})
    assert (answer.status, answer.one("Location")) == (303, f"{ROOT}/login/index.php")
    assert "alice" not in sites[1].users().values()


def test_a_second_cookie_of_the_name_hides_nobody(start, sites):
    """Two Moodles on one host; PHP takes the first."""
    server = start()
    browser = signed_in(server, sites)
    browser.cookies["MoodleSession"] += "; MoodleSession=another"
    browser.cookies.update(jar(sites, "dave"))
    assert shown(browser.open("/my/")) == "dave" and "alice" not in sites[1].users().values()


def test_scripts_of_that_page_do_not_act_for_the_other_either(start, sites):
    server = start()
    browser = signed_in(server, sites)
    browser.cookies.update(jar(sites, "dave"))
    assert browser.once("/my/", headers=[("Sec-Fetch-Mode", "cors")]).status == 303
    assert "alice" not in sites[1].users().values()


@in_rows
def test_without_the_grant_the_cookie_goes_and_lookups_go_on(start, sites):
    drupal, moodle = sites
    server = start(grant=False)
    server.expect("DB_DENIED")
    browser = signed_in(server, sites)
    of_alice = browser.cookies["MoodleSession"]
    for _ in range(8):
        browser.cookies.update(jar(sites, "dave") | {"MoodleSession": of_alice})
        answer = browser.once("/my/")
        assert answer.status == 303
        assert re.match(r"MoodleSession=deleted; .*Max-Age=0; path=/; secure; HttpOnly", answer.all("Set-Cookie")[0])
    # the circuit of the database is closed still
    assert shown(browser.open("/my/")) == "dave"
    assert of_alice in moodle.users()


def test_people_with_a_password_are_left_alone(start, sites):
    server, moodle = start(LOGOUT), sites[1]
    moodle.add_user("dora", "manual")
    browser = Browser(server)
    browser.open("/login/index.php?loginredirect=0")
    assert shown(browser.open("/login/index.php", "POST", {"username": "dora", "password": "User-pass-1!"})) == "dora"
    # nobody is known, and another one is
    assert shown(browser.open("/my/")) == "dora"
    browser.cookies.update(jar(sites, "dave"))
    assert shown(browser.open("/my/")) == "dora"
    assert "already logged in as dora" in browser.open("/login/index.php").body


@in_rows
def test_an_administrator_logged_in_as_somebody_is_left_alone(start, sites):
    """Moodle's record is the administrator's; so is the proof."""
    drupal, moodle = sites
    moodle.switch_to_shibboleth("admin")
    server = start(LOGOUT)
    session = ("USER|" + 'O:8:"stdClass":8:{s:2:"id";i:3;s:8:"username";s:5:"alice";s:9:"firstname";s:1:"A";s:8:"lastname";'
               's:1:"B";s:5:"email";s:1:"x";s:4:"auth";s:6:"manual";s:7:"sesskey";s:1:"k";s:8:"realuser";i:2;}')
    import base64
    moodle.session("secretas", ADMIN, sessdata=base64.b64encode(session.encode()).decode())
    browser = Browser(server, cookies={**jar(sites, "admin"), "MoodleSession": "secretas"})
    assert shown(browser.open("/my/")) == "alice"
    assert moodle.users()["secretas"] == "admin"


def test_when_drupals_session_goes_moodles_goes(start, sites):
    drupal, moodle = sites
    server = start(LOGOUT + "MoodleSSOCacheTTL 10s 1ms\n")
    browser = signed_in(server, sites)
    name = https_cookie(drupal)[0]
    # Drupal signs out: its row goes, and its cookie
    drupal.execute("DELETE FROM sessions")
    kept = browser.cookies.pop(name)
    answer = browser.open("/my/")
    assert "alice" not in moodle.users().values() and shown(answer) is None
    assert browser.paths == ["GET /my/", "GET /login/index.php"]
    assert kept not in answer.body


@pytest.mark.parametrize("headers, method", [
    ([("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")], "POST"),
    ([("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")], "GET"),
    ([("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"),
      ("Sec-Fetch-Storage-Access", "inactive")], "GET")])
def test_a_request_that_could_not_bring_the_proof_ends_nothing(start, sites, headers, method):
    """Moodle's cookie with SameSite=None goes where Drupal's, which is Lax, does not."""
    drupal, moodle = sites
    server = start(LOGOUT)
    browser = signed_in(server, sites)
    proof = browser.cookies.pop(https_cookie(drupal)[0])
    assert shown(browser.once("/my/", method=method, headers=headers)) == "alice"
    browser.cookies[https_cookie(drupal)[0]] = proof
    assert shown(browser.open("/my/")) == "alice" and len(browser.steps) == 1
    # a link of another site, at the top level, does bring it
    del browser.cookies[https_cookie(drupal)[0]]
    assert browser.once("/my/", headers=[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
                                         ("Sec-Fetch-Dest", "document")]).status == 303
    assert "alice" not in moodle.users().values()


def test_a_proof_refused_ends_it_too(start, sites):
    drupal, moodle = sites
    server = start(LOGOUT + "MoodleSSOCacheTTL 1ms 1ms\n")
    browser = signed_in(server, sites)
    drupal.execute("UPDATE users_field_data SET status = 0 WHERE name = 'alice'")
    assert browser.once("/my/").status == 303
    assert "alice" not in moodle.users().values()


def test_without_the_word_it_stays(start, sites):
    drupal, moodle = sites
    server = start()
    browser = signed_in(server, sites)
    browser.cookies.pop(https_cookie(drupal)[0])
    assert shown(browser.open("/my/")) == "alice"


def test_a_source_that_cannot_be_asked_ends_nothing(start, sites):
    drupal, moodle = sites
    server = start(LOGOUT + "MoodleSSOCacheTTL 1ms 1ms\n")
    server.expect("DB_QUERY", "DB_DENIED")
    browser = signed_in(server, sites)
    drupal.execute("ALTER TABLE sessions RENAME TO elsewhere")
    drupal.execute("ALTER TABLE users_field_data RENAME TO elsewhere2")
    assert shown(browser.open("/my/")) == "alice"


def test_a_session_of_a_suspended_person_is_nobody_elses(start, sites):
    drupal, moodle = sites
    server = start("MoodleSSOCacheTTL 1ms 1ms\n")
    browser = signed_in(server, sites)
    moodle.execute("UPDATE mdl_user SET suspended = 1 WHERE username = 'alice'")
    browser.cookies.update(jar(sites, "dave"))
    assert shown(browser.open("/my/")) == "dave"


def test_it_costs_one_look_up_that_is_kept(start, sites):
    server = start(LOGOUT)
    browser = signed_in(server, sites)
    browser.open("/my/")
    before = server.status()["sources"]["moodle"]["asked"]
    for _ in range(5):
        assert browser.open("/my/").status == 200
    assert server.status()["sources"]["moodle"]["asked"] == before


def test_elsewhere_nobody_is_asked(httpd, sites):
    drupal, moodle = sites
    server = httpd(drupal_config(drupal) + moodle.directives() + moodle.config() + STATUS
                   + "<Location /course>\nMoodleSSOMoodleLogin shibboleth\n</Location>\n"
                   + "<Location /course/view.php>\nMoodleSSOMoodleLogin Off\n</Location>\n")
    assert Browser(server, cookies=jar(sites, "alice") | {"MoodleSession": "secret-x"}).once("/my/").status == 303
    assert Browser(server, cookies=jar(sites, "alice") | {"MoodleSession": "secret-x"}).once("/course/view.php").status == 303
    assert server.status()["sources"]["moodle"]["asked"] == 0


@pytest.mark.parametrize("name", ["mariadb", "postgresql"])
def test_the_least_grants_suffice_for_signing_in_and_out(httpd, request, moodle_files, name):
    """The GRANTs of conf.d/REFERENCE.md, and no more."""
    server_of_sql = request.getfixturevalue(name)
    drupal, moodle = Drupal(server_of_sql, 10, "drupal_least"), MoodleSite(server_of_sql, "moodle_least")
    moodle.switch_to_shibboleth("alice")
    moodle.add_user("dave")
    account = Account(server_of_sql, moodle, drupal, (*MOODLE, *DRUPAL[10], *CHANGES), ("field_first_name", "field_last_name"),
                      closed=False)
    account.give()
    drupal.execute("UPDATE sessions SET timestamp = timestamp - 3600")
    config = account.of(drupal_config(drupal, f"cookie_domain=.example.test touch=10min {FIELDS}") + moodle.directives())
    server = httpd(config + location("shibboleth") + moodle.config()
                   + "<Location />\nMoodleSSOLogout drupal moodle\n</Location>\n")
    both = (drupal, moodle)
    browser = signed_in(server, both)
    assert [r for r in drupal.execute("SELECT timestamp FROM sessions") if r[0] > time.time() - 600], "touched"
    browser.cookies.update(jar(both, "dave"))
    page = browser.open("/my/")
    assert shown(page) == "dave" and "alice" not in moodle.users().values()
    before = drupal.execute("SELECT COUNT(*) FROM sessions")[0][0]
    browser.once(f"/login/logout.php?sesskey={sesskey(page)}")
    assert drupal.execute("SELECT COUNT(*) FROM sessions")[0][0] == before - 1

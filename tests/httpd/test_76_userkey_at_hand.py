# SPDX-License-Identifier: Apache-2.0
"""Signed in to Moodle by the plugin auth_userkey: the stand-in, served here or elsewhere, and, where it is at hand, the
real plugin in a real Moodle (tests/README.md, "Real sites")."""
import os
import re
import secrets
import subprocess
from pathlib import Path

import pytest

from at_hand import at_hand, elsewhere, is_url, moodle_source, public, served
from env import wait_until
from moodle_site import Browser
from sites import WHOAMI, Drupal, use
from test_70_moodle_login import location, reason
from test_71_wrong_user import allow
from test_74_userkey import at_once, proof
from userkey_site import TOKEN, UserkeySite

PAGE = "/user/profile.php?showallcourses=1"


class StandIn:
    def __init__(self, mariadb, httpd):
        self.site, self.token = UserkeySite(mariadb), TOKEN
        allow(self.site, "DELETE ON mdl_sessions")
        self.source, self.config = self.site.directives(), self.site.config(USERKEY_CREATEUSER="1")


class ByUrl(StandIn):
    def __init__(self, mariadb, httpd):
        super().__init__(mariadb, httpd)
        its_root = f'SetEnv STANDIN_WWWROOT "{self.site.root}"'
        assert its_root in self.config
        self.config = served(elsewhere(httpd, self.config.replace(its_root, "SetEnvIf Host (.+) STANDIN_WWWROOT=http://$1")),
                             scheme="http")


class Real:
    """Its config.php takes wwwroot from the request: the module asks this server itself, which has no certificate."""

    def __init__(self, mariadb, httpd):
        place, database = at_hand("MOODLE")
        self.source = moodle_source(database)
        if is_url(place):
            self.token = os.environ.get("MOODLESSO_TEST_MOODLE_TOKEN")
            if not self.token:
                pytest.skip("MOODLESSO_TEST_MOODLE_TOKEN, which moodle_userkey.php prints, is not set")
        else:
            if not Path(public(place), "auth/userkey").is_dir():
                pytest.skip("MOODLESSO_TEST_MOODLE has no plugin auth_userkey")
            setup = subprocess.run(["php", Path(__file__).parent / "moodle_userkey.php", place], check=True, capture_output=True)
            self.token = setup.stdout.decode().strip()
        self.config = served(public(place), scheme="http").replace(
            "SetEnv HTTPS on\n", "SetEnv MOODLE_ROOT http://127.0.0.1:@PORT@\n")


@pytest.fixture(params=[StandIn, ByUrl, Real])
def moodle(request, httpd, mariadb, moodle_files):
    return request.param(mariadb, httpd)


@pytest.fixture
def drupal(mariadb):
    site = Drupal(mariadb, 10)
    allow(site, "DELETE ON sessions", "UPDATE (timestamp) ON sessions")
    return site


@pytest.fixture
def server(httpd, run, drupal, moodle):
    token = run / "userkey-token"
    token.write_text(moodle.token + "\n")
    fields = "cookie_domain=.example.test fields=given_name:field_first_name,family_name:field_last_name"
    return httpd(
        "MoodleSSOCacheTTL 1s\n" + drupal.directives(fields) + use("drupal") + moodle.source + moodle.config
        + location(f"userkey url=http://127.0.0.1:@PORT@ token=file:{token} create=on")
        + "<Location />\nMoodleSSOLogout drupal moodle\n</Location>\n" + WHOAMI.replace("</", "MoodleSSOUse moodle\n"
                                                                                        "MoodleSSOMoodleLogin Off\n</")
        + 'CustomLog @HTTPD@/access.log "%r %{Referer}i %U %q %{Location}o"\n')


def open_as(server, drupal, who="alice"):
    return Browser(server, f"http://127.0.0.1:{server.port}", cookies=proof([drupal], who))


def user(browser):
    return browser.once("/whoami").json.get("username")


def test_a_deep_link_is_reached_and_no_key_is_seen(server, drupal):
    browser = open_as(server, drupal)
    assert browser.open(PAGE).status == 200
    assert browser.paths[0] == browser.paths[-1] == f"GET {PAGE}" and len(browser.paths) == 3
    seen = "".join(repr(answer.headers) for _, answer in browser.steps)
    assert user(browser) == "alice"
    assert browser.open("/my/courses.php").status == 200 and len(browser.steps) == 1
    server.stop()
    assert not re.search(r"\bkey=", seen + (server.folder / "access.log").read_text())


def test_a_new_person_gets_an_account(server, drupal):
    name = f"new{secrets.token_hex(6)}"
    drupal.execute("UPDATE users_field_data SET name = %s, mail = %s WHERE name = 'dave'", name, f"{name}@example.test")
    browser = open_as(server, drupal, "dave")
    browser.open(PAGE)
    assert user(browser) == name


def test_the_next_person_is_themselves(server, drupal):
    browser = open_as(server, drupal)
    browser.open(PAGE)
    first = browser.cookies["MoodleSession"]
    browser.cookies.update(proof([drupal], "dave"))
    assert browser.open(PAGE).status == 200 and user(browser) == "dave"
    browser.cookies["MoodleSession"] = first
    assert user(browser) is None


def test_a_logout_in_drupal_is_one_of_moodle(server, drupal):
    browser = open_as(server, drupal)
    browser.open(PAGE)
    drupal.execute("DELETE FROM sessions")
    wait_until(lambda: browser.open(PAGE) and browser.paths[-1].startswith("GET /login/index.php"), "the end of the cache's time")
    assert user(browser) is None


def test_a_logout_in_moodle_is_one_of_drupal(server, drupal):
    browser = open_as(server, drupal)
    key = re.search(r"sesskey\W+(\w{10})\b", browser.open(PAGE).body)[1]
    before = drupal.execute("SELECT COUNT(*) FROM sessions")[0][0]
    browser.once(f"/login/logout.php?sesskey={key}")
    assert drupal.execute("SELECT COUNT(*) FROM sessions")[0][0] == before - 1 and user(browser) is None


# Whose turn does not come within three seconds is told to try again.
@pytest.mark.alone
def test_twelve_tabs_at_once_all_land(server, drupal):
    jar = open_as(server, drupal).cookies
    tabs = [open_as(server, drupal) for _ in range(12)]
    for tab in tabs:
        tab.cookies = jar
    assert [answer.status for answer in at_once(*(lambda tab=tab: tab.open(PAGE) for tab in tabs))] == [200] * 12
    assert user(tabs[0]) == "alice"


def test_whom_nobody_may_be_is_told(server, drupal):
    drupal.execute("UPDATE users_field_data SET name = 'A b' WHERE name = 'alice'")
    server.expect("MOODLE_USERNAME")
    assert reason(open_as(server, drupal).open(PAGE)) == "MOODLE_USERNAME"

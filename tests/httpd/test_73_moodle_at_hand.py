# SPDX-License-Identifier: Apache-2.0
"""Signing in to Moodle and out again as a browser sees it: with the stand-in, and with a real Moodle where one is at hand.

MOODLESSO_TEST_MOODLE=FOLDER is a real one's, whose config.php says wwwroot https://moodle.example.test, sslproxy and
database sessions, set up as conf.d/REFERENCE.md says under "Signing in to Moodle"; MOODLESSO_TEST_MOODLE_DATABASE has
apr_dbd's parameters for its database on MariaDB, of an account with the GRANTs of the reference."""
import os
import re

import pytest

from moodle_site import ROOT, Browser, MoodleSite
from sites import Drupal
from test_70_moodle_login import drupal_config, https_cookie, location
from test_71_wrong_user import allow

FOLDER, DATABASE = os.environ.get("MOODLESSO_TEST_MOODLE"), os.environ.get("MOODLESSO_TEST_MOODLE_DATABASE")
PAGE = "/user/profile.php?showallcourses=1"
WHO = "<Location /whoami>\nSetHandler moodlesso-whoami\nMoodleSSOUse moodle\nMoodleSSOMoodleLogin Off\n</Location>\n"
LOGOUT = "<Location />\nMoodleSSOLogout drupal moodle\n</Location>\n"


def stand_in(request):
    site = MoodleSite(request.getfixturevalue("mariadb"))
    site.switch_to_shibboleth("alice")
    allow(site, "DELETE ON mdl_sessions")
    return site.directives() + site.config()


def real(request):
    return (f'MoodleSSODatabase m mysql "{DATABASE}"\nMoodleSSOSource moodle moodle database=m\n'
            f"DocumentRoot {FOLDER}\nDirectoryIndex index.php\n<FilesMatch \\.php$>\nSetHandler \"@PHP@\"\n</FilesMatch>\n")


@pytest.fixture(params=[stand_in, pytest.param(real, marks=pytest.mark.skipif(
    not (FOLDER and DATABASE), reason="MOODLESSO_TEST_MOODLE and MOODLESSO_TEST_MOODLE_DATABASE name a real Moodle"))])
def site(request, httpd, mariadb, moodle_files):
    """start(more) a server; people(name) a browser in which Drupal knows somebody."""
    drupal = Drupal(mariadb, 10)
    drupal.execute("UPDATE users_field_data SET name = 'bobby' WHERE uid = 3")
    allow(drupal, "DELETE ON sessions")
    server = httpd(drupal_config(drupal) + request.param(request) + location("shibboleth") + LOGOUT + WHO)

    def people(name):
        return Browser(server, cookies=dict([https_cookie(drupal, {"bobby": "bob"}.get(name, name))]))

    people.drupal = drupal
    return people


def user(browser):
    """Whose Moodle session is it?"""
    return browser.once("/whoami").json.get("username")


def cookies_of(site, name):
    return site(name).cookies


def test_a_deep_link_then_a_session_of_its_own(site):
    browser = site("alice")
    assert browser.open(PAGE).status == 200
    assert browser.paths[0] == browser.paths[-1] == f"GET {PAGE}" and len(browser.steps) == 3
    assert user(browser) == "alice"
    assert browser.open("/my/courses.php").status == 200 and len(browser.steps) == 1


def test_the_next_person_is_themselves(site):
    browser = site("alice")
    browser.open(PAGE)
    browser.cookies.update(cookies_of(site, "bobby"))
    assert browser.open(PAGE).status == 200
    assert browser.paths[-1] == f"GET {PAGE}" and browser.steps[0][1].status == 303
    assert user(browser) == "bobby"


def test_a_logout_in_moodle_is_one_of_drupal(site):
    browser = site("alice")
    key = re.search(r"sesskey\W+(\w{10})\b", browser.open(PAGE).body)[1]
    answer = browser.once(f"/login/logout.php?sesskey={key}")
    assert (answer.status, answer.one("Location")) == (303, f"{ROOT}/")
    assert https_cookie(site.drupal)[0] not in browser.cookies
    browser.cookies.update(cookies_of(site, "alice"))
    browser.open(PAGE)
    assert browser.paths[-1] == "GET /login/index.php", "Drupal does not know the session any more"


def test_a_logout_in_drupal_is_one_of_moodle(site):
    browser = site("alice")
    browser.open(PAGE)
    site.drupal.execute("DELETE FROM sessions")
    del browser.cookies[https_cookie(site.drupal)[0]]
    browser.open(PAGE)
    assert browser.paths == [f"GET {PAGE}", "GET /login/index.php"]
    assert user(browser) is None


def test_the_password_form_is_there_and_accounts_with_a_password_are_refused(site):
    browser = site("admin")
    assert browser.open("/login/index.php?loginredirect=0").status == 200 and len(browser.steps) == 1
    answer = browser.open("/login/index.php")
    assert answer.status == 404 and browser.paths == ["GET /login/index.php", "GET /auth/shibboleth/index.php"]
    assert "no valid account" in answer.body

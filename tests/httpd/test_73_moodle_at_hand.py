# SPDX-License-Identifier: Apache-2.0
"""Signed in to Drupal is signed in to Moodle, and out again, as a browser sees both: stand-ins, served here or elsewhere, and,
where they are at hand, real ones (tests/README.md, "Real sites")."""
import re

import pytest

from at_hand import COOKIE, DRUPAL, MoodleByUrl, Person, RealDrupal, RealMoodle, StandInDrupal, StandInMoodle, hosts
from env import wait_until
from moodle_site import ROOT
from test_70_moodle_login import location

PAGE = "/user/profile.php?showallcourses=1"
USE = "<Location />\nMoodleSSOUse drupal\nMoodleSSOLogout drupal moodle\n</Location>\n"
WHO = "<Location /whoami>\nSetHandler moodlesso-whoami\nMoodleSSOUse moodle\nMoodleSSOMoodleLogin Off\n</Location>\n"


@pytest.fixture(params=[StandInDrupal, RealDrupal])
def drupal(request, httpd, mariadb, drupal_files):
    return request.param(mariadb, httpd)


@pytest.fixture(params=[StandInMoodle, MoodleByUrl, RealMoodle])
def moodle(request, httpd, mariadb, moodle_files):
    return request.param(mariadb, httpd)


@pytest.fixture
def person(httpd, drupal, moodle):
    """person(name) is a browser in which somebody has signed in to Drupal."""
    server = httpd(hosts(moodle=drupal.source + USE + moodle.source + location("shibboleth") + WHO + moodle.config,
                         drupal=drupal.config))

    def somebody(name):
        them = Person(server)
        assert them.sign_in(name).status == 303
        return them

    return somebody


def user(them):
    """Whose Moodle session is it?"""
    return them.moodle.once("/whoami").json.get("username")


def leave_moodle(them):
    key = re.search(r"sesskey\W+(\w{10})\b", them.moodle.open(PAGE).body)[1]
    return them.moodle.once(f"/login/logout.php?sesskey={key}")


def test_a_deep_link_then_a_session_of_its_own(person):
    alice = person("alice")
    assert alice.moodle.open(PAGE).status == 200
    paths = alice.moodle.paths
    assert paths[0] == paths[-1] == f"GET {PAGE}" and len(paths) == 3 and "/auth/shibboleth/" in paths[1]
    assert user(alice) == "alice"
    assert alice.moodle.open("/my/courses.php").status == 200 and len(alice.moodle.steps) == 1


def test_moodles_mobile_app_signs_in_by_way_of_the_browser(person):
    alice = person("alice")
    answer = alice.moodle.open("/admin/tool/mobile/launch.php?service=moodle_mobile_app&passport=12345&urlscheme=moodlemobile")
    assert len(alice.moodle.steps) == 3 and answer.one("Location").startswith("moodlemobile://token=")


def test_the_next_person_is_themselves(person):
    alice = person("alice")
    alice.moodle.open(PAGE)
    assert user(alice) == "alice"
    alice.sign_out()
    assert alice.sign_in("bobby").status == 303
    assert alice.moodle.open(PAGE).status == 200
    assert alice.moodle.paths[-1] == f"GET {PAGE}" and alice.moodle.steps[0][1].status == 303
    assert user(alice) == "bobby"


def test_a_logout_in_moodle_is_one_of_drupal(person):
    alice = person("alice")
    copy = dict(alice.shared)
    answer = leave_moodle(alice)
    assert (answer.status, answer.one("Location")) == (303, f"{ROOT}/")
    assert COOKIE not in alice.shared and not alice.is_signed_in()
    alice.shared.update(copy)
    assert not alice.is_signed_in(), "Drupal does not know the session any more"
    alice.moodle.open(PAGE)
    assert alice.moodle.paths[-1] == "GET /login/index.php"


def test_a_logout_in_drupal_is_one_of_moodle(person):
    alice = person("alice")
    alice.moodle.open(PAGE)
    assert alice.sign_out().one("Location") == f"{DRUPAL}/"
    alice.moodle.open(PAGE)
    assert alice.moodle.paths == [f"GET {PAGE}", "GET /login/index.php"]
    assert user(alice) is None


def test_whom_drupal_blocks_is_out_of_moodle(person):
    bobby, admin = person("bobby"), person("admin")
    uid = bobby.uid()
    assert bobby.moodle.open(PAGE).status == 200 and user(bobby) == "bobby"
    assert admin.set_status(uid, "0").status == 303
    wait_until(lambda: bobby.moodle.open(PAGE) and bobby.moodle.paths[-1] == "GET /login/index.php", "the end of the cache's time")
    assert user(bobby) is None
    assert admin.set_status(uid, "1").status == 303


def test_no_header_of_a_browser_is_somebody(person):
    alice = person("alice")
    alice.shared.clear()
    forged = [(name, "bobby") for name in ("Moodlesso-Username", "moodlesso_username", "Http-Moodlesso-Username")]
    answer = alice.moodle.once("/auth/shibboleth/index.php", headers=[*alice.moodle.headers, *forged])
    assert answer.status == 404 and "set up correctly" in answer.body and user(alice) is None


def test_the_password_form_is_there_and_accounts_with_a_password_are_refused(person):
    admin = person("admin")
    assert admin.moodle.open("/login/index.php?loginredirect=0").status == 200 and len(admin.moodle.steps) == 1
    answer = admin.moodle.open("/login/index.php")
    assert answer.status == 404 and admin.moodle.paths == ["GET /login/index.php", "GET /auth/shibboleth/index.php"]
    assert "no valid account" in answer.body

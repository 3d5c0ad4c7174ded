# SPDX-License-Identifier: Apache-2.0
"""Drupal's sessions as a browser makes them: the stand-in, served here or elsewhere, and, where one is at hand, a real
Drupal are held to the same.

MOODLESSO_TEST_DRUPAL and MOODLESSO_TEST_DRUPAL_DATABASE name a real one: tests/README.md, "Real sites"."""
import re

import pytest

from at_hand import COOKIE, DRUPAL, DrupalByUrl, Person, RealDrupal, StandInDrupal, hosts
from env import wait_until

WHO = "<Location /whoami>\nSetHandler moodlesso-whoami\nMoodleSSOUse drupal\n</Location>\n"
SET = rf"{COOKIE}=([\w,-]|%2C)+; expires=[^;]+; Max-Age=\d+; path=/; domain=\.example\.test; secure; HttpOnly; SameSite=Lax"
DELETED = f"{COOKIE}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/; domain=.example.test; secure; HttpOnly"


@pytest.fixture(params=[StandInDrupal, DrupalByUrl, RealDrupal])
def person(request, httpd, mariadb, drupal_files):
    """somebody() has a browser of their own; its `who` is what the module says of it."""
    drupal = request.param(mariadb, httpd)
    server = httpd(hosts(drupal=drupal.source + WHO + drupal.config))

    def somebody(name=None):
        them = Person(server)
        them.who = lambda: them.drupal.once("/whoami").json
        if name:
            assert them.sign_in(name).status == 303
        return them

    return somebody


def test_signing_in_gives_a_cookie_for_the_domain_and_a_new_id(person):
    alice = person()
    assert alice.who()["reason"] == "NO_CREDENTIAL"
    ids = []
    for _ in range(2):
        alice.shared.clear()
        answer = alice.sign_in("alice")
        assert (answer.status, answer.one("Location")) == (303, f"{DRUPAL}/user/{alice.uid()}?check_logged_in=1")
        assert re.fullmatch(SET, answer.one("Set-Cookie"))
        ids.append(alice.shared[COOKIE])
    assert ids[0] != ids[1]


def test_the_module_says_who_it_is(person):
    alice = person("alice")
    who = alice.who()
    assert (who["source"], who["username"], who["subject"]) == ("drupal", "alice", alice.uid())
    assert who["email"] == "alice@example.test" and "teacher" in who["roles"]
    assert (who["given_name"], who["family_name"]) == ("Alice", "Liddell")


def test_an_id_that_nobody_knows_is_nobody(person):
    alice = person("alice")
    alice.shared[COOKIE] = "a" * 48
    assert alice.who()["reason"] == "SESSION_UNKNOWN"
    answer = alice.drupal.once("/user/login_status?_format=json")
    assert (answer.body, answer.one("Set-Cookie")) == ("0", DELETED)


def test_people_who_are_blocked_do_not_sign_in(person):
    carol = person()
    assert carol.sign_in("carol").status == 200 and not carol.is_signed_in()
    assert carol.who().get("username") is None


def test_a_logout_asks_first_and_then_ends_it_here_as_well(person):
    alice = person("alice")
    copy = dict(alice.shared)
    answer = alice.drupal.once("/user/logout")
    assert (answer.status, answer.one("Location")) == (302, "/user/logout/confirm")
    assert alice.is_signed_in() and alice.who()["username"] == "alice"
    answer = alice.sign_out()
    assert (answer.status, answer.one("Location"), answer.one("Set-Cookie")) == (303, f"{DRUPAL}/", DELETED)
    alice.shared.update(copy)
    gone(alice)


def gone(them):
    """Neither Drupal nor, when its cache's time is over, the module knows the session."""
    wait_until(lambda: not them.who().get("username"), "the end of the cache's time")
    assert them.who()["reason"] == "SESSION_UNKNOWN" and not them.is_signed_in()


def test_whom_an_administrator_blocks_is_out(person):
    bobby, admin = person("bobby"), person("admin")
    uid = bobby.uid()
    assert bobby.who()["username"] == "bobby"
    assert admin.set_status(uid, "0").status == 303
    gone(bobby)
    assert bobby.sign_in("bobby").status == 200
    assert admin.set_status(uid, "1").status == 303
    assert bobby.sign_in("bobby").status == 303 and bobby.who()["username"] == "bobby"

# SPDX-License-Identifier: Apache-2.0
"""MoodleSSOMoodleLogin userkey, where people are found by a name that they may have chosen themselves."""
import pytest

from moodle_site import shown
from sites import ADMIN, ALICE
from test_70_moodle_login import reason
from test_74_userkey import LOGIN, open_as, sites, start, token  # noqa: F401


@pytest.fixture
def admins(sites):  # noqa: F811
    """Drupal's alice calls herself as an administrator of Moodle is called, who is nobody in Drupal."""
    drupal, moodle = sites
    drupal.execute("UPDATE users_field_data SET name = 'nobody' WHERE name = 'admin'")
    drupal.execute("UPDATE users_field_data SET name = 'Admin' WHERE name = 'alice'")

    def are(*ids):
        moodle.execute("DELETE FROM mdl_config WHERE name = 'siteadmins'")
        moodle.execute("INSERT INTO mdl_config (name, value) VALUES ('siteadmins', %s)", ",".join(map(str, ids)))
    return are


def test_nobody_becomes_an_administrator_by_a_name(start, sites, admins):  # noqa: F811
    """The plugin looks at no auth method: auth_shibboleth would refuse this account."""
    admins(ALICE, ADMIN)
    server = start()
    browser = open_as(server, sites)
    answer = browser.open(LOGIN)
    assert (answer.status, reason(answer)) == (403, "MOODLE_USERKEY_ADMIN")
    assert not any(line.startswith("MoodleSession=") for _, step in browser.steps for line in step.all("Set-Cookie"))
    assert sites[1].issued == 0, "nor is an account changed, as updateuser does"
    server.expect("MOODLE_USERKEY_ADMIN")


def test_where_nobody_can_choose_a_name_administrators_come_in(start, sites, admins):  # noqa: F811
    admins(ADMIN)
    assert shown(open_as(start("admins=on"), sites).open(LOGIN)) == "admin"
    # and whoever is none always did
    admins(ALICE, 22)
    assert shown(open_as(start(), sites).open(LOGIN)) == "admin"

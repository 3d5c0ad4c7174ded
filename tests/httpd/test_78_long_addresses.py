# SPDX-License-Identifier: Apache-2.0
"""A page's address within another's is up to three times as long: nobody is led to one that the server refuses."""
import pytest

from moodle_site import Browser, shown
from test_54_login import Browser as AtTheSite
from test_54_login import issuer, site  # noqa: F401
from test_70_moodle_login import known, sites, start  # noqa: F401


@pytest.mark.parametrize("length", [2500, 2600, 2640, 2700, 4000, 8000])
def test_who_has_to_sign_in_comes_back_to_the_page_at_least(site, issuer, length):  # noqa: F811
    browser = AtTheSite(site)
    answer = browser.ask("/protected?x=" + "[" * length)
    assert answer.status == 302 and answer.one("Location").startswith("/moodlesso/start/idp?return=%2Fprotected")
    landed = browser.follow(browser.ask(answer.one("Location")), issuer)
    assert landed.status == 303 and landed.one("Location") == "https://moodle.example/protected"


@pytest.mark.parametrize("length", [2500, 2600, 2700, 4000, 8000])
def test_a_page_of_moodle_is_reached_with_all_of_its_query(start, known, length):  # noqa: F811
    page = "/course/view.php?id=7&x=" + "[" * length
    answer = Browser(start(), cookies=known).open(page)
    assert (answer.status, shown(answer), shown(answer, "uri")) == (200, "alice", page)

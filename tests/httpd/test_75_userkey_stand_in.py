# SPDX-License-Identifier: Apache-2.0
"""The stand-in for auth_userkey does what the plugin was seen to do in Moodle 4.5: its exchanges, one by one."""
import json
import re
from pathlib import Path

import pytest

from userkey_site import TOKEN, UserkeySite

EXCHANGES = json.loads((Path(__file__).parent / "fixtures/userkey_stand_in.json").read_text())
ROOT = "http://moodle.example.test"
SETTINGS = sorted({name for e in EXCHANGES for name in e.get("settings", {})})
PREFIX = {"WEBSERVICES_OFF": "", "MAINTENANCE": ""}


@pytest.fixture(params=["mariadb", "postgresql"])
def site(request, moodle_files):
    return UserkeySite(request.getfixturevalue(request.param), root=ROOT)


def known(text, symbols):
    """The exchange's text with what this run has in the place of keys and sessions."""
    for symbol, value in symbols.items():
        text = re.sub(rf"\b{symbol}\b", value, text)
    return text.replace("@TOKEN@", TOKEN).replace("@ROOT@", ROOT).replace("@ENCODED@", ROOT.replace(":", "%3A").replace("/", "%2F"))


def compare(exchange, answer, symbols):
    assert answer.status == exchange["status"], (exchange["capture"], answer)
    if "json" in exchange:
        expected = exchange["json"]
        if "loginurl" in expected:
            symbol = expected["loginurl"].rsplit("=", 1)[1]
            symbols[symbol] = re.fullmatch(re.escape(f"{ROOT}/auth/userkey/login.php?key=") + "([0-9a-f]{32})",
                                           answer.json["loginurl"])[1]
            expected = {"loginurl": known(expected["loginurl"], symbols)}
        assert answer.json == expected, exchange["capture"]
    if "message" in exchange:
        assert f'<p class="errormessage">{exchange["message"]}</p>' in answer.body, exchange["capture"]
    assert answer.one("Location") == (known(exchange["location"], symbols) if "location" in exchange else None)
    line = answer.one("Set-Cookie")
    assert (line is None) == ("set_cookie" not in exchange), exchange["capture"]
    if line:
        symbol = re.match(r"MoodleSession=(\w+)", exchange["set_cookie"])[1]
        symbols[symbol] = re.match(r"MoodleSession=([^;]+)", line)[1]
        assert line == known(exchange["set_cookie"], symbols)


def test_the_stand_in_answers_as_the_plugin_did(httpd, site):
    server = httpd(site.config(USERKEY_MAPPING="email").replace('SetEnv STANDIN_USERKEY_MAPPING "email"\n', "")
                   + "".join(f'SetEnvIf X-Set-{name} "(.+)" STANDIN_{PREFIX.get(name, "USERKEY_")}{name}=$1\n' for name in SETTINGS),
                   bare=True)
    symbols = {"K11": "f" * 32}
    for exchange in EXCHANGES:
        if exchange["capture"] == "089-issue-suspended":
            site.execute("UPDATE mdl_user SET suspended = 1 WHERE username = 'bob'")
        method, path = exchange["request"].split(" ", 1)
        headers = [(f"X-Set-{n}", v) for n, v in exchange.get("settings", {}).items()]
        body = known(exchange["form"], symbols).encode() if "form" in exchange else b"" if method == "POST" else None
        if body is not None:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        cookie = known(exchange["cookie"], symbols) if "cookie" in exchange else None
        answer = server.get(known(path, symbols), cookie=cookie, headers=headers, method=method, body=body)
        compare(exchange, answer, symbols)
    assert len([e for e in EXCHANGES if "loginurl" in e.get("json", {})]) == len(site.notes("issue"))

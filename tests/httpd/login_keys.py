# SPDX-License-Identifier: Apache-2.0
"""login_keys.py -- a site that makes login URLs, and the applications that ask it for them."""
import hashlib
import html
import json
import re
import urllib.parse

from moodle_site import Browser
from sites import PHP, STATUS, WHOAMI, use

ROOT = "https://moodle.example.test"
HOST = "moodle.example.test"
TOKEN = "secret-token-of-the-portal"
OTHER = "secret-token-of-another"


def line(name="portal", token=TOKEN, more="from=any"):
    return f"{name} {hashlib.sha256(token.encode()).hexdigest()} {more}\n"


def clients(run, *lines):
    """The file of tokens=; as many tests as there are write it anew."""
    path = run / "clients"
    path.write_text("# applications that may ask\n\n" + "".join(lines or [line()]))
    return path


def config(moodle, tokens, source="mapping=email", more=""):
    return (f"MoodleSSOBaseURL {ROOT}\nMoodleSSOStateDir @HTTPD@/state\n" + moodle.directives() +
            f"MoodleSSOSource keys loginkey in=moodle tokens=file:{tokens} {source}\n" + use("keys") + PHP + WHOAMI +
            STATUS + more)


class Portal:
    """An application that asks for login URLs."""

    def __init__(self, server, token=TOKEN):
        self.server, self.token = server, token

    def post(self, path, asked, token=None, headers=()):
        body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        more = [("Content-Type", "application/json"), *headers]
        if token != "":
            more.append(("Authorization", f"Bearer {token or self.token}"))
        return self.server.get(path, method="POST", body=body, headers=more, host=HOST)

    def ask(self, user, token=None, **more):
        return self.post("/moodlesso/userkey", {"user": user, **more}, token)

    def url(self, user=None, **more):
        """The path of a new login URL."""
        answer = self.ask(user or {"email": "alice@example.test"}, **more)
        assert answer.status == 200, answer
        url = answer.json["loginurl"]
        assert url.startswith(f"{ROOT}/moodlesso/key/"), url
        return url[len(ROOT):]


def key_of(path):
    return re.search(r"/key/([\w-]{43})\?", path)[1]


def fields(answer):
    """What the page of a key posts."""
    return {html.unescape(n): html.unescape(v) for n, v in
            re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.body)}


def redeem(server, path, browser=None, headers=None):
    """Open a login URL as a person does; (browser, answer to its form)."""
    browser = browser or Browser(server, root=ROOT)
    page = browser.once(path)
    assert page.status == 200, page
    return browser, browser.once("/moodlesso/key", "POST", fields(page), headers)


def spend(server, key, **more):
    """Post a key without any page; for many at once."""
    body = urllib.parse.urlencode({"key": key, **more}).encode()
    return server.get("/moodlesso/key", method="POST", body=body, host=HOST,
                      headers=[("Content-Type", "application/x-www-form-urlencoded")])


def whoami(browser):
    return browser.once("/whoami").json


def reason(answer):
    found = re.search(r"<code>(\w+)</code>", answer.body)
    return found[1] if found else answer.json.get("reason")

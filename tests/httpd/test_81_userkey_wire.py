# SPDX-License-Identifier: Apache-2.0
"""The wire form of Moodle's plugin auth_userkey: what was exchanged with a real one (Moodle 4.5.6, plugin 2022081901) is
asked of the module, and the answers are compared; every shape in which its clients ask; the code of the reference."""
import json
import re
import shutil
import subprocess
import urllib.parse

import pytest

import env
from login_keys import HOST, ROOT, TOKEN, clients, config, line, reason, spend
from sites import FIXTURES, Moodle

EXCHANGES = json.loads((FIXTURES / "userkey_exchanges.json").read_text())
LAB = "http://127.0.0.1:18540"
MORE = "MoodleSSOCacheTTL 0s 0s\n<Location /check>\nSetHandler moodlesso-check\n</Location>\n"
WIRE = "/moodlesso/userkey/webservice/rest/server.php"

# What is stricter here, and why. Everything that is in neither list is equal.
STRICTER = {
    38: "idnumbers are compared with their capitals, whatever the database's collation says",
    63: "HEAD spends no key",
    72: "nobody is sent to an origin that is not listed",
    89: "a suspended user gets no URL", 201: "a suspended user gets no URL",
    202: "a suspended user does not come in",
    94: "signing out is asked about", 95: "signing out is asked about", 96: "signing out is asked about",
    97: "signing out is asked about",
}
# What the plugin refuses for its own defects (facts 4.1: HEAD spends a key, a new key ends the one before).
MENDED = {60: "a second tab does not spoil the first", 64: "HEAD spent no key"}
# Moodle's own switches and roles, which the module has no part in.
MOODLES = {19: "capability", 20: "service", 34: "capability", 100: "web services off", 101: "maintenance"}
SOURCES = [  # which settings the plugin had, by number of the exchange
    (range(35, 37), "mapping=username"), (range(37, 39), "mapping=idnumber"), (range(39, 46), "mapping=email ip=on"),
    (range(46, 51), "mapping=email create=on update=on"), (range(217, 219), "mapping=email create=on update=on"),
    (range(219, 222), "mapping=email ip=on"), (range(0, 1000), "mapping=email")]


def source_of(number):
    return next(source for numbers, source in SOURCES if number in numbers)


def as_ours(text, keys):
    """A request of the capture, at our addresses and with our keys."""
    text = text.replace("<TOKEN>", TOKEN).replace("<TOKEN-NOCAP>", "none").replace("<TOKEN-PROV>", "none")
    for theirs, ours in keys.items():
        text = text.replace(theirs, ours)
    return text.replace(urllib.parse.quote(LAB, safe=""), urllib.parse.quote(ROOT, safe="")).replace(LAB, ROOT)


def neutral(text):
    """An answer, without keys and addresses."""
    text = re.sub(r"(https?:)(\\?/)\2[^/\\]+\\?/(?:auth\\?/userkey\\?/login\.php\?key=[0-9a-f]{32}|"
                  r"moodlesso\\?/key\\?/[\w-]{43}\?wantsurl=)", "URL", text)
    return re.sub(r',"debuginfo":"(?:[^"\\]|\\.)*"', "", text)


class Replay:
    """One server per setting of the plugin; keys of the capture and those made in their place."""

    def __init__(self, start):
        self.start, self.servers, self.keys, self.made_by = start, {}, {}, {}

    def server(self, number):
        source = source_of(number)
        if source not in self.servers:
            self.servers[source] = self.start(source)
        return self.servers[source]

    def issue(self, row):
        path = WIRE + row["path"][len("/webservice/rest/server.php"):]
        body = as_ours(row["body"], self.keys).encode() if "body" in row else None
        if row["method"] == "POST" and body is None:
            body = b""
        answer = self.server(row["n"]).get(as_ours(path, self.keys), method=row["method"], body=body, host=HOST,
                                           headers=[("Content-Type", row["type"])] if "type" in row else [])
        theirs, ours = re.search(r"key=([0-9a-f]{32})", row["answer"] or ""), re.search(r"key\\?/([\w-]{43})", answer.body)
        if theirs and ours:
            self.keys[theirs[1]] = ours[1]
            # the server that made it takes it
            self.made_by[ours[1]] = self.server(row["n"])
        return (answer.status, answer.one("Content-Type"), answer.one("Access-Control-Allow-Origin"), neutral(answer.body)), \
               (row["status"], row["answer_type"], "*", neutral(row["answer"]))

    def redeem(self, row):
        """As a browser: the page, and its form. (status, target), both times."""
        query = as_ours(row["path"].partition("?")[2], self.keys) or as_ours(row.get("body", ""), self.keys)
        key = re.search(r"key=([^&]*)", query)
        key = key[1] if key else ""
        server = self.made_by.get(key) or self.server(row["n"])
        if row["method"] == "HEAD":
            page = server.get(f"/moodlesso/key/{key}?wantsurl=", method="HEAD", host=HOST)
            answer = (page.status, page.one("Location"))
        else:
            wanted = re.search(r"wantsurl=([^&]*)", query)
            landed = spend(server, key, **({"wantsurl": urllib.parse.unquote(wanted[1])} if wanted else {}))
            assert (landed.status == 303) == bool(landed.all("Set-Cookie"))
            answer = (landed.status, landed.one("Location"))
        theirs = row.get("location", "").replace(LAB, ROOT)
        return answer, (row["status"], (theirs + "/" if theirs == ROOT else theirs) or None)

    def log_out(self, row):
        answer = self.server(row["n"]).get("/moodlesso/logout?" + row["path"].partition("?")[2], host=HOST)
        return answer.status, row["status"]


def expire(server):
    """All keys of this server are too old."""
    import sqlite3
    connection = sqlite3.connect(server.folder / "state/store.sqlite3")
    with connection:
        connection.execute("UPDATE moodlesso_keys SET payload = json_set(payload, '$.expires', 1000000000)")
    connection.close()


def test_what_a_real_plugin_was_asked(httpd, run, sqlite):
    moodle = Moodle(sqlite)
    moodle.execute("UPDATE mdl_user SET idnumber = 'id-alice' WHERE username = 'alice'")
    tokens = clients(run, line(more="from=any"))
    replay = Replay(lambda source: httpd(config(moodle, tokens, source, MORE)))
    different, equal = [], 0
    for row in EXCHANGES:
        if row["n"] in MOODLES:
            continue
        if row["name"].startswith(("issue-suspended", "redeem-suspended")):
            moodle.execute("UPDATE mdl_user SET suspended = 1 WHERE username = 'bob'")
        if row["name"] == "redeem-expired":
            expire(replay.server(row["n"]))
        if row["n"] in (98, 99):  # the plugin was disabled
            switch(replay.server(row["n"]), "off")
        what = replay.issue if "answer" in row else replay.log_out if "logout.php" in row["path"] else replay.redeem
        ours, theirs = what(row)
        if row["n"] == 99:
            switch(replay.server(row["n"]), "on")
            # there the reason is another, and the answer a refusal, too
            ours = (404, None) if ours[0] == 401 else ours
        if ours == theirs:
            equal += 1
        deviates = row["n"] in STRICTER or row["n"] in MENDED
        if (ours == theirs) == deviates:
            different.append((row["n"], row["name"], ours, theirs))
        # what is stricter refuses, or does less; what is mended works
        if row["n"] in STRICTER and "answer" in row:
            assert '"errorcode"' in ours[3]
        if row["n"] in MENDED:
            assert ours[0] == 303
    assert not different, "\n".join(map(str, different))
    assert equal == len(EXCHANGES) - len(MOODLES) - len(STRICTER) - len(MENDED) == 91


def switch(server, value):
    assert server.get("/check", method="POST", body=f"switch=keys&value={value}".encode(), host=HOST,
                      headers=[("Sec-Fetch-Site", "same-origin")]).status == 200


# -- the shapes in which clients ask (public code of 20 of them) ---------------------------------------------------

FORM = "application/x-www-form-urlencoded"
PART = ('--b0undary\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n')
WS = f"wstoken={TOKEN}&wsfunction=auth_userkey_request_login_url&moodlewsrestformat=json"
ALL = WS + "&user%5Bemail%5D=alice%40example.test"
SHAPES = {  # name: method, query, content type, body, does the plugin answer with a URL?
    "PHP, curl.php of Moodle's samples": ("POST", WS, FORM, "user[email]=alice%40example.test", True),
    "PHP, Laravel asForm": ("POST", "", FORM, ALL, True),
    "PHP, Laravel get": ("GET", ALL, None, None, True),
    "PHP, Laravel post with a query": ("POST", ALL, "application/json", "[]", True),
    "PHP, WordPress wp_remote_get": ("GET", ALL, None, None, True),
    "PHP, WordPress MoodleRest": ("POST", "", FORM, ALL, True),
    "Python, params": ("POST", ALL, None, "", True),
    "Python, data": ("POST", "", FORM, ALL, True),
    "Python, a field that is not mapped": ("POST", WS, FORM, "user%5Bid%5D=3", False),
    "Node, request": ("POST", WS + "&user[email]=alice@example.test", None, "", True),
    "Node, axios": ("POST", WS + "&user[email]=alice@example.test", FORM, "", True),
    "Browser, FormData": ("POST", WS, "multipart/form-data; boundary=b0undary",
                          PART.format("user[email]", "alice@example.test") + "--b0undary--\r\n", True),
    "Node, URLSearchParams with returnurl": ("POST", WS, FORM, "user%5Bemail%5D=alice%40example.test&returnurl=%2F", False),
    "Dart": ("POST", WS, FORM + "; charset=utf-8", "user%5Bemail%5D=alice%40example.test", True),
    "Java, RestTemplate": ("POST", ALL, None, "", True),
    "Swift, Vapor": ("POST", WS, FORM, "user%5Bemail%5D=alice@example.test", True),
    "curl, one line": ("GET", WS + "&user[email]=alice@example.test", None, None, True),
    "Angular, JSON as a form": ("POST", WS, FORM, '{"user":{"email":"alice@example.test"}}', False),
}


@pytest.fixture(scope="module")
def moodle_of_module(sqlite):
    return Moodle(sqlite, "moodle_wire")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("path", ["/moodlesso/userkey", WIRE])
def test_clients_go_on_as_they_are(httpd, run, moodle_of_module, shape, path):
    method, query, kind, body, works = SHAPES[shape]
    server = httpd(config(moodle_of_module, clients(run)))
    answer = server.get(path + "?" + query, method=method, body=None if body is None else body.encode(), host=HOST,
                        headers=[("Content-Type", kind)] if kind else [])
    assert answer.status == 200
    if not works:
        assert answer.json["errorcode"] == "invalidparameter" and "loginurl" not in answer.json
        return
    # they append what they want to it
    url = answer.json["loginurl"] + "&wantsurl=" + urllib.parse.quote(f"{ROOT}/my/", safe="")
    query = urllib.parse.urlsplit(url).query
    assert urllib.parse.parse_qsl(query, keep_blank_values=True)[-1] == ("wantsurl", f"{ROOT}/my/")
    page = server.get(url[len(ROOT):], host=HOST)
    assert f'name="wantsurl" value="{ROOT}/my/"' in page.body


def test_empty_members_are_no_members_where_profiles_are_taken(httpd, run, moodle_of_module):
    """CakePHP's client sends them all."""
    body = "user[username]=&user[firstname]=&user[lastname]=&user[email]=alice@example.test"
    for source, works in (("mapping=email create=on", True), ("mapping=email", False)):
        answer = httpd(config(moodle_of_module, clients(run), source)).get(
            f"{WIRE}?{WS}", method="POST", body=body.encode(), host=HOST, headers=[("Content-Type", FORM)])
        assert ("loginurl" in answer.json) == works


def test_what_is_too_large_or_broken_is_a_fault(httpd, run, moodle_of_module):
    server = httpd(config(moodle_of_module, clients(run)))
    for kind, body in ((FORM, b"user[email]=" + b"a" * 70000), (FORM, b"user[email]=%00"), (FORM, b"user[email]=%ff"),
                       (FORM, b"&".join(b"a%d=1" % i for i in range(200))), (FORM, b"user" + b"[a]" * 50 + b"=1"),
                       ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"user[email]\"\r\n\r\na@b")):
        answer = server.get(f"{WIRE}?{WS}", method="POST", body=body, host=HOST, headers=[("Content-Type", kind)])
        assert (answer.status, answer.json["errorcode"]) == (200, "invalidparameter")


# -- the code in the reference ----------------------------------------------------------------------------------

RUN = {"sh": ["sh"], "php": ["php"], "python": ["python3"], "js": ["node", "--input-type=module"]}


def test_the_code_of_the_reference(httpd, run, moodle_of_module):
    text = (env.TOP / "conf.d/REFERENCE.md").read_text()
    section = text[text.index("## Login URLs"):text.index("## Database accounts")]
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", section, re.S))
    assert set(blocks) == set(RUN)
    server = httpd(config(moodle_of_module, clients(run)))
    token = run / "portal-token"
    token.write_text(TOKEN + "\n")
    for language, code in blocks.items():
        assert shutil.which(RUN[language][0]), language
        code = code.replace("https://moodle.example.edu", f"http://127.0.0.1:{server.port}").replace("/etc/portal/token", str(token))
        code = code.replace("example.edu", "example.test")
        if language == "php":  # its header is what it answers the browser with
            code = code.replace("header('Location: ' . ", "print(").replace("->loginurl, true, 303);", "->loginurl);")
        done = subprocess.run(RUN[language], input=code, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        key = re.search(r"/moodlesso/key/([\w-]{43})\?wantsurl=", done.stdout)
        assert key, (language, done.stdout, done.stderr)
        landed = spend(server, key[1])
        assert (landed.status, landed.one("Location")) == (303, f"{ROOT}/course/view.php?id=3"), reason(landed)

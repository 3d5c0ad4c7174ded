# SPDX-License-Identifier: Apache-2.0
"""walk.py -- the demo walked through over plain HTTP: what each page promises is looked at."""
import hashlib
import json
import re
import time

from browser import DOMAIN, Browser

CACHE_TTL = 2  # as in conf/httpd.conf
SLACK = 2
COOKIE = "SESS" + hashlib.sha256(DOMAIN.encode()).hexdigest()[:32]
PAGES = [("drupal", "/"), ("moodle", "/"), ("moodle", "/login.php"), ("moodle", "/variables.php"),
         ("moodle", "/members.php"), ("moodle", "/frames.php"), ("moodle", "/configuration.php"),
         ("teams", "/"), ("foreign", "/")]


def sign_in(browser, site, name, password="demo"):
    return browser.open(site, "/" if site == "drupal" else "/login.php", {"name": name, "password": password})


def whoami(browser, **headers):
    return json.loads(browser.open("moodle", "/moodlesso-whoami", headers=headers.items()).body)


def nobody_is_known_at_first(port, place):
    nobody = Browser(port)
    yield "Moodle knows nobody at first", "Nobody is known yet" in nobody.open("moodle").text
    yield "whoami says why", whoami(nobody)["reason"] == "NO_CREDENTIAL"
    page = nobody.open("moodle", "/members.php")
    yield "the guarded page answers 401", page.status == 401
    yield "the 401 names the reason", 'error="NO_CREDENTIAL"' in page.one("www-authenticate")
    yield "the 401 leads to Drupal's form", f"http://drupal{DOMAIN}:{port}/?for=members" in page.text
    page = sign_in(nobody, "drupal", "alice", "wrong")
    yield "a wrong password is refused", 'role="alert"' in page.body and not nobody.cookies
    elsewhere = nobody.open("anything", "/")
    yield "any other name leads to Moodle", elsewhere.one("location") == f"http://moodle{DOMAIN}:{port}/"


def signing_in_at_drupal_is_all_it_takes(port, place):
    alice = Browser(port)
    yield "Drupal signs alice in", sign_in(alice, "drupal", "alice").status == 303
    yield "the cookie has Drupal's name and domain", list(alice.cookies) == [(COOKIE, DOMAIN)]
    yield "Drupal knows her", "You are alice" in alice.open("drupal").text
    yield "Moodle greets her", "Hello, Alice Liddell" in alice.open("moodle").text
    page = alice.open("moodle", "/variables.php")
    for name, value in {"USERNAME": "alice", "SOURCE": "drupal", "SUBJECT": "2", "IDNUMBER": "2",
                        "EMAIL": "alice@example.test", "GIVEN_NAME": "Alice", "FAMILY_NAME": "Liddell",
                        "ROLES": "teacher|course_creator"}.items():
        yield f"MOODLESSO_{name} is {value}", f"MOODLESSO_{name}</code></th><td>{value}</td>" in page.text
    yield "REMOTE_USER and AUTH_TYPE are set", all(word in page.text for word in (
        "REMOTE_USER</code></th><td>alice<", "AUTH_TYPE</code></th><td>MoodleSSO<"))
    page = alice.open("moodle", "/members.php")
    yield "the guarded page answers 200", page.status == 200
    yield "and finds her account by her user id", "Found by its ID number" in page.text
    yield "whoami says the same", whoami(alice)["username"] == "alice"
    status = json.loads(alice.open("moodle", "/moodlesso-status").body)
    yield "status counts the look-ups", status["sources"][f"drupal@moodle.demo.localhost:{port}"]["asked"] > 0


def every_name_survives(port, place):
    name = "Bøb O'Brien 学生"
    bob = Browser(port)
    sign_in(bob, "drupal", name)
    yield "a name in any script survives", name in bob.open("moodle", "/variables.php").text
    yield "and is escaped", "O&apos;Brien" in bob.open("drupal").body
    dave = Browser(port)
    sign_in(dave, "drupal", "dave")
    yield "somebody new to Moodle is told so", "There is none" in dave.open("moodle", "/members.php").text


def nobody_forges_a_variable(port, place):
    forged = {"MOODLESSO_USERNAME": "admin", "moodlesso-username": "admin", "Remote-User": "admin"}
    page = Browser(port).open("moodle", "/variables.php", headers=forged)
    yield "forged headers are dropped", "admin</td>" not in page.text and "NO_CREDENTIAL" in page.text


def frames_open_for_the_allowed_site_alone(port, place):
    anyone = Browser(port)
    for path in ("/", "/members.php", "/style.css"):
        page = anyone.open("moodle", path)
        ancestors = re.findall(r"frame-ancestors ([^;,]*)", page.one("content-security-policy"))
        yield f"{path} may be framed by itself and by Teams", [sorted(a.split()) for a in ancestors] == [
            ["'self'", f"http://teams{DOMAIN}:{port}"]]
        yield f"{path} has no X-Frame-Options", page.all("x-frame-options") == []
    page = anyone.open("moodle")
    yield "the application's own policy stays", page.one("content-security-policy").startswith("default-src 'self'; ")
    for site in ("teams", "foreign"):
        framed = f'<iframe class="tall" src="http://moodle{DOMAIN}:{port}/"'
        yield f"{site} tries to frame Moodle", framed in anyone.open(site).body
    page = anyone.open("moodle", "/frames.php").text
    yield "the page shows what went and what came", re.findall(r"<(del|ins)>(.*?)</", page) == [
        ("del", "X-Frame-Options:"), ("del", "sameorigin"), ("ins", f"http://teams{DOMAIN}:{port}")]


def signing_out_ends_it(port, place):
    alice = Browser(port)
    sign_in(alice, "drupal", "alice")
    whoami(alice)
    stolen = {"Cookie": alice.cookie_header("moodle")}
    alice.open("drupal", "/logout.php", {})
    yield "signing out takes the cookie", not alice.cookies
    yield "and Moodle forgets her at once", whoami(alice)["identified"] is False
    end = time.monotonic() + CACHE_TTL + SLACK
    while whoami(Browser(port), **stolen)["identified"] and time.monotonic() < end:
        time.sleep(0.1)
    yield "the old cookie is worth nothing within the cache's TTL", \
        whoami(Browser(port), **stolen).get("reason") == "SESSION_UNKNOWN"
    page = Browser(port).open("moodle", "/members.php", headers=stolen)
    yield "and the guarded page says that it ended", page.status == 401 and "that session has ended" in page.text


def moodle_is_the_second_source(port, place):
    carol = Browser(port)
    yield "Moodle signs carol in", sign_in(carol, "moodle", "carol").status == 303
    who = whoami(carol)
    yield "her source is Moodle", (who["source"], who["username"]) == ("moodle", "carol")
    yield "the guarded page lets her in", carol.open("moodle", "/members.php").status == 200
    sign_in(carol, "drupal", "dave")
    yield "Drupal is asked first", whoami(carol)["username"] == "dave"
    carol.open("drupal", "/logout.php", {})
    yield "then Moodle again", whoami(carol)["username"] == "carol"
    carol.open("moodle", "/logout.php", {})
    yield "then nobody", whoami(carol)["identified"] is False


def the_pages_stand_alone(port, place):
    alice = Browser(port)
    sign_in(alice, "drupal", "alice")
    for site, path in PAGES:
        page = alice.open(site, path)
        loaded = re.findall(r'(?:src|rel="[a-z]+" href)="([^"]*)"', page.body)
        ours = all(re.match(rf"/|http://\w+{re.escape(DOMAIN)}:{port}/", address) for address in loaded)
        yield f"{site}{path} is whole and loads nothing from outside", \
            page.status == 200 and ours and page.body.rstrip().endswith("</html>")
    listing = alice.open("moodle", "/configuration.php").text
    names = re.findall(r"<b>(MoodleSSO\w+)</b>", listing)
    yield "the configuration is shown and short", 5 <= len(names) <= 8 and "cookie_domain=.demo.localhost" in listing


def the_logs_are_quiet(port, place):
    logs = (place / "error.log").read_text(errors="replace") + (place / "php.log").read_text(errors="replace")
    loud = re.findall(r".*(?:\[\w*:(?:warn|error|crit|alert|emerg)\]|WARNING|ERROR|PHP message).*", logs)
    yield "\n       ".join(["the logs have no warning", *loud[:5]]), not loud


STATIONS = [nobody_is_known_at_first, signing_in_at_drupal_is_all_it_takes, every_name_survives,
            nobody_forges_a_variable, frames_open_for_the_allowed_site_alone, signing_out_ends_it,
            moodle_is_the_second_source, the_pages_stand_alone, the_logs_are_quiet]


def looks(station, port, place):
    """What a station looks at; an unexpected failure is one more, not seen."""
    try:
        yield from station(port, place)
    except (OSError, ValueError, LookupError) as error:
        yield f"{station.__name__}: {type(error).__name__}: {error}", False


def walk(port, place):
    """Print a line per look; answers how many were right and wrong."""
    counts = {True: 0, False: 0}
    for station in STATIONS:
        for sentence, is_right in looks(station, port, place):
            counts[is_right] += 1
            print("ok    " if is_right else "FAILED", sentence, flush=True)
    return counts[True], counts[False]

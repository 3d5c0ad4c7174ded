# SPDX-License-Identifier: Apache-2.0
"""Accounts of providers that are linked to a username: in the store of every kind, and as people meet them."""
import html
import re
import time
from urllib.parse import urlencode

import pytest

import env
from issuer import Issuer
from sites import Moodle
from test_50_tokens import bearer, knows_keys
from test_54_login import OURS, POST, Browser, config, source
from test_62_certified_login import WEB, AtProvider, proof, provider  # noqa: F401
from test_60_store import Store
from test_91_faults import server_database, stop  # noqa: F401


@pytest.fixture
def store(database, run):
    return Store(database, run, "accounts")


# -- the store --------------------------------------------------------------------------------------------


def test_an_account_is_linked_once_however_many_ask(store):
    names = [f"user{i}" for i in range(8)]
    store.drive("prepare")
    processes = [store.begin("link", "s1", name, 0) for name in names]
    won = [name for name, process in zip(names, processes) if process.communicate(timeout=60)[0] == "yes\n"]
    assert len(won) == 1
    assert store.drive("linked", "s1") == [f"{won[0]} -"]


def test_a_name_is_made_for_one_account_however_many_ask(store):
    store.drive("prepare")
    processes = [store.begin("link", f"s{i}", "alice", 1) for i in range(8)]
    assert sorted(p.communicate(timeout=60)[0] for p in processes) == ["no\n"] * 7 + ["yes\n"]
    assert [len(store.execute("SELECT hash FROM moodlesso_links"))] == [1]


def test_the_last_way_in_stays_however_many_remove(store):
    store.drive("prepare")
    for _ in range(3):
        for i in range(6):
            store.drive("link", f"s{i}", "alice", 0)
        processes = [store.begin("unlink", f"s{i}", "alice") for i in range(6)]
        out = [p.communicate(timeout=60)[0] for p in processes]
        left = store.execute("SELECT subject FROM moodlesso_links")
        assert len(left) >= 1, out
        assert out.count("yes\n") == 6 - len(left)
        store.execute("DELETE FROM moodlesso_links")


def test_texts_come_back_as_they_were(store):
    store.drive("prepare")
    assert store.drive("link", "s1", "älice 山田 😀", 0) == ["yes"]
    assert store.drive("link", "S1", "ALICE", 0) == ["yes"], "capitals count"
    assert store.drive("linked", "s1") == ["älice 山田 😀 -"]
    assert store.drive("choose", "s1", "älice 山田 😀") == ["yes"]
    assert store.drive("choose", "s1", "bob") == ["no"]
    assert store.drive("linked", "s1") == ["älice 山田 😀 s1"]
    assert store.execute("SELECT label FROM moodlesso_links WHERE username = %s", "ALICE")[0][0] == "Älice"
    for text in ("'; DROP TABLE moodlesso_links; --", "%n%s%1$p", "\"\\'", "' OR '1'='1", "\\' OR 1=1 #"):
        assert store.drive("link", f"s {text}", text, 0) == ["yes"]
        assert store.drive("linked", f"s {text}") == [f"{text} -"]


# -- people -------------------------------------------------------------------------------------------------

ACCOUNT = "/moodlesso/account"


@pytest.fixture(autouse=True)
def issuers(run):
    """Two providers, made first, so that they are there until the servers have stopped."""
    servers = [Issuer(run / f"issuer-{time.monotonic_ns()}") for _ in range(2)]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def site(httpd, issuers, client_secret):
    def start(rules="MoodleSSOCreateUsers On", more="", names=("idp", "work")):
        server = httpd(config(source(issuers[0], client_secret, "idp"),
                              source(issuers[1], client_secret, "work", "title=Work color=#112233"),
                              names=names, more=f"<Location />\n{rules}\n</Location>\nMoodleSSOCacheTTL 0s 0s\n" + more))
        for name in ("idp", "work"):
            knows_keys(server, name)
        return server
    return start


def person(issuer, subject, name):
    issuer.person = {"sub": subject, "preferred_username": name, "email": f"{name}@example.edu", "email_verified": True,
                     "auth_time": int(time.time())}


def linked(browser):
    return {a["name"]: a for a in browser.ask(f"{ACCOUNT}.json").json["accounts"]}


def post(browser, headers=OURS, **fields):
    token = browser.ask(f"{ACCOUNT}.json").json.get("token", "")
    body = urlencode({"token": token, **fields}).encode()
    return browser.ask(ACCOUNT, method="POST", headers=headers, body=body)


def add(browser, issuer, provider="work"):
    """Link one more account: off to the provider, back, and to the page."""
    answer = browser.follow(post(browser, do="add", provider=provider), issuer)
    assert answer.status == 303 and answer.one("Location").startswith(f"{ACCOUNT}?proof="), answer
    return browser.ask(answer.one("Location"))


def signed_in(server, issuer, subject="s1", name="alice", provider="idp"):
    browser = Browser(server)
    person(issuer, subject, name)
    assert browser.sign_in(issuer, f"/moodlesso/start/{provider}?return=/protected").status == 303
    return browser


def refusal(answer):
    return re.search(r"<code>([A-Z_]+)</code>", answer.body)[1]


def test_a_second_account_is_linked_and_signs_in_the_same_person(site, issuers):
    server = site()
    browser = signed_in(server, issuers[0])
    page = browser.ask(ACCOUNT)
    assert page.status == 200 and "alice@example.edu" in page.body and "Work" in page.body
    form_action = re.search(r"form-action ([^;]*)", page.one("Content-Security-Policy"))[1].split()
    assert set(form_action) == {"'self'", "https:", issuers[0].url, issuers[1].url}, "a form's redirects count, too"
    person(issuers[1], "w9", "a.anders")
    answer = add(browser, issuers[1])
    assert answer.one("Location") == f"{ACCOUNT}?done=added"
    assert "The account is linked." in browser.ask(answer.one("Location")).body
    assert set(linked(browser)) == {"alice@example.edu", "a.anders@example.edu"}
    who = signed_in(server, issuers[1], "w9", "a.anders", "work").ask("/protected").json
    assert (who["username"], who["subject"], who["source"]) == ("alice", "w9", "work")


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_an_account_of_a_certified_provider_is_linked(httpd, issuers, client_secret, provider, proof, mode):  # noqa: F811
    """With max_age and prompt=login; a form that another site posts brings no session, the page it leads to does."""
    provider.clients(WEB)
    server = httpd(config(source(issuers[0], client_secret), names=("idp", "work"),
                          more=f"MoodleSSOSource work oidc issuer={provider.url} ca={provider.root} client_id=web {proof} "
                               f"response_mode={mode}\n<Location />\nMoodleSSOCreateUsers On\n</Location>\n"))
    knows_keys(server)
    knows_keys(server, "work", 2)
    browser = signed_in(server, issuers[0])
    away, page = AtProvider(provider).visit(post(browser, do="add", provider="work").one("Location"))
    if away is None:
        fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
        stranger = Browser(server)
        stranger.cookies = {"__Host-moodlesso-login": browser.cookies["__Host-moodlesso-login"]}
        answer = stranger.ask("/moodlesso/callback", "POST", [*POST, ("Sec-Fetch-Site", "cross-site")], urlencode(fields).encode())
    else:
        answer = browser.ask(away)
    assert browser.ask(answer.one("Location")).one("Location") == f"{ACCOUNT}?done=added"
    assert {a["issuer"] for a in linked(browser).values()} == {issuers[0].url, provider.url}


def test_an_account_is_never_moved(site, issuers):
    server = site()
    alice, bob = signed_in(server, issuers[0]), signed_in(server, issuers[0], "s2", "bob")
    person(issuers[1], "w9", "a.anders")
    add(alice, issuers[1])
    answer = add(bob, issuers[1])
    assert answer.status == 403 and refusal(answer) == "LINKED_ELSEWHERE"
    assert set(linked(bob)) == {"bob@example.edu"}
    assert "a.anders@example.edu" in linked(alice)
    assert add(alice, issuers[1]).one("Location") == f"{ACCOUNT}?done=added", "again is no harm"


def test_the_proof_is_worth_nothing_to_others(site, issuers):
    server = site()
    alice, bob = signed_in(server, issuers[0]), signed_in(server, issuers[0], "s2", "bob")
    person(issuers[1], "w9", "a.anders")
    answer = alice.follow(post(alice, do="add", provider="work"), issuers[1])
    stolen = bob.ask(answer.one("Location"))
    assert stolen.status == 403 and refusal(stolen) == "FORM_EXPIRED"
    assert set(linked(bob)) == {"bob@example.edu"}
    nobody = Browser(server).ask(answer.one("Location"))
    assert nobody.status == 303 and nobody.one("Location").startswith("/moodlesso/login?return=")
    # who signs in as somebody else meanwhile links nothing
    person(issuers[0], "s3", "carol")
    alice.sign_in(issuers[0])
    assert refusal(alice.ask(answer.one("Location"))) == "FORM_EXPIRED"


def test_the_person_signs_in_anew_to_link(site, issuers):
    browser = signed_in(site(), issuers[0])
    answer = post(browser, do="add", provider="work")
    assert "prompt=login" in answer.one("Location") and "max_age=300" in answer.one("Location")
    person(issuers[1], "w9", "a.anders")
    issuers[1].person["auth_time"] = int(time.time()) - 4000
    old = browser.follow(answer, issuers[1])
    assert old.status in (400, 401, 403) and set(linked(browser)) == {"alice@example.edu"}


def test_what_went_astray_is_begun_anew_and_still_links(site, issuers):
    browser = signed_in(site(), issuers[0])
    person(issuers[1], "w9", "a.anders")
    answer = post(browser, do="add", provider="work")
    del browser.cookies["__Host-moodlesso-login"]
    again = browser.follow(answer, issuers[1])
    assert "prompt=login" in again.one("Location") and "max_age=300" in again.one("Location")
    back = browser.follow(again, issuers[1])
    assert browser.ask(back.one("Location")).one("Location") == f"{ACCOUNT}?done=added"
    assert set(linked(browser)) == {"alice@example.edu", "a.anders@example.edu"}


def test_an_account_is_removed_but_not_the_last_and_not_the_one_in_use(site, issuers):
    server = site()
    browser = signed_in(server, issuers[0])
    own = linked(browser)["alice@example.edu"]
    assert not own["removable"]
    assert refusal(post(browser, do="remove", id=own["id"])) == "LAST_ACCOUNT"
    person(issuers[1], "w9", "a.anders")
    add(browser, issuers[1])
    assert refusal(post(browser, do="remove", id=own["id"])) == "LAST_ACCOUNT", "in use"
    other = linked(browser)["a.anders@example.edu"]
    assert other["removable"]
    answer = post(browser, do="remove", id=other["id"])
    assert answer.status == 303 and answer.one("Location") == f"{ACCOUNT}?done=removed"
    assert set(linked(browser)) == {"alice@example.edu"}
    who = signed_in(server, issuers[1], "w9", "a.anders", "work").ask("/protected").json
    assert who["username"] == "a.anders", "somebody of its own now"


def test_the_active_account_is_chosen_and_told(site, issuers):
    server = site()
    browser = signed_in(server, issuers[0])
    person(issuers[1], "w9", "a.anders")
    add(browser, issuers[1])
    assert "MOODLESSO_ACTIVE_SUBJECT" not in browser.ask("/env.php").json["server"]
    assert linked(browser)["alice@example.edu"]["active"]
    for name, subject, source_name, issuer in (("a.anders@example.edu", "w9", "work", issuers[1]),
                                               ("alice@example.edu", "s1", "idp", issuers[0])):
        assert post(browser, do="choose", id=linked(browser)[name]["id"]).one("Location") == f"{ACCOUNT}?done=chosen"
        assert [a["active"] for n, a in linked(browser).items() if n == name] == [True]
        told = browser.ask("/env.php").json["server"]
        assert (told["MOODLESSO_ACTIVE_SUBJECT"], told["MOODLESSO_ACTIVE_SOURCE"], told["MOODLESSO_ACTIVE_ISSUER"]) == (
            subject, source_name, issuer.url)
        assert told["MOODLESSO_USERNAME"] == "alice" and told["MOODLESSO_SUBJECT"] == "s1"


def test_other_sites_and_other_people_change_nothing(site, issuers):
    server = site()
    alice, bob = signed_in(server, issuers[0]), signed_in(server, issuers[0], "s2", "bob")
    token, own = alice.ask(f"{ACCOUNT}.json").json["token"], linked(alice)["alice@example.edu"]["id"]
    form = urlencode({"token": token, "do": "choose", "id": own}).encode()
    for headers in ([], [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")], [("Origin", "null")]):
        answer = alice.ask(ACCOUNT, method="POST", headers=headers, body=form)
        assert answer.status == 403 and refusal(answer) == "CROSS_SITE", headers
    assert refusal(bob.ask(ACCOUNT, method="POST", headers=OURS, body=form)) == "FORM_EXPIRED"
    assert refusal(post(alice, do="choose", id=own, token="x")) == "FORM_EXPIRED"
    assert post(bob, do="choose", id=own).status == 400, "a link of somebody else"
    for fields in ({"do": "add", "provider": "nobody"}, {"do": "drop", "id": own}, {"do": "remove"}, {}):
        assert post(alice, **fields).status == 400
    assert alice.ask(ACCOUNT, method="POST", headers=OURS, body=b"x" * 5000).status == 403
    assert server.get(f"{ACCOUNT}.json").json["reason"] == "NO_CREDENTIAL"


def test_whoever_is_unknown_hears_how_to_link(site, issuers, sqlite):
    moodle = Moodle(sqlite)
    server = site("MoodleSSOCreateUsers Off", moodle.directives(), names=("idp", "work", "moodle"))
    stranger = Browser(server)
    person(issuers[0], "s1", "alice")
    answer = stranger.sign_in(issuers[0])
    assert answer.status == 403 and refusal(answer) == "NOT_LINKED"
    assert "sign in with it as before; then link this one" in html.unescape(answer.body)
    assert server.get("/protected", headers=bearer(issuers[0].token(aud="moodle"))).status == 403
    # signed in to Moodle by its password
    stranger.cookies["MoodleSession"] = moodle.session("secret-by-password").partition("=")[2]
    assert stranger.ask(f"{ACCOUNT}.json").json["username"] == "alice"
    assert add(stranger, issuers[0], "idp").one("Location") == f"{ACCOUNT}?done=added"
    del stranger.cookies["MoodleSession"]
    assert stranger.sign_in(issuers[0]).status == 303
    assert stranger.ask("/protected").json["username"] == "alice"


def test_whom_the_rules_keep_out_is_not_linked(site, issuers):
    browser = signed_in(site("MoodleSSOCreateUsers On\nMoodleSSOAllow domain example.edu"), issuers[0])
    person(issuers[1], "w9", "a.anders")
    issuers[1].person["email"] = "a@other.org"
    answer = browser.follow(post(browser, do="add", provider="work"), issuers[1])
    assert answer.status == 403 and refusal(answer) == "DOMAIN_NOT_ALLOWED"
    assert set(linked(browser)) == {"alice@example.edu"}


def test_what_people_are_called_is_text(site, issuers):
    browser = signed_in(site(), issuers[0])
    person(issuers[1], "w9", "x")
    issuers[1].person.update(email=None, email_verified=None, preferred_username='"><script>alert(1)</script>')
    add(browser, issuers[1])
    page = browser.ask(ACCOUNT + "?done=%3Cscript%3E&proof=").body
    assert "<script>alert" not in page and "alert(1)" in page


def test_without_rules_about_accounts_there_is_no_page(httpd, issuers, client_secret):
    server = httpd(config(source(issuers[0], client_secret)))
    assert [server.get(f"{ACCOUNT}{end}").status for end in ("", ".json")] == [404, 404]
    assert server.get(ACCOUNT, method="POST", headers=OURS, body=b"").status == 404



def test_while_the_store_is_away_nobody_is_guessed_and_nothing_changes(httpd, issuers, client_secret, server_database, run):  # noqa: F811
    store = Store(server_database, run, "accounts")
    server = httpd(config(source(issuers[0], client_secret), more="<Location />\nMoodleSSOCreateUsers On\n</Location>\n"
                          "MoodleSSOCacheTTL 0s 0s\n" + store.directive("timeout=500ms")))
    knows_keys(server)
    browser = signed_in(server, issuers[0])
    form = urlencode({"token": browser.ask(f"{ACCOUNT}.json").json["token"], "do": "choose", "id": "x"}).encode()
    stop(server_database)
    server.expect("the store failed 3 times")
    for answer in (browser.ask(ACCOUNT), browser.ask(ACCOUNT, method="POST", headers=OURS, body=form)):
        assert answer.status == 503 and refusal(answer) == "STORE_DOWN"
    assert browser.ask(f"{ACCOUNT}.json").status == browser.ask("/protected").status == 503
    server_database.start()
    env.wait_until(lambda: browser.ask("/protected").status == 200, "the store to be asked")

# SPDX-License-Identifier: Apache-2.0
"""MoodleSSOMatch among the users that Moodle's web service shows; nobody is unknown for want of a capability."""
import itertools
import time

import pytest

import env
from issuer import Issuer
from moodle_service import ALL, TOKEN, MoodleService, user
from sites import PATIENT, STATUS, WHOAMI, use
from test_50_tokens import bearer, knows_keys
from test_57_match import MAIL, whom

CHECK = "<Location /check>\nSetHandler moodlesso-check\n</Location>\n"
RULES = "MoodleSSOMatch oid idnumber in=campus\nMoodleSSOMatch email email verified in=campus"


@pytest.fixture(autouse=True)
def issuer(run):
    """Made first, so that it is there until the servers have stopped."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def tls(run):
    return env.tls_files(run / "tls-service", "127.0.0.1", "localhost")


@pytest.fixture
def moodle(tls):
    server = MoodleService(*tls)
    yield server
    server.stop()


@pytest.fixture
def config(run, issuer, moodle):
    (run / "service-token").write_text(TOKEN + "\n")

    def write(rules=RULES, options=PATIENT, more="", trusted=True):
        options += f" ca={moodle.root}" if trusted else ""
        return ("MoodleSSOBaseURL https://moodle.example\nMoodleSSOStateDir @HTTPD@/state\n"
                f"MoodleSSOProvision campus moodle url=https://127.0.0.1:{moodle.port} token=file:{run}/service-token {options}\n"
                f"MoodleSSOSource idp oidc issuer={issuer.url} audience=https://moodle.example\n" + use("idp") + WHOAMI + STATUS +
                CHECK + f"<Location />\n{rules}\n</Location>\n"
                "<Location /protected>\nAuthType MoodleSSO\nRequire valid-user\nSetHandler moodlesso-whoami\n</Location>\n" + more)
    return write


@pytest.fixture
def site(httpd, config):
    def start(*arguments, **options):
        server = httpd(config(*arguments, **options))
        knows_keys(server)
        return server
    return start


def unavailable(server, token):
    """The reason of a 503."""
    answer = server.get("/protected", headers=bearer(token))
    assert answer.status == 503 and answer.one("Retry-After"), answer.status
    return whom(server, token)


def test_the_first_rule_that_finds_one_wins(site, issuer, moodle):
    server = site(RULES + "\nMoodleSSOMatch username username skip-domain=example.test in=campus\nMoodleSSOCreateUsers Off")
    assert whom(server, issuer.token(sub="1", oid="E-1002", **MAIL)) == "bob"
    assert whom(server, issuer.token(sub="2", oid="none", **MAIL)) == "alice"
    assert whom(server, issuer.token(sub="3", preferred_username="Alice@Example.Test")) == "alice"
    for n, claims in enumerate(({"oid": "e-1002"}, {"email": "alice@example.test"}, {"oid": "E-1005"}, {"oid": "none"},
                                {"preferred_username": "guest.user+x@example.test"})):
        assert whom(server, issuer.token(sub=f"x{n}", **{"preferred_username": None, **claims})) == "NOT_LINKED", claims
    found = {oid: whom(server, issuer.token(sub=oid, oid=oid)) for oid in ("E-1003", "E-1004")}
    assert found == {"E-1003": "USER_SUSPENDED", "E-1004": "USER_NOLOGIN"}
    # the token is in no URL and in no log
    assert {path for path, _ in moodle.log} == {"/webservice/rest/server.php"}
    assert all(form["wstoken"] == TOKEN for _, form in moodle.log)
    assert not server.logged(TOKEN)


def test_two_hits_are_nobody(site, issuer, moodle):
    moodle.users.append(user(20, "second", "E-1001"))
    server = site()
    assert whom(server, issuer.token(oid="E-1001", **MAIL)) == "AMBIGUOUS_MATCH"
    assert server.get("/protected", headers=bearer(issuer.token(oid="E-1001"))).status == 403
    moodle.find("second")["idnumber"] = "e-1001"
    env.wait_until(lambda: whom(server, issuer.token(oid="E-1001", **MAIL)) == "alice", "the cache to forget")


def test_a_match_is_asked_for_once_and_the_guest_seldom(site, issuer, moodle):
    server = site("MoodleSSOMatch oid idnumber")  # the only service there is
    for _ in range(5):
        assert whom(server, issuer.token(oid="E-1001")) == "alice"
    assert whom(server, issuer.token(sub="other", oid="E-1002")) == "bob"
    assert [form["values[0]"] for _, form in moodle.log] == ["guest", "E-1001", "E-1002"]


@pytest.mark.parametrize("lacks, rule, reason", [
    ("viewdetails", "oid idnumber", "MOODLE_SERVICE_DETAILS"), ("viewalldetails", "oid idnumber", "MOODLE_SERVICE_DETAILS"),
    ("viewalldetails", "username username", "MOODLE_SERVICE_DETAILS"),
    ("viewalldetails", "email email verified", "MOODLE_SERVICE_DETAILS"),
    ("viewuseridentity", "email email verified", "MOODLE_SERVICE_IDENTITY"),
    ("viewhiddendetails", "oid idnumber", "MOODLE_SERVICE_HIDDEN")])
def test_a_missing_capability_makes_nobody(site, issuer, moodle, lacks, rule, reason):
    moodle.may, moodle.hides = ALL - {lacks}, {"suspended"}
    server = site(f"MoodleSSOMatch {rule} in=campus")
    server.expect(reason)
    token = issuer.token(oid="E-1001", preferred_username="alice", **MAIL)
    assert unavailable(server, token) == reason
    assert unavailable(server, issuer.token(sub="n", oid="none", email="n@example.test", email_verified=True,
                                            preferred_username="n")) == reason
    # of himself the token's user sees everything
    assert unavailable(server, issuer.token(sub="w", oid="none", email="w@example.test", email_verified=True,
                                            preferred_username="wsuser")) == reason
    moodle.may = ALL
    assert whom(server, token) == "alice"


def test_a_name_that_somebody_has_is_not_made_again(site, issuer, moodle):
    server = site("MoodleSSOMatch oid idnumber in=campus")
    assert whom(server, issuer.token(sub="1", preferred_username="Alice")) == "USERNAME_TAKEN"
    assert whom(server, issuer.token(sub="2", preferred_username="sue.suspended")) == "USERNAME_TAKEN"
    assert whom(server, issuer.token(sub="3", preferred_username="New.One@example.test")) == "new.one@example.test"
    assert whom(server, issuer.token(sub="4", preferred_username="new+one")) == "MOODLE_USERNAME"
    moodle.fault = "sitemaintenance"
    assert unavailable(server, issuer.token(sub="5", preferred_username="new.two")) == "MOODLE_SERVICE_DOWN"


@pytest.mark.parametrize("fault, reason", [
    ("invalidtoken", "MOODLE_SERVICE_DENIED"), ("accessexception", "MOODLE_SERVICE_DENIED"), ("off", "MOODLE_SERVICE_DENIED"),
    ("invalidrecord", "MOODLE_SERVICE_ANSWER"), ("page", "MOODLE_SERVICE_ANSWER"), ("sitemaintenance", "MOODLE_SERVICE_DOWN"),
    ("broken", "MOODLE_SERVICE_DOWN")])
def test_what_is_no_answer_makes_nobody(site, issuer, moodle, fault, reason):
    server = site()
    server.expect(reason)
    assert whom(server, issuer.token(sub="known", oid="E-1001")) == "alice"
    moodle.fault = fault
    assert unavailable(server, issuer.token(sub="n", oid="none", preferred_username="new")) == reason
    assert whom(server, issuer.token(sub="known", oid="E-1001", name="Another Name")) == "alice", "by its link"
    moodle.fault = None
    assert whom(server, issuer.token(sub="n", oid="none", preferred_username="new")) == "new"


def test_a_silent_service_is_left_alone_and_asked_again(site, issuer, moodle):
    server = site(options="timeout=300ms")
    server.expect("failed 3 times in a row")
    moodle.fault = "hang"
    numbers = itertools.count()
    env.is_left_alone(lambda: whom(server, issuer.token(sub=f"s{next(numbers)}", oid="E-1001")),
                      "MOODLE_SERVICE_TIMEOUT", "MOODLE_SERVICE_DOWN")
    assert server.status()["services"]["campus"]["circuit"] == "open"
    moodle.fault = None
    env.wait_until(lambda: whom(server, issuer.token(oid="E-1001")) == "alice", "the service again")
    assert server.logged("answers again") and not server.logged(TOKEN)


def test_an_untrusted_certificate_gets_no_token(site, issuer, moodle):
    server = site(trusted=False)
    assert whom(server, issuer.token(oid="E-1001")) == "MOODLE_SERVICE_DOWN"
    assert moodle.log == []


def test_check_tests_the_service(site, moodle):
    server = site()
    told = server.get("/check").json["services"]["campus"]
    assert told == {"user": "wsuser", "release": "4.5.6 (Build: 20250811)", "reason": None, "sentence": None,
                    "fields": {"username": "ok", "email": "ok", "idnumber": "ok"}}
    rules = server.get("/check?match=E-1001").json["match"]
    assert [(rule["rule"], rule["found"], rule.get("username")) for rule in rules] == [
        ("oid to idnumber", 1, "alice"), ("email to email", 0, None)]
    moodle.may = ALL - {"viewuseridentity"}
    assert server.get("/check").json["services"]["campus"]["fields"]["email"] == "MOODLE_SERVICE_IDENTITY"
    moodle.fault = "invalidtoken"
    told = server.get("/check?match=E-1002").json
    assert told["services"]["campus"]["reason"] == "MOODLE_SERVICE_DENIED" and "token" in told["services"]["campus"]["sentence"]
    assert told["match"][0]["reason"] == "MOODLE_SERVICE_DENIED"


@pytest.mark.parametrize("line, sentence", [
    ("MoodleSSOProvision m matrix url=https://x token=file:@", "write moodle"),
    ("MoodleSSOProvision m moodle url=http://moodle.example token=file:@", "no https URL"),
    ("MoodleSSOProvision m moodle url=https://moodle.example", "token= is missing"),
    ("MoodleSSOProvision idp moodle url=https://x token=file:@", "idp is the name of a MoodleSSOSource already"),
    ("MoodleSSOSource campus drupal url=https://x method=user cookie=x", "campus is the name of a MoodleSSOProvision already"),
    ("<Location /x>\nMoodleSSOMatch oid idnumber in=other\n</Location>", "no such MoodleSSOProvision")])
def test_a_mistake_is_a_sentence(httpd, config, run, line, sentence):
    status, output = httpd.prepare(config(more=line.replace("@", f"{run}/service-token") + "\n")).check()
    assert status != 0 and sentence in output

# SPDX-License-Identifier: Apache-2.0
"""moodlesso-check: everything that is configured, line by line, and a fix that mends."""
import re
import time

import pytest

import env
from drupal_site import DrupalSite
from grants import CHANGES, DRUPAL, MOODLE, Account, of_reference
from issuer import Issuer
from moodle_service import ALL, TOKEN, MoodleService
from sites import STATUS, Drupal, Moodle, use
from test_50_tokens import knows_keys
from test_60_store import Store
from test_91_faults import freeze, server_database, thaw  # noqa: F401

CHECK = "<Location /check>\nSetHandler moodlesso-check\n</Location>\n"
STATE = "MoodleSSOStateDir @HTTPD@/state\n"
FIELDS = ("field_first_name", "field_last_name")
ALL_OF_DRUPAL = "cookie_domain=.example.test touch=10min fields=given_name:field_first_name,family_name:field_last_name"
SIGN_IN = "<Location />\nMoodleSSOMoodleLogin shibboleth\nMoodleSSOLogout drupal moodle\n</Location>\n"
MATCH = "<Location />\nMoodleSSOMatch oid idnumber\n</Location>\n"


def lines(server, query=""):
    return {line["name"]: line for line in server.get(f"/check{query}").json["lines"]}


def verdicts(server, query=""):
    """{name: True, False or None}, without the lines about frames."""
    return {name: line["ok"] for name, line in lines(server, query).items() if not name.startswith("frames.")}


def bad(server):
    return [name for name, ok in verdicts(server).items() if ok is False]


# -- databases ------------------------------------------------------------------------------------------


@pytest.fixture(params=["mariadb", "postgresql"])
def server_of_sql(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(params=[10, 7])
def account(request, server_of_sql):
    """Every right that the configuration below needs."""
    version = request.param
    moodle, drupal = Moodle(server_of_sql, "check_moodle"), Drupal(server_of_sql, version, "check_drupal")
    moodle.session("secret-now")
    account = Account(server_of_sql, moodle, drupal, (*MOODLE, "Moodle, handler=sql with mfa=required", "Moodle, MoodleSSOMatch and login URLs",
                                                      *DRUPAL[version], *CHANGES), FIELDS)
    account.config = account.of(STATE + moodle.directives("mfa=required") + drupal.directives(ALL_OF_DRUPAL) + use("drupal") + CHECK
                                + SIGN_IN + MATCH)
    account.moodle, account.drupal = moodle, drupal
    return account


def test_the_grants_of_the_reference_suffice_and_each_is_missed_by_its_line(httpd, account):
    account.give()
    server = httpd(account.config)
    assert set(verdicts(server).values()) == {True}
    assert len(account.rights) == len({right.line for right in account.rights}) >= 12
    for right in account.rights:
        account.take(right)
        found = {name: line for name, line in lines(server).items() if line["ok"] is False and not name.startswith("frames.")}
        assert list(found) == [right.line], right
        assert found[right.line]["found"].startswith("DB_DENIED") and found[right.line]["run"] in found[right.line]["fix"]
        # as an administrator would
        account.run(found[right.line]["run"], right.database)
        assert bad(server) == [], right


def test_without_any_right_the_fixes_are_the_reference(httpd, account):
    schemas = [right for right in account.rights if "SCHEMA" in right.statement]
    if account.server.driver == "mysql":
        # an account without any right to a database cannot connect to it
        account.run("GRANT CREATE VIEW ON check_moodle.* TO 'moodlesso'@'127.0.0.1'", None)
        account.run("GRANT CREATE VIEW ON check_drupal.* TO 'moodlesso'@'127.0.0.1'", None)
    else:
        account.give(*schemas)
    server = httpd(account.config)
    found = lines(server)
    rights = [right for right in account.rights if right not in schemas]
    told = {right.line: found[right.line]["run"].removesuffix(";") for right in rights}
    assert told == {right.line: right.statement for right in rights}
    for right in rights:
        account.run(told[right.line], right.database)
    assert set(verdicts(server).values()) == {True}


def test_login_urls_need_what_rules_about_people_need(httpd, run, server_of_sql):
    from login_keys import clients
    moodle = Moodle(server_of_sql, "check_moodle")
    keys = f"MoodleSSOSource keys loginkey in=moodle mapping=email tokens=file:{clients(run)}\n"
    config = "MoodleSSOBaseURL https://moodle.example.test\n" + STATE + moodle.directives() + CHECK
    wanted = {"source.moodle.select.user.mnethostid", "source.moodle.localhost"}
    assert wanted.isdisjoint(lines(httpd(config)))
    found = lines(httpd(config + keys + use("keys")))
    assert wanted <= set(found) and found["store.moodlesso_keys"]["ok"]


def test_asking_changes_nothing(httpd, account):
    account.give()
    tables = [(site, table) for site, names in ((account.moodle, ("mdl_sessions", "mdl_user", "mdl_config")),
                                                (account.drupal, ("sessions",))) for table in names]

    def rows():
        return [sorted(map(str, site.execute(f"SELECT * FROM {table}"))) for site, table in tables]

    before = rows()
    server = httpd(account.config)
    assert server.get("/check").json["lines"] and rows() == before and all(before)


def test_a_table_that_is_made_at_the_first_login_is_no_mistake(httpd, server_of_sql):
    drupal = Drupal(server_of_sql, 10)
    drupal.execute("DROP TABLE sessions")
    found = lines(httpd(drupal.directives() + use("drupal") + CHECK))["source.drupal.select.sessions"]
    assert found["ok"] is True and "not made yet" in found["found"]
    drupal = Drupal(server_of_sql, 7)
    drupal.execute("DROP TABLE sessions")
    found = lines(httpd(drupal.directives() + use("drupal") + CHECK))["source.drupal.select.sessions"]
    assert found["ok"] is False and "version=" in found["fix"]


def test_settings_of_moodle_and_a_wrong_prefix(httpd, database):
    moodle = Moodle(database)
    server = httpd(moodle.directives() + use("moodle") + CHECK)
    assert lines(server)["source.moodle.handler"]["ok"] is None, "nobody was ever signed in"
    moodle.session("secret-x", age=7)
    assert re.search(r"used \d+ s ago", lines(server)["source.moodle.handler"]["found"])
    moodle.execute("UPDATE mdl_sessions SET timemodified = 1000000")
    found = lines(server)["source.moodle.handler"]
    assert found["ok"] is None and "handler=redis4.5" in found["fix"]
    for name, value, line in (("sessiontimeout", "0", "timeout"), ("sessiontimeout", "x", "timeout"), ("siteguest", "", "guest")):
        before = moodle.execute("SELECT value FROM mdl_config WHERE name = %s", name)[0][0]
        moodle.execute("UPDATE mdl_config SET value = %s WHERE name = %s", value, name)
        assert bad(server) == [f"source.moodle.{line}"] and name in lines(server)[f"source.moodle.{line}"]["found"]
        moodle.execute("UPDATE mdl_config SET value = %s WHERE name = %s", before, name)
    assert bad(server) == []
    server = httpd(moodle.directives("timeout=2h") + CHECK)
    assert lines(server)["source.moodle.timeout"]["found"].endswith("timeout=7200s")
    found = lines(httpd(moodle.directives("prefix=none_") + CHECK))
    assert found["source.moodle.select.user"]["ok"] is False
    assert found["source.moodle.timeout"]["ok"] is None and "select.config" in found["source.moodle.timeout"]["found"]


def test_a_clock_that_differs_is_told(httpd, mariadb):
    moodle = Moodle(mariadb)
    server = httpd(moodle.directives() + CHECK)
    assert lines(server)["database.m.clock"]["ok"] is True
    mariadb.execute("SET GLOBAL init_connect = 'SET timestamp = 1000000000'")
    try:
        found = lines(httpd(moodle.directives() + CHECK))["database.m.clock"]
    finally:
        mariadb.execute("SET GLOBAL init_connect = ''")
    assert found["ok"] is False and re.search(r"-\d{9} s ahead", found["found"]) and "NTP" in found["fix"]


def test_a_database_that_is_away_or_refuses_is_a_line(httpd, server_database, sqlite):  # noqa: F811
    moodle, other = Moodle(server_database), Moodle(sqlite, "other")
    gone = moodle.directives().replace(f"port={server_database.port}", f"port={env.free_port()}")
    server = httpd(gone + f'MoodleSSODatabase o sqlite3 "{sqlite.parameters("other")}"\nMoodleSSOSource other moodle database=o\n' + CHECK)
    found = lines(server)
    assert found["database.m.connect"]["ok"] is False and found["database.m.connect"]["found"].startswith("DB_DOWN")
    assert {line["ok"] for name, line in found.items() if name.startswith("source.moodle.")} == {None}
    assert found["source.moodle.select.user"]["found"].endswith("database.m.connect is not in order")
    assert found["source.other.select.user"]["ok"] is True
    server = httpd(moodle.directives().replace("secret", "wrong") + CHECK)
    found = lines(server)["database.m.connect"]
    assert found["found"].startswith("DB_DENIED") and "password" in found["fix"]
    assert "wrong" not in server.get("/check").body
    # whom MariaDB does not know, and PostgreSQL's pg_hba.conf
    stranger = moodle.directives().replace("user=sso", "user=stranger")
    assert lines(httpd(stranger + CHECK))["database.m.connect"]["found"].startswith("DB_DENIED")


def test_a_file_that_is_not_there_is_a_line_and_is_not_made(httpd, sqlite):
    sqlite.empty("typo")
    server = httpd(f'MoodleSSODatabase m sqlite3 "{sqlite.parameters("typo")}"\nMoodleSSOSource moodle moodle database=m\n' + CHECK)
    found = lines(server)["database.m.connect"]
    assert found["ok"] is False and found["found"].endswith("typo.db is not there: No such file or directory")
    assert found["fix"].startswith("Is the path right, and is the file there? Then let the account")
    german = server.get("/check?format=html", headers=[("Accept-Language", "de")]).body
    assert "Stimmt der Pfad, und ist die Datei da? Dann lassen Sie" in german
    assert not sqlite.path("typo").exists()


def test_frozen_servers_are_lines_and_not_a_page_that_hangs(httpd, server_database, run):  # noqa: F811
    """Two databases, a Redis and a site, none of which answers."""
    moodle, drupal = Moodle(server_database), Drupal(server_database, 10)
    redis, site = env.Redis(run), DrupalSite(*env.tls_files(run / "tls-check", "127.0.0.1"))
    try:
        server = httpd(f"MoodleSSORedis r 127.0.0.1:{redis.port} timeout=1s\n"
                       + moodle.directives("handler=redis4.5 redis=r", "timeout=20s") + drupal.directives(database="timeout=20s")
                       + f"MoodleSSOSource far drupal url=https://127.0.0.1:{site.port} method=user cookie=SSESSx ca={site.root} timeout=20s\n"
                       + CHECK)
        server.expect("HTTP_TIMEOUT", "HTTP_DOWN")
        assert bad(server) == []
        freeze(server_database)
        redis.process.freeze()
        site.break_with("hang")
        try:
            found = {line["name"]: line for line in server.get("/check").json["lines"]}
        finally:
            thaw(server_database)
        assert found["database.m.connect"]["found"].startswith("DB_TIMEOUT")
        assert found["source.moodle.select.user"]["ok"] is None
        assert {name: found[name]["ok"] for name in ("source.drupal.select.sessions", "source.far.cookie")} == \
            {"source.drupal.select.sessions": None, "source.far.cookie": True}
        assert not any(line["ok"] for name, line in found.items() if name.startswith("database.") or "select" in name)
        assert found["source.moodle.redis.connect"]["ok"] is not True and found["source.far.http"]["ok"] is not True
        redis.process.thaw()
        site.break_with(None)
        env.wait_until(lambda: bad(server) == [], "everything to be good again")
    finally:
        site.stop()
        redis.stop()


def test_when_the_time_is_over_the_rest_is_not_tested(httpd, server_database):  # noqa: F811
    """Four databases that would each be waited for: the last one is not asked any more, and not called bad."""
    Moodle(server_database)
    config = "".join(f'MoodleSSODatabase {name} {server_database.driver} "{server_database.parameters("moodle")}" timeout=20s\n'
                     f"MoodleSSOSource {name} moodle database={name}\n" for name in "abcd")
    server = httpd(config + "MoodleSSOSource far drupal url=https://127.0.0.1:1 method=user cookie=SSESSx\n" + STATE + CHECK)
    assert bad(server) == ["source.far.http"]
    freeze(server_database)
    try:
        found = {line["name"]: line for line in server.get("/check").json["lines"]}
    finally:
        thaw(server_database)
    told = [found[f"database.{name}.connect"]["ok"] for name in "abcd"]
    assert told in ([False, False, False, None], [False, False, None, None]), told
    for name in ("database.d.connect", "source.d.select.user", "source.far.http", "store.moodlesso_seen"):
        assert found[name]["ok"] is None and "time" in found[name]["found"], name
    env.wait_until(lambda: bad(server) == ["source.far.http"], "everything else to be good again")


# -- Redis ----------------------------------------------------------------------------------------------


@pytest.fixture
def redis_account(sqlite, run):
    """A user with the rights of the reference, and the configuration that needs them all."""
    redis = env.Redis(run)
    (run / "redis-check").write_text("secret\n")
    for _, statement in [("", "ACL SETUSER moodlesso on >secret"), *of_reference("ACL SETUSER moodlesso on")]:
        redis.client().execute_command(*statement.split())
    moodle = Moodle(sqlite)
    redis.config = (f"MoodleSSORedis r 127.0.0.1:{redis.port} user=moodlesso password=file:{run}/redis-check\n"
                    + moodle.directives("handler=redis4.5 redis=r") + use("moodle") + CHECK + SIGN_IN)
    yield redis
    redis.stop()


@pytest.mark.parametrize("taken, missed", [
    ("-hmget", ["hmget"]), ("-unlink", ["unlink"]), ("-hdel", ["hdel"]),
    ("resetkeys ~user_*", ["hmget", "unlink"]), ("resetkeys ~session_*", ["hdel"])])
def test_each_right_of_redis_is_missed_and_mended(httpd, redis_account, taken, missed):
    server, admin = httpd(redis_account.config), redis_account.client()
    assert [name for name in verdicts(server) if "redis" in name] == [
        f"source.moodle.redis.{name}" for name in ("connect", "hmget", "unlink", "hdel")]
    assert bad(server) == []
    admin.execute_command("ACL", "SETUSER", "moodlesso", *taken.split())
    found = lines(server)
    assert bad(server) == [f"source.moodle.redis.{name}" for name in missed]
    for name in missed:
        admin.execute_command(*found[f"source.moodle.redis.{name}"]["run"].split())
    assert bad(server) == []


def test_a_password_and_a_number_of_redis(httpd, redis_account):
    config = redis_account.config.replace("user=moodlesso", "user=moodlesso db=2")
    found = lines(httpd(config))
    assert found["source.moodle.redis.connect"]["run"] == "ACL SETUSER moodlesso +select"
    assert found["source.moodle.redis.hmget"]["ok"] is None
    redis_account.client().execute_command("ACL", "SETUSER", "moodlesso", "+select")
    assert bad(httpd(config)) == []
    redis_account.client().execute_command("ACL", "SETUSER", "moodlesso", "resetpass", ">other")
    found = lines(httpd(config))["source.moodle.redis.connect"]
    assert found["found"].startswith("REDIS_DENIED") and "password=" in found["fix"]


# -- the others -----------------------------------------------------------------------------------------


def test_drupal_by_http(httpd, run):
    site = DrupalSite(*env.tls_files(run / "tls-check-http", "127.0.0.1"))
    try:
        source = f"MoodleSSOSource far drupal url=https://127.0.0.1:{site.port} method=%s cookie=SSESSx %s\n" + CHECK
        for method in ("user", "jsonapi"):
            found = lines(httpd(source % (method, f"ca={site.root}")))["source.far.http"]
            assert found["ok"] is True, found
        found = lines(httpd(source % ("user", "")))["source.far.http"]
        assert found["found"].startswith("HTTP_DOWN") and "certificate" in found["fix"]
        site.break_with("huge")
        found = lines(httpd(source % ("jsonapi", f"ca={site.root}")))["source.far.http"]
        assert found["found"].startswith("HTTP_ANSWER") and "method=" in found["fix"]
    finally:
        site.stop()


@pytest.fixture
def issuer(run):
    """Asked for first, so that it is there until the servers have stopped."""
    issuer = Issuer(run / f"issuer-check-{time.monotonic_ns()}")
    yield issuer
    issuer.stop()


def provider(issuer, more=""):
    return (f"MoodleSSOBaseURL https://moodle.example\n{STATE}MoodleSSOSource idp oidc issuer={issuer.url} "
            f"audience=https://moodle.example {more}\n" + use("idp") + STATUS + CHECK)


def test_an_issuer_and_its_clock(issuer, httpd):
    server = httpd(provider(issuer))
    knows_keys(server)
    found = lines(server)
    assert {name: found[f"issuer.idp.{name}"]["ok"] for name in ("metadata", "keys", "clock")} == dict.fromkeys(
        ("metadata", "keys", "clock"), True)
    issuer.clock = 300
    server = httpd(provider(issuer))
    knows_keys(server)
    found = lines(server)["issuer.idp.clock"]
    ahead = re.search(r"(\d+) s ahead of ours; 60 s are the limit", found["found"])
    # less what its answer was on the way
    assert found["ok"] is False and 280 < int(ahead[1]) <= 301, found
    server = httpd(provider(issuer, "skew=9min"))
    knows_keys(server)
    assert bad(server) == []


def test_an_issuer_that_is_away_says_what_went_wrong(issuer, httpd):
    issuer.stop()
    server = httpd(provider(issuer))
    server.expect("issuer idp: ")
    env.wait_until(lambda: server.status()["issuers"]["idp"]["failures"], "the issuer to be asked in vain")
    found = lines(server)
    assert bad(server) == ["issuer.idp.metadata", "issuer.idp.keys"]
    assert issuer.url in found["issuer.idp.metadata"]["found"] and "refused" in found["issuer.idp.metadata"]["found"].lower() \
        or "connect" in found["issuer.idp.metadata"]["found"].lower()
    assert found["issuer.idp.clock"]["ok"] is None


@pytest.mark.parametrize("lacks, line, words", [
    ("viewdetails", "username", "moodle/user:viewdetails"), ("viewuseridentity", "email", "showuseridentity"),
    ("viewhiddendetails", "idnumber", "moodle/user:viewhiddendetails"), (None, None, None)])
def test_a_web_service(httpd, run, lacks, line, words):
    service = MoodleService(*env.tls_files(run / "tls-check-service", "127.0.0.1", "localhost"))
    (run / "service-check").write_text(TOKEN + "\n")
    try:
        service.may, service.hides = ALL - {lacks}, {"suspended"}
        config = (f"{STATE}MoodleSSOProvision campus moodle url=https://127.0.0.1:{service.port} token=file:{run}/service-check "
                  f"ca={service.root}\nMoodleSSOSource far drupal url=https://127.0.0.1:1 method=user cookie=x\n" + CHECK)
        server = httpd(config)
        found = lines(server)
        assert found["service.campus.site"]["ok"] is True
        assert {found[f"service.campus.field.{field}"]["ok"] for field in ("username", "email", "idnumber")} >= {not lacks}
        if lacks:
            assert found[f"service.campus.field.{line}"]["ok"] is False and words in found[f"service.campus.field.{line}"]["fix"]
        service.fault = "invalidtoken"
        server.expect("MOODLE_SERVICE_DENIED", "HTTP_DOWN")
        found = lines(server)
        assert found["service.campus.site"]["ok"] is False and "webservice/rest:use" in found["service.campus.site"]["fix"]
        assert found["service.campus.field.email"]["ok"] is None and TOKEN not in server.get("/check").body
    finally:
        service.stop()


def test_the_store(httpd, server_of_sql, run):
    store = Store(server_of_sql, run, "check_store")
    store.drive("prepare")
    is_mysql = server_of_sql.driver == "mysql"
    who = "'moodlesso'@'127.0.0.1'" if is_mysql else "moodlesso"
    if is_mysql:
        store.execute(f"CREATE OR REPLACE USER {who} IDENTIFIED BY 'secret'")
    elif not store.execute("SELECT 1 FROM pg_roles WHERE rolname = 'moodlesso'"):
        store.execute("CREATE ROLE moodlesso LOGIN PASSWORD 'secret'")
    tables = [f"moodlesso_{name}" for name in ("meta", "epochs", "seen", "links", "switches", "keys")]
    where = "check_store." if is_mysql else "public."
    for table in tables:
        store.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {where}{table} TO {who}")
    server = httpd(Account.of(store.directive()) + CHECK)
    env.wait_until(lambda: bad(server) == [], "the store to be ready")
    assert [name for name in verdicts(server) if name.startswith("store.")] == [
        "store.connect", "store.clock", "store.tables", *[f"store.{table}" for table in tables]]
    for right, table in zip(("INSERT", "SELECT", "INSERT", "UPDATE", "DELETE", "DELETE"), reversed(tables), strict=True):
        store.execute(f"REVOKE {right} ON {where}{table} FROM {who}")
        server.expect("DB_QUERY", "DB_DENIED", "DB_DOWN")
        assert bad(server) == [f"store.{table}"], right
        store.execute(lines(server)[f"store.{table}"]["run"])
        assert bad(server) == []


def test_a_store_without_its_tables(httpd, server_of_sql, run):
    store = Store(server_of_sql, run, "check_store")
    is_mysql = server_of_sql.driver == "mysql"
    if is_mysql:
        store.execute("CREATE OR REPLACE USER 'moodlesso'@'127.0.0.1' IDENTIFIED BY 'secret'")
        store.execute("GRANT SELECT ON check_store.* TO 'moodlesso'@'127.0.0.1'")
    elif not store.execute("SELECT 1 FROM pg_roles WHERE rolname = 'moodlesso'"):
        store.execute("CREATE ROLE moodlesso LOGIN PASSWORD 'secret'")
    server = httpd(Account.of(store.directive()) + CHECK)
    server.expect("MoodleSSOStore", "the store")
    found = lines(server)
    assert bad(server) == ["store.tables"] and found["store.moodlesso_seen"]["ok"] is None
    store.execute(found["store.tables"]["run"])
    env.wait_until(lambda: bad(server) == [], "the tables to be made")


# -- frames ---------------------------------------------------------------------------------------------


def frames(server, path="/"):
    return {name.removeprefix("frames."): (line["ok"], line.get("run") or line["found"])
            for name, line in lines(server, f"?path={path}").items() if name.startswith("frames.")}


def test_frames_are_judged_at_a_path(httpd, sqlite):
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives("cookie=MoodleSessionx") + CHECK + "RewriteEngine on\nRewriteRule ^/old/(.*) /framed/$1 [PT]\n"
                   "<Location /framed>\nMoodleSSOFrameAncestors teams\n</Location>\n"
                   "<Location /framed/cookies>\nMoodleSSOFrameCookies MoodleSession*\n</Location>\n"
                   "<Location /framed/off>\nMoodleSSO Off\n</Location>\n"
                   "<Location /cookies>\nMoodleSSOFrameCookies MoodleSession*\n</Location>\n")
    assert list(frames(server)) == ["ancestors"] and frames(server)["ancestors"][0] is None
    assert list(frames(server, "/framed/off")) == ["ancestors"]
    there = frames(server, "/framed/x")
    assert there["https"] == (False, f"MoodleSSOBaseURL https://127.0.0.1:{server.port}")
    assert there["ancestors"][0] is True and "https://teams.microsoft.com" in there["ancestors"][1]
    assert there["cookie.MoodleSessionx"] == (False, "MoodleSSOFrameCookies MoodleSessionx")
    there = frames(server, "/framed/cookies")
    assert there["cookie.MoodleSessionx"][0] is True and "__Host-MoodleSessionx" in there["cookie.MoodleSessionx"][1]
    assert frames(server, "/old/x") == frames(server, "/framed/x")
    assert frames(server, "/cookies")["ancestors"] == (False, "MoodleSSOFrameAncestors teams")
    # what a frame is really sent
    assert server.get("/framed/x").one("Content-Security-Policy") in there["ancestors"][1]


def test_a_cookie_of_several_sources_is_one_line(httpd, sqlite):
    server = httpd(Moodle(sqlite).directives() + "MoodleSSOSource same moodle database=m\nMoodleSSOSource other moodle database=m "
                   "cookie=MoodleSessionx\n" + CHECK + "<Location />\nMoodleSSOFrameAncestors teams\n</Location>\n")
    names = [line["name"] for line in server.get("/check").json["lines"]]
    assert sorted(name for name in names if name.startswith("frames.cookie")) == ["frames.cookie.MoodleSession",
                                                                                  "frames.cookie.MoodleSessionx"]


def test_behind_a_proxy_the_base_url_tells(httpd):
    server = httpd("MoodleSSOBaseURL https://moodle.example\n" + CHECK
                   + "<Location />\nMoodleSSOFrameAncestors teams\nMoodleSSOFrameCookies MoodleSession*\n</Location>\n")
    there = frames(server)
    assert {name: ok for name, (ok, _) in there.items()} == {"https": True, "ancestors": True, "cookie.MoodleSession": True,
                                                             "sent": None}
    assert there["sent"][1].startswith("https://moodle.example/ cannot be asked from this machine itself (")
    assert server.get("/check").json["ok"] is True and server.get("/check").json["sources"] == {}


def test_frames_are_judged_as_they_are_sent(httpd):
    """By the host localhost people reach a proxy, which stands in front of the host 127.0.0.1."""
    framed = "MoodleSSOBaseURL http://localhost:@PORT@\n" + CHECK + "<Location />\nMoodleSSOFrameAncestors teams\n</Location>\n"
    server = httpd(f"<VirtualHost *:@PORT@>\nServerName 127.0.0.1\n{framed}</VirtualHost>\n"
                   "<VirtualHost *:@PORT@>\nServerName localhost\nProxyPass / http://127.0.0.1:@PORT@/\n"
                   '<Location /later>\nHeader always set X-Frame-Options SAMEORIGIN\n</Location>\n'
                   "<Location /again>\nHeader always add Content-Security-Policy \"frame-ancestors 'self'\"\n</Location>\n"
                   "<Location /gone>\nHeader unset Content-Security-Policy\n</Location>\n</VirtualHost>\n")
    url, ours = f"http://localhost:{server.port}", server.get("/").one("Content-Security-Policy")
    for path, is_good, came in (
            ("/", True, f"Content-Security-Policy: {ours}"), ("/nowhere?a=%25b", True, f"Content-Security-Policy: {ours}"),
            ("/later", False, f"X-Frame-Options: SAMEORIGIN | Content-Security-Policy: {ours}"),
            ("/again", False, f"Content-Security-Policy: {ours} | Content-Security-Policy: frame-ancestors 'self'"),
            ("/gone", False, "nothing about frames")):
        line = lines(server, f"?path={path}")["frames.sent"]
        assert line["ok"] is is_good and ("fix" in line) is not is_good, path
        found, _, what = line["found"].partition(" came with ")
        assert found == url + path.replace("%25", "%") and sorted(what.split(" | ")) == sorted(came.split(" | ")), path
    # a test of the test ends; what is no path is "/"
    assert lines(server, "?path=/check")["frames.sent"]["ok"] is True
    assert lines(server, "?path=/%0d%0aHost:%20evil")["frames.sent"]["found"].startswith(f"{url}/ came with")


# -- for people -----------------------------------------------------------------------------------------

PEOPLE = [("Accept", "text/html,application/xhtml+xml")]


def test_people_get_a_page_in_their_language_and_scripts_json(httpd, sqlite):
    moodle = Moodle(sqlite)
    server = httpd(STATE + moodle.directives("prefix=none_") + CHECK + MATCH)
    page = server.get("/check", headers=PEOPLE)
    assert page.status == 200 and page.one("Content-Type").startswith("text/html")
    assert "not in order" in page.body and "source.moodle.select.user" in page.body and "are dbname=, prefix=" in page.body
    german = server.get("/check", headers=[*PEOPLE, ("Accept-Language", "de")]).body
    assert 'lang="de"' in german and "nicht in Ordnung" in german and "Sind dbname=, prefix=" in german
    for query, headers, is_page in (("", [], False), ("", [("Accept", "*/*")], False), ("?format=json", PEOPLE, False),
                                    ("?format=html", [], True)):
        answer = server.get(f"/check{query}", headers=headers)
        assert answer.one("Content-Type").startswith("text/html" if is_page else "application/json"), (query, headers)
        if not is_page:
            # scripts read English whatever the language
            assert answer.json["ok"] is False
    german = server.get("/check", headers=[("Accept-Language", "de")]).json["lines"]
    assert german == server.get("/check").json["lines"]
    assert all("{{" not in text and text and "&#" not in text for line in german for text in (line["found"], line.get("fix", "-")))


def test_markup_is_text_and_what_is_no_path_is_the_root(httpd, sqlite):
    server = httpd(Moodle(sqlite).directives() + STATE + CHECK + MATCH)
    for query in ("path=/%3Cscript%3Ealert(1)%3C/script%3E", "match=%3Cscript%3Ealert(1)%3C/script%3E", "path=/%ff", "path=x", "path=%00",
                  "match=%ff", "format=html&path=//evil.example/"):
        answer = server.get(f"/check?{query}", headers=PEOPLE)
        assert answer.status == 200 and "<script>alert" not in answer.body, query


def test_the_button_switches_a_source(issuer, httpd, sqlite):
    server = httpd(Moodle(sqlite).directives() + STATE + CHECK)
    assert 'name="switch" value="moodle"' in server.get("/check", headers=PEOPLE).body
    ours = [*PEOPLE, ("Sec-Fetch-Site", "same-origin")]
    answer = server.get("/check", method="POST", headers=ours, body=b"switch=moodle&value=off")
    assert answer.status == 303 and answer.one("Location") == "/check"
    assert "is switched off" in server.get("/check", headers=PEOPLE).body
    assert server.get("/check").json["sources"]["moodle"]["on"] is False
    foreign = [*PEOPLE, ("Sec-Fetch-Site", "cross-site")]
    assert server.get("/check", method="POST", headers=foreign, body=b"switch=moodle&value=on").status == 403
    assert server.get("/check").json["sources"]["moodle"]["on"] is False
    assert 'name="switch" value="idp"' in httpd(provider(issuer)).get("/check", headers=PEOPLE).body
    # without a store nothing could be switched
    assert 'name="switch"' not in httpd(Moodle(sqlite).directives() + CHECK).get("/check", headers=PEOPLE).body


def test_where_nothing_is_configured_nothing_is_wrong(httpd):
    answer = httpd(CHECK).get("/check").json
    assert answer["ok"] is True and answer["sources"] == {} and [line["name"] for line in answer["lines"]] == ["frames.ancestors"]

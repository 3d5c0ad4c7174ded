# SPDX-License-Identifier: Apache-2.0
"""Drupal's sessions in its database: live cookies of real Drupal 7 and 10, on every database."""
import pytest

from sites import WHOAMI, Drupal, use

FIELDS = "fields=given_name:field_first_name,family_name:field_last_name,city:field_city"


@pytest.fixture(params=[7, 10])
def drupal(request, database):
    return Drupal(database, request.param)


def scheme(https):
    return f"MoodleSSOBaseURL {'https' if https else 'http'}://moodle.example.test\n"


def test_every_live_cookie_is_its_user(httpd, drupal):
    for https in (False, True):
        server = httpd(scheme(https) + drupal.directives(f"cookie_domain=.example.test {FIELDS}") + use("drupal") + WHOAMI)
        for line in drupal.cookies:
            who = server.get("/whoami", cookie=f"{line['cookie_name']}={line['cookie_value_as_sent']}").json
            if (line["scheme"] == "https") != https:
                assert who["reason"] == "NO_CREDENTIAL"
            elif line["uid"] == "0":
                assert who["reason"] == "SESSION_ANONYMOUS"
            else:
                assert (who["subject"], who["idnumber"], who["issuer"]) == (line["uid"], line["uid"], "drupal:drupal")
                assert who["username"] == line["who"] or line["who"] == "bob"
        server.stop()


def test_alice_has_roles_fields_and_one_language(httpd, drupal):
    cookie, https = drupal.cookie("alice")
    server = httpd(scheme(https) + drupal.directives(f"cookie_domain=.example.test {FIELDS}") + use("drupal") + WHOAMI)
    who = server.get("/whoami", cookie=cookie).json
    assert who["email"] == "alice@example.test"
    assert who["given_name"] == "Alice"
    assert who["city"]
    assert "teacher" in who["roles"].split("|")


def test_a_name_of_any_letters_arrives_whole(httpd, drupal):
    cookie, https = drupal.cookie("bob")
    server = httpd(scheme(https) + drupal.directives() + use("drupal") + WHOAMI)
    name = drupal.execute("SELECT name FROM users_field_data WHERE uid = 3" if drupal.version > 7
                          else "SELECT name FROM users WHERE uid = 3")[0][0]
    who = server.get("/whoami", cookie=cookie).json
    assert who["username"] == name
    assert not name.isascii()


def test_blocked_deleted_old_and_misspelled(httpd, drupal):
    table = "users_field_data" if drupal.version > 7 else "users"
    cookie, https = drupal.cookie("dave")
    config = scheme(https) + "MoodleSSOCacheTTL 0s 0s\n" + drupal.directives() + use("drupal") + WHOAMI
    server = httpd(config)
    assert server.get("/whoami", cookie=cookie).json["identified"]
    drupal.execute(f"UPDATE {table} SET status = 0 WHERE uid = 5")
    assert server.get("/whoami", cookie=cookie).json["reason"] == "USER_SUSPENDED"
    drupal.execute(f"DELETE FROM {table} WHERE uid = 5")
    assert server.get("/whoami", cookie=cookie).json["reason"] == "USER_DELETED"
    cookie, _ = drupal.cookie("alice")
    name, value = cookie.split("=")
    assert server.get("/whoami", cookie=f"{name}={value.swapcase()}").json["reason"] in ("SESSION_UNKNOWN",)
    drupal.execute("UPDATE sessions SET timestamp = timestamp - 200100")
    assert server.get("/whoami", cookie=cookie).json["reason"] == "SESSION_TIMED_OUT"
    drupal.execute("DELETE FROM sessions")
    assert server.get("/whoami", cookie=cookie).json["reason"] == "SESSION_UNKNOWN"


def test_the_stored_hash_is_no_cookie(httpd, drupal):
    cookie, https = drupal.cookie("alice")
    server = httpd(scheme(https) + drupal.directives() + use("drupal") + WHOAMI)
    stolen = next(c for c in drupal.cookies if c["who"] == "alice")["sha256_base64url"]
    assert server.get("/whoami", cookie=f"{cookie.split('=')[0]}={stolen}").json["reason"] == "SESSION_UNKNOWN"


def test_a_comma_is_decoded_before_hashing(httpd, database):
    """Drupal 9.2 to 11.0 have ids with commas, which PHP sends as %2C."""
    drupal = Drupal(database, 10)
    cookie, https = drupal.cookie("alice")
    assert "%2C" in cookie
    server = httpd(scheme(https) + drupal.directives() + use("drupal") + WHOAMI)
    for form in (cookie, cookie.replace("%2C", "%2c"), cookie.replace("%2C", ",")):
        assert server.get("/whoami", cookie=form).json["username"] == "alice"


def test_a_table_made_late_is_no_session(httpd, database):
    """Drupal 10.3 and later make `sessions` at the first login."""
    drupal = Drupal(database, 10)
    cookie, https = drupal.cookie("alice")
    drupal.execute("ALTER TABLE sessions RENAME TO sessions_later")
    server = httpd(scheme(https) + "MoodleSSOCacheTTL 0s 0s\n" + drupal.directives() + use("drupal") + WHOAMI)
    assert server.get("/whoami", cookie=cookie).json["reason"] == "SESSION_UNKNOWN"
    drupal.execute("ALTER TABLE sessions_later RENAME TO sessions")
    assert server.get("/whoami", cookie=cookie).json["username"] == "alice"


def test_a_wrong_version_is_broken_not_anonymous(httpd, database):
    drupal = Drupal(database, 10)
    config = drupal.directives().replace("version=8", "version=7")
    server = httpd(scheme(True) + config + use("drupal") + WHOAMI)
    server.expect("DB_QUERY")
    cookie = drupal.cookie("bob")[0]
    assert server.get("/whoami", cookie=cookie).json["reason"] == "DB_QUERY"


def test_drupal_7_plain_ids(httpd, database):
    drupal = Drupal(database, 7)
    line = next(c for c in drupal.cookies if c["who"] == "alice")
    drupal.execute("UPDATE sessions SET sid = %s WHERE sid = %s", line["cookie_value_as_sent"], line["sha256_base64url"])
    cookie, https = drupal.cookie("alice")
    server = httpd(scheme(https) + drupal.directives("cookie_domain=.example.test ids=plain") + use("drupal") + WHOAMI)
    assert server.get("/whoami", cookie=cookie).json["username"] == "alice"
    # in plain mode an empty id would match every http session of another column
    assert server.get("/whoami", cookie=f"{cookie.split('=')[0]}=").json["reason"] == "COOKIE_MALFORMED"


def test_behind_a_tls_proxy_the_name_tells_what_drupal_believes(httpd, database):
    """Drupal that does not trust its proxy says SESS although the browser speaks https."""
    drupal = Drupal(database, 7)
    cookie, https = drupal.cookie("alice")
    assert not https
    server = httpd(scheme(True) + drupal.directives(f"cookie={cookie.split('=')[0]}") + use("drupal") + WHOAMI)
    assert server.get("/whoami", cookie=cookie).json["username"] == "alice"


def test_the_least_grants_suffice(httpd, mariadb):
    """The GRANTs of conf.d/REFERENCE.md, and no more."""
    drupal = Drupal(mariadb, 10, "drupal_least")
    mariadb.execute("DROP USER IF EXISTS 'leastd'@'127.0.0.1'")
    mariadb.execute("CREATE USER 'leastd'@'127.0.0.1' IDENTIFIED BY 'secret'")
    for grant in ("(uid, sid, timestamp) ON drupal_least.sessions",
                  "(uid, name, mail, status, langcode, preferred_langcode, default_langcode) ON "
                  "drupal_least.users_field_data",
                  "(entity_id, deleted, delta, roles_target_id) ON drupal_least.user__roles"):
        mariadb.execute(f"GRANT SELECT {grant} TO 'leastd'@'127.0.0.1'")
    cookie, https = drupal.cookie("alice")
    server = httpd(scheme(https) + f'MoodleSSODatabase d mysql "{mariadb.parameters("drupal_least", user="leastd")}"\n'
                   "MoodleSSOSource drupal drupal database=d version=8 cookie_domain=.example.test\n"
                   + use("drupal") + WHOAMI)
    assert server.get("/whoami", cookie=cookie).json["username"] == "alice"

# SPDX-License-Identifier: Apache-2.0
"""at_hand.py -- Drupal and Moodle as a browser meets them: stand-ins, and real ones where the environment names them.

Both are hosts of one httpd that believes to be behind https, and that serves them from a folder or is the proxy of who
does. What a test does is what people do: forms and links."""
import html.parser
import os
import re
import subprocess
from pathlib import Path

import pytest

from moodle_site import ROOT, Browser, MoodleSite
from sites import PHP, Drupal
from test_71_wrong_user import allow

DRUPAL = "https://drupal.example.test"
PASSWORD = "User-pass-1!"
FIELDS = "fields=given_name:field_first_name,family_name:field_last_name"
COOKIE = "SSESS574595f559df59f0217e4bc3cf2c3ce9"


# What auth_shibboleth is to find, for a Moodle on another server: there it is HTTP_MOODLESSO_USERNAME and so on.
TOLD = "".join(f'RequestHeader set {name.title().replace("_", "-")} "%{{{name}}}e" env={name}\n' for name in (
    "MOODLESSO_USERNAME", "MOODLESSO_GIVEN_NAME", "MOODLESSO_FAMILY_NAME", "MOODLESSO_EMAIL", "MOODLESSO_IDNUMBER"))


def at_hand(name):
    """(folder or URL, driver and parameters for MoodleSSODatabase) of a real one; else the test is skipped."""
    place, database = (os.environ.get(f"MOODLESSO_TEST_{name}{part}") for part in ("", "_DATABASE"))
    if not (place and database):
        pytest.skip(f"MOODLESSO_TEST_{name} and MOODLESSO_TEST_{name}_DATABASE name no real {name.capitalize()}")
    driver, parameters = re.fullmatch(r"(?:(mysql|pgsql):)?(.*)", database).groups("mysql")
    return place.rstrip("/"), f'{driver} "{parameters}"'


def is_url(place):
    return "://" in place


def served(place, more="", scheme="https"):
    """By PHP from this folder, or by whoever has this URL."""
    if is_url(place):
        return (f"ProxyPass /whoami !\nProxyPass / {place}/\nProxyPreserveHost On\n"
                f"RequestHeader set X-Forwarded-Proto {scheme}\n{TOLD}")
    return f"DocumentRoot {place}\nDirectoryIndex index.php\nSetEnv HTTPS on\n{PHP}{more}"


def elsewhere(httpd, config):
    """The URL of such a site on a server of somebody else's, which believes what a proxy says of the scheme."""
    server = httpd(config.replace("SetEnv HTTPS on", "SetEnvIf X-Forwarded-Proto ^https$ HTTPS=on"), bare=True)
    return f"http://127.0.0.1:{server.port}"


class StandInDrupal:
    def __init__(self, mariadb, httpd):
        drupal = Drupal(mariadb, 10, "drupal_at_hand")
        drupal.execute("UPDATE users_field_data SET name = 'bobby' WHERE uid = 3")
        allow(drupal, "DELETE ON sessions", "UPDATE (timestamp) ON sessions")
        mariadb.execute("CREATE USER IF NOT EXISTS 'drupal'@'127.0.0.1' IDENTIFIED BY 'secret-php'")
        mariadb.execute("GRANT ALL ON drupal_at_hand.* TO 'drupal'@'127.0.0.1'")
        self.source = drupal.directives(f"cookie_domain=.example.test {FIELDS}")
        self.config = served("@RUN@/drupal", (
            f'FallbackResource /index.php\nSetEnv STANDIN_DSN "mysql:host=127.0.0.1;port={mariadb.port};'
            'dbname=drupal_at_hand;charset=utf8mb4"\nSetEnv STANDIN_DBUSER drupal\nSetEnv STANDIN_DBPASSWORD secret-php\n'))


class DrupalByUrl(StandInDrupal):
    def __init__(self, mariadb, httpd):
        super().__init__(mariadb, httpd)
        self.config = served(elsewhere(httpd, self.config))


class RealDrupal:
    def __init__(self, mariadb, httpd):
        place, database = at_hand("DRUPAL")
        if not is_url(place):
            subprocess.run(["php", Path(__file__).parent / "drupal_accounts.php", place], check=True)
        self.source = (f"MoodleSSODatabase d {database}\n"
                       f"MoodleSSOSource drupal drupal database=d version=8 cookie_domain=.example.test {FIELDS}\n")
        self.config = served(place, "FallbackResource /index.php\n")


class StandInMoodle:
    def __init__(self, mariadb, httpd):
        self.site = MoodleSite(mariadb)
        self.site.switch_to_shibboleth("alice")
        allow(self.site, "DELETE ON mdl_sessions")
        self.source, self.config = self.site.directives(), self.site.config()


class MoodleByUrl(StandInMoodle):
    def __init__(self, mariadb, httpd):
        super().__init__(mariadb, httpd)
        config = self.site.config(USER_ATTRIBUTE="HTTP_MOODLESSO_USERNAME", FIELDS="HTTP_MOODLESSO_")
        self.config = served(elsewhere(httpd, config))


def moodle_source(database):
    source = f"MoodleSSODatabase m {database}\nMoodleSSOSource moodle moodle database=m"
    redis = os.environ.get("MOODLESSO_TEST_MOODLE_REDIS")
    return f"MoodleSSORedis r {redis}\n{source} handler=redis4.5 redis=r\n" if redis else f"{source}\n"


class RealMoodle:
    def __init__(self, mariadb, httpd):
        place, database = at_hand("MOODLE")
        self.source, self.config = moodle_source(database), served(public(place))


def public(place):
    """What of a Moodle's folder is for browsers, in 5.1 and later a folder in it."""
    return f"{place}/public" if Path(place, "public").is_dir() else place


def hosts(**configs):
    """A virtual host for each, and a cache that nobody waits for."""
    return "MoodleSSOCacheTTL 1s\n" + "".join(f"<VirtualHost 127.0.0.1:@PORT@>\nServerName {name}.example.test\n"
                   f"MoodleSSOBaseURL https://{name}.example.test\n{config}</VirtualHost>\n"
                   for name, config in configs.items())


class Form(html.parser.HTMLParser):
    """What a browser would send of the form with this form_id, pressing the first button "op": other names upload files."""

    def __init__(self, page, form_id):
        super().__init__()
        self.forms, self.select = [], None
        self.feed(page)
        self.fields = next(fields for fields in self.forms if fields.get("form_id") == form_id)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        name, value = a.get("name"), a.get("value") or ""
        if tag == "form":
            self.forms.append({})
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in a and self.forms:
            self.forms[-1][self.select] = value
        elif tag == "input" and name and self.forms and ("checked" in a or name == "op" or a.get("type") not in (
                "radio", "checkbox", "file", "image", "submit")):
            self.forms[-1].setdefault(name, value)


class Person:
    """One browser at both sites. A cookie of .example.test goes to both, others to their own."""

    def __init__(self, server):
        self.shared = {}
        self.drupal = Browser(server, DRUPAL, shared=self.shared)
        self.moodle = Browser(server, ROOT, shared=self.shared)

    def submit(self, path, form_id, **fields):
        """Fill in a form of Drupal's and send it; the answer, not followed."""
        page = self.drupal.open(path)
        assert page.status == 200, page
        path = self.drupal.paths[-1].removeprefix("GET ")
        return self.drupal.once(path, "POST", {**Form(page.body, form_id).fields, **fields})

    def sign_in(self, name):
        return self.submit("/user/login", "user_login_form", name=name, **{"pass": PASSWORD})

    def sign_out(self):
        return self.submit("/user/logout", "user_logout_confirm")

    def set_status(self, uid, status):
        """As an administrator's form does."""
        return self.submit(f"/user/{uid}/edit", "user_form", status=status)

    def is_signed_in(self):
        """Drupal's own word."""
        return self.drupal.once("/user/login_status?_format=json").body == "1"

    def uid(self):
        return self.drupal.once("/user").one("Location").rsplit("/", 1)[1]

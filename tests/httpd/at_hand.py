# SPDX-License-Identifier: Apache-2.0
"""at_hand.py -- Drupal and Moodle as a browser meets them: stand-ins, and real ones where the environment names them.

Both are hosts of one httpd that believes to be behind https. What a test does is what people do: forms and links."""
import html.parser
import os
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


def at_hand(name):
    """(folder, apr_dbd's parameters) of a real one; else the test is skipped."""
    folder, database = (os.environ.get(f"MOODLESSO_TEST_{name}{part}") for part in ("", "_DATABASE"))
    if not (folder and database):
        pytest.skip(f"MOODLESSO_TEST_{name} and MOODLESSO_TEST_{name}_DATABASE name no real {name.capitalize()}")
    return folder, database


def served(folder, more=""):
    return f"DocumentRoot {folder}\nDirectoryIndex index.php\nSetEnv HTTPS on\n{PHP}{more}"


class StandInDrupal:
    def __init__(self, mariadb):
        drupal = Drupal(mariadb, 10, "drupal_at_hand")
        drupal.execute("UPDATE users_field_data SET name = 'bobby' WHERE uid = 3")
        allow(drupal, "DELETE ON sessions", "UPDATE (timestamp) ON sessions")
        mariadb.execute("CREATE USER IF NOT EXISTS 'drupal'@'127.0.0.1' IDENTIFIED BY 'secret-php'")
        mariadb.execute("GRANT ALL ON drupal_at_hand.* TO 'drupal'@'127.0.0.1'")
        self.source = drupal.directives(f"cookie_domain=.example.test {FIELDS}")
        self.config = served("@RUN@/drupal", (
            f'FallbackResource /index.php\nSetEnv STANDIN_DSN "mysql:host=127.0.0.1;port={mariadb.port};'
            'dbname=drupal_at_hand;charset=utf8mb4"\nSetEnv STANDIN_DBUSER drupal\nSetEnv STANDIN_DBPASSWORD secret-php\n'))


class RealDrupal:
    def __init__(self, mariadb):
        folder, database = at_hand("DRUPAL")
        subprocess.run(["php", Path(__file__).parent / "drupal_accounts.php", folder], check=True)
        self.source = (f'MoodleSSODatabase d mysql "{database}"\n'
                       f"MoodleSSOSource drupal drupal database=d version=8 cookie_domain=.example.test {FIELDS}\n")
        self.config = served(folder, "FallbackResource /index.php\n")


class StandInMoodle:
    def __init__(self, mariadb):
        site = MoodleSite(mariadb)
        site.switch_to_shibboleth("alice")
        allow(site, "DELETE ON mdl_sessions")
        self.source, self.config = site.directives(), site.config()


class RealMoodle:
    def __init__(self, mariadb):
        folder, database = at_hand("MOODLE")
        public = Path(folder) / "public"
        self.source = f'MoodleSSODatabase m mysql "{database}"\nMoodleSSOSource moodle moodle database=m\n'
        self.config = served(public if public.is_dir() else folder)


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

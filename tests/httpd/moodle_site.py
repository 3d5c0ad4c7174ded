# SPDX-License-Identifier: Apache-2.0
"""moodle_site.py -- the stand-in for Moodle (tests/httpd/moodle, PHP) on a database, and a browser for it."""
import html
import re
import urllib.parse

from sites import PATIENT, PHP, Moodle

ROOT = "https://moodle.example.test"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


class MoodleSite(Moodle):
    """`config` serves the stand-in at the path of `root`."""

    def __init__(self, server, name="moodle_site", root=ROOT, redis=None):
        super().__init__(server, name)
        self.root, self.path, self.redis = root, urllib.parse.urlsplit(root).path, redis
        # PHP has an account of its own: the module's is smaller.
        self.dsn = {"mysql": f"mysql:host=127.0.0.1;port={server.port};dbname={name};charset=utf8mb4",
                    "pgsql": f"pgsql:host=127.0.0.1;port={server.port};dbname={name}"}[server.driver]
        if server.driver == "mysql":
            server.execute("CREATE USER IF NOT EXISTS 'moodle'@'127.0.0.1' IDENTIFIED BY 'secret-php'")
            server.execute(f"GRANT ALL ON {name}.* TO 'moodle'@'127.0.0.1'")
            self.account = "moodle", "secret-php"
        else:
            if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = 'moodle'"):
                server.execute("CREATE ROLE moodle LOGIN PASSWORD 'secret-php'")
            self.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO moodle")
            self.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO moodle")
            self.execute("SELECT setval('mdl_user_id_seq', 100)")
            self.account = "moodle", "secret-php"

    def config(self, **settings):
        values = {"DSN": self.dsn, "DBUSER": self.account[0], "DBPASSWORD": self.account[1], "WWWROOT": self.root,
                  **({"HANDLER": "redis", "REDIS": self.redis.socket} if self.redis else {}), **settings}
        alias = f"Alias {self.path} @RUN@/moodle\n" if self.path else "DocumentRoot @RUN@/moodle\n"
        return alias + PHP + "DirectoryIndex index.php\n" + "".join(
            f'SetEnv STANDIN_{name} "{value}"\n' for name, value in values.items())

    def directives(self, source="", database=PATIENT):
        if self.redis:
            source = f"handler=redis4.5 redis=r {source}"
        return (f"MoodleSSORedis r unix:{self.redis.socket} {PATIENT}\n" if self.redis else "") + super().directives(source, database)

    def users(self):
        """{session id: username, "" for nobody}"""
        if self.redis:
            client = self.redis.client()
            found = {k.decode()[8:]: client.hget(k, "userid").decode() for k in client.keys("session_*")
                     if client.hexists(k, "userid")}
            names = {str(row[0]): row[1] for row in self.execute("SELECT id, username FROM mdl_user")}
            return {sid: names.get(re.sub(r"\D", "", userid), "") for sid, userid in found.items()}
        return {sid: name or "" for sid, name in self.execute(
            "SELECT s.sid, u.username FROM mdl_sessions s LEFT JOIN mdl_user u ON u.id = s.userid")}

    def add_user(self, username, auth="shibboleth"):
        self.execute("INSERT INTO mdl_user (auth, confirmed, policyagreed, deleted, suspended, mnethostid, username, password, "
                     "idnumber, firstname, lastname, email, lang) VALUES (%s, 1, 0, 0, 0, 1, %s, '', '', 'F', 'L', %s, 'en')",
                     auth, username, f"{username}@example.test")

    def switch_to_shibboleth(self, *usernames):
        for name in usernames:
            self.execute("UPDATE mdl_user SET auth = 'shibboleth' WHERE username = %s", name)


class Browser:
    """Cookies, redirects, navigations; `steps` are the exchanges of the last one. Cookies with a domain are in `shared`
    where that is given."""

    def __init__(self, server, root=ROOT, cookies=None, shared=None):
        self.server, self.root, self.cookies, self.steps = server, root, dict(cookies or {}), []
        self.shared = shared
        self.headers = [("User-Agent", CHROME), ("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate"),
                        ("Sec-Fetch-Dest", "document")]

    def once(self, path, method="GET", form=None, headers=None):
        shared = self.cookies if self.shared is None else self.shared
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        more = [("Content-Type", "application/x-www-form-urlencoded")] if form is not None else []
        answer = self.server.get(path, method=method, body=body, host=urllib.parse.urlsplit(self.root).netloc,
                                 headers=[*(self.headers if headers is None else headers), *more],
                                 cookie="; ".join(f"{n}={v}" for n, v in (self.cookies | shared).items()) or None)
        for line in answer.all("Set-Cookie"):
            name, _, value = line.split(";")[0].partition("=")
            jar = shared if "domain=" in line.lower() else self.cookies
            if "max-age=0" in line.lower() or "1970" in line:
                jar.pop(name, None)
            else:
                jar[name] = value
        self.steps.append((f"{method} {path}", answer))
        return answer

    def open(self, path, method="GET", form=None):
        """Follows redirects within the site as a browser does, twenty at most."""
        self.steps = []
        answer = self.once(path, method, form)
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(self.root))
        while answer.status in (301, 302, 303) and len(self.steps) < 20:
            to = urllib.parse.urljoin(origin + path, answer.one("Location"))
            if not to.startswith(origin):
                break
            path = to[len(origin):]
            answer = self.once(path)
        return answer

    @property
    def paths(self):
        return [step for step, answer in self.steps]


def shown(answer, what="user"):
    found = re.search(f'id="{what}"[^>]*>([^<]*)<', answer.body)
    return html.unescape(found[1]) if found else None


def sesskey(answer):
    return re.search(r"sesskey=(\w+)", answer.body)[1]

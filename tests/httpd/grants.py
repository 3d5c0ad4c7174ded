# SPDX-License-Identifier: Apache-2.0
"""grants.py -- the account of the module on a database server, with statements of conf.d/REFERENCE.md and no other right."""
import re
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[2] / "conf.d/REFERENCE.md"


def of_reference(first_word):
    """The statements of the block that begins with these words: [(heading, statement)]."""
    text = REFERENCE.read_text()
    block = re.search(rf"```(?:sql)?\n{first_word}.*?```", text, re.S)[0].removesuffix("```")
    parts = re.split(r"^(?:--|#) (.*)\n", block, flags=re.M)
    end = ";" if first_word.startswith("CREATE") else "\n"
    return [(heading, " ".join(statement.split())) for heading, body in zip(parts[1::2], parts[2::2])
            for statement in body.split(end) if statement.strip()]


class Right:
    """One statement, for the databases of a test; `line` is what moodlesso-check calls it."""

    def __init__(self, heading, statement, database):
        self.heading, self.statement, self.database = heading, statement, database
        kind, table = re.match(r"GRANT (\w+).* ON (?:SCHEMA )?(\S+) TO ", statement).groups()
        thing = "moodle" if "moodle" in database else "drupal"
        more = ".sessdata" if "mfa=" in heading else ".mnethostid" if "MoodleSSOMatch" in heading else ""
        name = table.split(".")[-1].removeprefix("mdl_")
        self.line = f"source.{thing}.schema" if kind == "USAGE" else f"source.{thing}.{kind.lower()}.{name}{more}"

    def taken_back(self):
        return re.sub(r" TO (?=\S+$)", " FROM ", self.statement.replace("GRANT", "REVOKE", 1))

    def __repr__(self):
        return self.statement


class Account:
    """Knows nothing yet of the databases of `moodle` and `drupal` (sites.py), which have just been loaded."""

    def __init__(self, server, moodle, drupal, headings, fields=(), closed=True):
        self.server = server
        is_mysql = server.driver == "mysql"
        if is_mysql:
            server.execute("DROP USER IF EXISTS 'moodlesso'@'127.0.0.1'")
            server.execute("CREATE USER 'moodlesso'@'127.0.0.1' IDENTIFIED BY 'secret'")
        elif not server.execute("SELECT 1 FROM pg_roles WHERE rolname = 'moodlesso'"):
            server.execute("CREATE ROLE moodlesso LOGIN PASSWORD 'secret'")
        self.rights = []
        for heading, statement in of_reference("CREATE USER" if is_mysql else "CREATE ROLE"):
            if heading not in headings:
                continue
            databases = [moodle.name, drupal.name] if "SCHEMA" in statement else [moodle.name if "mdl_" in statement else drupal.name]
            for database in databases:
                text = re.sub(r" ON (moodle|drupal)\.", f" ON {database}.", statement).replace("'localhost'", "'127.0.0.1'")
                self.rights += [Right(heading, text.replace("field_X", field), database)
                                for field in (fields if "field_X" in text else [""])]
        for site in (moodle, drupal):
            if not is_mysql and closed:
                site.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")

    def run(self, statement, database):
        self.server.execute(statement, database=database)

    def give(self, *rights):
        for right in rights or self.rights:
            self.run(right.statement, right.database)

    def take(self, right):
        self.run(right.taken_back(), right.database)

    @staticmethod
    def of(directives):
        """The configuration, for this account."""
        return directives.replace("user=sso", "user=moodlesso")


MOODLE = ("Moodle, Drupal: every table", "Moodle, handler=sql", "Moodle, every handler",
          "MoodleSSOMoodleLogin, handler=sql: to end the session of another person")
DRUPAL = {10: ("Drupal 8 and later", "Drupal 8 and later, for each field of fields="),
          7: ("Drupal 7", "Drupal 7, for each field of fields=")}
CHANGES = ("Drupal, MoodleSSOLogout drupal", "Drupal, touch=")

-- SPDX-License-Identifier: Apache-2.0
-- moodle.sql -- the tables of a Moodle 4.5 that tell who is signed in, and a few accounts.
CREATE TABLE mdl_config (id INTEGER PRIMARY KEY, name character varying(255) DEFAULT '' NOT NULL UNIQUE, value text NOT NULL);
CREATE TABLE mdl_user (id INTEGER PRIMARY KEY, auth character varying(20) DEFAULT 'manual' NOT NULL, confirmed smallint DEFAULT 0 NOT NULL,
  policyagreed smallint DEFAULT 0 NOT NULL, deleted smallint DEFAULT 0 NOT NULL, suspended smallint DEFAULT 0 NOT NULL, mnethostid bigint DEFAULT 0 NOT NULL,
  username character varying(100) DEFAULT '' NOT NULL, password character varying(255) DEFAULT '' NOT NULL, idnumber character varying(255) DEFAULT '' NOT NULL,
  firstname character varying(100) DEFAULT '' NOT NULL, lastname character varying(100) DEFAULT '' NOT NULL, email character varying(100) DEFAULT '' NOT NULL,
  lang character varying(30) DEFAULT 'en' NOT NULL, UNIQUE (mnethostid, username));
CREATE TABLE mdl_sessions (id INTEGER PRIMARY KEY, state bigint DEFAULT 0 NOT NULL, sid character varying(128) DEFAULT '' NOT NULL UNIQUE, userid bigint NOT NULL,
  sessdata text, timecreated bigint NOT NULL, timemodified bigint NOT NULL, firstip character varying(45), lastip character varying(45));

INSERT INTO mdl_config (id, name, value) VALUES (11, 'sessiontimeout', '28800'), (23, 'siteguest', '1'), (31, 'version', '2024100706'),
  (357, 'sessioncookie', ''), (445, 'release', '4.5.6 (Build: 20250811)');
-- idnumber is the user id in Drupal: that joins the accounts, never a name. Dave has no account yet.
INSERT INTO mdl_user (id, auth, confirmed, policyagreed, deleted, suspended, mnethostid, username, password, idnumber, firstname, lastname, email, lang) VALUES
  (1, 'manual', 1, 0, 0, 0, 1, 'guest', '(not used here)', '', 'Guest user', ' ', 'root@localhost', 'en'),
  (2, 'manual', 1, 0, 0, 0, 1, 'admin', '(not used here)', '', 'Admin', 'User', 'admin@example.test', 'en'),
  (3, 'shibboleth', 1, 1, 0, 0, 1, 'alice', '(not used here)', '2', 'Alice', 'Liddell', 'alice@example.test', 'en'),
  (4, 'shibboleth', 1, 1, 0, 0, 1, 'bob', '(not used here)', '3', 'Bøb', 'O''Brien', 'bob@example.test', 'en'),
  (9, 'manual', 1, 1, 0, 0, 1, 'carol', '(not used here)', '', 'Cärol', 'Ünïcode 山田', 'carol@example.test', 'de');

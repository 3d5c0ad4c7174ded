-- SPDX-License-Identifier: Apache-2.0
-- drupal.sql -- the tables of a Drupal 10 that tell who is signed in, and three people.
CREATE TABLE sessions ("uid" INTEGER NOT NULL, "sid" character varying(128) NOT NULL, "hostname" character varying(128) NOT NULL, "timestamp" INTEGER NOT NULL, PRIMARY KEY ("sid"));
CREATE TABLE users ("uid" INTEGER NOT NULL, "uuid" character varying(128) NOT NULL, "langcode" character varying(12) NOT NULL, PRIMARY KEY ("uid"));
CREATE TABLE users_field_data ("uid" INTEGER NOT NULL, "langcode" character varying(12) NOT NULL, "preferred_langcode" character varying(12), "preferred_admin_langcode" character varying(12), "name" character varying(60) NOT NULL, "pass" character varying(255), "mail" character varying(254), "timezone" character varying(32), "status" INTEGER, "created" INTEGER NOT NULL, "changed" INTEGER, "access" INTEGER NOT NULL, "login" INTEGER, "default_langcode" INTEGER NOT NULL, PRIMARY KEY ("uid", "langcode"));
CREATE TABLE user__roles ("bundle" character varying(128) NOT NULL, "deleted" INTEGER NOT NULL, "entity_id" INTEGER NOT NULL, "revision_id" INTEGER NOT NULL, "langcode" character varying(32) NOT NULL, "delta" INTEGER NOT NULL, "roles_target_id" character varying(255) NOT NULL, PRIMARY KEY ("deleted", "entity_id", "langcode", "delta"));
CREATE TABLE user__field_first_name ("bundle" character varying(128) NOT NULL, "deleted" INTEGER NOT NULL, "entity_id" INTEGER NOT NULL, "revision_id" INTEGER NOT NULL, "langcode" character varying(32) NOT NULL, "delta" INTEGER NOT NULL, "field_first_name_value" character varying(255) NOT NULL, PRIMARY KEY ("deleted", "entity_id", "langcode", "delta"));
CREATE TABLE user__field_last_name ("bundle" character varying(128) NOT NULL, "deleted" INTEGER NOT NULL, "entity_id" INTEGER NOT NULL, "revision_id" INTEGER NOT NULL, "langcode" character varying(32) NOT NULL, "delta" INTEGER NOT NULL, "field_last_name_value" character varying(255) NOT NULL, PRIMARY KEY ("deleted", "entity_id", "langcode", "delta"));

INSERT INTO users ("uid", "uuid", "langcode") VALUES
  (2, 'ece35137-815b-4d38-91de-b93a451580b3', 'en'),
  (3, 'f056ddd0-df07-4b0e-9591-8279047e2002', 'en'),
  (5, '121e7c28-322f-4552-933a-311d468b6975', 'en');
-- Alice's account is translated: a row per language, as Drupal makes them.
INSERT INTO users_field_data ("uid", "langcode", "preferred_langcode", "preferred_admin_langcode", "name", "pass", "mail", "timezone", "status", "created", "changed", "access", "login", "default_langcode") VALUES
  (2, 'de', 'en', NULL, 'alice', '(not used here)', 'alice@example.test', 'Europe/Vienna', 1, 1795316442, 1795316442, 1795317235, 1795317245, 0),
  (2, 'en', 'en', NULL, 'alice', '(not used here)', 'alice@example.test', 'Europe/Vienna', 1, 1795316442, 1795316442, 1795317235, 1795317245, 1),
  (3, 'en', 'en', NULL, 'Bøb O''Brien 学生', '(not used here)', 'bob@example.test', 'Europe/Vienna', 1, 1795316442, 1795316442, 1795317237, 1795317245, 1),
  (5, 'en', 'en', NULL, 'dave', '(not used here)', 'dave@example.test', 'Europe/Vienna', 1, 1795316442, 1795317243, 1795317157, 1795317245, 1);
INSERT INTO user__roles ("bundle", "deleted", "entity_id", "revision_id", "langcode", "delta", "roles_target_id") VALUES
  ('user', 0, 2, 2, 'en', 0, 'teacher'),
  ('user', 0, 2, 2, 'en', 1, 'course_creator'),
  ('user', 0, 5, 5, 'en', 0, 'teacher');
INSERT INTO user__field_first_name ("bundle", "deleted", "entity_id", "revision_id", "langcode", "delta", "field_first_name_value") VALUES
  ('user', 0, 2, 2, 'de', 0, 'Alicia'),
  ('user', 0, 2, 2, 'en', 0, 'Alice'),
  ('user', 0, 3, 3, 'en', 0, 'Bøb'),
  ('user', 0, 5, 5, 'en', 0, 'Dave');
INSERT INTO user__field_last_name ("bundle", "deleted", "entity_id", "revision_id", "langcode", "delta", "field_last_name_value") VALUES
  ('user', 0, 2, 2, 'de', 0, 'Liddell'),
  ('user', 0, 2, 2, 'en', 0, 'Liddell'),
  ('user', 0, 3, 3, 'en', 0, 'O''Brien'),
  ('user', 0, 5, 5, 'en', 0, 'Double');

<?php
// SPDX-License-Identifier: Apache-2.0
// drupal_session.php -- sessions as Drupal 10 keeps them: the same cookie, the same row.
require_once __DIR__ . '/database.php';

const DRUPAL_COOKIE_DOMAIN = '.demo.localhost'; // session.storage.options.cookie_domain in services.yml
const DRUPAL_COOKIE_LIFETIME = 2000000;

function drupal_cookie_name(): string
{
    return 'SESS' . substr(hash('sha256', DRUPAL_COOKIE_DOMAIN), 0, 32);
}

/** Drupal stores no id, only its hash: Crypt::hashBase64(). */
function drupal_hashed_id(string $id): string
{
    return rtrim(strtr(base64_encode(hash('sha256', $id, true)), '+/', '-_'), '=');
}

/** 48 characters of 64, as Drupal 9.2 to 11.0 set PHP up to make them. */
function drupal_new_id(): string
{
    return strtr(base64_encode(random_bytes(36)), '+/', ',-');
}

function drupal_send_cookie(string $id, int $expires): void
{
    setcookie(drupal_cookie_name(), $id, ['expires' => $expires, 'path' => '/', 'domain' => DRUPAL_COOKIE_DOMAIN,
                                          'httponly' => true, 'samesite' => 'Lax']);
}

function drupal_presented_id(): string
{
    $id = $_COOKIE[drupal_cookie_name()] ?? '';
    return is_string($id) ? $id : '';
}

function drupal_begin_session(int $uid): void
{
    drupal_end_session();
    $id = drupal_new_id();
    query('drupal', 'INSERT INTO sessions (uid, sid, hostname, timestamp) VALUES (?, ?, ?, ?)',
          $uid, drupal_hashed_id($id), $_SERVER['REMOTE_ADDR'], time());
    drupal_send_cookie($id, time() + DRUPAL_COOKIE_LIFETIME);
}

function drupal_end_session(): void
{
    if (drupal_presented_id() !== '') {
        query('drupal', 'DELETE FROM sessions WHERE sid = ?', drupal_hashed_id(drupal_presented_id()));
        drupal_send_cookie('', 1);
    }
}

/** @return array{uid: int, name: string, mail: string, sid: string}|null */
function drupal_visitor(): ?array
{
    return query('drupal', 'SELECT u.uid, u.name, u.mail, s.sid FROM sessions s JOIN users_field_data u ' .
                           'ON u.uid = s.uid AND u.default_langcode = 1 WHERE s.sid = ? AND u.status = 1',
                 drupal_hashed_id(drupal_presented_id()))[0] ?? null;
}

/** @return array<string, int> name => uid */
function drupal_accounts(): array
{
    return array_column(query('drupal', 'SELECT uid, name FROM users_field_data WHERE default_langcode = 1 ' .
                                        'AND status = 1 ORDER BY uid'), 'uid', 'name');
}

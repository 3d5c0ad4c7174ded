<?php
// SPDX-License-Identifier: Apache-2.0
// moodle_session.php -- sessions as Moodle 4.5 keeps them: the same cookie, the same row.
require_once __DIR__ . '/database.php';

const MOODLE_COOKIE = 'MoodleSession';

function moodle_send_cookie(string $sid, int $expires): void
{
    setcookie(MOODLE_COOKIE, $sid, ['expires' => $expires, 'path' => '/', 'httponly' => true, 'samesite' => 'Lax']);
}

function moodle_presented_sid(): string
{
    $sid = $_COOKIE[MOODLE_COOKIE] ?? '';
    return is_string($sid) ? $sid : '';
}

function moodle_begin_session(int $userid): void
{
    moodle_end_session();
    $sid = bin2hex(random_bytes(16));
    query('moodle', 'INSERT INTO mdl_sessions (state, sid, userid, timecreated, timemodified, firstip, lastip) ' .
                    'VALUES (0, ?, ?, ?, ?, ?, ?)',
          $sid, $userid, time(), time(), $_SERVER['REMOTE_ADDR'], $_SERVER['REMOTE_ADDR']);
    moodle_send_cookie($sid, 0);
}

function moodle_end_session(): void
{
    if (moodle_presented_sid() !== '') {
        query('moodle', 'DELETE FROM mdl_sessions WHERE sid = ?', moodle_presented_sid());
        moodle_send_cookie('', 1);
    }
}

function moodle_has_session(): bool
{
    return (bool)query('moodle', 'SELECT id FROM mdl_sessions WHERE sid = ?', moodle_presented_sid());
}

/** Accounts that may sign in here. @return array<string, int> username => id */
function moodle_accounts(): array
{
    return array_column(query('moodle', 'SELECT id, username FROM mdl_user WHERE deleted = 0 AND suspended = 0 ' .
                                        "AND username NOT IN ('guest', 'admin') ORDER BY id"), 'id', 'username');
}

/** The account that an identity means: Drupal's people by idnumber, Moodle's own by id.
 *  @return array{id: int, username: string, firstname: string, lastname: string, idnumber: string}|null */
function moodle_account(string $source, string $subject): ?array
{
    $column = $source === 'moodle' ? 'id' : 'idnumber';
    return query('moodle', "SELECT id, username, firstname, lastname, idnumber FROM mdl_user WHERE $column = ?",
                 $subject)[0] ?? null;
}

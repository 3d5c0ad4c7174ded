<?php
// SPDX-License-Identifier: Apache-2.0
// index.php -- a stand-in for what Drupal 10.3 and later does with sessions: signing in and out, blocking.
//
// Written from what real Drupal 10 was seen to do; test_43_drupal_at_hand.py holds it, and a real one at hand, to that.
// Its settings come from the environment (SetEnv STANDIN_...); everybody's password is User-pass-1!.
const DOMAIN = '.example.test';

function sql(string $text, array $values = []): array
{
    static $db = null;
    $db ??= new PDO($_SERVER['STANDIN_DSN'], $_SERVER['STANDIN_DBUSER'], $_SERVER['STANDIN_DBPASSWORD'],
        [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    $statement = $db->prepare($text);
    $statement->execute($values);
    return $statement->columnCount() ? $statement->fetchAll(PDO::FETCH_OBJ) : [];
}

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

function hashed(string $text): string
{
    return base64url(hash('sha256', $text, true));
}

function secure(): bool
{
    return ($_SERVER['HTTPS'] ?? '') === 'on';
}

function session_cookie(): string
{
    return (secure() ? 'SSESS' : 'SESS') . substr(hash('sha256', DOMAIN), 0, 32);
}

function root(): string
{
    return (secure() ? 'https://' : 'http://') . $_SERVER['HTTP_HOST'];
}

/** The session's row; an id that nobody knows is taken from the browser. */
function session(): ?object
{
    $id = $_COOKIE[session_cookie()] ?? null;
    if ($id === null) {
        return null;
    }
    $row = sql('SELECT sid, session FROM sessions WHERE sid = ?', [hashed($id)])[0] ?? null;
    if (!$row) {
        forget_cookie();
    }
    return $row;
}

function forget_cookie(): void
{
    header('Set-Cookie: ' . session_cookie() . '=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/; domain='
        . DOMAIN . (secure() ? '; secure' : '') . '; HttpOnly');
}

/** Who is here? The session's data decide, not its row's uid; and nobody who is blocked. */
function user(?object $session): ?object
{
    preg_match('/_sf2_attributes\|a:\d+:\{.*?s:3:"uid";s:\d+:"(\d+)"/', $session->session ?? '', $found);
    return sql('SELECT uid, name FROM users_field_data WHERE uid = ? AND uid > 0 AND status = 1 AND default_langcode = 1',
        [$found[1] ?? 0])[0] ?? null;
}

/** A new id, a new row; the session that was there goes. */
function sign_in(object $user, ?object $old): never
{
    $id = strtr(base64_encode(random_bytes(36)), '+/', ',-');
    $uid = (string)$user->uid;
    $now = time();
    sql('DELETE FROM sessions WHERE sid = ?', [$old->sid ?? '']);
    sql('INSERT INTO sessions (uid, sid, hostname, timestamp, session) VALUES (?, ?, ?, ?, ?)', [$uid, hashed($id),
        $_SERVER['REMOTE_ADDR'], $now, sprintf('_sf2_attributes|a:1:{s:3:"uid";s:%d:"%s";}_sf2_meta|a:4:{s:1:"u";i:%d;'
        . 's:1:"c";i:%d;s:1:"l";i:2000000;s:1:"s";s:43:"%s";}', strlen($uid), $uid, $now, $now, base64url(random_bytes(32)))]);
    setcookie(session_cookie(), $id, ['expires' => $now + 2000000, 'path' => '/', 'domain' => DOMAIN, 'secure' => secure(),
        'httponly' => true, 'samesite' => 'Lax']);
    redirect(root() . "/user/$uid?check_logged_in=1", 303);
}

function redirect(string $to, int $status = 302): never
{
    header("Location: $to", true, $status);
    exit;
}

function page(string $title, string $body = '', int $status = 200): never
{
    http_response_code($status);
    header('X-Frame-Options: SAMEORIGIN');
    echo "<!DOCTYPE html>\n<html lang=\"en\">\n<title>$title</title>\n$body\n</html>\n";
    exit;
}

/** A form that knows by its token that it was made for this session. */
function form(string $id, string $inputs, string $button, ?object $session): string
{
    $token = $session ? '<input type="hidden" name="form_token" value="' . hashed("$id $session->sid") . '">' : '';
    return "<form method=\"post\">$inputs$token<input type=\"hidden\" name=\"form_id\" value=\"$id\">"
        . "<input type=\"submit\" name=\"op\" value=\"$button\"></form>";
}

function is_sent(string $id, ?object $session): bool
{
    return ($_POST['form_id'] ?? '') === $id && (!$session || ($_POST['form_token'] ?? '') === hashed("$id $session->sid"));
}

$session = session();
$user = user($session);
$path = strtok($_SERVER['REQUEST_URI'], '?');
header('Cache-Control: must-revalidate, no-cache, private');
if ($path === '/user/login_status') {
    header('Content-Type: text/plain; charset=UTF-8');
    exit($user ? '1' : '0');
}
if ($path === '/user/login') {
    if ($user) {
        redirect(root() . "/user/$user->uid");
    }
    if (is_sent('user_login_form', null) && $_POST['pass'] === 'User-pass-1!') {
        $found = sql('SELECT uid FROM users_field_data WHERE name = ? AND status = 1 AND default_langcode = 1', [$_POST['name']]);
        if ($found) {
            sign_in($found[0], $session);
        }
    }
    page('Log in', form('user_login_form', '<input name="name"><input type="password" name="pass">', 'Log in', null));
}
if ($path === '/user') {
    redirect(root() . '/user/' . ($user->uid ?? 'login'));
}
if ($path === '/user/logout') {
    redirect($user ? '/user/logout/confirm' : root() . '/');
}
if ($path === '/user/logout/confirm') {
    if (!$user) {
        redirect(root() . '/');
    }
    if (is_sent('user_logout_confirm', $session)) {
        sql('DELETE FROM sessions WHERE sid = ?', [$session->sid]);
        forget_cookie();
        redirect(root() . '/', 303);
    }
    page('Are you sure you want to log out?', form('user_logout_confirm', '', 'Log out', $session));
}
if (preg_match('~^/user/(\d+)/edit$~', $path, $found) && ($user->uid ?? 0) == 1) {
    if (is_sent('user_form', $session)) {
        sql('UPDATE users_field_data SET status = ? WHERE uid = ?', [$_POST['status'], $found[1]]);
        if (!$_POST['status']) {
            sql('DELETE FROM sessions WHERE uid = ?', [$found[1]]);
        }
        redirect(root() . $path, 303);
    }
    page('Edit', form('user_form', '<input type="radio" name="status" value="0"><input type="radio" name="status" value="1" checked>',
        'Save', $session));
}
if (preg_match('~^/user/(\d+)$~', $path, $found)) {
    $own = ($user->uid ?? 0) == $found[1];
    page($own ? htmlspecialchars($user->name) : 'Access denied', '', $own ? 200 : 403);
}
page($user ? 'Welcome, ' . htmlspecialchars($user->name) : 'Welcome!');

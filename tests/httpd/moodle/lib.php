<?php
// SPDX-License-Identifier: Apache-2.0
// lib.php -- a stand-in for what Moodle does with sessions and with people who are not signed in.
//
// Written from what real Moodle 4.2, 4.5 and 5.2 were seen to do; test_69_moodle_stand_in.py compares
// it with those exchanges. Its settings come from the environment (SetEnv STANDIN_...).

function setting(string $name, string $otherwise = ''): string
{
    return $_SERVER["STANDIN_$name"] ?? $otherwise;
}

function wwwroot(): string
{
    return setting('WWWROOT');
}

function db(): PDO
{
    static $db = null;
    $db ??= new PDO(setting('DSN'), setting('DBUSER'), setting('DBPASSWORD'), [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    return $db;
}

function sql(string $text, array $values = []): array
{
    $statement = db()->prepare($text);
    $statement->execute($values);
    return $statement->columnCount() ? $statement->fetchAll(PDO::FETCH_OBJ) : [];
}

/** mdl_sessions: handler "database". */
class Rows implements SessionHandlerInterface
{
    public function open(string $path, string $name): bool { return true; }
    public function close(): bool { return true; }
    public function gc(int $age): int|false { return 0; }
    public function read(string $sid): string|false
    {
        return base64_decode(sql('SELECT sessdata FROM mdl_sessions WHERE sid = ?', [$sid])[0]->sessdata ?? '');
    }
    public function write(string $sid, string $data): bool
    {
        sql('UPDATE mdl_sessions SET sessdata = ? WHERE sid = ?', [base64_encode($data), $sid]);
        return true;
    }
    public function destroy(string $sid): bool
    {
        sql('DELETE FROM mdl_sessions WHERE sid = ?', [$sid]);
        return true;
    }
    public function record(string $sid): ?object
    {
        return sql('SELECT sid, userid, timemodified FROM mdl_sessions WHERE sid = ?', [$sid])[0] ?? null;
    }
    public function add(string $sid, int $userid): void
    {
        sql('INSERT INTO mdl_sessions (state, sid, userid, sessdata, timecreated, timemodified, firstip, lastip) '
            . 'VALUES (0, ?, ?, NULL, ?, ?, ?, ?)',
            [$sid, $userid, time(), time(), $_SERVER['REMOTE_ADDR'], $_SERVER['REMOTE_ADDR']]);
    }
    public function seen(string $sid): void
    {
        sql('UPDATE mdl_sessions SET timemodified = ? WHERE sid = ?', [time(), $sid]);
    }
}

/** A Redis hash per session: handler "redis" since 4.5, which writes no row. */
class Hashes implements SessionHandlerInterface
{
    private Redis $redis;
    public function __construct()
    {
        $this->redis = new Redis();
        $this->redis->connect(setting('REDIS'));
        $this->redis->setOption(Redis::OPT_SERIALIZER, Redis::SERIALIZER_PHP);
    }
    public function open(string $path, string $name): bool { return true; }
    public function close(): bool { return true; }
    public function gc(int $age): int|false { return 0; }
    public function read(string $sid): string|false { return $this->redis->hGet("session_$sid", 'sessdata') ?: ''; }
    public function write(string $sid, string $data): bool
    {
        $this->redis->hSet("session_$sid", 'sessdata', $data);
        return true;
    }
    public function destroy(string $sid): bool
    {
        $record = $this->record($sid);
        $this->redis->unlink("session_$sid");
        if ($record) {
            $this->redis->hDel("user_$record->userid", $sid);
        }
        return true;
    }
    public function record(string $sid): ?object
    {
        $found = $this->redis->hMGet("session_$sid", ['userid', 'timemodified']);
        return $found['userid'] === false ? null : (object)$found;
    }
    public function add(string $sid, int $userid): void
    {
        $this->redis->hMSet("session_$sid", ['id' => $sid, 'state' => 0, 'sid' => $sid, 'userid' => $userid,
            'sessdata' => '', 'timecreated' => time(), 'timemodified' => time(),
            'firstip' => $_SERVER['REMOTE_ADDR'], 'lastip' => $_SERVER['REMOTE_ADDR']]);
        $this->redis->hSet("user_$userid", $sid, time());
    }
    public function seen(string $sid): void { $this->redis->hSet("session_$sid", 'timemodified', time()); }
}

function sessions(): Rows|Hashes
{
    static $sessions = null;
    return $sessions ??= setting('HANDLER') === 'redis' ? new Hashes() : new Rows();
}

/** A new id with a new record, beside it or in place of the old one. */
function renew(int $userid, bool $new = false): void
{
    if (!$new) {
        session_regenerate_id(true);
    }
    sessions()->add(session_id(), $userid);
}

function start_session(): void
{
    $secure = str_starts_with(wwwroot(), 'https:');
    $params = ['path' => rtrim(parse_url(wwwroot(), PHP_URL_PATH) ?? '', '/') . '/', 'secure' => $secure, 'httponly' => true];
    // 4.5.12, 5.0.8, 5.1.5, 5.2.1: Lax for everybody; before, None for Chrome over https.
    if (setting('SAMESITE') === 'Lax') {
        $params['samesite'] = 'Lax';
    } elseif ($secure && preg_match('~Chrome/(\d+)~', $_SERVER['HTTP_USER_AGENT'] ?? '', $found) && $found[1] >= 78) {
        $params['samesite'] = 'None';
    }
    ini_set('session.use_strict_mode', '0');
    ini_set('session.serialize_handler', 'php');
    ini_set('session.cache_limiter', '');
    session_name('MoodleSession' . setting('SESSIONCOOKIE'));
    session_set_cookie_params($params);
    session_set_save_handler(sessions(), true);
    $brought = isset($_COOKIE[session_name()]);
    session_start();
    $record = sessions()->record(session_id());
    $timeout = (int)(sql("SELECT value FROM mdl_config WHERE name = 'sessiontimeout'")[0]->value ?? 28800);
    if (!$record) {
        $_SESSION = [];
        renew(0, !$brought);
    } elseif ($record->userid && $record->timemodified < time() - $timeout) {
        $_SESSION = [];
        renew(0);
        $_SESSION['SESSION'] = (object)['has_timed_out' => true];
    } elseif ($record->timemodified < time() - 20) {
        sessions()->seen(session_id());
    }
    if (setting('ENDS_SESSIONS') !== '' && ($_SESSION['USER']->id ?? 0)) {
        // as with $CFG->tracksessionip, when the address is another
        $_SESSION = [];
        renew(0);
    }
    $_SESSION['USER'] ??= (object)['id' => 0];
    $_SESSION['SESSION'] ??= new stdClass();
}

function user(): object
{
    return $_SESSION['USER'];
}

function wanted(?string $url = null): ?string
{
    if ($url !== null) {
        $_SESSION['SESSION']->wantsurl = $url;
    }
    return $_SESSION['SESSION']->wantsurl ?? null;
}

function forget_wanted(): void
{
    unset($_SESSION['SESSION']->wantsurl);
}

function redirect(string $url): never
{
    // as Moodle does: whoever follows at once finds the session written
    session_write_close();
    header('X-Redirect-By: Moodle');
    header('Expires: Thu, 19 Nov 1981 08:52:00 GMT');
    header('Cache-Control: no-store, no-cache, must-revalidate');
    header("Location: $url", true, 303);
    exit;
}

function html(string $title, string $body = ''): never
{
    header('X-Frame-Options: sameorigin');
    header('Cache-Control: private, pre-check=0, post-check=0, max-age=0, no-transform');
    echo "<!DOCTYPE html>\n<html lang=\"en\">\n<title>$title</title>\n$body\n</html>\n";
    exit;
}

/** Moodle's errors are HTTP 404. */
function refuse(string $message): never
{
    http_response_code(404);
    html('Error', "<p class=\"errormessage\">$message</p>");
}

/** @param ?string $address what the page says of its own, which Moodle remembers rather than what was asked for */
function require_login(?string $address = null): void
{
    if (user()->id == 0) {
        $scheme = parse_url(wwwroot(), PHP_URL_SCHEME) . '://' . parse_url(wwwroot(), PHP_URL_HOST);
        $port = parse_url(wwwroot(), PHP_URL_PORT);
        wanted($scheme . ($port ? ":$port" : '') . ($address ?? $_SERVER['REQUEST_URI']));
        redirect(wwwroot() . '/login/index.php');
    }
    if (!is_set_up(user())) {
        redirect(wwwroot() . '/user/edit.php?id=' . user()->id . '&course=1');
    }
}

function is_set_up(object $user): bool
{
    return $user->firstname !== '' && $user->lastname !== '' && $user->email !== '';
}

function find_user(string $username): ?object
{
    return sql('SELECT id, auth, username, idnumber, firstname, lastname, email, suspended, confirmed FROM mdl_user '
        . 'WHERE username = ? AND deleted = 0 AND mnethostid = 1', [$username])[0] ?? null;
}

/** complete_user_login(): a new id, a new row, the rest of the session stays. */
function sign_in(object $user): void
{
    renew($user->id);
    $user->sesskey = substr(bin2hex(random_bytes(8)), 0, 10);
    $_SESSION['USER'] = $user;
}

/** What is not for guests. Says who is here, and what it needs to leave. */
function page(string $name, ?string $address = null): never
{
    start_session();
    require_login($address);
    $user = user();
    $uri = htmlspecialchars($_SERVER['REQUEST_URI']);
    html("$name: $user->username", "<p id=\"user\">$user->username</p>\n<p id=\"uri\">$uri</p>\n<p id=\"body\">"
        . htmlspecialchars(http_build_query($_POST)) . "</p>\n<a id=\"logout\" href=\"" . wwwroot()
        . "/login/logout.php?sesskey=$user->sesskey\">Log out</a>");
}

/** Scripts that start no session (NO_MOODLE_COOKIES). */
function sessionless(string $name): never
{
    header('Content-Type: application/json');
    echo json_encode(['script' => $name, 'cookies' => array_keys($_COOKIE)]);
    exit;
}

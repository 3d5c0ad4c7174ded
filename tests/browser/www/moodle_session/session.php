<?php
// SPDX-License-Identifier: Apache-2.0
// session.php -- a session as Moodle keeps it: PHP's own functions, rows of mdl_sessions, the cookie of a version.
//
// After lib/classes/session/manager.php and database.php of Moodle 4.2.2, 4.5.6 and 5.2.1: a new id on login, on
// logout and for an unknown cookie; the cookie is sent only when it is new.

final class MoodleSessions implements SessionHandlerInterface
{
    private mysqli $database;

    public function __construct(string $socket)
    {
        mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
        $this->database = new mysqli('localhost', 'moodle', '', 'moodle', null, $socket);
    }

    public function ask(string $sql, string ...$values): ?array
    {
        $statement = $this->database->prepare($sql);
        $statement->execute($values);
        return ($statement->get_result() ?: null)?->fetch_assoc();
    }

    public function add(int $userid): void
    {
        $this->ask(
            'INSERT INTO mdl_sessions (state, sid, userid, timecreated, timemodified, firstip, lastip)
             VALUES (0, ?, ?, ?, ?, ?, ?)',
            session_id(), $userid, time(), time(), $_SERVER['REMOTE_ADDR'], $_SERVER['REMOTE_ADDR']
        );
    }

    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function read(string $sid): string
    {
        $row = $this->ask('SELECT sessdata FROM mdl_sessions WHERE sid = ?', $sid);
        return base64_decode($row['sessdata'] ?? '');
    }

    public function write(string $sid, string $data): bool
    {
        $sql = 'UPDATE mdl_sessions SET sessdata = ?, timemodified = ? WHERE sid = ?';
        $this->ask($sql, base64_encode($data), time(), $sid);
        return true;
    }

    public function destroy(string $sid): bool
    {
        $this->ask('DELETE FROM mdl_sessions WHERE sid = ?', $sid);
        return true;
    }

    public function gc(int $lifetime): int
    {
        return 0;
    }
}

/** SameSite is Lax since 5.2.1; before, None for Chrome from 78 on, and nothing for others. HttpOnly since 4.5. */
function cookie_options(string $version): array
{
    $options = ['lifetime' => 0, 'path' => '/', 'domain' => '', 'secure' => true, 'httponly' => $version !== '4.2.2'];
    if ($version === '5.2.1') {
        $options['samesite'] = 'Lax';
    } elseif (preg_match('#Chrome/([0-9]+)#', $_SERVER['HTTP_USER_AGENT'], $found) && $found[1] >= 78) {
        $options['samesite'] = 'None';
    }
    return $options;
}

function start_session(): MoodleSessions
{
    $sessions = new MoodleSessions($_SERVER['MARIADB_SOCKET']);
    session_set_save_handler($sessions);
    session_name('MoodleSession');
    session_set_cookie_params(cookie_options($_SERVER['MOODLE_VERSION']));
    ini_set('session.use_strict_mode', '0');
    session_start();
    if ($sessions->ask('SELECT id FROM mdl_sessions WHERE sid = ?', session_id()) === null) {
        if (isset($_COOKIE['MoodleSession'])) {
            session_regenerate_id(true);
        }
        $_SESSION = ['logintoken' => bin2hex(random_bytes(16))];
        $sessions->add(0);
    }
    return $sessions;
}

function new_session(MoodleSessions $sessions, int $userid, array $session): void
{
    session_regenerate_id(true);
    $_SESSION = $session;
    $sessions->add($userid);
}

/** Written before the answer leaves, so that the next request finds it. */
function redirect(string $to): never
{
    session_write_close();
    header("Location: $to", true, 303);
    exit;
}

/** The page: who is signed in for PHP and for the module, what cookies PHP has, forms; page.js tells it to the tests. */
function show_page(array $more = []): never
{
    session_write_close();
    header('X-Frame-Options: sameorigin');
    $state = json_encode([
        'php' => $_SESSION['username'] ?? '',
        'module' => $_SERVER['MOODLESSO_USERNAME'] ?? '',
        'sid' => session_id(),
        'names' => array_keys($_COOKIE),
        'header' => $_SERVER['HTTP_COOKIE'] ?? '',
    ] + $more, JSON_THROW_ON_ERROR);
    $logintoken = $_SESSION['logintoken'] ?? '';
    $sesskey = $_SESSION['sesskey'] ?? '';
    echo <<<HTML
    <!DOCTYPE html>
    <html lang="en">
    <title>Moodle</title>
    <script type="application/json" id="state">$state</script>
    <script src="/page.js"></script>
    <form name="login" method="post" action="/login.php">
    <input name="username"><input type="hidden" name="logintoken" value="$logintoken">
    </form>
    <form name="post" method="post" action="/post.php">
    <input name="text"><input type="hidden" name="sesskey" value="$sesskey">
    </form>
    <form name="logout" action="/logout.php"><input type="hidden" name="sesskey" value="$sesskey"></form>
    </html>
    HTML;
    exit;
}

<?php
// SPDX-License-Identifier: Apache-2.0
// keys.php -- what the two entries of the stand-in for auth_userkey share. Its settings: STANDIN_USERKEY_...

/** getremoteaddr(): X-Forwarded-For counts with getremoteaddrconf = 0. */
function address(): string
{
    $forwarded = explode(',', $_SERVER['HTTP_X_FORWARDED_FOR'] ?? '');
    return setting('USERKEY_FORWARDED') !== '' ? trim(end($forwarded)) : $_SERVER['REMOTE_ADDR'];
}

/** For the tests: what was done, in order. */
function note(string $what, string $detail): void
{
    sql('INSERT INTO standin_notes (what, detail, address) VALUES (?, ?, ?)', [$what, $detail, address()]);
}

function answer(array $value): never
{
    header('Content-Type: application/json');
    header('Cache-Control: private, must-revalidate, pre-check=0, post-check=0, max-age=0');
    echo json_encode($value);
    exit;
}

function fail(string $class, string $code, string $message): never
{
    answer(['exception' => $class, 'errorcode' => $code, 'message' => $message]);
}

function invalid(): never
{
    fail('core\exception\invalid_parameter_exception', 'invalidparameter', 'Invalid parameter value detected');
}

function is_clean(string $field, mixed $value): bool
{
    return is_string($value) && match ($field) {
        'email' => filter_var($value, FILTER_VALIDATE_EMAIL) !== false,
        'username' => $value === strtolower($value) && $value !== '',
        // PARAM_HOST
        'ip' => filter_var($value, FILTER_VALIDATE_IP, FILTER_FLAG_IPV4) !== false,
        default => true,
    };
}

/** auth_userkey_request_login_url */
function issue(mixed $given): never
{
    $field = setting('USERKEY_MAPPING', 'email');
    $makes = setting('USERKEY_CREATEUSER') !== '' || setting('USERKEY_UPDATEUSER') !== '';
    $bound = setting('USERKEY_IPRESTRICTION') !== '';
    $allowed = [$field, ...($bound ? ['ip'] : []), ...($makes ? ['firstname', 'lastname', 'email', 'username'] : [])];
    if (!is_array($given) || array_diff(array_keys($given), $allowed) || ($given[$field] ?? '') === '' || $bound && !isset($given['ip'])) {
        invalid();
    }
    foreach ($given as $name => $value) {
        if (!is_clean($name, $value)) {
            invalid();
        }
    }
    $user = sql("SELECT id FROM mdl_user WHERE LOWER($field) = LOWER(?) AND mnethostid = 1", [$given[$field]])[0] ?? null;
    if (!$user && setting('USERKEY_CREATEUSER') !== '' && !array_diff(['firstname', 'lastname', 'email', 'username'], array_keys($given))
        && !sql('SELECT id FROM mdl_user WHERE username = ?', [$given['username']])) {
        sql("INSERT INTO mdl_user (auth, confirmed, policyagreed, deleted, suspended, mnethostid, username, password, idnumber, "
            . "firstname, lastname, email, lang) VALUES ('userkey', 1, 0, 0, 0, 1, ?, '', '', ?, ?, ?, 'en')",
            [$given['username'], $given['firstname'], $given['lastname'], $given['email']]);
        $user = sql('SELECT id FROM mdl_user WHERE username = ?', [$given['username']])[0];
    }
    if (!$user) {
        invalid();
    }
    if (setting('USERKEY_UPDATEUSER') !== '') {
        sql("UPDATE mdl_user SET auth = 'userkey' WHERE id = ?", [$user->id]);
    }
    $key = bin2hex(random_bytes(16));
    sql("DELETE FROM mdl_user_private_key WHERE userid = ? AND script = 'auth/userkey'", [$user->id]);
    sql("INSERT INTO mdl_user_private_key (script, value, userid, iprestriction, validuntil) VALUES ('auth/userkey', ?, ?, ?, ?)",
        [$key, $user->id, $bound ? $given['ip'] : null, time() + (int)setting('USERKEY_LIFETIME', '60')]);
    note('issue', $given[$field]);
    answer(['loginurl' => wwwroot() . "/auth/userkey/login.php?key=$key"]);
}

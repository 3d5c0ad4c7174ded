<?php
// SPDX-License-Identifier: Apache-2.0
// /auth/userkey/login.php: a session for a key of the plugin auth_userkey, once.
require __DIR__ . '/../../lib.php';
require __DIR__ . '/keys.php';
start_session();
$key = $_POST['key'] ?? $_GET['key'] ?? null;
if ($key === null) {
    refuse('A required parameter (key) was missing');
}
if (setting('USERKEY_DISABLED') !== '') {
    refuse('error/The userkey authentication plugin is disabled.');
}
note('redeem', $_SERVER['REQUEST_METHOD']);
$row = sql("SELECT userid, iprestriction, validuntil FROM mdl_user_private_key WHERE script = 'auth/userkey' AND value = ?",
    [preg_replace('/[^A-Za-z0-9]/', '', $key)])[0] ?? null;
$why = match (true) {
    !$row => 'Incorrect key',
    $row->validuntil < time() => 'Expired key',
    $row->iprestriction !== null && $row->iprestriction !== address() => 'Client IP address mismatch',
    default => null,
};
if ($why !== null) {
    if (user()->id != 0) {
        $_SESSION = [];
        renew(0);
    }
    refuse($why);
}
sql('DELETE FROM mdl_user_private_key WHERE userid = ?', [$row->userid]);
$user = sql('SELECT id, auth, username, idnumber, firstname, lastname, email, suspended, confirmed FROM mdl_user WHERE id = ?',
    [$row->userid])[0];
if (user()->id != $user->id) {
    sign_in($user);
    $_SESSION['SESSION']->userkey = true;
}
// the note about a sign-in from a new device fails, the session is there
if ($user->suspended && setting('USERKEY_KNOWN_DEVICE') === '') {
    refuse('Suspended account');
}
$wants = filter_var($_POST['wantsurl'] ?? $_GET['wantsurl'] ?? '', FILTER_VALIDATE_URL);
redirect($wants ?: wwwroot());

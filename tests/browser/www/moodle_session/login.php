<?php
// SPDX-License-Identifier: Apache-2.0
// login.php -- signs in whom the form names, if it came from this very session.
require 'session.php';

$sessions = start_session();
$user = $sessions->ask('SELECT id, username FROM mdl_user WHERE username = ?', $_POST['username']);
if ($user !== null && hash_equals($_SESSION['logintoken'] ?? '', $_POST['logintoken'])) {
    $session = ['username' => $user['username'], 'sesskey' => bin2hex(random_bytes(5))];
    new_session($sessions, $user['id'], $session);
}
redirect('/index.php?page=after-login');

<?php
// SPDX-License-Identifier: Apache-2.0
// launch.php -- an LTI launch: a platform of another site posts who it is; signs that user in.
require '../session.php';

$sessions = start_session();
$user = $sessions->ask('SELECT id, username FROM mdl_user WHERE username = ?', $_POST['username']);
new_session($sessions, $user['id'], ['username' => $user['username'], 'sesskey' => bin2hex(random_bytes(5))]);
redirect('/index.php?page=after-launch');

<?php
// SPDX-License-Identifier: Apache-2.0
// logout.php -- ends the session, if asked by it.
require 'session.php';

$sessions = start_session();
if (hash_equals($_SESSION['sesskey'] ?? '-', $_GET['sesskey'])) {
    new_session($sessions, 0, ['logintoken' => bin2hex(random_bytes(16))]);
}
redirect('/index.php?page=after-logout');

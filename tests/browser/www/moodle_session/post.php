<?php
// SPDX-License-Identifier: Apache-2.0
// post.php -- what is posted, shown if it came from this very session.
require 'session.php';

start_session();
$accepted = hash_equals($_SESSION['sesskey'] ?? '-', $_POST['sesskey'] ?? '');
show_page(['posted' => $accepted ? $_POST['text'] : null]);

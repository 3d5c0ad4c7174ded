<?php
// SPDX-License-Identifier: Apache-2.0
// Who Drupal takes the visitor for.
require '../session.php';
[$name] = query('SELECT u.name FROM sessions s JOIN users_field_data u ON u.uid = s.uid WHERE s.sid = ?',
    [base64url(hash('sha256', $_COOKIE[NAME] ?? '', true))])[0] ?? [''];
echo "<!DOCTYPE html>\n<title>Drupal</title>\n<p id=\"user\">$name</p>\n<p id=\"cookie\">" . isset($_COOKIE[NAME]) . "</p>\n";

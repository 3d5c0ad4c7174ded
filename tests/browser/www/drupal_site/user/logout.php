<?php
// SPDX-License-Identifier: Apache-2.0
// Drupal's logout: the row goes, and the cookie.
require '../session.php';
query('DELETE FROM sessions WHERE sid = ?', [base64url(hash('sha256', $_COOKIE[NAME] ?? '', true))]);
cookie('deleted', 1);
echo "<!DOCTYPE html>\n<title>Drupal</title>\n<p id=\"user\"></p>\n";

<?php
// SPDX-License-Identifier: Apache-2.0
// Drupal's login as its sessions and cookie show it: a new id in the browser, its hash in the table.
require '../session.php';
[$uid] = query('SELECT uid FROM users_field_data WHERE name = ? AND default_langcode = 1', [$_GET['name']])[0];
$id = base64url(random_bytes(36));
query("INSERT INTO sessions (uid, sid, hostname, timestamp, session) VALUES (?, ?, '127.0.0.1', ?, '')",
    [$uid, base64url(hash('sha256', $id, true)), time()]);
cookie($id, time() + 2000000);
echo "<!DOCTYPE html>\n<title>Drupal</title>\n<p id=\"user\">$_GET[name]</p>\n";

<?php
// SPDX-License-Identifier: Apache-2.0
// Where the mobile app has the person's browser sign in: back into the app with a token.
require __DIR__ . '/../../../lib.php';
start_session();
require_login();
header("Location: $_GET[urlscheme]://token=" . base64_encode(md5($_GET['passport']) . ':::a-token'), true, 302);

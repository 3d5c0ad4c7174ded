<?php
// SPDX-License-Identifier: Apache-2.0
// Where people without name or e-mail are kept.
require __DIR__ . '/../lib.php';
start_session();
html('Edit profile', '<p id="user">' . (user()->username ?? '') . '</p>');

<?php
// SPDX-License-Identifier: Apache-2.0
// The front page: for everybody, unless forcelogin.
require __DIR__ . '/lib.php';
if (setting('FORCELOGIN') !== '') {
    page('front');
}
start_session();
html('front', '<p id="user">' . (user()->username ?? '') . '</p>');

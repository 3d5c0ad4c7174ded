<?php
// SPDX-License-Identifier: Apache-2.0
// /login/logout.php: without the right sesskey a question, with it (or for nobody) a new anonymous session.
require __DIR__ . '/../lib.php';
start_session();
$to = wwwroot() . '/';
if (user()->id != 0) {
    if (($_REQUEST['sesskey'] ?? '') !== user()->sesskey) {
        html('Confirm', '<p>Do you really want to log out?</p>');
    }
    if (user()->auth === 'shibboleth' && setting('LOGOUT_HANDLER') !== '') {
        $to = setting('LOGOUT_HANDLER') . '?return=' . urlencode($to);
    }
}
$_SESSION = [];
renew(0);
$_SESSION = ['USER' => (object)['id' => 0], 'SESSION' => new stdClass()];
redirect($to);

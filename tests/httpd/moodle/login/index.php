<?php
// SPDX-License-Identifier: Apache-2.0
// The login page: /login/index.php
require __DIR__ . '/../lib.php';
start_session();
if (isset($_GET['testsession'])) {
    // "we know the cookie works": go where the person wanted to be
    $to = wanted() ?? wwwroot() . '/my/';
    forget_wanted();
    redirect($to);
}
$failed = false;
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $user = find_user(strtolower($_POST['username'] ?? ''));
    if ($user && $user->auth === 'manual' && !$user->suspended && $user->confirmed && ($_POST['password'] ?? '') === 'User-pass-1!') {
        sign_in($user);
        redirect(wwwroot() . "/login/index.php?testsession=$user->id");
    }
    redirect(wwwroot() . '/login/index.php?loginredirect=1');
}
if (!empty($_SESSION['SESSION']->has_timed_out)) {
    unset($_SESSION['SESSION']->has_timed_out);
    redirect(wwwroot() . '/login/index.php?loginredirect=1');
}
if (setting('ALTERNATELOGINURL') !== '' && ($_GET['loginredirect'] ?? '1') !== '0') {
    redirect(setting('ALTERNATELOGINURL'));
}
if (user()->id != 0) {
    html('Confirm', '<p>You are already logged in as ' . user()->username . '</p>');
}
html('Log in to the site', '<form id="login" method="post"><input name="username"><input type="password" name="password"><button>Log in</button></form>');

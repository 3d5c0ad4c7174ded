<?php
// SPDX-License-Identifier: Apache-2.0
// login.php -- the Moodle site's own sign-in: the second source of the demo.
require __DIR__ . '/../lib/moodle_page.php';
require __DIR__ . '/../lib/moodle_session.php';
require __DIR__ . '/../lib/sign_in.php';

$id = signed_in(moodle_accounts());
if ($id !== null) {
    moodle_begin_session($id);
    redirect('/');
}

moodle_page_begin('Moodle’s own sign-in');
?>
<p>Signs you in as Moodle 4.5 does: a row in <code>mdl_sessions</code>, and the cookie
<code><?= e(MOODLE_COOKIE) ?></code>. The module reads both sources. Drupal is asked first, so whoever is signed in
there as well stays who they are there.</p>
<?php
sign_in_form(moodle_accounts());
page_end();

<?php
// SPDX-License-Identifier: Apache-2.0
// reason.php -- the ErrorDocument of the guarded page: why, and where to sign in.
require __DIR__ . '/../lib/moodle_page.php';

const SENTENCES = [
    'NO_CREDENTIAL' => 'Your browser sent no session cookie.',
    'SESSION_UNKNOWN' => 'Your browser sent a session cookie, but that session has ended.',
    'SESSION_TIMED_OUT' => 'Your session was not used for too long.',
    'USER_SUSPENDED' => 'Your account is suspended or blocked.',
];

moodle_page_begin('Please sign in');
?>
<section class="card lead">
<p><?= e(SENTENCES[variable('REASON')] ?? 'httpd could not tell who you are.') ?></p>
<dl class="facts">
<dt>Status</dt><dd><?= e($_SERVER['REDIRECT_STATUS'] ?? '') ?></dd>
<dt>Reason</dt><dd><code><?= e(variable('REASON')) ?></code></dd>
</dl>
<div class="actions">
<a class="button" href="<?= e(url('drupal', '/?for=members')) ?>">Sign in at the Drupal site</a>
<a class="button quiet" href="/login.php">Moodle’s own sign-in</a>
</div>
</section>
<p>httpd answered this itself, from <code>Require valid-user</code>. The reason is in
<code>$_SERVER['MOODLESSO_REASON']</code> and in the header <code>WWW-Authenticate</code>.</p>
<?php page_end();

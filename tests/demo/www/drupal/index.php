<?php
// SPDX-License-Identifier: Apache-2.0
// index.php -- the Drupal site: sign in, or see who you are.
require __DIR__ . '/../lib/page.php';
require __DIR__ . '/../lib/drupal_session.php';
require __DIR__ . '/../lib/sign_in.php';

$visitor = drupal_visitor();
$uid = signed_in(drupal_accounts());
if ($uid !== null) {
    drupal_begin_session($uid);
    // Where the visitor wanted to go, when the Moodle site sent them here.
    redirect(($_GET['for'] ?? '') === 'members' ? url('moodle', '/members.php') : '/');
}

header('X-Frame-Options: SAMEORIGIN');
page_begin('drupal', 'Drupal', $visitor ? "You are {$visitor['name']}" : 'Sign in', [], $visitor
    ? '<p class="pill known">' . e($visitor['name']) . '</p>' : '<p class="pill">not signed in</p>');
?>
<?php if ($visitor === null): ?>
<p>This site signs people in as Drupal 10 does: a row in <code>sessions</code>, and a cookie for
<code><?= e(DRUPAL_COOKIE_DOMAIN) ?></code>. It knows nothing of mod_moodlesso.</p>
<?php sign_in_form(drupal_accounts()) ?>
<?php else: ?>
<p>You are signed in at the Drupal site. The Moodle site, on another name, knows you now:</p>
<div class="actions">
<a class="button" href="<?= e(url('moodle')) ?>">Open the Moodle site</a>
<form method="post" action="/logout.php"><button class="quiet">Sign out</button></form>
</div>
<h2>What Drupal keeps</h2>
<dl class="facts">
<dt>User id</dt><dd><?= e((string)$visitor['uid']) ?></dd>
<dt>E-mail</dt><dd><?= e($visitor['mail']) ?></dd>
<dt>Cookie</dt><dd><code><?= e(drupal_cookie_name()) ?></code> for <code><?= e(DRUPAL_COOKIE_DOMAIN) ?></code></dd>
<dt>Row in <code>sessions</code></dt><dd><code><?= e($visitor['sid']) ?></code><br>
<small>the SHA-256 of the cookie’s value; mod_moodlesso hashes what the browser sends and finds this row</small></dd>
</dl>
<?php endif ?>
<?php page_end();

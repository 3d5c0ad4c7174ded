<?php
// SPDX-License-Identifier: Apache-2.0
// members.php -- a page that httpd shows to known visitors only; PHP checks nothing.
require __DIR__ . '/../lib/moodle_page.php';
require __DIR__ . '/../lib/moodle_session.php';

$account = moodle_account(variable('SOURCE'), variable('SUBJECT'));
moodle_page_begin('Members only');
?>
<section class="card lead">
<p>httpd let <strong><?= e(display_name()) ?></strong> in. This page has no check of its own: nobody unknown gets
as far as PHP.</p>
</section>
<pre><code>&lt;Location "/members.php"&gt;
  AuthType MoodleSSO
  Require valid-user
&lt;/Location&gt;</code></pre>
<h2>Your account in Moodle</h2>
<?php if ($account): ?>
<dl class="facts">
<dt>Username</dt><dd><?= e($account['username']) ?></dd>
<dt>Name</dt><dd><?= e("{$account['firstname']} {$account['lastname']}") ?></dd>
<dt>ID number</dt><dd><?= e($account['idnumber'] ?: 'none') ?></dd>
</dl>
<p><?= variable('SOURCE') === 'drupal'
    ? 'Found by its ID number, which is your user id in Drupal. Names and e-mail addresses change hands; ids do not.'
    : 'Known from Moodle’s own session.' ?></p>
<?php else: ?>
<p>There is none with the ID number <?= e(variable('IDNUMBER')) ?>. A real Moodle would make it now, from the
variables, with its core plugin auth_shibboleth.</p>
<?php endif ?>
<?php page_end();

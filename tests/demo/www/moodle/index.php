<?php
// SPDX-License-Identifier: Apache-2.0
// index.php -- the Moodle site's start page: who is known, and what to try next.
require __DIR__ . '/../lib/moodle_page.php';
require __DIR__ . '/../lib/moodle_session.php';

moodle_page_begin(is_known() ? 'Hello, ' . display_name() : 'Nobody is known yet');
?>
<?php if (is_known()): ?>
<section class="card lead">
<p><strong><?= e(variable('USERNAME')) ?></strong> was known before PHP ran. httpd found the session of
<strong><?= e(variable('SOURCE')) ?></strong> in the request and put the person into the environment; this page
only read <code>MOODLESSO_USERNAME</code>.</p>
</section>
<?php else: ?>
<section class="card lead">
<p>httpd looked before PHP ran and says <code><?= e(variable('REASON')) ?></code>. Sign in at the Drupal site, then
come back: that is all it takes.</p>
<div class="actions"><a class="button" href="<?= e(url('drupal')) ?>">Sign in at the Drupal site</a></div>
</section>
<?php endif ?>
<h2>Try this</h2>
<ul class="tiles">
<li><a href="/variables.php">Variables</a> <span>everything the module tells PHP</span></li>
<li><a href="/members.php">Members</a> <span>a page that httpd itself guards</span></li>
<li><a href="/frames.php">Frames</a> <span>shown inside one site, refused inside another</span></li>
<li><a href="/configuration.php">Configuration</a> <span>the lines behind all this</span></li>
<li><a href="<?= e(url('drupal')) ?>">The Drupal site</a> <span>sign out there and reload here</span></li>
<li><a href="/login.php">Moodle’s own sign-in</a> <span>the second source</span></li>
</ul>
<?php if (moodle_has_session()): ?>
<form method="post" action="/logout.php"><button class="quiet">Sign out of Moodle</button></form>
<?php endif ?>
<?php page_end();

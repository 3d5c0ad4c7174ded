<?php
// SPDX-License-Identifier: Apache-2.0
// variables.php -- every variable that mod_moodlesso gives to PHP.
require __DIR__ . '/../lib/moodle_page.php';

moodle_page_begin('What PHP sees');
?>
<p>These were in <code>$_SERVER</code> when PHP started.
<?php if (is_known()): ?>
Sign out at <a href="<?= e(url('drupal')) ?>">the Drupal site</a> and reload to see them go.
<?php else: ?>
There are more of them once you <a href="<?= e(url('drupal')) ?>">sign in at the Drupal site</a>.
<?php endif ?></p>
<div class="scroll">
<table>
<thead><tr><th scope="col">Variable</th><th scope="col">Value</th></tr></thead>
<tbody>
<?php foreach (variables() as $name => $value): ?>
<tr><th scope="row"><code><?= e($name) ?></code></th><td><?= e($value) ?></td></tr>
<?php endforeach ?>
</tbody>
</table>
</div>
<h2>Can they be forged?</h2>
<p>Try it in a terminal. Look-alikes are dropped from every request, whatever their spelling:</p>
<pre><code>curl -H 'MOODLESSO_USERNAME: admin' \
     -H 'moodlesso-username: admin' \
     <?= e(url('moodle', '/variables.php')) ?></code></pre>
<?php page_end();

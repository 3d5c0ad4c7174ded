<?php
// SPDX-License-Identifier: Apache-2.0
// index.php -- another site that shows the Moodle site in a frame: one is allowed to, one is not.
require __DIR__ . '/../lib/page.php';

$is_allowed = str_starts_with($_SERVER['HTTP_HOST'], 'teams.');
$site = $is_allowed ? 'teams' : 'foreign';

page_begin($site, ...$is_allowed ? ['Teams', 'A tab with Moodle in it'] : ['Foreign site', 'Somebody else’s page']);
?>
<iframe class="tall" src="<?= e(url('moodle')) ?>" title="The Moodle site"></iframe>
<p><?= $is_allowed
    ? 'MoodleSSOFrameAncestors names this site, so the browser shows Moodle above. '
    : 'MoodleSSOFrameAncestors does not name this site, so the browser refuses to show Moodle above. ' ?>
<a href="<?= e(url('moodle', '/frames.php')) ?>" target="_top">How it works</a></p>
<?php page_end();

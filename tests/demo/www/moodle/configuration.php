<?php
// SPDX-License-Identifier: Apache-2.0
// configuration.php -- the very lines that httpd has read for this site.
require __DIR__ . '/../lib/moodle_page.php';

$lines = file(dirname(__DIR__, 2) . '/moodle.conf', FILE_IGNORE_NEW_LINES);
$listing = array_slice($lines, 2); // without the licence and the description

/** A line as HTML: comments dim, our directives strong. */
function highlight(string $line): string
{
    return preg_replace(['/^(\s*)(MoodleSSO\w+)/', '/^(\s*#.*)$/'], ['$1<b>$2</b>', '<i>$1</i>'], e($line));
}

moodle_page_begin('The configuration');
?>
<p>This is all that was added to httpd for the Moodle site, read from the file that httpd includes. Drupal and Moodle
were not touched.</p>
<pre class="listing"><code><?= trim(implode("\n", array_map('highlight', $listing))) ?></code></pre>
<?php page_end();

<?php
// SPDX-License-Identifier: Apache-2.0
// frames.php -- the Moodle site inside an allowed and inside a foreign site, and why they differ.
require __DIR__ . '/../lib/moodle_page.php';

const OF_FRAMES = '/^(X-Frame-Options|Content-Security-Policy):/i';
const CAPTIONS = ['teams' => 'Allowed: you see the Moodle page', 'foreign' => 'Foreign: the browser refuses'];

/** The headers of the start page as a browser receives them: asked of our own httpd. @return list<string> */
function received(): array
{
    $context = stream_context_create(['http' => ['method' => 'HEAD', 'timeout' => 2, 'ignore_errors' => true,
                                                 'header' => "Host: {$_SERVER['HTTP_HOST']}\r\nConnection: close"]]);
    @file_get_contents("http://127.0.0.1:{$_SERVER['SERVER_PORT']}/", false, $context);
    return array_values(preg_grep(OF_FRAMES, $http_response_header ?? []));
}

/** A line per header and directive; words that are not among the others stand in $tag.
 *  @param list<string> $headers @param list<string> $others */
function compare(array $headers, array $others, string $tag): string
{
    $text = str_replace('; ', ";\n    ", implode("\n", $headers));
    $known = preg_split('/[\s;]+/', implode(' ', $others));
    return preg_replace_callback('/[^\s;]+/', fn($word) => in_array($word[0], $known)
        ? e($word[0]) : "<$tag>" . e($word[0]) . "</$tag>", $text);
}

moodle_page_begin('In a frame');
$sent = array_values(preg_grep(OF_FRAMES, headers_list()));
$received = received();
?>
<p>Two other sites show this Moodle in a frame. <code>MoodleSSOFrameAncestors</code> names the first, not the
second.</p>
<div class="pair">
<?php foreach (CAPTIONS as $site => $caption): ?>
<figure>
<figcaption><?= e($caption) ?><br><a href="<?= e(url($site)) ?>"><?= e(substr(url($site, ''), 7)) ?></a></figcaption>
<iframe src="<?= e(url($site)) ?>" title="<?= e($caption) ?>"></iframe>
</figure>
<?php endforeach ?>
</div>
<h2>What the application sent</h2>
<pre><code><?= compare($sent, $received, 'del') ?></code></pre>
<p>Moodle itself sends the first, plugins such as local_csp the second. Both forbid every foreign frame.</p>
<h2>What the browser received</h2>
<pre><code><?= compare($received, $sent, 'ins') ?></code></pre>
<p>The module united its list with the application’s and left every other word alone. <code>X-Frame-Options</code>
cannot name sites and would contradict the list, so it is gone.</p>
<p><small>All names of this demo belong to one site, demo.localhost, so the browser sends the session cookies in
frames, too. The real Teams is another site than your Moodle: there, browsers hold cookies back unless they are marked
<code>SameSite=None</code>.</small></p>
<?php page_end();

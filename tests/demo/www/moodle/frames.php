<?php
// SPDX-License-Identifier: Apache-2.0
// frames.php -- the Moodle site inside an allowed and inside a foreign site, and why they differ.
require __DIR__ . '/../lib/moodle_page.php';

const OF_FRAMES = '/^(X-Frame-Options|Content-Security-Policy):/i';

/** The headers of the start page as a browser receives them: asked of our own httpd. @return list<string> */
function received(): array
{
    $context = stream_context_create(['http' => ['method' => 'HEAD', 'timeout' => 2, 'ignore_errors' => true,
                                                 'header' => "Host: {$_SERVER['HTTP_HOST']}\r\nConnection: close"]]);
    @file_get_contents("http://127.0.0.1:{$_SERVER['SERVER_PORT']}/", false, $context);
    return array_values(preg_grep(OF_FRAMES, $http_response_header ?? []));
}

/** @param list<string> $headers */
function show_headers(array $headers): void
{
    echo '<pre><code>' . e(implode("\n", $headers)) . '</code></pre>';
}

moodle_page_begin('In a frame');
?>
<p>Two other sites show this Moodle in a frame. <code>MoodleSSOFrameAncestors</code> names the first, not the second.</p>
<div class="pair">
<?php foreach (['teams' => 'Allowed: you see the Moodle page', 'foreign' => 'Foreign: the browser refuses'] as $site => $caption): ?>
<figure>
<figcaption><?= e($caption) ?><br><a href="<?= e(url($site)) ?>"><?= e(substr(url($site, ''), 7)) ?></a></figcaption>
<iframe src="<?= e(url($site)) ?>" title="<?= e($caption) ?>"></iframe>
</figure>
<?php endforeach ?>
</div>
<h2>What the application sent</h2>
<?php show_headers(array_values(preg_grep(OF_FRAMES, headers_list()))) ?>
<p>Both headers forbid every foreign frame, as Moodle and its plugins do.</p>
<h2>What the browser received</h2>
<?php show_headers(received()) ?>
<p>The module united its list with the application’s and left every other word alone. <code>X-Frame-Options</code>
cannot name sites and would contradict the list, so it is gone.</p>
<p><small>Here all names belong to one site, demo.localhost, so the browser sends the session cookies in frames, too.</small></p>
<?php page_end();

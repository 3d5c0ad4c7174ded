<?php
// SPDX-License-Identifier: Apache-2.0
// page.php -- what every page begins and ends with, and how a value becomes HTML.

function e(?string $value): string
{
    return htmlspecialchars($value ?? '', ENT_QUOTES | ENT_SUBSTITUTE | ENT_HTML5, 'UTF-8');
}

/** A page of one of the demo's sites: drupal, moodle, teams, foreign. */
function url(string $site, string $path = '/'): string
{
    return "http://$site.demo.localhost:{$_SERVER['SERVER_PORT']}$path";
}

function redirect(string $url): never
{
    header("Location: $url", true, 303);
    exit;
}

function is_post(): bool
{
    return $_SERVER['REQUEST_METHOD'] === 'POST';
}

function posted(string $name): string
{
    $value = $_POST[$name] ?? '';
    return is_string($value) ? $value : '';
}

/** @param array<string, string> $links label => address */
function navigation(array $links): string
{
    $items = '';
    foreach ($links as $label => $address) {
        $here = $address === strtok($_SERVER['REQUEST_URI'], '?') ? ' aria-current="page"' : '';
        $items .= '<li><a href="' . e($address) . "\"$here>" . e($label) . '</a></li>';
    }
    return "<nav aria-label=\"Pages\"><ul>$items</ul></nav>";
}

/** @param array<string, string> $links see navigation() */
function page_begin(string $site, string $name, string $title, array $links = [], string $pill = ''): void
{
    header('Cache-Control: no-store');
    ?>
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title><?= e("$title – $name") ?></title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/style.css">
</head>
<body class="<?= e($site) ?>">
<header>
<div class="bar">
<a class="brand" href="/"><?= e($name) ?> <small>stand-in</small></a>
<?= $pill ?>
</div>
<?= $links ? navigation($links) : '' ?>
</header>
<main>
<h1><?= e($title) ?></h1>
<?php
}

function page_end(): void
{
    ?>
</main>
<footer><p>The demo of mod_moodlesso. Users and sessions live in small SQLite files, made afresh at each
start.</p></footer>
</body>
</html>
<?php
}

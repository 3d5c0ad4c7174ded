<?php
// SPDX-License-Identifier: Apache-2.0
// moodle_page.php -- a page of the Moodle site: its headers, its navigation, who is known.
require_once __DIR__ . '/page.php';
require_once __DIR__ . '/visitor.php';

/** As Moodle itself (X-Frame-Options) and a plugin like local_csp send them: no foreign frames. */
function moodle_send_headers(): void
{
    header('X-Frame-Options: sameorigin');
    $sites = url('*', '');
    header("Content-Security-Policy: default-src 'self'; frame-src 'self' $sites; frame-ancestors 'self'");
}

function moodle_pill(): string
{
    if (!is_known())
        return '<p class="pill">nobody known</p>';
    return '<p class="pill known">' . e(display_name()) . ' <small>by ' . e(variable('SOURCE')) . '</small></p>';
}

function moodle_page_begin(string $title): void
{
    moodle_send_headers();
    page_begin('moodle', 'Moodle', $title, [
        'Start' => '/', 'Variables' => '/variables.php', 'Members' => '/members.php', 'Frames' => '/frames.php',
        'Configuration' => '/configuration.php', 'whoami' => '/moodlesso-whoami', 'status' => '/moodlesso-status',
    ], moodle_pill());
}

<?php
// SPDX-License-Identifier: Apache-2.0
// logout.php -- the Moodle site: end Moodle's session; Drupal's, if any, still counts.
require __DIR__ . '/../lib/moodle_page.php';
require __DIR__ . '/../lib/moodle_session.php';

if (is_post())
    moodle_end_session();
redirect('/');

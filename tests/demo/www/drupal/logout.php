<?php
// SPDX-License-Identifier: Apache-2.0
// logout.php -- the Drupal site: end the session, its row and its cookie.
require __DIR__ . '/../lib/page.php';
require __DIR__ . '/../lib/drupal_session.php';

if (is_post())
    drupal_end_session();
redirect('/');

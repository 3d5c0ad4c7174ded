<?php
// SPDX-License-Identifier: Apache-2.0
// index.php -- a page that anybody may see.
require 'session.php';

start_session();
show_page(['page' => $_GET['page'] ?? '']);

<?php
// SPDX-License-Identifier: Apache-2.0
require __DIR__ . '/../lib.php';
page('profile', '/user/profile.php?id=0');

<?php
// SPDX-License-Identifier: Apache-2.0
// course.php -- a page for those who are signed in, with a session cookie of its own as Moodle 5.2.1 sets it; page.js
// tells who is known.
header('X-Frame-Options: sameorigin');
if (!isset($_COOKIE['MoodleSession'])) {
    header('Set-Cookie: MoodleSession=' . bin2hex(random_bytes(8)) . '; path=/; secure; HttpOnly; SameSite=Lax');
}
$state = json_encode([
    'module' => $_SERVER['MOODLESSO_USERNAME'] ?? '',
    'issuer' => $_SERVER['MOODLESSO_ISSUER'] ?? '',
    'query' => $_SERVER['QUERY_STRING'],
    'cookies' => array_keys($_COOKIE),
], JSON_THROW_ON_ERROR | JSON_HEX_TAG);
?>
<!DOCTYPE html>
<html lang="en">
<title>Course</title>
<script type="application/json" id="state"><?= $state ?></script>
<script src="/page.js"></script>
</html>

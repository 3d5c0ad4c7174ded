<?php
// SPDX-License-Identifier: Apache-2.0
// view.php -- a page that forbids frames of other sites as Moodle's send_headers() does.
header('X-Frame-Options: sameorigin');
?>
<!DOCTYPE html>
<html lang="en">
<title>Course</title>
<script src="/shown.js"></script>
<p>The course page.</p>
</html>

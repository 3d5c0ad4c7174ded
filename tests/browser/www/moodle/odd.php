<?php
// SPDX-License-Identifier: Apache-2.0
// odd.php -- a page with the policy that ?policy= asks for, and X-Frame-Options as Moodle sends it.
header('X-Frame-Options: sameorigin');
header('Content-Security-Policy: ' . $_GET['policy']);
?>
<!DOCTYPE html>
<html lang="en">
<title>Odd</title>
<script src="/shown.js"></script>
<p>The page with an odd policy.</p>
</html>

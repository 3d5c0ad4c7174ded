<?php
// SPDX-License-Identifier: Apache-2.0
// missing.php -- an error page of the application.
http_response_code(404);
header('X-Frame-Options: sameorigin');
?>
<!DOCTYPE html>
<html lang="en">
<title>Error</title>
<script src="/shown.js"></script>
<p>The application cannot find it.</p>
</html>

<?php
// SPDX-License-Identifier: Apache-2.0
// activity.php -- a page that frames another page of the same site, as H5P and SCORM activities do.
header('X-Frame-Options: sameorigin');
?>
<!DOCTYPE html>
<html lang="en">
<title>Activity</title>
<script src="/shown.js"></script>
<p>The activity page.</p>
<iframe src="view.php"></iframe>
</html>

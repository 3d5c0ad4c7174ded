<?php
// SPDX-License-Identifier: Apache-2.0
// probe.php -- sets the cookies that ?set[]= asks for, and says which ones the browser sent.
header('X-Frame-Options: sameorigin');
foreach ($_GET['set'] ?? [] as $line) {
    header("Set-Cookie: $line", false);
}
$state = json_encode(['names' => array_keys($_COOKIE), 'values' => array_values($_COOKIE)], JSON_THROW_ON_ERROR);
?>
<!DOCTYPE html>
<html lang="en">
<title>Probe</title>
<script type="application/json" id="state"><?= $state ?></script>
<script src="/page.js"></script>
</html>

<?php
// SPDX-License-Identifier: Apache-2.0
// authorize.php -- the authorization endpoint of a provider at which carol is signed in. The code holds what was asked
// for, so that the token endpoint (microsoft.mjs) needs to remember nothing.
$code = json_encode(['challenge' => $_GET['code_challenge'], 'nonce' => $_GET['nonce'], 'person' => 'carol'], JSON_THROW_ON_ERROR);
$back = http_build_query(['state' => $_GET['state'], 'code' => rtrim(strtr(base64_encode($code), '+/', '-_'), '=')]);
header('Cache-Control: no-store');
header("Location: {$_GET['redirect_uri']}?$back", true, 303);

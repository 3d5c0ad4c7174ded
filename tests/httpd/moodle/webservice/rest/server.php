<?php
// SPDX-License-Identifier: Apache-2.0
// The web service over REST, with the one function of auth_userkey, where STANDIN_USERKEY_TOKEN says so.
require __DIR__ . '/../../lib.php';
if (setting('USERKEY_TOKEN') === '') {
    sessionless('webservice');
}
require __DIR__ . '/../../auth/userkey/keys.php';
if (setting('WEBSERVICES_OFF') !== '') {
    http_response_code(403);
    exit;
}
$given = array_merge($_GET, $_POST);
if (setting('MAINTENANCE') !== '') {
    fail('core\exception\moodle_exception', 'sitemaintenance', 'The site is undergoing maintenance and is currently not available');
}
if (!isset($given['wsfunction'])) {
    invalid();
}
$is_of_service = ($given['wstoken'] ?? '') === setting('USERKEY_TOKEN');
if (!$is_of_service && ($given['wstoken'] ?? '') !== 'another-service') {
    fail('core\exception\moodle_exception', 'invalidtoken', 'Invalid token - token not found');
}
if ($given['wsfunction'] !== 'auth_userkey_request_login_url') {
    fail('dml_missing_record_exception', 'invalidrecord', "Can't find data record in database table external_functions.");
}
if (!$is_of_service || setting('USERKEY_DISABLED') !== '') {
    fail('webservice_access_exception', 'accessexception', 'Access control exception');
}
if (array_diff(array_keys($given), ['wstoken', 'wsfunction', 'moodlewsrestformat', 'user'])) {
    invalid();
}
issue($given['user'] ?? null);

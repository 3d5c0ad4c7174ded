<?php
// SPDX-License-Identifier: Apache-2.0
// /auth/shibboleth/index.php: an account and a session from the server's environment.
require __DIR__ . '/../../lib.php';
start_session();

/** Several values stand in one, between ';': the first counts. */
function attribute(string $name): string
{
    return strip_tags(explode(';', $_SERVER[$name] ?? '')[0]);
}

/** What the profile's field is filled from, as its settings field_map_... say. */
function field(string $name): string
{
    return attribute(setting('FIELDS', 'MOODLESSO_') . $name);
}

function go(?string $default = null): never
{
    $to = wanted();
    forget_wanted();
    redirect($to !== null && str_starts_with($to, wwwroot()) ? $to : wwwroot() . ($default ?? '/'));
}

// PARAM_LOCALURL; a page that the session already wants comes first
$target = $_GET['target'] ?? '';
if (str_starts_with($target, wwwroot() . '/') && wanted() === null) {
    wanted($target);
}
if (user()->id != 0) {
    go();
}
$attribute = setting('USER_ATTRIBUTE', 'MOODLESSO_USERNAME');
if (($_SERVER[$attribute] ?? '') === '') {
    refuse("Shibboleth authentication doesn't seem to be set up correctly because no Shibboleth environment variables are present");
}
$username = strtolower(attribute($attribute));
if (preg_match('/[^a-z0-9._@-]/', $username)) {
    refuse('The username contains characters that are not allowed');
}
$user = find_user($username);
if ($user && ($user->auth !== 'shibboleth' || $user->suspended)
    || !$user && setting('PREVENTACCOUNTCREATION') !== '') {
    refuse('You seem to be Shibboleth authenticated but Moodle has no valid account for your username.');
}
if (!$user) {
    sql("INSERT INTO mdl_user (auth, confirmed, policyagreed, deleted, suspended, mnethostid, username, password, idnumber, "
        . "firstname, lastname, email, lang) VALUES ('shibboleth', 1, 0, 0, 0, 1, ?, 'not cached', ?, ?, ?, ?, 'en')",
        [$username, field('IDNUMBER'), field('GIVEN_NAME'), field('FAMILY_NAME'), field('EMAIL')]);
    $user = find_user($username);
}
sign_in($user);
if (!is_set_up($user)) {
    redirect(wwwroot() . "/user/edit.php?id=$user->id&course=1");
}
go('/my/');

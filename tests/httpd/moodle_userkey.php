<?php
// SPDX-License-Identifier: Apache-2.0
// moodle_userkey.php FOLDER -- sets up the plugin auth_userkey in a Moodle at hand that has it, and prints a token for it.
//
// FOLDER is where config.php is; run it as an account that may write moodledata. The account "keymaker" it makes may do
// what the plugin's README asks for and nothing else. Never for a site with users of its own.
define('CLI_SCRIPT', true);
require $argv[1] . '/config.php';
require_once $CFG->dirroot . '/user/lib.php';
require_once $CFG->dirroot . '/webservice/lib.php';

\core\plugininfo\auth::enable_plugin('userkey', 1);
foreach (['mappingfield' => 'username', 'createuser' => 1, 'updateuser' => 0, 'iprestriction' => 0, 'ssourl' => ''] as $name => $value) {
    set_config($name, $value, 'auth_userkey');
}
set_config('enablewebservices', 1);
set_config('webserviceprotocols', implode(',', array_unique([...array_filter(explode(',', $CFG->webserviceprotocols ?? '')), 'rest'])));

$everywhere = context_system::instance();
$maker = $DB->get_field('user', 'id', ['username' => 'keymaker']) ?: user_create_user(['username' => 'keymaker',
    'auth' => 'webservice', 'firstname' => 'Key', 'lastname' => 'Maker', 'email' => 'keymaker@example.test',
    'mnethostid' => $CFG->mnet_localhost_id, 'confirmed' => 1], false);
$role = $DB->get_field('role', 'id', ['shortname' => 'keymaker']) ?: create_role('Key maker', 'keymaker', '');
foreach (['auth/userkey:generatekey', 'webservice/rest:use'] as $capability) {
    assign_capability($capability, CAP_ALLOW, $role, $everywhere->id, true);
}
role_assign($role, $maker, $everywhere->id);

$service = $DB->get_record('external_services', ['component' => 'auth_userkey'], '*', MUST_EXIST);
if (!$DB->record_exists('external_services_users', ['externalserviceid' => $service->id, 'userid' => $maker])) {
    (new webservice())->add_ws_authorised_user((object) ['externalserviceid' => $service->id, 'userid' => $maker]);
}
$DB->delete_records('external_tokens', ['userid' => $maker]);
echo \core_external\util::generate_token(EXTERNAL_TOKEN_PERMANENT, $service, $maker, $everywhere), "\n";

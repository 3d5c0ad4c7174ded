<?php
// SPDX-License-Identifier: Apache-2.0
// drupal_accounts.php FOLDER -- makes the people of the tests in a Drupal at hand, 8 and later, and resets them.
//
// FOLDER is its document root; run it as the account that may read its settings.php. Everybody's password is
// User-pass-1!; "admin" may administer users. Never for a site with users of its own.
use Drupal\Core\DrupalKernel;
use Drupal\field\Entity\FieldConfig;
use Drupal\field\Entity\FieldStorageConfig;
use Drupal\user\Entity\Role;
use Drupal\user\Entity\User;
use Symfony\Component\HttpFoundation\Request;

$people = [
    'alice' => ['Alice', 'Liddell', ['teacher'], 1], 'bobby' => ['Bob', 'Builder', [], 1],
    'carol' => ['Carol', 'Blocked', [], 0], 'admin' => ['Ad', 'Min', ['warden'], 1],
];

chdir($argv[1]);
$loader = require 'autoload.php';
$request = Request::create('https://drupal.example.test/', 'GET', [], [], [], ['SCRIPT_NAME' => '/index.php']);
$kernel = DrupalKernel::createFromRequest($request, $loader, 'prod');
$kernel->boot();
$kernel->preHandle($request);

foreach (['field_first_name', 'field_last_name'] as $name) {
    if (!FieldStorageConfig::loadByName('user', $name)) {
        FieldStorageConfig::create(['field_name' => $name, 'entity_type' => 'user', 'type' => 'string'])->save();
        FieldConfig::create(['field_name' => $name, 'entity_type' => 'user', 'bundle' => 'user', 'label' => $name])->save();
    }
}
foreach (['teacher' => [], 'warden' => ['administer users', 'access user profiles']] as $id => $permissions) {
    $role = Role::load($id) ?? Role::create(['id' => $id, 'label' => $id]);
    array_map($role->grantPermission(...), $permissions);
    $role->save();
}
foreach ($people as $name => [$given, $family, $roles, $status]) {
    $user = user_load_by_name($name) ?: User::create(['name' => $name]);
    $user->set('mail', "$name@example.test")->set('roles', $roles)->set('status', $status)->setPassword('User-pass-1!');
    $user->set('field_first_name', $given)->set('field_last_name', $family)->save();
}

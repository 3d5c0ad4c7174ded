<?php
// SPDX-License-Identifier: Apache-2.0
// session.php -- the name, id and cookie of Drupal's sessions with cookie_domain .example.test, 8 and later.
const NAME = 'SSESS574595f559df59f0217e4bc3cf2c3ce9';

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

function query(string $sql, array $values): array
{
    static $db = null;
    $db ??= new PDO("mysql:unix_socket=$_SERVER[MARIADB_SOCKET];dbname=drupal", 'moodle', '');
    $statement = $db->prepare($sql);
    $statement->execute($values);
    return $statement->columnCount() ? $statement->fetchAll(PDO::FETCH_NUM) : [];
}

function cookie(string $value, int $expires): void
{
    setcookie(NAME, $value, ['expires' => $expires, 'path' => '/', 'domain' => '.example.test', 'secure' => true,
        'httponly' => true, 'samesite' => 'Lax']);
}

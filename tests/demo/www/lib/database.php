<?php
// SPDX-License-Identifier: Apache-2.0
// database.php -- one of the demo's databases, and statements with arguments.

function database(string $name): PDO
{
    static $open = [];
    return $open[$name] ??= new PDO('sqlite:' . dirname(__DIR__, 2) . "/db/$name.db", options: [
        PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC, PDO::ATTR_TIMEOUT => 5]);
}

/** @return list<array<string, mixed>> */
function query(string $database, string $sql, mixed ...$arguments): array
{
    $statement = database($database)->prepare($sql);
    $statement->execute($arguments);
    return $statement->fetchAll();
}

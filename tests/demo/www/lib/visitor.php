<?php
// SPDX-License-Identifier: Apache-2.0
// visitor.php -- who asks, as mod_moodlesso put it into PHP's environment.

function is_known(): bool
{
    return isset($_SERVER['MOODLESSO_USERNAME']);
}

/** A variable of the module, '' when it set none. */
function variable(string $name): string
{
    return $_SERVER["MOODLESSO_$name"] ?? '';
}

/** First and last name where the source knows them, else the username. */
function display_name(): string
{
    $full = variable('NAME') ?: trim(variable('GIVEN_NAME') . ' ' . variable('FAMILY_NAME'));
    return $full ?: variable('USERNAME');
}

/** Everything the module says of this request. @return array<string, string> */
function variables(): array
{
    $ours = fn($name) => str_starts_with($name, 'MOODLESSO_') || $name === 'REMOTE_USER' || $name === 'AUTH_TYPE';
    $found = array_filter($_SERVER, $ours, ARRAY_FILTER_USE_KEY);
    ksort($found);
    return $found;
}

<?php
// SPDX-License-Identifier: Apache-2.0
// sign_in.php -- the form with which a demo user signs in, and its check.

const DEMO_PASSWORD = 'demo'; // of everybody: these people do not exist

/** Who has just signed in by the form: an id out of $accounts, or null.
 *  @param array<string, int> $accounts name => id */
function signed_in(array $accounts): ?int
{
    return is_post() && posted('password') === DEMO_PASSWORD ? $accounts[posted('name')] ?? null : null;
}

/** @param array<string, int> $accounts name => id */
function sign_in_form(array $accounts): void
{
    if (is_post())
        echo '<p class="alert" role="alert">This name and this password do not go together.</p>';
    ?>
<form method="post" class="card">
<p><label for="name">User</label>
<select id="name" name="name" autocomplete="off">
<?php foreach (array_keys($accounts) as $name): ?>
<option><?= e((string)$name) ?></option>
<?php endforeach ?>
</select></p>
<p><label for="password">Password <small>(of all of them: <kbd><?= e(DEMO_PASSWORD) ?></kbd>)</small></label>
<input id="password" name="password" type="password" value="<?= e(DEMO_PASSWORD) ?>" autocomplete="off" required></p>
<p><button>Sign in</button></p>
</form>
<?php
}

# SPDX-License-Identifier: Apache-2.0
"""Accounts of providers that are linked to a username: in the store of every kind, and as people meet them."""
import pytest

from test_60_store import Store


@pytest.fixture
def store(database, run):
    return Store(database, run, "accounts")


# -- the store --------------------------------------------------------------------------------------------


def test_an_account_is_linked_once_however_many_ask(store):
    names = [f"user{i}" for i in range(8)]
    store.drive("prepare")
    processes = [store.begin("link", "s1", name, 0) for name in names]
    won = [name for name, process in zip(names, processes) if process.communicate(timeout=60)[0] == "yes\n"]
    assert len(won) == 1
    assert store.drive("linked", "s1") == [f"{won[0]} -"]


def test_a_name_is_made_for_one_account_however_many_ask(store):
    store.drive("prepare")
    processes = [store.begin("link", f"s{i}", "alice", 1) for i in range(8)]
    assert sorted(p.communicate(timeout=60)[0] for p in processes) == ["no\n"] * 7 + ["yes\n"]
    assert [len(store.execute("SELECT hash FROM moodlesso_links"))] == [1]


def test_the_last_way_in_stays_however_many_remove(store):
    store.drive("prepare")
    for _ in range(3):
        for i in range(6):
            store.drive("link", f"s{i}", "alice", 0)
        processes = [store.begin("unlink", f"s{i}", "alice") for i in range(6)]
        out = [p.communicate(timeout=60)[0] for p in processes]
        left = store.execute("SELECT subject FROM moodlesso_links")
        assert len(left) >= 1, out
        assert out.count("yes\n") == 6 - len(left)
        store.execute("DELETE FROM moodlesso_links")


def test_texts_come_back_as_they_were(store):
    store.drive("prepare")
    assert store.drive("link", "s1", "älice 山田 😀", 0) == ["yes"]
    assert store.drive("link", "S1", "ALICE", 0) == ["yes"], "capitals count"
    assert store.drive("linked", "s1") == ["älice 山田 😀 -"]
    assert store.drive("choose", "s1", "älice 山田 😀") == ["yes"]
    assert store.drive("choose", "s1", "bob") == ["no"]
    assert store.drive("linked", "s1") == ["älice 山田 😀 s1"]
    assert store.execute("SELECT label FROM moodlesso_links WHERE username = %s", "ALICE")[0][0] == "Älice"

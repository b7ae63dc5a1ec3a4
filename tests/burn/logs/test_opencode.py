"""OpenCode's hard cases: its database while it is written, locked, copied or of another version; forks; older files."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from support.log_reading import AT_MS, Kept, write

SCHEMA = (
    "CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, time_created INTEGER, data TEXT NOT NULL)"
)


def message(sent=10, output=20, reasoning=5, read=300, written=40, *, at=AT_MS, done=1000, cost=0, **more):
    tokens = {"input": sent, "output": output, "reasoning": reasoning, "cache": {"read": read, "write": written}}
    time = {"created": at} if done is None else {"created": at, "completed": at + done}
    said = {"role": "assistant", "modelID": "claude-sonnet-4-5", "providerID": "anthropic", "time": time}
    return said | {"cost": cost, "tokens": tokens} | more


@pytest.fixture
def path(tmp_path):
    made = tmp_path / ".local/share/opencode/opencode.db"
    made.parent.mkdir(parents=True)
    return made


def opened(path, *, wal=True, schema=SCHEMA):
    """As the tool holds it open; changes wait in the log beside it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {'wal' if wal else 'delete'}")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(schema)
    return connection


def put(connection, own, said, session="s"):
    data = said if isinstance(said, str | bytes) else json.dumps(said)
    connection.execute("INSERT OR REPLACE INTO message VALUES (?, ?, 0, ?)", (own, session, data))


def filled(path, *messages, **how):
    with closing(opened(path, **how)) as connection:
        for number, said in enumerate(messages):
            put(connection, f"msg_{number}", said)


def beside(path):
    return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.parent.iterdir() if file.is_file()}


def test_reasoning_is_output_and_the_cache_is_not_in_the_input(path, tmp_path):
    filled(path, message(), {"role": "user", "tokens": None})
    kept = Kept("opencode", tmp_path).look()
    assert kept.rows == [(10, 40, 300, 25, 1)]
    assert [call.session for call in kept.counted] == ["s"]


def test_a_cost_of_zero_is_a_price_that_opencode_does_not_have(path, tmp_path):
    filled(path, message(), message(at=AT_MS + 5, cost=0.25))
    assert sorted(call.paid_nano_usd or 0 for call in Kept("opencode", tmp_path).look().counted) == [0, 250_000_000]


def test_what_waits_in_the_log_beside_the_database_counts_while_the_tool_runs(path, tmp_path):
    with closing(opened(path)) as connection:
        put(connection, "msg_1", message())
        assert (path.with_name("opencode.db-wal")).stat().st_size > 0
        before = beside(path)
        assert Kept("opencode", tmp_path).look().rows == [(10, 40, 300, 25, 1)]
        after = beside(path)
        assert before.keys() == after.keys()
        assert [name for name in before if "shm" not in name and before[name] != after[name]] == []


@pytest.mark.parametrize("wal", [True, False])
def test_reading_a_database_at_rest_changes_nothing_and_makes_no_file(path, tmp_path, wal):
    filled(path, message(), wal=wal)
    before = beside(path)
    assert len(Kept("opencode", tmp_path).look().rows) == 1
    assert beside(path) == before


def test_a_copy_with_its_log_but_without_the_index_is_read_whole_and_left_as_it_is(path, tmp_path):
    other = tmp_path / "live.db"
    with closing(opened(other)) as connection:
        put(connection, "msg_1", message())
        for ending in ("", "-wal"):
            shutil.copyfile(f"{other}{ending}", f"{path}{ending}")
    before = beside(path)
    assert len(Kept("opencode", tmp_path).look().rows) == 1
    assert beside(path) == before


def test_a_folder_that_cannot_be_written_to_is_read(path, tmp_path):
    filled(path, message())
    path.parent.chmod(0o555)
    try:
        assert len(Kept("opencode", tmp_path).look().rows) == 1
    finally:
        path.parent.chmod(0o755)


def test_a_locked_database_is_tried_again_another_time(path, tmp_path):
    filled(path, message(), wal=False)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        kept = Kept("opencode", tmp_path).look()
        assert (kept.rows, kept.unreadable) == ([], [OSError])
        connection.execute("ROLLBACK")
    assert (len(kept.look().rows), kept.unreadable) == (1, [])


def test_a_later_version_with_more_columns_is_read(path, tmp_path):
    schema = SCHEMA.replace(")", ", time_updated INTEGER, extra TEXT)", 1)
    with closing(opened(path, schema=schema)) as connection:
        data = json.dumps(message(schema=9))
        connection.execute("INSERT INTO message (id, session_id, data) VALUES ('m', 's', ?)", (data,))
    assert len(Kept("opencode", tmp_path).look().rows) == 1


@pytest.mark.parametrize("schema", ["CREATE TABLE session (id TEXT)", "CREATE TABLE message (id TEXT, body TEXT)"])
def test_a_database_of_another_shape_is_reported(path, tmp_path, schema):
    with closing(opened(path, schema=schema)):
        pass
    kept = Kept("opencode", tmp_path).look()
    assert (kept.rows, kept.unreadable) == ([], [ValueError])


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be one" * 20, b"SQLite format 3\x00" + b"\xff" * 500]
)
def test_what_is_no_database_is_reported(path, tmp_path, content):
    path.write_bytes(content)
    kept = Kept("opencode", tmp_path).look()
    assert (kept.rows, kept.unreadable) == ([], [ValueError])


def test_an_empty_file_is_reported(path, tmp_path):
    path.touch()
    assert Kept("opencode", tmp_path).look().unreadable == [ValueError]


def test_a_message_under_way_counts_when_it_is_over(path, tmp_path):
    with closing(opened(path)) as connection:
        put(connection, "msg_1", message(output=3, done=None))
        kept = Kept("opencode", tmp_path).look()
        assert kept.rows == []
        put(connection, "msg_1", message())
        assert kept.look().rows == [(10, 40, 300, 25, 1)]


def test_a_message_that_was_cut_off_counts_as_it_is_once_the_session_went_on(path, tmp_path):
    filled(path, message(output=3, done=None), {"role": "user"})
    assert Kept("opencode", tmp_path).look().rows == [(10, 40, 300, 8, 1)]


def test_a_fork_copies_messages_under_new_ids_and_they_count_once(path, tmp_path):
    with closing(opened(path)) as connection:
        put(connection, "msg_1", message())
        put(connection, "msg_2", message(), session="forked")
        put(connection, "msg_3", message(at=AT_MS + 60_000), session="forked")
    assert len(Kept("opencode", tmp_path).look().rows) == 2


def test_calls_of_two_subagents_that_began_at_once_are_two(path, tmp_path):
    filled(path, message(done=1000), message(done=1001))
    assert len(Kept("opencode", tmp_path).look().rows) == 2


def test_older_files_and_the_database_that_they_were_moved_to_count_once(path, tmp_path):
    write(path.parent / "storage/message/ses_1/msg_0.json", message(id="msg_0", sessionID="ses_1"))
    filled(path, message(), message(at=AT_MS + 1))
    assert len(Kept("opencode", tmp_path).look().rows) == 2


def test_a_row_that_cannot_be_understood_costs_no_other(path, tmp_path):
    bad = [
        message(sent=-1),
        message(at="x", done=None),
        message(output="x"),
        message(reasoning=True),
        '{"tokens": torn',
        b'\xff"tokens"',
    ]
    odd = [
        "null",
        "[]",
        '"tokens"',
        '{"tokens": null}',
        message(role="user"),
        message(tokens=[]),
        message(tokens={"input": None, "cache": None}),
    ]
    filled(path, *bad, *odd, message())
    kept = Kept("opencode", tmp_path).look()
    assert (kept.rows, kept.lost) == ([(10, 40, 300, 25, 1)], 6)


def test_every_channel_s_database_is_read_and_the_variables_name_others(path, tmp_path):
    filled(path.with_name("opencode-beta.db"), message())
    filled(path, message(at=AT_MS + 1))
    assert len(Kept("opencode", tmp_path).look().rows) == 2
    folder = tmp_path / "data/opencode"
    folder.mkdir(parents=True)
    filled(folder / "opencode.db", message(at=AT_MS + 2))
    assert len(Kept("opencode", tmp_path, {"XDG_DATA_HOME": str(tmp_path / "data")}).look().rows) == 1
    assert len(Kept("opencode", tmp_path, {"OPENCODE_DATA_DIR": str(folder)}).look().rows) == 1
    filled(tmp_path / "own.db", message(at=AT_MS + 3))
    assert len(Kept("opencode", tmp_path, {"OPENCODE_DB": str(tmp_path / "own.db")}).look().rows) == 3


def test_a_name_with_signs_of_its_own_is_a_name(tmp_path):
    folder = tmp_path / "a?b#c%20d"
    folder.mkdir()
    filled(folder / "opencode.db", message())
    assert len(Kept("opencode", tmp_path, {"OPENCODE_DATA_DIR": str(folder)}).look().rows) == 1
    assert [file.name for file in folder.iterdir()] == ["opencode.db"]

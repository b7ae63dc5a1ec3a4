"""`tokenworth doctor` on good and on broken set-ups: real files, real commands, a real port."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import sys
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from tokenworth.burn.ledger import postgres_schema, sqlite_schema
from tokenworth.burn.ledger.opening import open_ledger
from tokenworth.prices.snapshot import read_snapshot, shipped_snapshot
from tokenworth_mcp.clients import CLAUDE_CODE, CLAUDE_DESKTOP, CODEX, CURSOR, VS_CODE, Surroundings
from tokenworth_mcp.doctor import examine

POSTGRES = os.environ.get("TOKENWORTH_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
NOW = read_snapshot(shipped_snapshot()).as_of + timedelta(days=1)
WORKS = (sys.executable, "-m", "tokenworth_mcp", "serve")


@pytest.fixture
def around(tmp_path):
    """A person with an empty home, in an empty folder, on Linux."""
    for name in ("home", "project"):
        (tmp_path / name).mkdir()
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "TOKENWORTH_LEDGER": str(tmp_path / "home" / "ledger.sqlite3"),
        "TOKENWORTH_PRICES_FOLDER": str(tmp_path / "home" / "prices"),
    }
    return Surroundings(tmp_path / "home", tmp_path / "project", variables, "linux")


async def look(around, *, now=NOW, over_http=False, start=False, **variables):
    around.environment.update(variables)
    return await examine(around, now, over_http=over_http, start=start)


def of(findings, check):
    return [(each.state, each.what, each.instead) for each in findings if each.check == check]


def wrong(findings):
    return [f"{each.check}: {each.what}. {each.instead}" for each in findings if each.state == "fix"]


async def test_an_empty_home_has_nothing_to_fix_and_is_left_empty(around):
    findings = await look(around)
    assert wrong(findings) == []
    assert of(findings, "ledger") == [("ok", "a SQLite file, made on first use", "")]
    assert of(findings, "clients")[0][:2] == ("note", "no client names this server")
    assert list(around.home.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"TOKENWORTH_READONLY": "1"}, "TOKENWORTH_READONLY: no such setting. Did you mean TOKENWORTH_READ_ONLY?"),
        ({"TOKENWORTH_PORT": "many"}, "settings: port: not a whole number. Send for example 8000"),
        ({"TOKENWORTH_CONFIG": "nowhere.toml"}, "the settings file cannot be read as TOML"),
    ],
)
async def test_a_slip_in_the_settings_is_to_be_fixed(around, variables, said):
    (found,) = wrong(await look(around, **variables))
    assert said in found


async def test_a_variable_under_our_prefix_that_nobody_reads_is_worth_a_note(around):
    findings = await look(around, TOKENWORTH_FAVOURITE_COLOUR="blue")
    assert ("note", "TOKENWORTH_FAVOURITE_COLOUR is no setting of this version, and is ignored") in [
        found[:2] for found in of(findings, "settings")
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the assumptions file is not there"),
        ("cut_hazard = ", "cannot be read as TOML"),
        ("cut_hazzard = 0.1", "assumptions file"),
    ],
)
async def test_an_assumptions_file_that_cannot_be_used_is_to_be_fixed(around, content, said):
    file = around.home / "assumptions.toml"
    if content is not None:
        file.write_text(content)
    (found,) = wrong(await look(around, TOKENWORTH_ASSUMPTIONS_FILE=str(file)))
    assert said in found


async def test_a_ledger_in_use_is_good_and_is_not_changed(around):
    path = Path(around.environment["TOKENWORTH_LEDGER"])
    await (await open_ledger(str(path))).close()
    before = path.read_bytes()
    findings = await look(around)
    assert of(findings, "ledger") == [
        ("ok", f"a SQLite file of format {sqlite_schema.SCHEMA_VERSION}, writable, 0 budgets", "")
    ]
    assert path.read_bytes() == before


def other_database(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()


def newer_ledger(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE budgets (id)")
    connection.execute("PRAGMA application_id = 0x54574C47")
    connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (other_database, "another kind of database"),
        (newer_ledger, "has format 99, newer"),
        (lambda path: path.write_text("no database at all, but a text " * 9), "cannot be opened as a ledger"),
        (lambda path: path.mkdir(), "cannot be opened as a ledger"),
    ],
    ids=["another database", "newer", "text", "folder"],
)
async def test_a_ledger_that_cannot_be_used_is_to_be_fixed(around, spoil, said):
    spoil(Path(around.environment["TOKENWORTH_LEDGER"]))
    (found,) = wrong(await look(around))
    assert said in found
    assert str(around.home) not in found


async def test_a_ledger_under_a_file_has_no_folder_to_be_made_in(around):
    (around.home / "file").write_text("")
    (found,) = wrong(await look(around, TOKENWORTH_LEDGER=str(around.home / "file" / "ledger.sqlite3")))
    assert "the ledger's folder cannot be written to" in found


@pytest.mark.postgres
async def test_a_ledger_in_postgresql_is_good_before_and_after_it_is_made(around):
    schema = f"doctor_{secrets.token_hex(6)}"
    address = f"{POSTGRES}?search_path={schema}"
    missing = await look(around, TOKENWORTH_LEDGER=address)
    connection = await asyncpg.connect(POSTGRES)
    await connection.execute(f"CREATE SCHEMA {schema}")
    try:
        before = await look(around)
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = $1", schema) == 0
        await (await open_ledger(address)).close()
        after = await look(around)
        await connection.execute(f"SET search_path = {schema}")
        await connection.execute("UPDATE ledger_meta SET format = 99")
        newer = await look(around)
    finally:
        await connection.execute(f"DROP SCHEMA {schema} CASCADE")
        await connection.close()
    assert "no schema of the name in search_path" in wrong(missing)[0]
    assert of(before, "ledger") == [("ok", "PostgreSQL, made on first use", "")]
    assert of(after, "ledger")[0][:2] == (
        "ok",
        f"PostgreSQL of format {postgres_schema.SCHEMA_VERSION}, writable, 0 budgets",
    )
    assert "has format 99, newer" in wrong(newer)[0]


async def test_a_database_that_does_not_answer_is_to_be_fixed_and_its_password_is_not_shown(around):
    (found,) = wrong(await look(around, TOKENWORTH_LEDGER="postgresql://me:hunter2@127.0.0.1:1/test"))
    assert "the ledger's database cannot be opened" in found
    assert "hunter2" not in found


async def test_prices_older_than_a_month_are_worth_a_note(around):
    findings = await look(around, now=NOW + timedelta(days=60))
    assert of(findings, "prices")[0][2] == "Run tokenworth prices refresh"
    assert "61 days old" in of(findings, "prices")[0][1]
    assert wrong(findings) == []


async def test_damaged_refreshed_prices_and_a_folder_that_is_a_file_are_to_be_fixed(around):
    folder = Path(around.environment["TOKENWORTH_PRICES_FOLDER"])
    folder.mkdir()
    (folder / "prices.json").write_text("{")
    (found,) = wrong(await look(around))
    assert "damaged and not used" in found
    shutil.rmtree(folder)
    folder.write_text("")
    assert "cannot be written to" in wrong(await look(around))[0]


async def test_logs_of_agents_are_counted_by_tool(around):
    for name in (".claude/projects/one/a.jsonl", ".claude/projects/one/b.jsonl", "moved/sessions/2026/rollout-1.jsonl"):
        (around.home / name).parent.mkdir(parents=True, exist_ok=True)
        (around.home / name).write_text("")
    findings = await look(around, CODEX_HOME=str(around.home / "moved"))
    assert of(findings, "agent logs") == [("ok", "logs of Claude Code (2), Codex (1)", "")]


@pytest.mark.parametrize("client", [CLAUDE_CODE, CLAUDE_DESKTOP, CURSOR, VS_CODE, CODEX], ids=lambda each: each.title)
async def test_a_client_whose_command_starts_the_server_works(around, client):
    file = client.files(around)[0]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(client.snippet(WORKS))
    findings = await look(around, start=True)
    assert of(findings, f"client {client.title}") == [("ok", "works", "")]


def entry_of_claude_desktop(around, entry):
    file = CLAUDE_DESKTOP.files(around)[0]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"mcpServers": {"other": {"command": "other"}, "tokenworth": entry}}))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"command": "no-such-command-anywhere", "args": ["tokenworth"]}, "its command is not found"),
        ({"args": ["tokenworth", "serve"]}, "names us without a command"),
        ({"command": sys.executable, "args": ["-c", "print('{}')"]}, "what it starts is not this server"),
        ({"command": sys.executable, "args": ["-c", ""]}, "its command does not answer"),
        (
            {"command": sys.executable, "args": [*WORKS[1:]], "env": {"TOKENWORTH_READONLY": "hunter2"}},
            "does not answer: settings: TOKENWORTH_READONLY: no such setting. Did you mean TOKENWORTH_READ_ONLY?",
        ),
        ({"url": "http://127.0.0.1:1/mcp"}, "its address does not answer"),
    ],
)
async def test_a_client_whose_entry_does_not_lead_here_is_to_be_fixed(around, entry, said):
    entry_of_claude_desktop(around, entry)
    (found,) = wrong(await look(around, start=True))
    assert said in found
    assert "hunter2" not in found


async def test_a_client_that_asks_a_running_server_works(around, http_url):
    entry_of_claude_desktop(around, {"url": http_url})
    assert of(await look(around, start=True), "client Claude Desktop") == [("ok", "works", "")]
    entry_of_claude_desktop(around, {"url": http_url + "x"})
    assert "answers 404" in wrong(await look(around, start=True))[0]


async def test_a_client_s_own_blanks_are_not_tried(around):
    entry_of_claude_desktop(around, {"command": "uvx", "args": ["--from", "${HOME}/tokenworth.whl", "tokenworth"]})
    ((state, what, _),) = of(await look(around, start=True), "client Claude Desktop")
    assert (state, "only the client can fill in" in what) == ("note", True)


async def test_settings_with_comments_are_read_and_broken_ones_are_to_be_fixed(around):
    file = VS_CODE.files(around)[1]
    file.parent.mkdir(parents=True)
    file.write_text(
        '{"servers": { // ours\n "tokenworth": {"command": "tokenworth", "args": ["a,}//b",],}, /* end */ }}'
    )
    assert of(await look(around), "client VS Code") == [("note", "names us; not tried", "")]
    file.write_text('{"servers": {"tokenworth": ')
    assert "cannot be read as JSON" in wrong(await look(around))[0]


async def test_servers_that_claude_code_keeps_by_project_are_found(around):
    entry = {"tokenworth": {"command": "uvx", "args": ["tokenworth", "serve"]}}
    CLAUDE_CODE.files(around)[0].write_text(json.dumps({"projects": {"/p": {"mcpServers": entry}}}))
    assert of(await look(around), "client Claude Code") == [("note", "names us; not tried", "")]


async def test_a_port_in_use_is_to_be_fixed_before_serving(around, http_url):
    port = http_url.split(":")[2].split("/")[0]
    findings = await look(around, over_http=True, TOKENWORTH_PORT=port)
    assert "settings: port: cannot be listened on" in wrong(findings)[0]
    assert wrong(await look(around, over_http=True, TOKENWORTH_PORT="0")) == []


def test_json_tells_no_home_no_secret_and_ends_with_1_when_something_is_to_be_fixed(tokenworth, tmp_path):
    home = tmp_path / "home-of-ann"
    (home / ".cursor").mkdir(parents=True)
    entry = {"command": "no-such-command", "args": ["tokenworth"], "env": {"KEY": "hunter2"}}
    (home / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": {"tokenworth": entry}}))
    variables = {"HOME": str(home), "TOKENWORTH_LEDGER": "postgresql://ann:hunter2@127.0.0.1:1/test"}
    found = tokenworth("doctor", "--json", **variables)
    assert found.returncode == 1, found.stderr
    assert "hunter2" not in found.stdout + found.stderr
    assert "home-of-ann" not in found.stdout
    data = json.loads(found.stdout)
    assert data["headline"] == "2 to fix"
    assert [row["place"] for row in data["findings"] if row["check"] == "client Cursor"] == ["~/.cursor/mcp.json"]
    shown = json.loads(tokenworth("doctor", "--json", "--paths", "--no-start", **variables).stdout)
    assert str(home / ".cursor" / "mcp.json") in [row.get("place") for row in shown["findings"]]


def test_for_people_each_finding_is_a_line_and_a_good_set_up_ends_with_0(tokenworth):
    found = tokenworth("doctor", "--no-start")
    assert found.returncode == 0, found.stdout
    assert found.stdout.endswith("Nothing to fix.\n")
    assert found.stdout.startswith("ok    python")

"""The page on networks says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.scopes import SCOPES
from tokenworth_mcp.settings import PREFIX, Settings

PAGE = (Path(__file__).parents[3] / "docs" / "http.md").read_text(encoding="utf-8")


def test_the_table_of_scopes_is_the_code_s():
    shown = re.search(r"<!-- generated: scopes -->\n(.*?)<!-- /generated -->", PAGE, re.DOTALL)
    rows = ["| scope | tools |", "| --- | --- |"]
    for scope in SCOPES[:-1]:
        tools = ", ".join(f"`{tool.name}`" for tool in TOOLS if tool.scope == scope)
        rows.append(f"| `{scope}` | {tools} |")
    assert shown[1].splitlines() == rows
    assert f"`{SCOPES[-1]}`" in PAGE


def test_every_setting_that_it_names_exists():
    named = set(re.findall(PREFIX + r"(\w+)", PAGE))
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_the_limits_are_the_defaults():
    rows = dict(re.findall(r"^\| `(TOKENWORTH_\w+_(?:MAX|BURST|SECOND).*?) \| (.*?) \|", PAGE, re.MULTILINE))
    assert len(rows) == 9
    assert rows.pop("TOKENWORTH_COMPUTATIONS_MAX`") == "one for each core"
    assert Settings().computations_max is None
    for names, shown in rows.items():
        for name, value in zip(re.findall(PREFIX + r"(\w+)", names), shown.split(", "), strict=True):
            size = 1_000_000 if "MB" in value else 1
            assert float(re.sub(r"[^0-9]", "", value)) * size == getattr(Settings(), name.lower()), name


def test_the_team_s_commands_run(tokenworth, tmp_path):
    file = {"TOKENWORTH_TOKENS_FILE": str(tmp_path / "tokens.toml")}
    lines = [line.partition("#")[0].split() for line in PAGE.splitlines() if line.startswith("tokenworth token")]
    made, listed, revoked = (line[1:] for line in lines)
    token = tokenworth(*made, **file).stdout.strip()
    assert re.fullmatch(r"tokenworth_[\w-]{43}", token)
    rows = tokenworth(*listed, "--format", "json", **file).stdout
    identity = re.search(r'"id": "(\w+)"', rows)[1]
    assert '"alice"' in rows
    assert token not in rows
    assert tokenworth(*revoked[:-1], identity, **file).returncode == 0
    again = tokenworth(*revoked[:-1], identity, **file)
    assert (again.returncode, again.stderr) == (
        2,
        "tokenworth: id: no token has it. Call `tokenworth token list` for those there are\n",
    )

"""`tokenworth budget observe` as a process of its own, against a proxy on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from support.http_server import reply, says, serving
from support.usage_providers import KEY, Upstream, recorded
from tokenworth.burn.providers import PROVIDERS

PAGE = Path(__file__).parents[3] / "docs" / "providers.md"


@pytest.fixture
def budget(tmp_path):
    """Runs `tokenworth budget`: exit code, output, errors."""

    async def run(*arguments, **variables):
        environment = {**os.environ, "TOKENWORTH_LEDGER": str(tmp_path / "ledger.sqlite3"), **variables}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tokenworth_mcp", "budget", *arguments,
            env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()

    return run


async def test_a_proxy_on_this_machine_is_observed_and_shown_beside_what_was_spent(budget):
    upstream = Upstream(recorded("litellm"))
    await budget("set", "me", "--limit-usd", "10", "--period", "month")
    async with serving(upstream) as server:
        proxy = {"LITELLM_PROXY_URL": f"http://localhost:{server.port}/", "LITELLM_API_KEY": KEY}
        code, output, errors = await budget("observe", "me", "--from", "litellm", "--json", **proxy)
        answer = json.loads(output)
        assert (code, answer["usd"], answer["tokens"], answer["pages"]) == (0, 0.01771815, 1868, 3)
        _, shown, _ = await budget("show", "me", "--format", "json")
        (seen,) = json.loads(shown)["observed"]
        assert (seen["source"], seen["usd"], seen["gap_usd"]) == ("litellm", 0.01771815, 0.01771815)
        upstream.answers["/key/info"] = says(reply(401, KEY.encode()))
        code, output, again = await budget("observe", "me", "--from", "litellm", **proxy)
        assert (code, output) == (1, "")
        assert again.startswith("tokenworth: LITELLM_API_KEY: localhost does not accept this key")
    assert KEY not in errors + again


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["me", "--from", "nobody"], "provider: none has that name"),
        (["me", "--from", "openai"], "OPENAI_ADMIN_KEY: no key is set"),
        (["me", "--from", "openai", "--project", "../x"], "project: not an id"),
        (["me", "--from", "litellm"], "LITELLM_PROXY_URL: no address is set"),
        (["nobody", "--from", "openai"], "budget: no budget has that id"),
    ],
)
async def test_what_cannot_be_asked_is_said_in_one_line_with_exit_code_2(budget, arguments, message):
    await budget("set", "me", "--limit-usd", "10", "--period", "month")
    keys = {"LITELLM_API_KEY": KEY} if "litellm" in arguments else {}
    code, output, errors = await budget("observe", *arguments, **keys)
    assert (code, output, len(errors.splitlines())) == (2, "", 1)
    assert message in errors


async def test_a_proxy_on_a_private_address_is_not_connected_to(budget):
    await budget("set", "me", "--limit-usd", "10", "--period", "month")
    proxy = {"LITELLM_PROXY_URL": "https://10.0.0.7", "LITELLM_API_KEY": KEY}
    code, _, errors = await budget("observe", "me", "--from", "litellm", **proxy)
    assert code == 1
    assert "leads to an address that is not public" in errors


def test_the_page_lists_every_provider_with_its_key_and_what_it_takes():
    rows = re.findall(r"^\| `([a-z-]+)` \|.*\| ([^|]*) \| ([^|]*) ?\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, _, _ in rows] == list(PROVIDERS)
    for name, key, takes in rows:
        provider = PROVIDERS[name]
        assert key.startswith("the same") or key == f"`{provider.key_variable}`"
        assert set(re.findall(r"[a-z]+", takes.replace("(needed)", ""))) == provider.takes

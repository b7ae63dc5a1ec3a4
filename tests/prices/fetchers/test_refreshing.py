"""A refresh as a whole: dry, cancelled, on a damaged or unwritable cache, with its change report and merged file."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from support.http_server import reply, says
from support.price_servers import NOW, reaching, recorded, small, upstream, url_of
from tokenworth.errors import InvalidInputError
from tokenworth.http import HttpSeams
from tokenworth.prices.first_use import MERGED
from tokenworth.prices.refresh import choose_sources, kept_observations, refresh, refresh_prices

LITELLM = url_of("litellm")
NAMES = ("litellm", "models_dev", "vercel")


async def run(client, cache_dir, *names, at=NOW, **options):
    with anyio.fail_after(10):
        sources = [small(name) for name in names]
        return await refresh(sources, client=client, cache_dir=cache_dir, clock=lambda: at, **options)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def compiled(copies):
    """A merged file that shows what went into it."""
    return json.dumps(sorted(name for name, pages in copies.items() if pages)).encode()


async def test_a_dry_run_compares_and_writes_nothing(tmp_path):
    async with upstream() as (_, server), reaching(server) as client:
        report = await run(client, tmp_path, *NAMES, dry_run=True, compiled=compiled)
    assert [one.state for one in report.sources] == ["fresh"] * 3
    assert contents(tmp_path) == {}
    assert report.text().startswith("Prices at 2026-09-30 12:00 UTC (dry run: nothing was written)\n")


async def test_a_cancelled_refresh_leaves_everything_as_it_was(tmp_path):
    arrived, opened = asyncio.Event(), asyncio.Event()

    async def gate(seen, writer):
        arrived.set()
        await opened.wait()
        writer.write(reply(200, b"{}"))

    async with upstream() as (answers, server), reaching(server) as client:
        await run(client, tmp_path, *NAMES, compiled=compiled)
        before = contents(tmp_path)
        other_done = asyncio.Event()
        answers.bodies[url_of("vercel")] = recorded("vercel.json") + b"\n"  # new bytes, ready to be kept
        answers.answers[LITELLM] = gate
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                sources = [small(name) for name in NAMES]

                async def work():
                    await refresh(
                        sources,
                        client=client,
                        cache_dir=tmp_path,
                        compiled=compiled,
                        progress=lambda *what: other_done.set() if what == ("vercel", "fresh") else None,
                    )

                tasks.start_soon(work)
                await arrived.wait()
                await other_done.wait()
                tasks.cancel_scope.cancel()
    assert contents(tmp_path) == before


async def test_progress_is_told_source_by_source(tmp_path):
    told = []
    async with upstream() as (answers, server), reaching(server) as client:
        answers.answers[LITELLM] = says(reply(404))
        await run(client, tmp_path, "litellm", "vercel", progress=lambda *what: told.append(what))
    assert told[:2] == [("litellm", "asking"), ("vercel", "asking")]
    assert sorted(told[2:]) == [("litellm", "failed"), ("vercel", "fresh")]


async def test_the_report_names_every_price_old_and_new(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        await run(client, tmp_path, "litellm")
        data = json.loads(recorded("litellm.json"))
        assert data["gpt-5"]["output_cost_per_token"] == 1e-05
        data["gpt-5"]["output_cost_per_token"] = 1.2e-05
        data["gpt-7"] = data["gpt-5"] | {"input_cost_per_token": 2e-06}
        del data["gpt-5.4"]
        answers.bodies[LITELLM] = json.dumps(data).encode()
        report = await run(client, tmp_path, "litellm")
    changes = report.sources[0].changes
    assert (changes.added, changes.removed) == (("openai/gpt-7",), ("openai/gpt-5.4",))
    lines = report.text().splitlines()
    assert lines[1].startswith("- litellm: fresh, 46 models (+1 -1, ")
    assert "    openai/gpt-5 output: $10 -> $12 per million (+20%)" in lines
    assert "    new: openai/gpt-7" in lines
    assert "    gone: openai/gpt-5.4" in lines


async def test_a_long_change_report_is_cut_and_says_so(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        await run(client, tmp_path, "litellm")
        data = json.loads(recorded("litellm.json"))
        for entry in data.values():
            entry["input_cost_per_token"] = entry.get("input_cost_per_token", 0) * 2
        answers.bodies[LITELLM] = json.dumps(data).encode()
        report = await run(client, tmp_path, "litellm")
    lines = report.text().splitlines()
    assert len(lines) == 2 + 20 + 1
    assert lines[-1] == f"    and {len(report.sources[0].changes.prices) - 20} more"


async def test_the_age_of_a_kept_copy_is_told_in_days(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        await run(client, tmp_path, "litellm")
        answers.answers[LITELLM] = says(reply(503))
        report = await run(client, tmp_path, "litellm", at=NOW + timedelta(days=29))
    assert "kept the copy of 2026-09-30 (29 days old, 46 models): " in report.text()


async def test_a_confirmed_copy_is_as_old_as_its_confirmation(tmp_path):
    async with upstream() as (_, server):
        async with reaching(server) as client:
            await run(client, tmp_path, "litellm")
        later = NOW + timedelta(days=3)
        async with reaching(server, clock=lambda: later) as client:
            report = await run(client, tmp_path, "litellm", at=later)
    assert (report.sources[0].state, report.sources[0].as_of) == ("unchanged", later)


async def test_a_damaged_copy_is_reported_and_fetched_anew(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        await run(client, tmp_path, "litellm")
        good = (tmp_path / "litellm.copy").read_bytes()
        (tmp_path / "litellm.copy").write_bytes(good[:-5] + b"sorry")
        report = await run(client, tmp_path, "litellm")
    assert report.sources[0].state == "fresh"
    assert report.sources[0].notes == ("the kept copy was damaged and is ignored",)
    assert answers.conditional == []
    assert (tmp_path / "litellm.copy").read_bytes() == good


async def test_a_damaged_copy_of_a_source_in_trouble_is_not_used(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        (tmp_path / "litellm.copy").write_bytes(b"nonsense")
        answers.answers[LITELLM] = says(reply(500))
        report = await run(client, tmp_path, "litellm")
    assert report.sources[0].state == "failed"
    assert report.sources[0].notes == ("the kept copy was damaged and is ignored",)


async def test_a_cache_that_cannot_be_written_is_said_without_its_path(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"not a folder")
    async with upstream() as (_, server), reaching(server) as client:
        report = await run(client, blocked, "litellm", compiled=compiled)
    assert report.sources[0].state == "fresh"
    assert [note.partition(":")[0] for note in report.sources[0].notes] == [
        "the copy could not be written",
        "the merged price file could not be written",
    ]
    assert str(tmp_path) not in report.text()


async def test_the_merged_file_holds_every_copy_in_use(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        await run(client, tmp_path, "models_dev", "litellm", compiled=compiled)
        answers.answers[LITELLM] = says(reply(500))
        await run(client, tmp_path, "litellm", "vercel", compiled=compiled)
    # models_dev was not asked for the second time, litellm was kept, vercel is new.
    assert json.loads((tmp_path / MERGED).read_bytes()) == ["litellm", "models_dev", "vercel"]


async def test_the_merged_file_is_left_alone_when_nothing_came(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        await run(client, tmp_path, "litellm", compiled=compiled)
        before = contents(tmp_path)
        answers.answers[LITELLM] = says(reply(500))
        await run(client, tmp_path, "litellm", compiled=lambda copies: b"something else")
    assert contents(tmp_path) == before


async def test_kept_copies_can_be_read_back_without_a_network(tmp_path):
    async with upstream() as (_, server), reaching(server) as client:
        await run(client, tmp_path, *NAMES)
    (tmp_path / "vercel.copy").write_bytes(b"damaged")
    parsed = await kept_observations(tmp_path)
    assert [one.observations[0].provenance.source for one in parsed] == ["litellm", "models_dev"]


async def test_the_whole_of_it_reaches_only_the_chosen_sources_host(tmp_path):
    asked = []

    async def resolve(host, port):
        asked.append(host)
        raise OSError("no network here")

    async def no_wait(seconds):
        pass

    report = await refresh_prices(tmp_path, names=["vercel"], seams=HttpSeams(resolve=resolve, sleep=no_wait))
    assert set(asked) == {"ai-gateway.vercel.sh"}
    assert report.sources[0].state == "failed"
    assert contents(tmp_path) == {}


def test_an_unknown_source_is_refused_with_the_names_of_all():
    with pytest.raises(InvalidInputError, match="Send one of: genai_prices, litellm, models_dev"):
        choose_sources(["litelm"])
    assert len(choose_sources([])) == 10


async def test_the_models_expected_of_a_source_are_its_own(tmp_path):
    async with upstream() as (_, server), reaching(server) as client:
        source = replace(small("litellm"), models_min=1000)
        report = await refresh([source], client=client, cache_dir=tmp_path)
    assert report.sources[0].because == "it prices 46 models, and at least 1000 are known to be there"

"""Every source over TLS at its own URL: fetched, confirmed, kept when the server misbehaves, never late."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from dataclasses import replace

import anyio
import pytest

from support.http_server import head, reply, says
from support.price_servers import AZURE_SECOND_PAGE, NOW, QUICK, reaching, recorded, small, upstream, url_of
from tokenworth._addresses import Endpoint
from tokenworth.prices.fetchers import SOURCES
from tokenworth.prices.refresh import refresh

LITELLM = url_of("litellm")
OPENAI_QUERY = url_of("azure")


def clock():
    return NOW


async def run(client, cache_dir, *names, **options):
    sources = [small(name) for name in names]
    with anyio.fail_after(10):
        return await refresh(sources, client=client, cache_dir=cache_dir, clock=clock, **options)


async def one(client, cache_dir, name="litellm", **options):
    report = await run(client, cache_dir, name, **options)
    return report.sources[0]


# Counted by hand in the excerpts: sellers' ids that have any price.
MODELS = {
    "genai_prices": 36,
    "litellm": 46,
    "models_dev": 32,
    "openrouter": 15,
    "openrouter_endpoints": 2,
    "vercel": 14,
    "portkey": 20,
    "llm_prices": 12,
    "azure": 16,
    "aws": 13,
}


@pytest.mark.parametrize("name", SOURCES)
async def test_a_source_is_fetched_read_and_kept(tmp_path, name):
    async with upstream() as (_, server), reaching(server) as client:
        report = await one(client, tmp_path, name)
    assert (report.state, report.because, report.models) == ("fresh", None, MODELS[name])
    assert report.as_of == NOW
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.copy"]


@pytest.mark.parametrize("name", SOURCES)
async def test_a_source_that_has_not_changed_is_confirmed_and_not_sent_again(tmp_path, name):
    async with upstream() as (answers, server), reaching(server) as client:
        await one(client, tmp_path, name)
        first = set(answers.asked)
        report = await one(client, tmp_path, name)
    assert report.state == "unchanged"
    assert report.models == MODELS[name]
    assert set(answers.conditional) == first & answers.bodies.keys()


async def test_all_sources_at_once_are_one_report(tmp_path):
    async with upstream() as (_, server), reaching(server) as client:
        report = await run(client, tmp_path, *SOURCES)
    assert {one.source: one.models for one in report.sources} == MODELS
    lines = report.text().splitlines()
    assert lines[0] == "Prices at 2026-09-30 12:00 UTC"
    assert "- litellm: fresh, 46 models (+0 -0, 0 prices changed)" in lines


# --- what a server can do wrong ---


def changed(name, change):
    data = json.loads(recorded(name))
    change(data)
    return json.dumps(data).encode()


def halve(data):
    for key in list(data)[: len(data) // 2]:
        del data[key]


def renamed(data):
    for entry in data.values():
        if "output_cost_per_token" in entry:
            entry["completion_cost_per_token"] = entry.pop("output_cost_per_token")


def multiplied(factor):
    def change(data):
        for entry in data.values():
            for field, value in entry.items():
                if "cost" in field and isinstance(value, float):
                    entry[field] = value * factor

    return change


async def drip(seen, writer):
    writer.write(head(200, Content_Length=10**6))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def stall(seen, writer):
    await asyncio.Event().wait()


async def cut(seen, writer):
    writer.write(head(200, Content_Length=10**6) + recorded("litellm.json")[:20_000])
    writer.close()


def body(content, **headers):
    return says(reply(200, content, **headers))


LITELLM_BYTES = recorded("litellm.json")
MISBEHAVIOURS = {
    "500": (says(reply(500, b"secret trace")), "answered 500"),
    "429 with Retry-After": (says(reply(429, Retry_After=3600)), "answered 429"),
    "404": (says(reply(404)), "answered 404"),
    "204": (says(reply(204)), "answered 204"),
    "a redirect to a private address": (says(reply(302, Location="https://10.0.0.1/")), "redirects to another host"),
    "a redirect to another host": (says(reply(302, Location="https://openrouter.ai/")), "redirects to another host"),
    "100 MB declared": (says(head(200, Content_Length=100 * 2**20)), "more than 16 MB"),
    "a gzip bomb": (body(gzip.compress(b"1" * 20 * 2**20), Content_Encoding="gzip"), "more than 16 MB"),
    "a slow drip": (drip, r"did not finish in 0\.5 s"),
    "headers that never come": (stall, "did not begin to answer|did not finish"),
    "a body cut off": (cut, "broke off while sending"),
    "truncated JSON": (body(LITELLM_BYTES[:-100]), "not whole JSON"),
    "a page for people": (body(b"<!doctype html><title>Sign in</title>"), "not whole JSON"),
    "nesting without end": (body(b"[" * 100_000), "not whole JSON"),
    "a number that is none": (body(b'{"a": {"input_cost_per_token": NaN}}'), "not whole JSON"),
    "another charset": (body(LITELLM_BYTES[:-3] + ', "é": 1}'.encode("latin-1")), "not UTF-8"),
    "UTF-16": (body(LITELLM_BYTES.decode().encode("utf-16")), "not UTF-8"),
    "a name twice": (body(LITELLM_BYTES.rstrip()[:-1] + b', "sample_spec": {}}'), "same name twice"),
    "an empty object": (body(b"{}"), "prices 0 models"),
    "a list": (body(b"[1, 2]"), "prices 0 models"),
    "half the models gone": (body(changed("litellm.json", halve)), "shrank from 46 to 2[0-9] models"),
    "a renamed field": (
        body(changed("litellm.json", renamed)),
        "lost their input or output price; fields not seen before: completion_cost_per_token",
    ),
    "prices a million times as high": (body(changed("litellm.json", multiplied(1e6))), "0 models|other units"),
    "prices in cents": (body(changed("litellm.json", multiplied(100))), "other units"),
    "prices in thousands": (body(changed("litellm.json", multiplied(1e-3))), "other units"),
}


@pytest.mark.parametrize("what", MISBEHAVIOURS)
async def test_whatever_a_server_does_the_last_good_copy_stays_and_the_report_says_why(tmp_path, what):
    answer, reason = MISBEHAVIOURS[what]
    limits = replace(QUICK, read_seconds=0.1, overall_seconds=0.5)
    async with upstream() as (answers, server), reaching(server, limits=limits) as client:
        await one(client, tmp_path)
        good = (tmp_path / "litellm.copy").read_bytes()
        answers.answers[LITELLM] = answer
        report = await run(client, tmp_path, "litellm")
    [source] = report.sources
    assert (source.state, source.models, source.as_of) == ("kept", 46, NOW)
    assert re.search(reason, source.because)
    assert (tmp_path / "litellm.copy").read_bytes() == good
    assert "- litellm: kept the copy of 2026-09-30 (0 hours old, 46 models): " in report.text()
    assert "secret" not in report.text()


@pytest.mark.parametrize("what", ["500", "truncated JSON", "an empty object", "prices in cents"])
async def test_without_a_copy_a_refused_source_has_failed(tmp_path, what):
    answer, reason = MISBEHAVIOURS[what]
    async with upstream() as (answers, server), reaching(server) as client:
        answers.answers[LITELLM] = answer
        report = await run(client, tmp_path, "litellm")
    [source] = report.sources
    assert (source.state, source.models, source.as_of) == ("failed", 0, None)
    assert re.search(reason, source.because)
    assert "failed, and there is no earlier copy" in report.text()
    assert list(tmp_path.iterdir()) == []


async def test_a_name_that_turns_private_keeps_the_last_good_copy(tmp_path):
    async with upstream() as (_, server):
        places = [server.port, None]

        async def resolve(host, port):
            place = places.pop(0)
            return [Endpoint("127.0.0.1", place) if place else Endpoint("169.254.169.254", 443)]

        async with reaching(server, resolve=resolve) as client:
            await one(client, tmp_path)
            source = await one(client, tmp_path)
    assert source.state == "kept"
    assert "not public" in source.because
    assert "169.254" not in source.because


async def test_one_source_in_trouble_does_not_trouble_the_others(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        answers.answers[LITELLM] = says(reply(500))
        report = await run(client, tmp_path, "litellm", "models_dev", "vercel")
    assert [source.state for source in report.sources] == ["failed", "fresh", "fresh"]


async def test_a_source_has_its_own_deadline(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        answers.answers[LITELLM] = stall
        source = replace(small("litellm"), seconds_max=0.1)
        with anyio.fail_after(2):
            report = await refresh([source], client=client, cache_dir=tmp_path, clock=clock)
    assert report.sources[0].because == "raw.githubusercontent.com took more than 0.1 s. Try again later"


async def test_a_new_field_on_many_models_is_accepted_and_reported(tmp_path):
    def widened(data):
        for entry in data.values():
            entry["moonlight_cost_per_token"] = 1e-6

    async with upstream() as (answers, server), reaching(server) as client:
        await one(client, tmp_path)
        answers.bodies[LITELLM] = changed("litellm.json", widened)
        source = await one(client, tmp_path)
    assert source.state == "fresh"
    assert source.notes == ("fields not seen before: moonlight_cost_per_token",)
    assert source.unknown_fields == 46


async def test_a_single_absurd_price_is_left_out_and_the_rest_is_used(tmp_path):
    def absurd(data):
        data["gpt-5"]["input_cost_per_token"] = 0.01  # 10,000 dollars a million

    async with upstream() as (answers, server), reaching(server) as client:
        await one(client, tmp_path)
        answers.bodies[LITELLM] = changed("litellm.json", absurd)
        source = await one(client, tmp_path)
    assert source.state == "fresh"
    assert "openai/gpt-5" not in {f"{change.seller}/{change.model}" for change in source.changes.prices if change.new}


# --- sources of many documents ---


async def test_azure_is_read_page_by_page_at_its_own_links(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        report = await one(client, tmp_path, "azure")
    assert AZURE_SECOND_PAGE in answers.asked
    assert len(answers.asked) == len(SOURCES["azure"].documents) + 1
    assert report.models == 16


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("https://elsewhere.example/api/retail/prices", "not on the list"),
        ("http://prices.azure.com/api/retail/prices", "other than https|could not|broke off|certificate"),
        ("https://prices.azure.com:444/api?x", "answered 404"),
    ],
)
async def test_a_next_page_elsewhere_is_not_followed(tmp_path, link, reason):
    async with upstream() as (answers, server), reaching(server) as client:
        await one(client, tmp_path, "azure")
        answers.bodies[OPENAI_QUERY] = json.dumps({"Items": [], "NextPageLink": link}).encode()
        source = await one(client, tmp_path, "azure")
    assert source.state == "kept"
    assert re.search(reason, source.because)


async def test_a_page_that_leads_to_itself_is_read_once(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        data = json.loads(recorded("azure_2.json"))
        answers.bodies[AZURE_SECOND_PAGE] = json.dumps(data | {"NextPageLink": AZURE_SECOND_PAGE}).encode()
        source = await one(client, tmp_path, "azure")
    assert source.state == "fresh"
    assert answers.asked.count(AZURE_SECOND_PAGE) == 1


async def test_pages_without_end_are_refused(tmp_path):
    async def another(seen, writer):
        pages = len(answers.asked)
        link = f"https://prices.azure.com/api/retail/prices?$skip={pages}"
        answers.answers[link] = another
        writer.write(reply(200, json.dumps({"Items": [], "NextPageLink": link}).encode()))

    async with upstream() as (answers, server), reaching(server) as client:
        answers.answers[OPENAI_QUERY] = another
        source = replace(small("azure"), documents_max=20)
        report = await refresh([source], client=client, cache_dir=tmp_path, clock=clock)
    assert report.sources[0].because == "it leads to more than 20 documents"
    assert len(answers.asked) <= 20


async def test_documents_that_are_too_much_together_are_refused(tmp_path):
    async with upstream() as (_, server), reaching(server) as client:
        source = replace(small("azure"), bytes_max=30_000)
        report = await refresh([source], client=client, cache_dir=tmp_path, clock=clock)
    assert report.sources[0].because == "its documents together exceed 0 MB"


async def test_a_page_that_fails_fails_the_whole_list(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        await one(client, tmp_path, "azure")
        answers.answers[AZURE_SECOND_PAGE] = says(reply(503))
        source = await one(client, tmp_path, "azure")
    assert source.state == "kept"
    assert "answered 503" in source.because


async def test_a_provider_file_that_fails_is_replaced_by_its_kept_copy(tmp_path):
    google = "https://configs.portkey.ai/pricing/google.json"
    async with upstream() as (answers, server), reaching(server) as client:
        await one(client, tmp_path, "portkey")
        answers.answers[google] = says(reply(500))
        source = await one(client, tmp_path, "portkey")
    assert (source.state, source.models) == ("fresh", 20)
    total = len(SOURCES["portkey"].documents)
    assert f"1 of {total} documents could not be had: kept ones are used" in source.notes
    assert f"{total - 2} of {total} documents could not be had and are missing" in source.notes


async def test_a_provider_file_that_is_gone_is_gone(tmp_path):
    google = "https://configs.portkey.ai/pricing/google.json"
    async with upstream() as (answers, server), reaching(server) as client:
        await one(client, tmp_path, "portkey")
        del answers.bodies[google]
        source = await one(client, tmp_path, "portkey")
    assert source.state == "kept"
    assert source.because == "it shrank from 20 to 12 models"


async def test_when_no_provider_file_can_be_had_the_source_is_refused(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        await one(client, tmp_path, "portkey")
        answers.answers = {document.url: says(reply(500)) for document in SOURCES["portkey"].documents}
        source = await one(client, tmp_path, "portkey")
    assert source.state == "kept"
    assert "answered 500" in source.because


async def test_a_host_that_turns_us_away_is_not_asked_for_the_rest(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        for document in SOURCES["portkey"].documents:
            answers.answers[document.url] = says(reply(429, Retry_After=3600))
        source = await one(client, tmp_path, "portkey")
    assert source.state == "failed"
    assert len(answers.asked) <= 4  # those that were under way


async def test_endpoints_follow_from_the_model_list_and_need_it(tmp_path):
    async with upstream() as (answers, server), reaching(server) as client:
        report = await one(client, tmp_path, "openrouter_endpoints")
        endpoints = [url for url in answers.asked if url.endswith("/endpoints")]
        answers.answers[url_of("openrouter")] = says(reply(500))
        without_list = await one(client, tmp_path, "openrouter_endpoints")
    assert report.models == 2
    assert "https://openrouter.ai/api/v1/models/maker/long/endpoints" in endpoints
    assert not [url for url in endpoints if "free" in url or "auto" in url or "latest" in url]
    assert without_list.state == "kept"


async def test_no_more_than_four_documents_of_a_source_are_under_way(tmp_path):
    opened, held, most = asyncio.Event(), [], []
    arrival = asyncio.Condition()

    async def gate(seen, writer):
        async with arrival:
            held.append(seen.target)
            most.append(len(held))
            arrival.notify_all()
        await opened.wait()
        held.remove(seen.target)
        writer.write(reply(404))

    async with upstream() as (answers, server), reaching(server) as client:
        for document in SOURCES["portkey"].documents:
            answers.answers[document.url] = gate
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(one, client, tmp_path, "portkey")
                async with arrival:
                    await arrival.wait_for(lambda: len(held) >= 4)
                await anyio.wait_all_tasks_blocked()
                opened.set()
    assert max(most) == 4
    assert len(most) == len(SOURCES["portkey"].documents)

"""Three replicas, one PostgreSQL ledger and a plain balancer: limits hold, kills and restarts lose nothing."""

from __future__ import annotations

import asyncio
import random
import uuid

import asyncpg
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from support.replicas import TENANT, Caller, Unanswered, running
from tokenworth.budgets import NANO
from tokenworth.burn.ledger.entries import id_of_hold

pytestmark = [pytest.mark.postgres, pytest.mark.haproxy, pytest.mark.slow]
SEEDS = range(10)
AGENTS = 50
WORKERS = 8
KILLS = 3


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture
async def caller(cluster):
    async with Caller(cluster) as opened:
        yield opened


async def figures(cluster, statement, *arguments):
    connection = await asyncpg.connect(cluster.ledger)
    rows = await connection.fetch(statement, *arguments)
    await connection.close()
    return rows


@pytest.mark.parametrize("seed", SEEDS)
async def test_fifty_agents_over_three_replicas_get_exactly_ten_dimes_of_a_dollar(cluster, caller, seed):
    budget = f"dollar-{seed}"
    await caller.call("set_budget", budget=budget, limit_usd=1)
    order = random.Random(seed).sample(range(AGENTS), AGENTS)  # noqa: S311 - an order, not a secret
    asked = [caller.call("reserve_budget", budget=budget, usd="0.10", key=f"{seed} {agent}") for agent in order]
    answers = await asyncio.gather(*asked)
    assert sum(answer["granted"] for answer in answers) == 10
    assert len(caller.served_by) == 3
    held = await figures(
        cluster, "SELECT sum(held_nano_usd)::bigint FROM balances WHERE budget = $1 AND shard = 0", f"{TENANT}/{budget}"
    )
    assert held[0][0] == NANO


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_client_of_either_era_needs_no_replica_of_its_own(cluster, era):
    async with (
        create_mcp_http_client(headers={"authorization": f"Bearer {cluster.token}"}) as http,
        Client(streamable_http_client(cluster.url, http_client=http), mode=era) as client,
    ):
        await client.call_tool("set_budget", {"budget": f"era-{era}", "limit_usd": 100})
        for number in range(6):
            hold = await client.call_tool(
                "reserve_budget", {"budget": f"era-{era}", "usd": 1, "key": f"{era} {number}"}
            )
            assert hold.structured_content["granted"] is True
        listed = await client.list_tools()
        assert "value_offer" in [tool.name for tool in listed.tools]


class Holds:
    """Workers that hold one cent after another, each with its key, and remember every answer."""

    def __init__(self, caller, budget):
        self._caller = caller
        self._budget = budget
        self.going = True
        self.answers = {}
        self.sent_again = 0

    async def work(self, number):
        keys = random.Random(number)  # noqa: S311 - keys of a test, the same in every run
        while self.going:
            key = str(uuid.UUID(int=keys.getrandbits(128)))
            self.answers[key], again = await self._caller.call_until_answered("reserve_budget", **self.request(key))
            self.sent_again += again

    def request(self, key):
        return {"budget": self._budget, "usd": "0.01", "key": key}


async def test_replicas_killed_under_load_lose_no_acknowledged_hold_and_retries_hear_the_same(cluster, caller):
    await caller.call("set_budget", budget="killed", limit_usd=1_000)
    holds = Holds(caller, "killed")
    dice = random.Random(7)  # noqa: S311 - whom to kill
    async with asyncio.TaskGroup() as tasks:
        for number in range(WORKERS):
            tasks.create_task(holds.work(number))
        for _ in range(KILLS):
            await asyncio.sleep(0.4)
            victim = dice.choice(cluster.replicas)
            await asyncio.to_thread(victim.kill)
            await asyncio.sleep(0.2)
            victim.start()
            await asyncio.to_thread(victim.wait_until_serving)
        await asyncio.to_thread(cluster.wait_until_all_serve)
        holds.going = False
    granted = {key: answer["hold"] for key, answer in holds.answers.items() if answer["granted"]}
    assert len(granted) == len(holds.answers) > 100

    rows = await figures(cluster, "SELECT id, state, nano_usd FROM entries WHERE budget = 'crew/killed'")
    kept = {bytes(row[0]): (row[1], row[2]) for row in rows}
    assert {kept[id_of_hold(hold)] for hold in granted.values()} == {("held", NANO // 100)}
    # Whoever asked again until there was an answer asked for one hold, however many replicas heard of it.
    assert len(kept) == len(granted)

    some = random.Random(8).sample(sorted(holds.answers), 100)  # noqa: S311 - which to ask again
    repeated = await asyncio.gather(*(caller.call("reserve_budget", **holds.request(key)) for key in some))
    assert [holds.answers[key] for key in some] == repeated

    # What the killed had leased is nobody's: the rest of the limit can be held, to the last cent and no further.
    rest = 100_000 - len(granted)
    last = await caller.call("reserve_budget", budget="killed", usd=f"{rest / 100:.2f}", key="the rest")
    over = await caller.call("reserve_budget", budget="killed", usd="0.01", key="one more")
    assert (last["granted"], over["granted"]) == (True, False)


async def test_a_rolling_restart_under_load_loses_no_request(cluster, caller):
    await caller.call("set_budget", budget="rolling", limit_usd=100_000)
    going = True
    lost = []
    done = 0

    async def work(number):
        nonlocal done
        count = 0
        while going:
            count += 1
            try:
                answer = await caller.call("reserve_budget", budget="rolling", usd="0.01", key=f"roll {number} {count}")
                assert answer["granted"]
                done += 1
            except Unanswered as error:
                lost.append(str(error))

    async with asyncio.TaskGroup() as tasks:
        for number in range(WORKERS):
            tasks.create_task(work(number))
        for replica in cluster.replicas:
            before = done
            logged = await asyncio.to_thread(replica.end)
            assert b"Traceback" not in logged
            assert done > before
            replica.start()
            await asyncio.to_thread(replica.wait_until_serving)
            await asyncio.to_thread(cluster.wait_until_all_serve)
        going = False
    assert lost == []
    rows = await figures(cluster, "SELECT count(*) FROM entries WHERE budget = 'crew/rolling' AND state = 'held'")
    assert rows[0][0] == done > 100

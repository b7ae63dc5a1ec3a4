"""Many agents against one limit, in one process and across processes: exactly what fits is granted, every time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest

AGENTS = Path(__file__).with_name("agents.py")
SEEDS = range(20)
PROCESSES = 5


def address_of(bench):
    return str(bench.path) if hasattr(bench, "path") else bench.address


def race(command):
    """How many holds each seed's budget granted, to five processes that hear of it at once."""
    processes = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    granted = {}
    for seed in SEEDS:
        for process in processes:
            process.stdin.write(f"seed-{seed}\n")
            process.stdin.flush()
        granted[seed] = sum(int(process.stdout.readline()) for process in processes)
    for process in processes:
        process.communicate()
    return granted


async def dollar(book, budget, **place):
    await book.set_budget(BudgetChange(budget, "usd", NANO, **place))


@pytest.mark.parametrize("seed", SEEDS)
async def test_fifty_agents_in_one_process_get_exactly_ten_dimes_of_a_dollar(book, seed):
    await dollar(book, "one")
    requests = [HoldRequest("one", Amount(NANO // 10), f"{seed} {agent}", "dime") for agent in range(50)]
    grants = await asyncio.gather(*map(book.reserve, requests))
    assert sum(grant.granted for grant in grants) == 10
    assert (await book.state("one")).left("usd") == 0


async def test_fifty_agents_in_five_processes_get_exactly_ten_dimes_of_a_dollar_on_twenty_seeds(bench):
    book = await bench.open()
    for seed in SEEDS:
        await dollar(book, f"seed-{seed}")
    granted = await asyncio.to_thread(race, [sys.executable, str(AGENTS), address_of(bench)])
    lefts = [(await book.state(f"seed-{seed}")).left("usd") for seed in SEEDS]
    await book.close()
    assert granted == dict.fromkeys(SEEDS, 10)
    assert lefts == [0] * len(SEEDS)


@pytest.mark.postgres
async def test_slices_that_other_servers_leased_never_cause_a_refusal_before_the_limit(bench):
    if not hasattr(bench, "schema"):
        return
    servers = [await bench.open() for _ in range(3)]
    await servers[0].set_budget(BudgetChange("hot", "usd", 1000 * NANO))

    async def spend(server, name, count):
        requests = [HoldRequest("hot", Amount(NANO), f"{name} {each}", "one dollar") for each in range(count)]
        return sum(grant.granted for grant in await asyncio.gather(*map(server.reserve, requests)))

    granted = [await spend(server, f"warm {place}", 20) for place, server in enumerate(servers)]
    # All three hold slices now; one alone asks for everything that is left, and more.
    granted.append(await spend(servers[0], "rest", 1000))
    state = await servers[1].state("hot")
    for server in servers:
        await server.close()
    assert sum(granted) == 1000
    assert (state.left("usd"), state.own.balance.held_nano_usd) == (0, 1000 * NANO)

"""A process of agents, run by the tests: for every budget named on stdin, ten at once each hold ten cents.

Usage: python agents.py ADDRESS NUMBER; answers each line with how many holds were granted.
"""

from __future__ import annotations

import asyncio
import random
import sys

from tokenworth.budgets import NANO, Amount, HoldRequest
from tokenworth.burn.ledger.opening import open_ledger

AGENTS = 10
TEN_CENTS = Amount(nano_usd=NANO // 10)


async def main(address: str, number: str) -> None:
    book = await open_ledger(address)
    say("ready")
    while budget := (await asyncio.to_thread(sys.stdin.readline)).strip():
        dice = random.Random(f"{budget} {number}")  # noqa: S311 - an order, not a secret
        order = dice.sample(range(AGENTS), AGENTS)
        grants = await asyncio.gather(*(hold(book, budget, f"{budget} {number} {agent}") for agent in order))
        say(sum(grants))
    await book.close()


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


async def hold(book, budget: str, key: str) -> bool:
    return (await book.reserve(HoldRequest(budget, TEN_CENTS, key, budget))).granted


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

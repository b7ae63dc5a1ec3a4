"""Writers that are killed: forks processes that hold and settle without a pause, and kills some of them at random.

Usage: python writers.py ADDRESS BUDGET WRITERS ROUNDS SEED. A writer reports what it was told on a pipe before it goes
on; what was reported is printed as JSON lines: the key, the hold, and what it settled at (null if nobody heard).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from contextlib import suppress

from tokenworth.budgets import NANO, Amount, HoldRequest
from tokenworth.burn.ledger.opening import open_ledger

CENT = NANO // 100
REPORTS_A_ROUND = (40, 300)


def main(address: str, budget: str, writers: str, rounds: str, seed: str) -> None:
    dice = random.Random(seed)  # noqa: S311 - a load, not a secret
    reports, pipe = os.pipe()
    living = {fork(address, budget, pipe, f"{seed}-0-{number}"): number for number in range(int(writers))}
    heard = b""
    for each in range(int(rounds)):
        wanted = heard.count(b"\n") + dice.randint(*REPORTS_A_ROUND)
        while heard.count(b"\n") < wanted:
            heard += os.read(reports, 65_536)
        last = each == int(rounds) - 1
        for process in list(living) if last else dice.sample(sorted(living), len(living) // 4):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            number = living.pop(process)
            if not last:
                living[fork(address, budget, pipe, f"{seed}-{each + 1}-{number}")] = number
    os.close(pipe)
    while chunk := os.read(reports, 65_536):
        heard += chunk
    sys.stdout.write(heard.decode())


def fork(address: str, budget: str, pipe: int, name: str) -> int:
    process = os.fork()
    if process == 0:
        with suppress(BrokenPipeError):
            asyncio.run(write(address, budget, pipe, name))
        os._exit(0)
    return process


async def write(address: str, budget: str, pipe: int, name: str) -> None:
    book = await open_ledger(address)
    dice = random.Random(name)  # noqa: S311 - a load, not a secret
    number = 0
    while True:
        number += 1
        key, amount = f"{name}-{number}", dice.randint(1, 9) * CENT
        grant = await book.reserve(HoldRequest(budget, Amount(amount), key, str(amount)))
        if not grant.granted:
            amount = 0
        report(pipe, key=key, hold=grant.hold, held=amount, charged=None)
        if grant.granted and dice.random() < 0.9:
            charged = dice.choice([0, amount // 3, amount])
            await book.settle(grant.hold, Amount(charged), str(charged))
            report(pipe, key=key, hold=grant.hold, held=amount, charged=charged)


def report(pipe: int, **what: object) -> None:
    os.write(pipe, (json.dumps(what) + "\n").encode())  # shorter than PIPE_BUF, so never mixed with another's


if __name__ == "__main__":
    main(*sys.argv[1:])

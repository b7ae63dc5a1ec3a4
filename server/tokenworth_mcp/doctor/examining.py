"""The whole examination, in the order in which people would fix things."""

from __future__ import annotations

from datetime import datetime

import anyio

from tokenworth_mcp.clients import LAUNCH, Surroundings
from tokenworth_mcp.doctor.client_configs import Named, find_named
from tokenworth_mcp.doctor.configured import check_assumptions, check_settings
from tokenworth_mcp.doctor.findings import Finding, note
from tokenworth_mcp.doctor.installed import check_installed
from tokenworth_mcp.doctor.stored import check_agent_logs, check_ledger, check_prices
from tokenworth_mcp.doctor.trying import try_named

__all__ = ["examine"]


async def examine(around: Surroundings, now: datetime, *, over_http: bool, start: bool) -> list[Finding]:
    """Check a set-up and change nothing.

    Args:
        around: whose set-up.
        now: what ages are counted to.
        over_http: also what only a server on a port needs.
        start: try the commands and addresses that clients name.
    """
    settings, findings = check_settings(around.environment)
    findings = [
        *check_installed(around.environment),
        *findings,
        check_assumptions(settings),
        await check_ledger(settings),
    ]
    findings += check_prices(settings, now)
    findings.append(check_agent_logs(around))
    if over_http:
        from tokenworth_mcp.doctor.serving import check_serving  # noqa: PLC0415 - loads the web server

        findings += check_serving(settings)
    named, unreadable = find_named(around)
    findings += unreadable
    if not named:
        findings.append(note("clients", "no client names this server", f"Add it, starting: {' '.join(LAUNCH)}"))
    findings += await _try_all(named, around) if start else [_untried(each) for each in named]
    return findings


async def _try_all(named: list[Named], around: Surroundings) -> list[Finding]:
    """All at once, in their order."""
    found: dict[int, Finding] = {}
    async with anyio.create_task_group() as tasks:

        async def one(place: int) -> None:
            found[place] = await try_named(named[place], around.environment)

        for place in range(len(named)):
            tasks.start_soon(one, place)
    return [found[place] for place in sorted(found)]


def _untried(named: Named) -> Finding:
    return note(f"client {named.client.title}", "names us; not tried", place=named.file)

"""Asks a provider what it counted in a budget's present period and keeps that beside what was spent here.

For whoever owns the budgets: it reads keys and goes out to the network, so it is no tool of the MCP server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import anyio

from tokenworth.budgets import Amount, BudgetChange, BudgetState, nano_usd, usd
from tokenworth.burn.opened import in_words, ledger_of
from tokenworth.burn.providers import PROVIDERS
from tokenworth.burn.providers.keys import find_key
from tokenworth.burn.providers.models import BudgetObserved, ObserveBudgetRequest, OfficialLimit
from tokenworth.burn.providers.pages import Asking
from tokenworth.burn.providers.provider import Findings, Narrowing, Provider, Question, Quota
from tokenworth.context import Context
from tokenworth.errors import DeadlineExceededError, InvalidInputError, NotAllowedError, StatusRefusedError
from tokenworth.http import HttpLimits, HttpSeams, open_http_client

__all__ = ["observe_budget"]

LIMITS: Final = HttpLimits(attempts_max=5, retry_after_seconds_max=60.0, retry_seconds=1.0, overall_seconds=180.0)
REPORT_SECONDS_MAX: Final = 300.0
NARROWINGS: Final[tuple[Narrowing, ...]] = ("organization", "project", "user", "workspace")
KEY_REFUSED: Final = (401, 403)
LIMIT_PERIODS: Final = {
    "day": ("daily", "1d", "24h"),
    "week": ("weekly", "7d", "1w"),
    "month": ("monthly", "30d", "1mo"),
}
# A proxy on one's own machine speaks plain http; these names, and no others, may lead there.
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a provider answers."""

    base: str
    host: str

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK_HOSTS


async def observe_budget(
    request: ObserveBudgetRequest,
    context: Context,
    *,
    environment: Mapping[str, str],
    seams: HttpSeams | None = None,
) -> BudgetObserved:
    """Ask a provider, and keep its figure only when all of the report was had and understood.

    Args:
        request: which budget and provider.
        context: holds the ledger.
        environment: where keys and addresses are looked up.
        seams: for tests.

    Raises:
        InvalidInputError: an unknown budget or provider, a key that is not set, or what the provider cannot tell.
        NotAllowedError: the provider does not accept the key, or the limit is not the caller's to raise.
        FetchError: the report could not be had.
        SourceDriftError: the report is not as it is documented.
    """
    provider = _provider(request.provider)
    narrowed = _narrowed(request, provider)
    ledger = await ledger_of(context)
    state = await ledger.state(request.budget)
    question = _question(request, provider, state, narrowed)
    found, pages = await _found(provider, question, environment, seams or HttpSeams())
    limit = _limit_to_set(found, question) if request.set_limit else None
    seen = Amount(None if found.usd is None else nano_usd(found.usd, up=False), found.tokens)
    if seen != Amount():
        await ledger.observe(request.budget, provider.name, seen)
    if limit is not None:
        change = BudgetChange(request.budget, "usd", limit, may_raise=context.caller.may_raise_limits)
        await ledger.set_budget(change)
    return _answer(request.budget, provider, question, found, seen, state, limit, pages)


def _provider(name: str) -> Provider:
    provider = PROVIDERS.get(name)
    if provider is None:
        raise InvalidInputError("provider", "none has that name", f"Send one of {', '.join(PROVIDERS)}")
    return provider


def _narrowed(request: ObserveBudgetRequest, provider: Provider) -> dict[Narrowing, str]:
    """Whose use is asked for; refused where the provider could not tell, for then the figure would be everybody's."""
    narrowed: dict[Narrowing, str] = {}
    for kind in NARROWINGS:
        value: str | None = getattr(request, kind)
        if value is None:
            if kind in provider.needs:
                raise InvalidInputError(kind, "not sent, and this report needs it", f"Send the provider's {kind} id")
            continue
        if kind not in provider.takes:
            takes = ", ".join(sorted(provider.takes)) or "nothing: it reports all that its key may see"
            raise InvalidInputError(kind, "this report cannot be asked for one", f"It can be narrowed to: {takes}")
        narrowed[kind] = value
    return narrowed


def _question(
    request: ObserveBudgetRequest, provider: Provider, state: BudgetState, narrowed: Mapping[Narrowing, str]
) -> Question:
    level, now = state.own, datetime.fromtimestamp(state.now_ms // 1000, UTC)
    period = level.budget.period
    if request.since is not None and period.kind != "once":
        raise InvalidInputError(
            "since",
            "this budget's period has a start of its own",
            "Leave it out; it is for a budget that is given once",
        )
    if level.starts_ms is not None:
        since = datetime.fromtimestamp(level.starts_ms // 1000, UTC)
    elif period.window_s is not None:
        since = now - timedelta(seconds=period.window_s)
    elif request.since is not None:
        since = request.since.replace(tzinfo=UTC) if request.since.tzinfo is None else request.since.astimezone(UTC)
    elif not provider.dated:
        since = now
    else:
        raise InvalidInputError("since", "a budget that is given once has no start", "Send a day, such as 2026-11-01")
    if since > now:
        raise InvalidInputError("since", "in the future", "Send the day on which the budget was given")
    return Question(since, now, period, narrowed)


async def _found(
    provider: Provider, question: Question, environment: Mapping[str, str], seams: HttpSeams
) -> tuple[Findings, int]:
    key = await find_key(provider.key_variable, environment)
    address = _address(provider, environment)
    if address.is_loopback:
        seams = replace(seams, loopback=True)
    try:
        with anyio.fail_after(REPORT_SECONDS_MAX):
            async with open_http_client([address.host], limits=LIMITS, seams=seams) as client:
                asking = Asking(client, address.base, provider.headers(key.get_secret_value()))
                return await provider.find(asking, question), asking.pages
    except StatusRefusedError as error:
        if error.status not in KEY_REFUSED:
            raise
        raise NotAllowedError(
            f"{provider.key_variable}: {error.host} does not accept this key for this report. "
            f"Set one that may read {provider.trusted_for}"
        ) from None
    except TimeoutError:
        raise DeadlineExceededError(
            address.host, f"did not finish in {REPORT_SECONDS_MAX:g} s", "Try again later"
        ) from None


def _address(provider: Provider, environment: Mapping[str, str]) -> _Address:
    if provider.host is not None or provider.address_variable is None:
        return _Address(f"https://{provider.host}", provider.host or "")
    variable = provider.address_variable
    text = environment.get(variable, "").strip().rstrip("/")
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if not parts.hostname:
        raise InvalidInputError(
            variable, "no address is set", "Set it to where the proxy answers, such as https://llm.example.com"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidInputError(variable, "holds more than an address", "Set scheme, host and path alone")
    return _Address(text, parts.hostname)


def _limit_to_set(found: Findings, question: Question) -> int:
    """The provider's one USD limit of the budget's own period, in nano-USD."""
    periods = LIMIT_PERIODS.get(question.period.kind, (None,))
    limits = [each.limit for each in found.quotas if _is_limit(each) and each.period in periods]
    if len(limits) != 1 or limits[0] is None or limits[0] < 0:
        raise InvalidInputError(
            "set_limit", "the provider states no single limit of this budget's period", "Set the limit yourself"
        )
    return nano_usd(limits[0], up=False)


def _is_limit(quota: Quota) -> bool:
    return quota.unit == "usd" and quota.limit is not None


def _answer(
    budget: str,
    provider: Provider,
    question: Question,
    found: Findings,
    seen: Amount,
    state: BudgetState,
    limit: int | None,
    pages: int,
) -> BudgetObserved:
    balance = state.own.balance
    notes = list(found.notes)
    counted_from = found.since or (question.since if provider.dated else None)
    if counted_from is not None and counted_from < question.since:
        notes.append(f"the provider counts from {counted_from:%Y-%m-%d %H:%M} UTC, before this period began")
    return BudgetObserved(
        headline=(
            f"{budget}: {provider.name} counts {in_words(seen)} in this period, beside "
            f"{in_words(Amount(balance.spent_nano_usd, balance.spent_tokens))} spent here."
            if seen != Amount()
            else f"{budget}: {provider.name} has no figure; nothing was kept."
        ),
        budget=budget,
        source=provider.name,
        usd=found.usd,
        tokens=found.tokens,
        spent_usd=usd(balance.spent_nano_usd),
        spent_tokens=balance.spent_tokens,
        gap_usd=None if seen.nano_usd is None else usd(seen.nano_usd - balance.spent_nano_usd),
        gap_tokens=None if seen.tokens is None else seen.tokens - balance.spent_tokens,
        counted_from=counted_from,
        counted_until=question.until,
        limits=[
            OfficialLimit(
                name=each.name, unit=each.unit, used=each.used, limit=each.limit, left=each.left, period=each.period
            )
            for each in found.quotas
        ],
        limit_set_usd=None if limit is None else usd(limit),
        pages=pages,
        notes=notes,
    )

"""The same position under one changed term: what to ask for, and what an unsaid term may hide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from tokenworth.lockin.models import Position
from tokenworth.lockin.position import Blocked, Claim, Holding, Leaving, TokensHeld, Work, holdings_of
from tokenworth.terms import Vesting

__all__ = ["Change", "loosened", "readings_of"]

LONG_WINDOW_MONTHS: Final = 120
YEAR_SERVED: Final = 12
EVEN_MONTHLY: Final = Vesting(months=48, cliff_months=0, every_months=1)
YEARLY_CLIFFS: Final = Vesting(months=48, cliff_months=12, every_months=12)
# A month of work, for someone who has not said what would stay behind.
WORK_NOT_SAID: Final = Work("not said", 160.0, None, "account")
FREED: Final[dict[Blocked, str]] = {
    "account": "your own account or key, so that what you build stays yours",
    "ip": "an IP carve-out for the prompts and agents you built",
    "format": "a right to export what you built in an open form",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One changed term, in words, and the position with it."""

    text: str
    leaving: Leaving


def loosened(leaving: Leaving) -> Iterator[Change]:
    """Terms worth asking for that would make leaving cheaper, and are not there yet."""
    yield from _token_changes(leaving)
    for held_by, text in FREED.items():
        if any(work.held_by == held_by and work.portability != 1.0 for work in leaving.built):
            yield Change(text, replace(leaving, built=tuple(_freed(work, held_by) for work in leaving.built)))
    if any(claim.served < claim.months for claim in leaving.claims):
        shorter = tuple(_shorter(claim) for claim in leaving.claims)
        yield Change("clawbacks half as long, less what is served", replace(leaving, claims=shorter))
    options = leaving.options
    if options is not None and not options.listed and options.window_months < LONG_WINDOW_MONTHS:
        longer = replace(options, window_months=LONG_WINDOW_MONTHS)
        yield Change("ten years to exercise vested options after leaving", replace(leaving, options=longer))
    if leaving.holdings or leaving.claims:
        whole = replace(leaving, holdings=(), claims=())
        yield Change("a new employer who makes you whole for shares and clawbacks", whole)


def readings_of(leaving: Leaving, position: Position) -> dict[str, list[Leaving]]:
    """For each unsaid term, the position as the contract may turn out to have it."""
    found = {name: list(_readings(leaving, position, name)) for name in leaving.case.unsaid}
    return {name: readings for name, readings in found.items() if readings}


def _token_changes(leaving: Leaving) -> Iterator[Change]:
    held = leaving.tokens
    if held is None:
        return
    if held.terms.carries and held.terms.kept_months != float("inf"):
        portable = replace(held, terms=replace(held.terms, kept_months=float("inf")))
        yield Change("unspent tokens paid out or kept when you leave", replace(leaving, tokens=portable))
    if not leaving.same_tools:
        yield Change("free choice of provider, so that your skills go along", replace(leaving, same_tools=True))
    if leaving.gap_months is None or leaving.gap_months > 0.0:
        bridged = replace(leaving, other_tokens_usd=float("inf"))
        yield Change("a new employer with tokens from the first day", bridged)


def _freed(work: Work, held_by: Blocked) -> Work:
    return replace(work, portability=1.0) if work.held_by == held_by else work


def _shorter(claim: Claim) -> Claim:
    return replace(claim, months=max(claim.months // 2, 1), pro_rata=True)


def _readings(leaving: Leaving, position: Position, name: str) -> Iterator[Leaving]:
    if leaving.tokens is not None and "token" in name:
        yield from (replace(leaving, tokens=held) for held in _token_readings(leaving.tokens, name))
    elif name == "position.contract.sign_on.clawback_months" and position.contract.sign_on is not None:
        sign_on = leaving.case.usd(position.contract.sign_on.amount)
        yield replace(leaving, claims=(*leaving.claims, Claim("sign-on", sign_on, 24, leaving.served, pro_rata=True)))
    elif name == "position.built":
        yield replace(leaving, built=(WORK_NOT_SAID,))
    elif name == "position.options.window_months" and leaving.options is not None:
        yield replace(leaving, options=replace(leaving.options, window_months=LONG_WINDOW_MONTHS))
    elif position.vesting_left is None and position.contract.equity:
        yield from _equity_readings(leaving, position, name)


def _token_readings(held: TokensHeld, name: str) -> Iterator[TokensHeld]:
    if name == "position.contract.tokens.unused":
        yield replace(held, terms=replace(held.terms, carries=not held.terms.carries))
    elif name == "position.contract.tokens.on_leaving":
        yield replace(held, terms=replace(held.terms, kept_months=float("inf")))
    elif name == "position.unspent_tokens":
        for unspent in (0.0, held.year_budget):
            yield replace(held, unspent_usd=unspent, past_budget=())


def _equity_readings(leaving: Leaving, position: Position, name: str) -> Iterator[Leaving]:
    if name.endswith(".vesting"):
        for vesting in (EVEN_MONTHLY, YEARLY_CLIFFS):
            yield replace(leaving, holdings=_revested(leaving, position, vesting))
    elif name == "position.months_served":
        holdings = holdings_of(leaving.case, position, position.contract, YEAR_SERVED)
        yield replace(leaving, served=YEAR_SERVED, holdings=holdings)


def _revested(leaving: Leaving, position: Position, vesting: Vesting) -> tuple[Holding, ...]:
    equity = [grant.model_copy(update={"vesting": vesting}) for grant in position.contract.equity]
    contract = position.contract.model_copy(update={"equity": equity})
    return holdings_of(leaving.case, position, contract, leaving.served)

"""The shares and options of an offer as the valuation takes them, what stands for what is not said, what to ask."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from tokenworth.money import Money, dollars
from tokenworth.reading import HORIZON_YEARS, Dollars
from tokenworth.terms import EquityGrant, Offer, Vesting
from tokenworth.valuation.option_holding import OptionTerms
from tokenworth.valuation.pay import DiscountMethod, ShareTerms
from tokenworth.valuation.vesting import Vest, VestingYear, graded_vests, straight_line_vests, vests_by_year

__all__ = [
    "EQUITY_ASKS",
    "REFRESH_VESTING",
    "equity_notes",
    "equity_readings",
    "equity_unsaid",
    "fair_share",
    "option_terms_of",
    "share_terms_of",
    "shares_usd",
    "vests_of",
]

VESTING_MONTHS: Final = 48
CLIFF_MONTHS: Final = 12
REFRESH_VESTING: Final = Vesting(months=48, cliff_months=0, every_months=3)
EXPIRY_YEARS: Final = 10
# What the tax code leaves an incentive option after leaving, and most contracts leave any.
WINDOW_MONTHS: Final = 3
# What a fact that was not said may turn out to be; ours, to put dollars on the question.
COMMON_OVER_LAST_ROUND: Final = Decimal("0.5")
PRICE_OVER_STRIKE: Final = Decimal("1.5")
WINDOW_MONTHS_LONG: Final = 120
EXPIRY_YEARS_SHORT: Final = 7

EQUITY_ASKS: Final = {
    "vesting": "How do the shares vest?",
    "price_409a": "What are the 409A price and the last round's price, and at which is the grant counted?",
    "shares": "At which price was the grant's value turned into shares?",
    "expiry_years": "After how many years do the options expire?",
    "post_termination_months": "How long after leaving may vested options be exercised?",
}


def share_terms_of(offer: Offer) -> tuple[ShareTerms, ...]:
    """All grants of one kind of share as one holding, since they rise and fall together; refreshers included."""
    usd = Dollars(offer)
    grants: dict[tuple[bool, DiscountMethod], list[ShareTerms]] = {}
    for grant in offer.equity:
        if grant.is_option:
            continue
        holding = grants.setdefault((grant.is_private, grant.discount_method), [])
        face, value = _face_usd(grant, usd), shares_usd(grant, usd)
        holding.append(_vesting_in_usd(face, value, _vesting_years(grant.vesting), 0, grant))
        refresh = usd(grant.refresh_per_year)
        if refresh > 0.0:
            years, value = _vesting_years(REFRESH_VESTING), refresh * fair_share(grant)
            holding += [_vesting_in_usd(refresh, value, years, start, grant) for start in range(1, HORIZON_YEARS)]
    return tuple(_one_holding(holding) for holding in grants.values())


def option_terms_of(offer: Offer) -> tuple[OptionTerms, ...]:
    """Each grant of options; what was not said is taken as `equity_unsaid` lists."""
    usd = Dollars(offer)
    return tuple(_option_terms(grant, usd) for grant in offer.equity if grant.is_option)


def shares_usd(grant: EquityGrant, usd: Dollars) -> float:
    """What a grant of shares is worth at today's fair price, all of it; options are not shares."""
    return 0.0 if grant.is_option else _face_usd(grant, usd) * fair_share(grant)


def fair_share(grant: EquityGrant) -> float:
    """What a share is worth over what it is counted at: 409A price over last round's, where both are known."""
    if grant.price_409a is None or grant.last_round_price is None:
        return 1.0
    return float(grant.price_409a.number / grant.last_round_price.number)


def vests_of(vesting: Vesting) -> tuple[Vest, ...]:
    """Every vest of a grant; a schedule that was not said is four years with a one-year cliff, then quarterly."""
    if vesting.yearly is not None:
        return graded_vests([float(share) for share in vesting.yearly], vesting.every_months)
    months = vesting.months or VESTING_MONTHS
    cliff = vesting.cliff_months if vesting.cliff_months is not None else min(CLIFF_MONTHS, months)
    return straight_line_vests(months, cliff, vesting.every_months)


def equity_unsaid(offer: Offer) -> dict[str, str]:
    """Terms of the grants that were not said, by field, each with what is taken in its place."""
    unsaid: dict[str, str] = {}
    for index, grant in enumerate(offer.equity):
        if grant.vesting.yearly is None and grant.vesting.months is None:
            unsaid[f"offer.equity.{index}.vesting"] = "4 years, 1-year cliff, then quarterly"
        for name, taken in _unsaid_terms(grant):
            unsaid[f"offer.equity.{index}.{name}"] = taken
    return unsaid


def equity_readings(grant: EquityGrant, name: str) -> list[EquityGrant]:
    """The same grant as it may turn out to read once the unsaid term of this name is known; vesting is not here."""
    changes: dict[str, object] = {}
    if name == "post_termination_months":
        changes = {name: WINDOW_MONTHS_LONG}
    elif name == "expiry_years":
        changes = {name: EXPIRY_YEARS_SHORT}
    elif name == "shares":
        changes = {"last_round_price": None}
    elif name == "price_409a" and grant.is_option:
        changes = {name: grant.last_round_price or _times(grant.strike, PRICE_OVER_STRIKE)}
    elif name == "price_409a":
        last_round = grant.last_round_price or Money(Decimal(1))
        changes = {name: _times(last_round, COMMON_OVER_LAST_ROUND), "last_round_price": last_round}
    return [grant.model_copy(update=changes)] if changes else []


def equity_notes(offer: Offer) -> tuple[str, ...]:
    """What about the grants is not in the numbers and must be asked."""
    grants = offer.equity
    notes: list[str] = []
    topics = {
        "AMT on exercising": any(grant.kind == "iso" for grant in grants),
        "early exercise with an 83(b) election": any(_may_exercise_early(grant) for grant in grants),
        "QSBS status": any(grant.is_private for grant in grants),
        "preferences ahead of common": any(g.is_private and g.preferences_ahead is None for g in grants),
    }
    if asked := [topic for topic, applies in topics.items() if applies]:
        notes.append("not counted, so ask: " + ", ".join(asked))
    ahead = max((Dollars(offer)(grant.preferences_ahead) for grant in grants), default=0.0)
    if ahead > 0.0:
        notes.append(
            f"{dollars(ahead)} is paid ahead of common at an exit, which is not counted: ask what is left then"
        )
    return tuple(notes)


def _may_exercise_early(grant: EquityGrant) -> bool:
    """Said, or not ruled out: private companies often let options be exercised before they vest."""
    return grant.is_option and (grant.is_private if grant.early_exercise is None else grant.early_exercise)


def _unsaid_terms(grant: EquityGrant) -> Iterator[tuple[str, str]]:
    if grant.is_private and grant.price_409a is None:
        taken = "the price the grant is counted at"
        yield "price_409a", "the strike, as at a new grant, and a private company" if grant.is_option else taken
    if grant.value is not None and grant.price_409a is not None and grant.last_round_price is not None:
        yield "shares", "as many as the value buys at the last round's price"
    if grant.is_option and grant.expiry_years is None:
        yield "expiry_years", f"{EXPIRY_YEARS} years"
    if grant.is_option and grant.post_termination_months is None:
        yield "post_termination_months", f"{WINDOW_MONTHS} months"


def _option_terms(grant: EquityGrant, usd: Dollars) -> OptionTerms:
    strike = usd(grant.strike)
    counted_at = usd(grant.last_round_price or grant.market_price or grant.price_409a) or strike
    count = float(grant.shares) if grant.shares is not None else usd(grant.value) / counted_at
    months = grant.post_termination_months if grant.post_termination_months is not None else WINDOW_MONTHS
    return OptionTerms(
        count=count,
        strike=strike,
        price=usd(grant.market_price or grant.price_409a) or strike,
        face_usd=count * counted_at,
        vesting=_vesting_years(grant.vesting),
        expiry_years=float(grant.expiry_years or EXPIRY_YEARS),
        window_years=months / 12.0,
        private=grant.is_private,
    )


def _face_usd(grant: EquityGrant, usd: Dollars) -> float:
    """What the grant of shares is advertised as."""
    if grant.shares is None:
        return usd(grant.value)
    return grant.shares * usd(grant.last_round_price or grant.market_price or grant.price_409a)


def _times(amount: Money | None, factor: Decimal) -> Money | None:
    return None if amount is None else Money(amount.number * factor, amount.currency)


def _vesting_years(vesting: Vesting) -> tuple[VestingYear, ...]:
    return vests_by_year(vests_of(vesting), HORIZON_YEARS)


def _vesting_in_usd(
    face: float, value: float, years: tuple[VestingYear, ...], start: int, grant: EquityGrant
) -> ShareTerms:
    """A grant made `start` years in, cut to the horizon; at risk each year is what has not vested before it."""
    nothing = [VestingYear(0.0, year + 0.5) for year in range(start)]
    later = [VestingYear(value * y.fraction, y.when + start) for y in years[: HORIZON_YEARS - start]]
    advertised = [0.0] * start + [face * y.fraction for y in years[: HORIZON_YEARS - start]]
    left, outstanding = value, [0.0] * start
    for year in later:
        outstanding.append(left)
        left -= year.fraction
    return ShareTerms(
        (*nothing, *later), tuple(outstanding), grant.is_private, tuple(advertised), grant.discount_method
    )


def _one_holding(grants: list[ShareTerms]) -> ShareTerms:
    vesting: list[VestingYear] = []
    for year in range(HORIZON_YEARS):
        vests = [grant.vesting[year] for grant in grants]
        usd = sum(vest.fraction for vest in vests)
        when = sum(vest.fraction * vest.when for vest in vests) / usd if usd > 0.0 else year + 0.5
        vesting.append(VestingYear(usd, when))
    outstanding = tuple(sum(grant.outstanding_usd[year] for grant in grants) for year in range(HORIZON_YEARS))
    advertised = tuple(sum(grant.advertised_usd[year] for grant in grants) for year in range(HORIZON_YEARS))
    return ShareTerms(tuple(vesting), outstanding, grants[0].private, advertised, grants[0].discount_method)

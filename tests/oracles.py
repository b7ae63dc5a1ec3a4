"""Every outside oracle row against the package's public functions: `make oracles`.

Reads the folder named by TOKENWORTH_VECTORS (the project's own copy in fixtures/vectors if unset), takes each
`*.jsonl` that it knows, dispatches on `kind`, and prints `FILE: n rows, n right`. A row that is wrong, of an unknown
kind or unreadable fails, and so does a folder or a file without rows.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import oracle_kinds_equity
import oracle_kinds_lockin
import oracle_kinds_prices
import oracle_kinds_tax
import oracle_kinds_valuation
from tokenworth.errors import TokenworthError

__all__ = ["KNOWN_FILES", "Checked", "check_folder", "vectors_folder"]

KINDS: Final[dict[str, Callable[[Mapping[str, Any]], float]]] = {
    **oracle_kinds_valuation.KINDS,
    **oracle_kinds_equity.KINDS,
    **oracle_kinds_lockin.KINDS,
    **oracle_kinds_tax.KINDS,
}
# Rows of these are whole requests to price; the others name a kind.
PRICES: Final = "prices.jsonl"
KNOWN_FILES: Final = ("valuation.jsonl", "equity_tax.jsonl", "lock_in.jsonl", PRICES)


@dataclass(frozen=True, slots=True)
class Checked:
    """One file's result: rows read, rows right, and what is wrong with the others."""

    name: str
    rows: int
    right: int
    problems: tuple[str, ...]


def vectors_folder() -> Path:
    """The folder of oracle rows to check."""
    own = Path(__file__).resolve().parent.parent / "fixtures" / "vectors"
    return Path(os.environ.get("TOKENWORTH_VECTORS") or own)


def check_folder(folder: Path) -> Iterator[Checked]:
    """Each known file in the folder."""
    for name in KNOWN_FILES:
        path = folder / name
        if path.is_file():
            yield check_file(path)


def check_file(path: Path) -> Checked:
    """Every row of one file."""
    problems: list[str] = []
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            problem = _price_problem(row) if path.name == PRICES else _problem(row)
        except (KeyError, TypeError, ValueError, ArithmeticError, TokenworthError) as error:
            problem = f"line {number}: cannot be computed: {type(error).__name__} {error}"
        if problem is not None:
            problems.append(problem)
    return Checked(path.name, len(lines), len(lines) - len(problems), tuple(problems))


def _price_problem(row: Mapping[str, Any]) -> str | None:
    """Prices are exact to the last digit, and unpriced is an answer of its own."""
    expected = row["expected_usd"]
    found = oracle_kinds_prices.run_price_row(row)
    if found == (None if expected is None else Decimal(expected)):
        return None
    return f"{row['id']}: expected {expected}, found {found}"


def _problem(row: Mapping[str, Any]) -> str | None:
    kind = row["kind"]
    if kind not in KINDS:
        return f"{row['id']}: unknown kind {kind}"
    expected, tolerance = row["expected"], row["abs_tol"]
    found = KINDS[kind](row["inputs"])
    if math.isfinite(found) and abs(found - expected) <= tolerance:
        return None
    return f"{row['id']}: expected {expected} within {tolerance}, found {found}"


def main() -> int:
    """Print every file's result; 1 if anything is wrong or nothing was there."""
    results = list(check_folder(vectors_folder()))
    for result in results:
        sys.stdout.write(f"{result.name}: {result.rows} rows, {result.right} right\n")
        for problem in result.problems:
            sys.stdout.write(f"  {problem}\n")
    if not results:
        sys.stdout.write("no file of oracle rows found\n")
    return 0 if results and all(r.rows and r.rows == r.right for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())

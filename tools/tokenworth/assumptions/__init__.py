"""Every default as data: low, base, high, unit, source, date; loaded once, overridden by name, never hidden."""

from __future__ import annotations

from tokenworth.assumptions.catalogue import Assumption, Assumptions, Measured, Observed, load_assumptions

__all__ = ["Assumption", "Assumptions", "Measured", "Observed", "load_assumptions"]

"""Reads any raw usage object into counts that each name one meter: what was sent, cached, written and made."""

from __future__ import annotations

from tokenworth.prices.usages.counts import Counts
from tokenworth.prices.usages.detection import FORMATS, read_usage

__all__ = ["FORMATS", "Counts", "read_usage"]

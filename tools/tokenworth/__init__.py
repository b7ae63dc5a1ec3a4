"""What an offer with AI tokens is worth, what agents burn, and what leaving costs."""

from __future__ import annotations

__version__ = "0.1.0"

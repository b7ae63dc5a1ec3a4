"""The shared valuation module: pure functions on arrays; no I/O, no pydantic, no clock."""

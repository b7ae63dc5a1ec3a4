"""One file per price source: pure functions from a recorded payload to observations."""

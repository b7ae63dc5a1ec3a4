"""Tool family: what an offer is worth, and which of several is worth most."""

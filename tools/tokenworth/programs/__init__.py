"""Tool family: whether a token programme can last, what it costs, and what it is worth to whom."""

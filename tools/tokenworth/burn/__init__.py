"""Tool family: what agents spend against budgets, how fast, and what is left."""

"""Tool family: what agents spend against budgets, how fast, and what is left.

Nothing is imported here, so that reading logs loads nothing of the tools: `models` has requests and answers, and each
tool is a function in the module of its name.
"""

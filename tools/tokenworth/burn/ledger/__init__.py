"""The ledger that cannot be overspent: budgets in a tree, holds before work, charges after it, in one of two stores."""

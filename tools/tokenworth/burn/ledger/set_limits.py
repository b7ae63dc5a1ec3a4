"""Creating a budget and changing its limits: who may do what, and what a change means for the present period."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tokenworth.budgets import Budget, BudgetChange, Period
from tokenworth.burn.ledger.desk import DEPTH_MAX, Desk
from tokenworth.burn.ledger.periods import zone_named
from tokenworth.errors import InvalidInputError, NotAllowedError

__all__ = ["SetBudget"]

ADMIN_HINT = "Ask whoever owns the budget to run `tokenworth budget set`, or to call with the budgets:admin scope"


@dataclass(frozen=True, slots=True)
class SetBudget:
    """Create a budget, or change one."""

    change: BudgetChange

    @property
    def entry(self) -> None:
        """It has no key: setting the same again changes nothing."""
        return

    @property
    def budget(self) -> str:
        """The budget to set."""
        return self.change.budget

    def apply(self, desk: Desk) -> tuple[Budget, bool]:
        """The budget as it is now, and whether it is new.

        Raises:
            InvalidInputError: an unknown parent or zone, a loop, or a new budget without a limit.
            NotAllowedError: it would raise or remove a limit, or move the budget, and the caller may not.
        """
        before = desk.budgets.get(self.change.budget)
        after = self._created() if before is None else self._changed(before)
        if after == before:
            return after, False
        _check_place(desk, after)
        if before is not None:
            # Begin the present period under the old limit first, so that what earlier ones left is counted with it.
            desk.here(before, main=True)
        desk.budgets[after.id] = after
        desk.changed_budgets.add(after.id)
        for balance in desk.balances_from(after.id, desk.here(after, main=True).period_ms):
            balance.limit_nano_usd, balance.limit_tokens = after.limit_nano_usd, after.limit_tokens
            desk.touch(balance)
        return after, before is None

    def _created(self) -> Budget:
        change = self.change
        if change.unit is None:
            raise InvalidInputError(
                "budget", "new, and no limit was sent", "Send limit_usd or limit_tokens, such as limit_usd: 100"
            )
        if change.limit is None and not change.may_raise:
            raise NotAllowedError(f"limit_{change.unit}: a budget without a limit is not yours to create. {ADMIN_HINT}")
        budget = Budget(change.budget, change.parent, change.period or Period())
        return self._limited(budget)

    def _changed(self, before: Budget) -> Budget:
        change = self.change
        if not change.may_raise:
            if change.period is not None and change.period != before.period:
                raise NotAllowedError(f"period: moving a budget to another period could raise it. {ADMIN_HINT}")
            if change.parent is not None and change.parent != before.parent:
                raise NotAllowedError(f"parent: a budget stays below its parent. {ADMIN_HINT}")
            if change.unit is not None:
                now = before.limit(change.unit)
                if now is not None and (change.limit is None or change.limit > now):
                    raise NotAllowedError(
                        f"limit_{change.unit}: higher than the present limit; over MCP a limit can only be lowered. "
                        f"{ADMIN_HINT}"
                    )
        return self._limited(
            replace(
                before,
                parent=before.parent if change.parent is None else change.parent,
                period=change.period or before.period,
            )
        )

    def _limited(self, budget: Budget) -> Budget:
        if self.change.unit is None:
            return budget
        if self.change.unit == "usd":
            return replace(budget, limit_nano_usd=self.change.limit)
        return replace(budget, limit_tokens=self.change.limit)


def _check_place(desk: Desk, budget: Budget) -> None:
    zone_named(budget.period.timezone)
    above, depth = budget.parent, 1
    while above is not None:
        depth += 1
        if above == budget.id:
            raise InvalidInputError("parent", "below the budget itself", "Send a budget that is not one of its own")
        if above not in desk.budgets:
            raise InvalidInputError(
                "parent", "no budget has that id", "Create the parent first, then the budgets below it"
            )
        if depth > DEPTH_MAX:
            raise InvalidInputError("parent", f"more than {DEPTH_MAX} budgets above each other", "Use fewer levels")
        above = desk.budgets[above].parent

"""Builds the MCP server: its identity, its instructions, and the chosen part of the table of tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from tokenworth import __version__
from tokenworth_mcp.asking import ASK_WORTH_USD_MIN
from tokenworth_mcp.catalogue import select_tools
from tokenworth_mcp.sdk_compat import Identity, TableServer

if TYPE_CHECKING:
    from mcp.server.context import ServerMiddleware

    from tokenworth.context import Context

__all__ = ["INSTRUCTIONS", "build_server"]

INSTRUCTIONS: Final = """\
Tokenworth values pay offers that include AI tokens, and keeps agents within token budgets.

- value_offer: what one offer of salary, bonus, equity and tokens is worth, as salary; base alone is enough to start.
- compare_offers: which of several offers is worth most, how surely, and what would make them equal.
- check_budget: what is left, how fast it goes, whether a planned call fits; ask before and during a task.
- estimate_cost: what a call or a planned task costs, exactly, on one model or several; find_prices: what models cost, \
past and coming.
- reserve_budget, settle_reservation: hold a call's worst case first, charge its usage after; record_usage: charge a \
use that was not held.
- set_budget: create a budget or lower a limit; only its owner raises one.
- explain_lock_in: what leaving costs, a person the employer or an employer its AI provider, and what would loosen it.
- plan_program: whether an employer's token programme can last, what it costs, and what it is worth to staff.
- explain_assumptions: what each default is, who says so, and which question would replace it.

Every answer comes twice, as text and as structured content; either is complete. Quote the headline, keep the range \
beside every figure, and name the assumptions that move it most. Ask the person the questions an answer lists before \
calling again with what they say. Amounts may be numbers or text such as "375k", "$100,000" or "5M" tokens. Unknown \
fields are refused, never ignored: leave out what you do not know, and send objects as JSON, not as text. When a call \
is refused, change what the message names and call again. Answers are estimates, not financial, tax or legal advice.\
"""


def build_server(
    context: Context | Callable[[], Context] | None = None,
    *,
    toolsets: Iterable[str] | None = None,
    read_only: bool = False,
    request_state_keys: Sequence[str] = (),
    ask_worth_usd_min: int = ASK_WORTH_USD_MIN,
    server_type: type[TableServer] = TableServer,
    middleware: Sequence[ServerMiddleware[Any]] = (),
    connections: bool = True,
) -> TableServer:
    """A server over some of the tools, for any transport or an in-memory client.

    Args:
        context: what the tools may use, or what gives that for the request at hand; by default the shipped assumptions
            and the real clock.
        toolsets: which families to offer, all when None.
        read_only: leave out the tools that write anything.
        request_state_keys: shared by replicas, so that each opens the state that another sealed.
        ask_worth_usd_min: how much an answer must move a result by for the person to be asked in a form.
        server_type: for who adds to the server what no table has.
        middleware: of the SDK's kind; sees every message and its answer.
        connections: clients stay connected, as over stdio; over HTTP they do not.

    Raises:
        InvalidInputError: a toolset that does not exist.
    """
    if context is None:
        from tokenworth.wiring import build_context  # noqa: PLC0415 - whoever brings a context needs no wiring

        context = build_context()
    return server_type(
        select_tools(toolsets, read_only=read_only),
        context if callable(context) else lambda: context,
        Identity(
            name="tokenworth",
            title="Tokenworth",
            version=__version__,
            description="What a pay offer with AI tokens is worth, what agents burn, and what leaving costs.",
            instructions=INSTRUCTIONS,
        ),
        request_state_keys,
        ask_worth_usd_min,
        middleware,
        connections=connections,
    )

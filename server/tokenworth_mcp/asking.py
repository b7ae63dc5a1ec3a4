"""Asks the person, while a call runs, what would tell most, if the client can show a form; otherwise the answer asks.

In the handshake eras the form goes to the client as a request of its own, where the connection can carry one (stdio;
not HTTP, which is served without sessions). In the modern era the call is answered with the form, and the client calls
again with what was filled in and the sealed state of the rounds before. A form that is declined, cancelled, left
empty, filled in with what cannot be used, or not answered in time changes nothing: the default stands, and the answer
still asks.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import anyio
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import is_version_at_least

from tokenworth.errors import TokenworthError
from tokenworth_mcp.boundary import Answered
from tokenworth_mcp.catalogue import ToolEntry
from tokenworth_mcp.forms import Form, fill_in, make_form, usable

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context as CallContext

    from tokenworth.assumptions import Assumptions

__all__ = ["ASK_WORTH_USD_MIN", "ROUNDS_MAX", "answer_asking"]

# Below this an answer is not worth somebody's time.
ASK_WORTH_USD_MIN: Final = 2_000
ROUNDS_MAX: Final = 2
# People read a form and look something up; a client that never answers must not keep a call for ever.
ANSWER_SECONDS_MAX: Final = 300
MODERN: Final = "2026-07-28"
FORM_KEY: Final = "questions"

Run = Callable[[dict[str, Any]], Awaitable[Answered]]


@dataclass(frozen=True, slots=True)
class Rounds:
    """What was asked in a call so far, and what the person said."""

    asked: tuple[str, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    count: int = 0
    ended: bool = False

    def after(self, form: Form, reply: ElicitResult | None) -> Rounds:
        """With the reply to a form; whoever cancels or does not answer is not asked again."""
        said = usable(form.fields, reply.content) if reply is not None and reply.action == "accept" else {}
        ended = reply is None or reply.action != "accept"
        return Rounds((*self.asked, *form.fields), {**self.given, **said}, self.count + 1, ended)

    def without_last(self, form: Form) -> Rounds:
        """What was given in answer to a form taken back: it cannot be used."""
        kept = {name: value for name, value in self.given.items() if name not in form.fields}
        return Rounds(self.asked, kept, self.count, ended=True)

    def sealed(self) -> str:
        """For the client to send back; the SDK encrypts it and binds it to this call."""
        return json.dumps({"asked": self.asked, "given": dict(self.given), "count": self.count})

    @classmethod
    def opened(cls, state: str | None) -> Rounds:
        """What `sealed` made."""
        if state is None:
            return cls()
        kept = json.loads(state)
        return cls(tuple(kept["asked"]), kept["given"], kept["count"])


async def answer_asking(
    entry: ToolEntry,
    arguments: dict[str, Any],
    run: Run,
    call: CallContext[Any, Any] | None,
    assumptions: Assumptions,
    worth_usd_min: int,
) -> Answered | InputRequiredResult:
    """Answer a call, asking the person first where that tells enough and the client can show a form.

    Args:
        run: computes an answer from arguments.
        call: the SDK's view of the call; None when nobody called over a connection.
        worth_usd_min: how much an answer must move the result by to be worth asking for.

    Raises:
        TokenworthError: what `run` raises for the arguments as they were sent.
    """
    modern = call is not None and _is_modern(call)
    rounds = Rounds.opened(call.request_state if modern and call is not None else None)
    answered = await run(fill_in(arguments, rounds.given))
    if call is None or not _shows_forms(call, modern=modern):
        return answered
    # In the modern era a reply belongs to the form of the round before, which is made again from the same state.
    waiting = call.input_responses.get(FORM_KEY) if modern and call.input_responses else None
    while rounds.count < ROUNDS_MAX and not rounds.ended:
        form = make_form(
            entry, fill_in(arguments, rounds.given), answered.data, rounds.asked, assumptions, worth_usd_min
        )
        if form is None:
            break
        if not modern:
            reply = await _ask(call, form)
        elif isinstance(waiting, ElicitResult):
            reply, waiting = waiting, None
        else:
            return _with_form(form, rounds)
        before = rounds
        rounds = rounds.after(form, reply)
        if rounds.given != before.given:
            try:
                answered = await run(fill_in(arguments, rounds.given))
            except TokenworthError as error:
                rounds = rounds.without_last(form)
                return _noted(answered, rounds, f"What the person filled in could not be used: {_first_line(error)}")
    return _noted(answered, rounds)


def _noted(answered: Answered, rounds: Rounds, *notes: str) -> Answered:
    """The answer, saying what the person was asked and said, so that the assistant can send it along next time."""
    said = [
        f"The person said: {name} = {json.dumps(value, ensure_ascii=False)}." for name, value in rounds.given.items()
    ]
    silent = [name for name in rounds.asked if name not in rounds.given]
    if silent:
        said.append(f"The person was asked and did not say: {', '.join(silent)}.")
    lines = [*said, *notes]
    if not lines:
        return answered
    data = {**answered.data, "notes": [*answered.data.get("notes", ()), *lines]}
    if rounds.given:
        # For a page, which asks again for more of the same answer.
        data["filled_in"] = dict(rounds.given)
    return Answered("\n".join([answered.text, *lines]), data)


def _first_line(error: TokenworthError) -> str:
    told = [line.removeprefix("- ") for line in str(error).splitlines()]
    return told[1] if len(told) > 1 else told[0]


def _is_modern(call: CallContext[Any, Any]) -> bool:
    version = call.protocol_version
    return version is not None and is_version_at_least(version, MODERN)


def _shows_forms(call: CallContext[Any, Any], *, modern: bool) -> bool:
    """Whether the client said that it can show forms, and a form can reach it."""
    capabilities = call.client_capabilities
    elicitation = None if capabilities is None else capabilities.elicitation
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return modern or call.session.can_send_request


async def _ask(call: CallContext[Any, Any], form: Form) -> ElicitResult | None:
    """Ask over a connection that carries requests of ours; None when no usable reply came."""
    with anyio.move_on_after(ANSWER_SECONDS_MAX):
        try:
            reply: ElicitResult = await call.session.elicit_form(
                form.message, form.schema, related_request_id=call.request_id
            )
        except (MCPError, ValueError):
            return None  # a client that refuses what it said it could do, or answers out of shape
        return reply
    return None


def _with_form(form: Form, rounds: Rounds) -> InputRequiredResult:
    asked = ElicitRequest(params=ElicitRequestFormParams(message=form.message, requested_schema=form.schema))
    return InputRequiredResult(input_requests={FORM_KEY: asked}, request_state=rounds.sealed())

"""All that leans on the MCP SDK's private parts or works around it (mcp 2.3), each with its reason.

- `TableServer` answers tools/list from committed listings and runs tools/call through our boundary. The SDK's own
  `Tool.from_function` costs some 8 ms a tool at start-up, drops unknown arguments silently, takes `"3"` and `true` for
  numbers, reads JSON out of strings, and shows callers pydantic's text with the values they sent.
- `TableServer` answers resource templates, reads and completions from our own table too: `MCPServer.resource` builds a
  pydantic model of its function at start-up, cannot match a variable with a slash in it, and quotes what was sent.
- `TableServer` answers the prompts from our table as well, whose words are files: the SDK wants a function for each,
  with a pydantic model of its arguments, and turns a refusal into an internal error.
- `TableServer` answers `server/discover` too: the SDK announces `listChanged` of every list wherever streams of changes
  are served, and ours never change.
- `TableServer.lowlevel` is private in the SDK although its own in-memory client reaches for it too.
- `_untouched_logging`: the SDK's constructor calls `logging.basicConfig` with a handler that prints tracebacks, and
  with them whatever an exception's text quotes; making it costs 20 ms of start-up.
- `_connection_of`: notices of the handshake era outlive the request that asked for them, and end with its connection;
  the SDK shows a handler its session, and keeps the connection behind it private.
- `answer_probe`: the SDK lets the first message decide a connection's era, so a client that asks `server/discover` and
  then falls back to `initialize` on the same pipe is refused with -32022. Claude Code does exactly that
  (anthropics/claude-code#96183). A probe is answered by a connection of its own, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypedDict

import anyio
from mcp.server import MCPServer
from mcp.server.apps import EXTENSION_ID
from mcp.server.connection import Connection
from mcp.server.context import ServerMiddleware, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import server as sdk_server
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.request_state import RequestStateSecurity
from mcp.server.runner import serve_dual_era_loop
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp_types import (
    INVALID_PARAMS,
    CallToolResult,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    DiscoverResult,
    GetPromptResult,
    InputRequiredResult,
    JSONRPCRequest,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    Prompt,
    PromptArgument,
    PromptMessage,
    RequestParams,
    Resource,
    ResourceLink,
    ResourceTemplate,
    ResourceTemplateReference,
    TextContent,
    Tool,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import AnyUrl

from tokenworth.errors import InvalidInputError, TokenworthError
from tokenworth.plain_text import plain_text
from tokenworth_mcp.apps.linked import is_by_page, page_content, with_pages_listed, with_tools_linked
from tokenworth_mcp.apps.pages import select_pages
from tokenworth_mcp.asking import ASK_WORTH_USD_MIN, answer_asking
from tokenworth_mcp.boundary import answer_call
from tokenworth_mcp.catalogue import ToolEntry, find_tool
from tokenworth_mcp.library import MARKDOWN, Document, method_of, read_document, select_documents
from tokenworth_mcp.paging import Pages
from tokenworth_mcp.prompts import complete_argument, read_prompt, select_prompts, write_prompt
from tokenworth_mcp.resources import BUDGETS, NotThereError, complete_address, read_address, select_templates
from tokenworth_mcp.snapshots import listed_tool
from tokenworth_mcp.strict_json import is_object
from tokenworth_mcp.subscriptions import Subscriptions

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context as CallContext

    from tokenworth.context import Context
    from tokenworth.work import Report

__all__ = ["Identity", "TableServer", "answer_probe", "is_probe"]

COMPLETIONS_MAX: Final = 100
META_VERSION: Final = "io.modelcontextprotocol/protocolVersion"


class Identity(TypedDict):
    """Who the server says it is."""

    name: str
    title: str
    version: str
    description: str
    instructions: str


class TableServer(MCPServer[Any]):
    """An MCP server whose tools are the entries of our table, each call validated and masked at our boundary."""

    def __init__(
        self,
        entries: Sequence[ToolEntry],
        contexts: Callable[[], Context],
        identity: Identity,
        request_state_keys: Sequence[str] = (),
        ask_worth_usd_min: int = ASK_WORTH_USD_MIN,
        middleware: Sequence[ServerMiddleware[Any]] = (),
        *,
        connections: bool = True,
    ) -> None:
        """A server over these tools.

        Args:
            entries: the tools to offer.
            contexts: gives what the request at hand may use, called within it.
            identity: who the server says it is; the same on every replica.
            request_state_keys: seal the state that clients carry between requests, the first one, and open it, any
                of them; the same on every replica. One of this process's own when there is none.
            ask_worth_usd_min: how much an answer must move a result by for the person to be asked.
            middleware: sees every message and its answer.
            connections: clients stay connected, and can be told of changes later; over HTTP they do not.
        """
        self._entries = tuple(entries)
        self._contexts = contexts
        self._ask_worth_usd_min = ask_worth_usd_min
        security = RequestStateSecurity(keys=request_state_keys) if request_state_keys else None
        with _untouched_logging():
            super().__init__(
                **identity,
                subscriptions=False,
                log_level="WARNING",
                middleware=[*middleware, Pages()],
                request_state_security=security,
            )
        self._lowlevel_server.add_request_handler("server/discover", RequestParams, self._discover)
        self._subscriptions_served = Subscriptions(contexts, _connection_of)
        self._documents = select_documents(self._entries)
        self._templates = select_templates(self._entries)
        self._prompts = select_prompts(self._entries)
        self._pages = select_pages(self._entries)
        if self._pages:
            self._lowlevel_server.extensions[EXTENSION_ID] = {}
        if self._templates or self._prompts:
            # The SDK's own decorator for this is untyped.
            self._lowlevel_server.add_request_handler("completion/complete", CompleteRequestParams, self._complete)
        if any(entry.prefix == BUDGETS for entry in self._templates):
            self._subscriptions_served.serve_streams(self._lowlevel_server)
            if connections:
                self._subscriptions_served.serve_connections(self._lowlevel_server)

    def end_streams(self) -> None:
        """Tell everybody who listens to changes that the server ends."""
        self._subscriptions_served.end_streams()

    @property
    def lowlevel(self) -> Server[Any]:
        """The SDK's inner server, which transports drive."""
        return self._lowlevel_server

    async def _discover(self, ctx: ServerRequestContext[Any], _: RequestParams) -> DiscoverResult:
        found = self._lowlevel_server.get_capabilities(protocol_version=ctx.protocol_version)
        unchanging = {
            name: capability.model_copy(update={"list_changed": False})
            for name in ("prompts", "resources", "tools")
            if (capability := getattr(found, name)) is not None
        }
        return DiscoverResult(
            supported_versions=list(MODERN_PROTOCOL_VERSIONS),
            capabilities=found.model_copy(update=unchanging),
            instructions=self.instructions,
        )

    async def list_tools(self) -> list[Tool]:
        """The committed listings, in the table's order."""
        return [listed_tool(entry.name) for entry in self._entries]

    async def list_resources(self) -> list[Resource]:
        """The documents behind the answers of the tools that are offered."""
        return [
            Resource(
                uri=document.address,
                name=document.address.removeprefix("tokenworth://"),
                title=document.title,
                description=document.description,
                mime_type=MARKDOWN,
            )
            for document in self._documents
        ]

    async def _handle_list_tools(
        self, ctx: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return with_tools_linked(await super()._handle_list_tools(ctx, params), ctx, self._pages)

    async def _handle_list_resources(
        self, ctx: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        return with_pages_listed(await super()._handle_list_resources(ctx, params), ctx, self._pages)

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """The templates of the families that are offered."""
        return [
            ResourceTemplate(
                uri_template=entry.uri_template,
                name=entry.name,
                title=entry.title,
                description=entry.description,
                mime_type=entry.mime_type,
            )
            for entry in self._templates
        ]

    async def read_resource(
        self, uri: AnyUrl | str, context: CallContext[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents]:
        """What is at an address.

        Raises:
            ResourceNotFoundError: nothing; what is near is named.
            ResourceError: whatever else the caller should read.
        """
        del context
        if (page := page_content(str(uri), self._pages)) is not None:
            return [page]
        try:
            text, mime_type = await self._read(str(uri))
        except NotThereError as error:
            raise ResourceNotFoundError(str(error)) from None
        except TokenworthError as error:
            raise ResourceError(str(error)) from None
        return [ReadResourceContents(content=text, mime_type=mime_type)]

    async def _read(self, address: str) -> tuple[str, str]:
        for document in self._documents:
            if document.address == address:
                return await read_document(document, self._contexts()), MARKDOWN
        return await read_address(self._templates, address, self._contexts())

    async def list_prompts(self) -> list[Prompt]:
        """The prompts whose tools are offered."""
        return [
            Prompt(
                name=entry.name,
                title=prompt.title,
                description=prompt.description,
                arguments=[
                    PromptArgument(
                        name=argument["name"],
                        title=argument["title"],
                        description=argument["description"],
                        required=argument.get("required", False),
                    )
                    for argument in prompt.arguments
                ],
            )
            for entry in self._prompts
            for prompt in [read_prompt(entry)]
        ]

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: CallContext[Any, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """What a prompt says with these arguments.

        Raises:
            MCPError: a prompt or an argument that does not exist, or a required one missing.
        """
        del context
        try:
            prompt, text = write_prompt(self._prompts, name, arguments or {})
        except InvalidInputError as error:
            raise MCPError(INVALID_PARAMS, str(error)) from None
        said = PromptMessage(role="user", content=TextContent(type="text", text=plain_text(text)))
        return GetPromptResult(description=prompt.description, messages=[said])

    async def _complete(self, _: ServerRequestContext[Any], params: CompleteRequestParams) -> CompleteResult:
        name, typed = params.argument.name, params.argument.value
        if isinstance(params.ref, ResourceTemplateReference):
            known: Mapping[str, str] = (params.context.arguments if params.context is not None else None) or {}
            fitting = await complete_address(self._templates, params.ref.uri, name, typed, known, self._contexts())
        else:
            fitting = await complete_argument(self._prompts, params.ref.name, name, typed, self._contexts())
        shown = fitting[:COMPLETIONS_MAX]
        more = len(fitting) > len(shown)
        return CompleteResult(completion=Completion(values=shown, total=len(fitting), has_more=more))

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: CallContext[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Run one tool, or ask the person first: see `asking`.

        Raises:
            ToolError: whatever the caller should read: a refusal, or that the fault is ours.
        """
        try:
            entry = find_tool(name, self._entries)
            tool_context = replace(self._contexts(), report=_report_to(context))
            answered = await answer_asking(
                entry,
                arguments,
                lambda filled: answer_call(entry, filled, tool_context),
                None if is_by_page(context) else context,
                tool_context.assumptions,
                self._ask_worth_usd_min,
            )
        except TokenworthError as error:
            raise ToolError(str(error)) from None
        if isinstance(answered, InputRequiredResult):
            return answered
        text = TextContent(type="text", text=answered.text)
        return CallToolResult(content=[text, _link_to(method_of(entry))], structured_content=answered.data)


def _connection_of(ctx: ServerRequestContext[Any]) -> Connection:
    return ctx.session._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - see above


def _report_to(call: CallContext[Any, Any] | None) -> Report | None:
    """How the client hears of a call's progress; the SDK sends it to those who asked."""
    return None if call is None else lambda share, done: call.report_progress(share, 1.0, done)


@cache
def _link_to(document: Document) -> ResourceLink:
    """Where an answer's method can be read."""
    return ResourceLink(
        uri=document.address,
        name=document.address.removeprefix("tokenworth://"),
        title=document.title,
        mime_type=MARKDOWN,
    )


def is_probe(message: object) -> bool:
    """Whether a message is a `server/discover` of the modern era, of whatever version."""
    if not isinstance(message, JSONRPCRequest) or message.method != "server/discover":
        return False
    meta = (message.params or {}).get("_meta")
    return is_object(meta) and META_VERSION in meta


async def answer_probe(server: Server[Any], probe: JSONRPCRequest) -> SessionMessage:
    """The answer to a `server/discover`, from a connection that lives only for it."""
    probe_in, probe_out = anyio.create_memory_object_stream[SessionMessage | Exception](1)
    reply_in, reply_out = anyio.create_memory_object_stream[SessionMessage](1)

    async def ask() -> None:
        async with probe_in:
            await probe_in.send(SessionMessage(probe))
            replies.append(await reply_out.receive())

    replies: list[SessionMessage] = []
    async with reply_out, anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        # The lifespan's state is not needed to say who we are, and entering it twice could open things twice.
        await serve_dual_era_loop(server, probe_out, reply_in, lifespan_state={})
    return replies[0]


@contextmanager
def _untouched_logging() -> Generator[None]:
    """Make the SDK's set-up of logging do nothing for a while."""
    name = "configure_logging"
    set_up = vars(sdk_server)[name]
    setattr(sdk_server, name, _nothing)
    try:
        yield
    finally:
        setattr(sdk_server, name, set_up)


def _nothing(level: str) -> None:
    del level

"""Pages as the protocol has them (MCP Apps), for clients that show any: linked to their tools, read as resources.

The SDK's own `Apps` binds a page to a function that it registers as a tool, for every client alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from mcp.server.apps import APP_MIME_TYPE, client_supports_apps
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp_types import ListResourcesResult, ListToolsResult, Resource, Tool

from tokenworth_mcp.apps.pages import UI_META, PageEntry, page_of_tool, read_page, say_not_built

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context as CallContext

__all__ = ["is_by_page", "page_content", "with_pages_listed", "with_tools_linked"]

PAGE_META: Final = "tokenworth/page"


def with_tools_linked(
    listed: ListToolsResult, ctx: ServerRequestContext[Any], pages: Sequence[PageEntry]
) -> ListToolsResult:
    """The tools, each with the page that draws its answers if the client shows pages."""
    if not _may_show_pages(ctx):
        return listed
    if not pages:
        say_not_built()
    return ListToolsResult(tools=[_linked(tool, pages) for tool in listed.tools])


def with_pages_listed(
    listed: ListResourcesResult, ctx: ServerRequestContext[Any], pages: Sequence[PageEntry]
) -> ListResourcesResult:
    """The resources, and the pages if the client shows them."""
    if not _may_show_pages(ctx):
        return listed
    shown = [
        Resource(
            uri=page.uri,
            name=page.name,
            title=page.title,
            description=page.description,
            mime_type=APP_MIME_TYPE,
            _meta={"ui": UI_META},
        )
        for page in pages
    ]
    return ListResourcesResult(resources=[*listed.resources, *shown])


def page_content(address: str, pages: Iterable[PageEntry]) -> ReadResourceContents | None:
    """A page as a resource is read; None when it is not the address of one of these."""
    page = read_page(address, pages)
    return None if page is None else ReadResourceContents(content=page, mime_type=APP_MIME_TYPE, meta={"ui": UI_META})


def is_by_page(call: CallContext[Any, Any] | None) -> bool:
    """Whether a page made this call, to draw what was already asked and answered: nobody is to be asked again."""
    meta = None if call is None else call.request_context.meta
    return meta is not None and PAGE_META in meta


def _linked(tool: Tool, pages: Iterable[PageEntry]) -> Tool:
    page = page_of_tool(tool.name, pages)
    return tool if page is None else tool.model_copy(update={"meta": {"ui": {"resourceUri": page.uri}}})


def _may_show_pages(ctx: ServerRequestContext[Any]) -> bool:
    """Whether the client said that it shows pages, or nothing is known of it.

    Over HTTP the handshake is forgotten before the next request; who cannot show a page takes no notice of its address.
    """
    return ctx.session.client_capabilities is None or client_supports_apps(ctx)

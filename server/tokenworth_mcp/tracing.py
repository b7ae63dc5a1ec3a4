"""OpenTelemetry traces when asked for: which message, which tool, how long, whether it failed. Never what was sent.

The SDK makes a span for every message; here they are given somewhere to go (OTLP over HTTP, as the standard OTEL_*
variables say), and names that callers made up are taken out.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tokenworth import __version__
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.prompts import PROMPTS

__all__ = ["traced"]

NAMED: Final = {
    "gen_ai.tool.name": frozenset(tool.name for tool in TOOLS),
    "gen_ai.prompt.name": frozenset(prompt.name for prompt in PROMPTS),
}
OTHER: Final = "other"


class _OwnNames(SpanProcessor):
    """Leaves no name in a span that is not one of ours, and no id that a client chose."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - as the SDK calls it
        """Rename a span that begins."""
        attributes = span.attributes or {}
        if "jsonrpc.request.id" in attributes:
            span.set_attribute("jsonrpc.request.id", "")
        for attribute, names in NAMED.items():
            if attribute in attributes and attributes[attribute] not in names:
                span.set_attribute(attribute, OTHER)
                span.update_name(f"{attributes.get('mcp.method.name', OTHER)} {OTHER}")


@contextmanager
def traced() -> Generator[None]:
    """Send spans to where OTEL_EXPORTER_OTLP_ENDPOINT says while the block runs, and the last ones at its end."""
    resource = Resource.create({"service.name": "tokenworth", "service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(_OwnNames())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()

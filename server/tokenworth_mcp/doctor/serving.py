"""Checks what a server on a port needs: an address that may be listened on, and a ledger that others can share."""

from __future__ import annotations

from tokenworth.errors import TokenworthError
from tokenworth_mcp.doctor.findings import Finding, good, note, refused
from tokenworth_mcp.http import listen
from tokenworth_mcp.settings import Settings

__all__ = ["check_serving"]


def check_serving(settings: Settings) -> list[Finding]:
    """Whether `tokenworth serve --http` would start with these settings."""
    findings: list[Finding] = []
    try:
        listen(settings).close()
    except TokenworthError as error:
        findings.append(refused("http", error))
    else:
        findings.append(good("http", f"port {settings.port} can be listened on"))
    if settings.ledger is None or "://" not in settings.ledger:
        findings.append(
            note("http", "the ledger is a file, which only servers on this machine can share", "See docs/scaling.md")
        )
    return findings

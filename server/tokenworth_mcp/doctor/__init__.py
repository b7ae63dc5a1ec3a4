"""What `tokenworth doctor` looks at: each module checks one part of a set-up and changes nothing."""

from __future__ import annotations

from tokenworth_mcp.doctor.examining import examine
from tokenworth_mcp.doctor.findings import Finding

__all__ = ["Finding", "examine"]

"""Typed configuration: the command line over TOKENWORTH_* variables over a TOML file over the defaults."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from tokenworth.errors import DataUnreadableError, InvalidInputError
from tokenworth_mcp.catalogue import Toolset
from tokenworth_mcp.logs import LogFormat, LogLevel
from tokenworth_mcp.problems import find_problems

__all__ = ["CONFIG_VARIABLE", "PREFIX", "Algorithm", "Settings", "load_settings"]

PREFIX: Final = "TOKENWORTH_"
CONFIG_VARIABLE: Final = "TOKENWORTH_CONFIG"
# Close enough to one of ours to be a slip of the pen; anything else under the prefix is somebody else's.
SLIP: Final = 0.85
LISTS: Final = ("toolsets", "allowed_hosts", "allowed_origins", "auth_algorithms")

HostName = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?$", max_length=255)]
Origin = Annotated[str, Field(pattern=r"^https?://[^/\s*]+$", max_length=255)]
# No HMAC: whoever can check such a token can make one, and a public key could be taken for its secret.
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class Settings(BaseModel):
    """How the server runs.

    Attributes:
        log_level, log_format: of the lines on stderr.
        metrics: show Prometheus how an HTTP server does, at /metrics.
        traces: send OpenTelemetry traces to where the standard OTEL_EXPORTER_OTLP_* variables say.
        toolsets: the families of tools to offer; all when None. Variables and options separate them by commas.
        read_only: leave out the tools that write anything.
        host, port: where HTTP listens; port 0 picks a free one.
        assumptions_file: TOML laid over the shipped defaults.
        prices_folder: where refreshed prices are kept; a folder in the user's cache when not given.
        ledger: a SQLite file or a postgresql:// address; a file in the user's data folder when not given.
        ledger_sync: "normal" survives the end of the process, "full" also that of the machine's power.
        budget: the caller's own budget.
        ask_worth_usd_min: how much an answer must move a result by for the person to be asked in a form.
        body_bytes_max: the largest HTTP body that is read.
        body_seconds_max: how long a client may take to send it.
        drain_seconds: how long a server that was asked to end says that it is not ready, and still answers, so that
            balancers leave it before it goes.
        head_seconds_max: how long it may take to send a request's head, from the first byte or the connection on.
        connections_max: beyond it, the connection that has waited longest for a request makes room for a new one.
        computations_max: how many calls compute at a time, each in a thread, while the others wait; one for each core
            that this process may use when not given.
        requests_max: how many requests are answered at a time, of all callers.
        request_seconds_max: how long one may take; streams of events may take longer.
        answer_bytes_max: the largest answer.
        caller_requests_max: how many requests of one caller with a token are answered at a time.
        caller_requests_per_second, caller_burst: how many it may send in the long run, and at once.
        allowed_hosts: the names that clients reach an HTTP server by besides those of this machine; a port is part of
            the name where clients write one.
        allowed_origins: of web pages that may call it, besides those it serves itself.
        public_url: where clients find the MCP endpoint; what tokens must be meant for.
        auth_issuer: whose JWTs are accepted, as their `iss` says it.
        auth_jwks: where the issuer's public keys are: an https address on the public internet, or a file.
        auth_audience: what the tokens' `aud` must say; `public_url` when not given.
        auth_algorithms: what tokens may be signed with.
        auth_tenant_claim: the claim whose value budgets belong to; each subject has its own when not given.
        tokens_file: the hashed tokens that `tokenworth token new` makes.
        request_state_key: at least 32 characters, the same on every replica; several, separated by commas, to change
            it: the first one is used, the others are still accepted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    log_level: LogLevel = "warning"
    log_format: LogFormat = "text"
    metrics: bool = False
    traces: bool = False
    toolsets: list[Toolset] | None = None
    read_only: bool = False
    host: str = Field(default="127.0.0.1", max_length=255)
    port: int = Field(default=8000, ge=0, le=65_535)
    assumptions_file: Path | None = None
    prices_folder: Path | None = None
    ledger: str | None = Field(default=None, min_length=1, max_length=2_000)
    ledger_sync: Literal["normal", "full"] = "normal"
    budget: str = Field(default="default", pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@|+~/-]*$", max_length=128)
    ask_worth_usd_min: int = Field(default=2_000, ge=0)
    body_bytes_max: int = Field(default=1_000_000, ge=1_000, le=4 * 1024 * 1024)
    body_seconds_max: float = Field(default=10.0, gt=0, le=300)
    drain_seconds: float = Field(default=0.0, ge=0, le=300)
    head_seconds_max: float = Field(default=10.0, gt=0, le=300)
    connections_max: int = Field(default=1_000, ge=1, le=100_000)
    computations_max: int | None = Field(default=None, ge=1, le=1_000)
    requests_max: int = Field(default=256, ge=1, le=100_000)
    request_seconds_max: float = Field(default=120.0, gt=0, le=3_600)
    answer_bytes_max: int = Field(default=4_000_000, ge=1_000, le=100_000_000)
    caller_requests_max: int = Field(default=64, ge=1, le=100_000)
    caller_requests_per_second: float = Field(default=50.0, gt=0, le=100_000)
    caller_burst: int = Field(default=200, ge=1, le=1_000_000)
    allowed_hosts: list[HostName] = Field(default=[], max_length=100)
    allowed_origins: list[Origin] = Field(default=[], max_length=100)
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#@\"\\]+$", max_length=500)
    auth_issuer: str | None = Field(default=None, pattern=r"^https?://[^\s?#@\"\\]+$", max_length=500)
    auth_jwks: str | None = Field(default=None, min_length=1, max_length=2_000)
    auth_audience: str | None = Field(default=None, min_length=1, max_length=500)
    auth_algorithms: list[Algorithm] = Field(default=["RS256", "PS256", "ES256", "EdDSA"], min_length=1)
    auth_tenant_claim: str | None = Field(default=None, min_length=1, max_length=100)
    tokens_file: Path | None = None
    request_state_key: SecretStr | None = Field(default=None, max_length=2_000)

    @property
    def authenticates(self) -> bool:
        """Whether HTTP callers must say who they are."""
        return self.auth_issuer is not None or self.tokens_file is not None

    @property
    def request_state_keys(self) -> list[str]:
        """The keys of `request_state_key`, the one in use first."""
        return [] if self.request_state_key is None else self.request_state_key.get_secret_value().split(",")


def load_settings(
    config_file: Path | None = None,
    chosen: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """The settings in force.

    Args:
        config_file: a TOML file; by default the one that TOKENWORTH_CONFIG names, if any.
        chosen: what the command line says, by the names of `Settings`.
        environment: where TOKENWORTH_* is looked up.

    Raises:
        DataUnreadableError: the file cannot be read as TOML.
        InvalidInputError: a setting that does not exist (the nearest is named) or a value that it cannot have.
    """
    if config_file is None and environment.get(CONFIG_VARIABLE):
        config_file = Path(environment[CONFIG_VARIABLE])
    values = {**_from_file(config_file), **_from_environment(environment), **(chosen or {})}
    for name in LISTS:
        if isinstance(names := values.get(name), str):
            values[name] = [each.strip() for each in names.split(",") if each.strip()]
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problem = find_problems(error, values, Settings)[0][0]
        raise InvalidInputError(f"settings: {problem.field}", problem.problem, problem.instead) from None


def _from_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataUnreadableError(
            'the settings file cannot be read as TOML. Give one setting a line, such as: log_level = "info"'
        ) from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    known = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    found: dict[str, str] = {}
    for variable, value in environment.items():
        if not value:
            continue  # how compose files and bundles say that nobody chose anything
        if variable in known:
            found[known[variable]] = value
        elif variable.startswith(PREFIX) and variable != CONFIG_VARIABLE:
            near = difflib.get_close_matches(variable, known, 1, SLIP)
            if near:
                raise InvalidInputError(f"settings: {variable}", "no such setting", f"Did you mean {near[0]}?")
    return found

"""A server as it runs on a network: on every address, with an issuer's tokens and a file of static ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.issuer import AUDIENCE, ISSUER, Issuer, jwks
from support.network import HOST, Network
from support.processes import HttpServer
from tokenworth_mcp.auth_tokens import write_tokens


@pytest.fixture(scope="package")
def network(tmp_path_factory: pytest.TempPathFactory, own_data_folder: None) -> Iterator[Network]:
    """The server that most tests here share; nothing else uses its ledger."""
    folder = tmp_path_factory.mktemp("network")
    issuer = Issuer()
    (folder / "jwks.json").write_bytes(jwks(issuer, Issuer.elliptic("second")))
    write_tokens(folder / "tokens.toml", [])
    server = HttpServer(
        "--host",
        "0.0.0.0",  # noqa: S104 - as on a network
        TOKENWORTH_ALLOWED_HOSTS=HOST,
        TOKENWORTH_PUBLIC_URL=AUDIENCE,
        TOKENWORTH_AUTH_ISSUER=ISSUER,
        TOKENWORTH_AUTH_JWKS=str(folder / "jwks.json"),
        TOKENWORTH_TOKENS_FILE=str(folder / "tokens.toml"),
        TOKENWORTH_LEDGER=str(folder / "ledger.sqlite3"),
    )
    yield Network(server.url.replace("0.0.0.0", "127.0.0.1"), issuer, folder / "tokens.toml")  # noqa: S104 - where it is
    server.end()


@pytest.fixture(params=[False, True], ids=["legacy", "modern"])
def modern(request: pytest.FixtureRequest) -> bool:
    """Both protocol eras."""
    return request.param

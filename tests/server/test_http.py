"""The port: this machine only, forged addresses refused, bodies bounded, and a clean end."""

from __future__ import annotations

import json
import signal
import socket
from urllib.parse import urlsplit

import httpx
import pytest

HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
MODERN = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}

both_eras = pytest.mark.parametrize("extra", [{}, MODERN], ids=["legacy", "modern"])


def _port(url: str) -> int:
    return urlsplit(url).port


@both_eras
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "127.0.0.1:{port}.evil",
        "0.0.0.0:{port}",
    ],
)
def test_a_forged_host_is_refused(http_url, host, extra):
    headers = HEADERS | extra | {"host": host.format(port=_port(http_url))}
    assert httpx.post(http_url, json=PING, headers=headers).status_code == 421


@both_eras
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}.evil.example",
    ],
)
def test_a_forged_origin_is_refused(http_url, origin, extra):
    headers = HEADERS | extra | {"origin": origin.format(port=_port(http_url))}
    assert httpx.post(http_url, json=PING, headers=headers).status_code == 403


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", "http://localhost:{port}", "http://[::1]:{port}"])
def test_a_page_of_this_server_s_own_may_call_it(http_url, origin):
    headers = HEADERS | {"origin": origin.format(port=_port(http_url))}
    assert httpx.post(http_url, json=PING, headers=headers).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS", "HEAD"])
def test_only_post_is_served_as_there_are_no_sessions(http_url, method):
    response = httpx.request(method, http_url, headers=HEADERS)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert "mcp-session-id" not in httpx.post(http_url, json=PING, headers=HEADERS).headers


def test_any_other_path_is_not_found(http_url):
    assert httpx.post(http_url.replace("/mcp", "/"), json=PING, headers=HEADERS).status_code == 404


def test_answers_name_no_software(http_url):
    assert "server" not in httpx.post(http_url, json=PING, headers=HEADERS).headers


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_a_body_over_the_cap_is_refused(new_http, chunked):
    server = new_http(TOKENWORTH_BODY_BYTES_MAX="2000")
    body = json.dumps(PING | {"params": {"_meta": {"x": "y" * 3_000}}}).encode()
    response = httpx.post(server.url, content=iter([body[:1_000], body[1_000:]]) if chunked else body, headers=HEADERS)
    assert response.status_code == 413
    assert httpx.post(server.url, json=PING, headers=HEADERS).status_code == 200
    server.end()


def test_a_body_that_never_arrives_is_given_up_on(new_http):
    server = new_http(TOKENWORTH_BODY_SECONDS_MAX="0.2")
    with socket.create_connection(("127.0.0.1", _port(server.url)), timeout=20) as connection:
        lines = ["POST /mcp HTTP/1.1", f"Host: 127.0.0.1:{_port(server.url)}", "Content-Length: 99", "", "{"]
        connection.sendall("\r\n".join(lines).encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 408 ")
    server.end()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - what is refused
def test_an_address_that_others_can_reach_is_refused_without_authentication(tokenworth, host):
    found = tokenworth("serve", "--http", "--host", host, "--port", "0")
    assert (found.returncode, found.stdout) == (2, "")
    assert "does not authenticate" in found.stderr
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - what is refused
def test_it_is_refused_too_without_the_names_that_clients_may_write(tokenworth, tmp_path, host):
    (tmp_path / "tokens.toml").touch()
    found = tokenworth("serve", "--http", "--host", host, "--port", "0", TOKENWORTH_TOKENS_FILE="tokens.toml")
    assert found.returncode == 2
    assert found.stderr.startswith("tokenworth: settings: allowed_hosts: empty, and other machines can reach")


@pytest.mark.parametrize("content", [None, "[[token]]", "token = 1", "\x00"])
def test_a_file_of_tokens_that_cannot_be_read_is_refused_at_the_start(tokenworth, tmp_path, content):
    if content is not None:
        (tmp_path / "k4n4ry").write_text(content)
    found = tokenworth("serve", "--http", "--port", "0", TOKENWORTH_TOKENS_FILE="k4n4ry")
    assert found.returncode == 2
    assert found.stderr.startswith("tokenworth: the file of tokens cannot be read.")
    assert "k4n4ry" not in found.stderr


@pytest.mark.parametrize("host", ["example.com", ""])
def test_a_name_is_no_address_to_listen_on(tokenworth, host):
    found = tokenworth("serve", "--http", "--host", host, "--port", "0")
    assert found.returncode == 2
    assert found.stderr.startswith("tokenworth: settings: host: not an address.")


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("PUBLIC_URL", "", "settings: public_url: missing"),
        ("AUTH_JWKS", "", "settings: auth_jwks: missing"),
        ("AUTH_JWKS", "http://issuer.example/jwks", "settings: auth_jwks: not an https address"),
        ("AUTH_JWKS", "file:///etc/passwd", "settings: auth_jwks: not an https address"),
        ("AUTH_ALGORITHMS", "HS256", "settings: auth_algorithms[0]: is not one of the choices"),
        ("AUTH_ALGORITHMS", "none", "settings: auth_algorithms[0]: is not one of the choices"),
        ("REQUEST_STATE_KEY", "short", "settings: request_state_key: under 32 characters"),
        ("ALLOWED_HOSTS", "*", "settings: allowed_hosts[0]: does not have the expected form"),
        ("ALLOWED_ORIGINS", "*", "settings: allowed_origins[0]: does not have the expected form"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_at_the_start(tokenworth, setting, value, said):
    good = {
        "AUTH_ISSUER": "https://issuer.example",
        "AUTH_JWKS": "https://issuer.example/jwks",
        "PUBLIC_URL": "https://mcp.example.com/mcp",
    }
    variables = {f"TOKENWORTH_{name}": each for name, each in (good | {setting: value}).items() if each}
    found = tokenworth("serve", "--http", "--port", "0", **variables)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith(f"tokenworth: {said}")
    assert "issuer.example" not in found.stderr
    assert "passwd" not in found.stderr


def test_a_port_in_use_is_refused(tokenworth, http_url):
    found = tokenworth("serve", "--http", "--port", str(_port(http_url)))
    assert found.returncode == 2
    assert found.stderr == (
        "tokenworth: settings: port: cannot be listened on. Send a free port, or 0 for any free one\n"
    )


def test_a_request_in_flight_is_answered_before_the_end(new_http):
    server = new_http()
    body = json.dumps(PING).encode()
    lines = [
        "POST /mcp HTTP/1.1",
        f"Host: 127.0.0.1:{_port(server.url)}",
        "Content-Type: application/json",
        "Accept: application/json",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
    ]
    with socket.create_connection(("127.0.0.1", _port(server.url)), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 100 ")
        server.process.send_signal(signal.SIGTERM)
        connection.sendall(body)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"jsonrpc":"2.0","id":1,"result":{}}')
    assert server.process.wait(timeout=20) == 0
    server.process.stderr.close()


def test_a_client_that_keeps_its_connection_open_does_not_keep_the_server(new_http):
    server = new_http()
    with httpx.Client(headers=HEADERS) as client:
        assert client.post(server.url, json=PING).status_code == 200
        assert b"Traceback" not in server.end()


def test_a_server_is_alive_and_ready_and_says_so_to_whoever_asks_by_any_name(http_url):
    for path, said in (("/healthz", "alive\n"), ("/readyz", "ready\n")):
        response = httpx.get(http_url.replace("/mcp", path), headers={"host": "10.0.0.7"})
        assert (response.status_code, response.text) == (200, said)


def test_a_server_that_was_asked_to_end_is_not_ready_and_still_answers_until_it_has_drained(new_http):
    server = new_http(TOKENWORTH_DRAIN_SECONDS="1.5")
    ready = server.url.replace("/mcp", "/readyz")
    with httpx.Client(headers=HEADERS) as client:
        assert client.post(server.url, json=PING).headers.get("connection") != "close"
        server.process.send_signal(signal.SIGTERM)
        while (response := client.get(ready)).status_code == 200:
            pass
        assert (response.status_code, response.text) == (503, "ending\n")
        assert client.get(server.url.replace("/mcp", "/healthz")).status_code == 200
        response = client.post(server.url, json=PING)
        assert (response.status_code, response.headers["connection"]) == (200, "close")
    assert server.process.wait(timeout=20) == 0
    server.process.stderr.close()


def test_a_server_that_is_asked_again_while_it_drains_ends_at_once_and_cleanly(new_http):
    server = new_http(TOKENWORTH_DRAIN_SECONDS="300")
    ready = server.url.replace("/mcp", "/readyz")
    server.process.send_signal(signal.SIGTERM)
    while httpx.get(ready).status_code == 200:
        pass
    server.end()

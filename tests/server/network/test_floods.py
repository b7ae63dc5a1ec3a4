"""Too much, too slow, too many: whoever sends it is stopped, and everybody else is answered meanwhile."""

from __future__ import annotations

import contextlib
import itertools
import json
import resource
import socket
import time
from typing import Any

import httpx
import pytest
from mcp_types import CallToolResult

from support.processes import HttpServer
from tokenworth_mcp.auth_tokens import new_token, write_tokens
from tokenworth_mcp.limits import Rate

PING: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
BODY = json.dumps(PING).encode()
IDLE = 2_000


@pytest.fixture
def serve(tmp_path):
    """Starts a server whose only tokens are alice's and bob's, with these limits."""
    with contextlib.ExitStack() as stack:

        def start(**limits: object):
            tokens = [new_token(name, ["prices:read", "assumptions:read"]) for name in ("alice", "bob")]
            write_tokens(tmp_path / "tokens.toml", [kept for _, kept in tokens])
            variables = {f"TOKENWORTH_{name.upper()}": str(value) for name, value in limits.items()}
            server = HttpServer(TOKENWORTH_TOKENS_FILE=str(tmp_path / "tokens.toml"), **variables)
            stack.callback(server.end)
            return server, *(HEADERS | {"authorization": f"Bearer {token}"} for token, _ in tokens)

        yield start


def _connect(server: HttpServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(server.url).port), timeout=20)


def _head(server: HttpServer, headers: dict[str, str], length: int) -> bytes:
    lines = [
        "POST /mcp HTTP/1.1",
        f"host: 127.0.0.1:{httpx.URL(server.url).port}",
        f"content-length: {length}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _begin(connection: socket.socket, server: HttpServer, headers: dict[str, str]) -> None:
    """Send a head, and return once the server waits for the body."""
    connection.sendall(_head(server, headers | {"expect": "100-continue"}, len(BODY)))
    assert connection.recv(64).startswith(b"HTTP/1.1 100 ")


def _until_closed(connection: socket.socket) -> bytes:
    said = b""
    with contextlib.suppress(ConnectionError):
        while chunk := connection.recv(65_536):
            said += chunk
    return said


def _drip(connection: socket.socket, data: bytes) -> float:
    """Send a byte at a time until the server has had enough; how long that took."""
    began = time.monotonic()
    with contextlib.suppress(ConnectionError):
        for byte in itertools.cycle(data):
            connection.sendall(bytes([byte]))
            connection.settimeout(0.02)
            with contextlib.suppress(TimeoutError):
                if connection.recv(65_536) == b"":
                    break
            assert time.monotonic() - began < 15
    return time.monotonic() - began


def test_a_head_that_arrives_a_byte_at_a_time_is_not_waited_for(serve):
    server, alice, _ = serve(head_seconds_max=0.5)
    with _connect(server) as slow:
        slow.sendall(b"POST /mcp HTTP/1.1\r\n")
        assert 0.3 < _drip(slow, b"x-a: b\r\n") < 5
    assert httpx.post(server.url, json=PING, headers=alice).status_code == 200


def test_neither_is_one_on_a_connection_that_was_good_before(serve):
    server, alice, _ = serve(head_seconds_max=0.5)
    with _connect(server) as slow:
        slow.sendall(_head(server, alice, len(BODY)) + BODY)
        assert b"200 OK" in slow.recv(65_536)
        assert 0.3 < _drip(slow, b"POST /mcp HTTP/1.1\r\nx-a: b") < 5


def test_a_connection_that_says_nothing_is_closed(serve):
    server, *_ = serve(head_seconds_max=0.3)
    with _connect(server) as silent:
        assert _until_closed(silent) == b""


def test_a_body_that_arrives_a_byte_at_a_time_is_not_waited_for(serve):
    server, alice, bob = serve(body_seconds_max=0.5, head_seconds_max=0.5)
    with _connect(server) as slow:
        slow.sendall(_head(server, alice, 100_000))
        assert httpx.post(server.url, json=PING, headers=bob).status_code == 200
        assert _drip(slow, b" ") < 5


@pytest.mark.parametrize("authorized", [True, False])
def test_a_hundred_megabytes_are_not_read(serve, authorized):
    server, alice, bob = serve(head_seconds_max=1)
    sent = 0
    with _connect(server) as flood:
        flood.sendall(_head(server, alice if authorized else HEADERS, 100_000_000))
        with contextlib.suppress(ConnectionError):
            while sent < 100_000_000:
                flood.sendall(b" " * 1_000_000)
                sent += 1_000_000
                if sent == 10_000_000:
                    assert httpx.post(server.url, json=PING, headers=bob).status_code == 200
        with contextlib.suppress(ConnectionError):
            assert flood.recv(64).split()[1] in (b"413", b"401")
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:  # noqa: PTH123 - no file of ours
        peak_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert peak_kb < 200_000


def test_two_thousand_idle_connections_do_not_stop_service(serve):
    server, alice, _ = serve(head_seconds_max=60)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, IDLE + 500), hard), hard))
    try:
        with contextlib.ExitStack() as stack:
            idle = [stack.enter_context(_connect(server)) for _ in range(IDLE)]
            began = time.monotonic()
            assert httpx.post(server.url, json=PING, headers=alice).status_code == 200
            assert time.monotonic() - began < 2
            # The oldest made room, the newest are still there.
            assert _until_closed(idle[0]) == b""
            idle[-1].sendall(_head(server, alice, len(BODY)) + BODY)
            assert b"200 OK" in idle[-1].recv(65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_when_all_connections_have_requests_a_new_one_is_turned_away(serve):
    server, alice, bob = serve(connections_max=2)
    with _connect(server) as one, _connect(server) as two:
        _begin(one, server, alice)
        _begin(two, server, alice)
        with pytest.raises(httpx.TransportError):
            httpx.post(server.url, json=PING, headers=bob)
        one.sendall(BODY)
        assert b"200 OK" in one.recv(65_536)


def test_a_caller_may_send_so_many_at_once_and_others_as_many(serve):
    server, alice, bob = serve(caller_burst=3, caller_requests_per_second=0.1)
    statuses = [httpx.post(server.url, json=PING, headers=alice).status_code for _ in range(3)]
    refused = httpx.post(server.url, json=PING, headers=alice)
    assert (statuses, refused.status_code) == ([200] * 3, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert httpx.post(server.url, json=PING, headers=bob).status_code == 200


def test_a_caller_may_have_so_many_in_progress_and_others_as_many(serve):
    server, alice, bob = serve(caller_requests_max=1)
    with _connect(server) as open_request:
        _begin(open_request, server, alice)
        refused = httpx.post(server.url, json=PING, headers=alice)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert httpx.post(server.url, json=PING, headers=bob).status_code == 200
        open_request.sendall(BODY)
        assert b"200 OK" in open_request.recv(65_536)
    assert httpx.post(server.url, json=PING, headers=alice).status_code == 200


def test_the_server_answers_so_many_at_a_time(serve):
    server, alice, bob = serve(requests_max=1)
    with _connect(server) as open_request:
        _begin(open_request, server, alice)
        refused = httpx.post(server.url, json=PING, headers=bob)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")


def test_a_request_that_takes_too_long_is_given_up_on(serve):
    server, alice, _ = serve(request_seconds_max=0.3, body_seconds_max=20)
    with _connect(server) as slow:
        slow.sendall(_head(server, alice, len(BODY)))
        assert slow.recv(64).startswith(b"HTTP/1.1 503 ")


TOO_MUCH = "the answer has more than 2,000 bytes and was not sent"
CALL = PING | {"method": "tools/call", "params": {"name": "explain_assumptions", "arguments": {"detail": "full"}}}
MODERN = {"mcp-protocol-version": "2026-07-28"}
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def _of_the_modern_era(message: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    params = message.get("params", {})
    named = {"mcp-name": params["name"]} if "name" in params else {}
    return message | {"params": params | {"_meta": ENVELOPE}}, MODERN | {"mcp-method": message["method"]} | named


@pytest.mark.parametrize("modern", [False, True], ids=["handshake", "modern"])
def test_an_answer_over_the_cap_is_not_sent_and_its_place_says_how_to_ask_for_less(serve, modern):
    server, alice, _ = serve(answer_bytes_max=2_000)

    def post(message: dict[str, Any]) -> httpx.Response:
        message, headers = _of_the_modern_era(message) if modern else (message, {})
        return httpx.post(server.url, json=message, headers=alice | headers)

    listed = post(PING | {"method": "tools/list", "id": "list"})
    assert (listed.status_code, listed.headers["content-type"]) == (200, "application/json")
    error = {"code": -32603, "message": f"{TOO_MUCH}. Ask for a part of it"}
    assert listed.json() == {"jsonrpc": "2.0", "id": "list", "error": error}

    called = CallToolResult.model_validate(post(CALL).json()["result"], by_name=False)
    assert called.is_error is True
    assert called.content[0].text == f'{TOO_MUCH}. Ask for less: "detail": "concise", a smaller "limit", or fewer items'
    brief = CALL | {"params": CALL["params"] | {"arguments": {"names": ["cut_hazard"]}}}
    assert CallToolResult.model_validate(post(brief).json()["result"], by_name=False).is_error is False


@pytest.mark.parametrize("modern", [False, True], ids=["handshake", "modern"])
def test_a_stream_ends_with_the_same_when_its_answer_is_over_the_cap(serve, modern):
    server, alice, _ = serve(answer_bytes_max=2_000)
    message, headers = _of_the_modern_era(CALL) if modern else (CALL, {})
    meta = message["params"].get("_meta", {}) | {"progressToken": 1}
    message = message | {"params": message["params"] | {"_meta": meta}}
    streamed = httpx.post(server.url, json=message, headers=alice | headers)
    assert streamed.status_code == 200
    said = json.loads(streamed.text.rpartition("data:")[2] if "data:" in streamed.text else streamed.text)
    assert said["id"] == 1
    assert said["result"]["content"][0]["text"].startswith(TOO_MUCH)


def test_a_bucket_fills_as_time_goes_and_never_over_its_size():
    rate = Rate(left=2, at=0)
    assert [rate.wait_seconds(0, 4, 2) for _ in range(3)] == [0, 0, 0.25]
    assert rate.wait_seconds(0.25, 4, 2) == 0
    assert [rate.wait_seconds(100, 4, 2) for _ in range(3)] == [0, 0, 0.25]

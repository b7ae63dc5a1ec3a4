"""What operators watch a server by: health, metrics, traces and JSON logs, none of which says who asked or what."""

from __future__ import annotations

import http.server
import json
import signal
import sqlite3
import threading
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from support.processes import HttpServer

CANARY = "k4n4ry"
HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


def _post(server: HttpServer, method: str, **params: Any) -> httpx.Response:
    message = {"jsonrpc": "2.0", "id": CANARY, "method": method, "params": params}
    return httpx.post(server.url, json=message, headers=HEADERS)


def _get(server: HttpServer, path: str, **headers: str) -> httpx.Response:
    return httpx.get(server.url.replace("/mcp", path), headers=headers)


@pytest.fixture
def busy(tmp_path):
    """A server with metrics on that has answered, refused and failed."""
    server = HttpServer("--metrics", TOKENWORTH_LEDGER=str(tmp_path / "ledger.sqlite3"))
    _post(server, "tools/call", name="set_budget", arguments={"budget": CANARY, "limit_usd": 1})
    _post(server, "tools/call", name="reserve_budget", arguments={"budget": CANARY, "usd": 0.5, "key": CANARY})
    _post(server, "tools/call", name="check_budget", arguments={"budget": f"not {CANARY}"})
    _post(server, "tools/call", name=CANARY, arguments={})
    _post(server, CANARY)
    httpx.post(server.url, content=CANARY, headers=HEADERS)
    yield server
    server.end()


def test_metrics_count_what_was_asked_and_say_nothing_of_it(busy):
    text = _get(busy, "/metrics").text
    assert CANARY not in text
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "created" not in sample.name
    }
    assert found["tokenworth_requests_total", "ok", "tools/call"] == 2
    assert found["tokenworth_requests_total", "error", "tools/call"] == 2
    assert found["tokenworth_requests_total", "error", "other"] == 1
    assert found["tokenworth_tool_seconds_count", "reserve_budget"] == 1
    assert found["tokenworth_tool_seconds_count", "other"] == 1
    assert found["tokenworth_refusals_total", "400"] == 1
    assert found["tokenworth_ledger_operations_total", "ok", "reserve"] == 1
    assert found["tokenworth_requests_in_flight",] == 1  # the one that asks


def test_metrics_are_for_the_hosts_of_the_server_and_only_when_asked_for(busy, http_url):
    assert _get(busy, "/metrics", host="evil.example").status_code == 421
    assert httpx.get(http_url.replace("/mcp", "/metrics")).status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_server_that_can_answer_says_so_to_any_prober(busy, path):
    assert _get(busy, path, host="10.1.2.3:8000").status_code == 200


def test_a_server_whose_ledger_cannot_be_used_lives_and_is_not_ready(tmp_path):
    with sqlite3.connect(tmp_path / CANARY) as other:
        other.execute("CREATE TABLE somebody_else_s (a)")
    other.close()
    server = HttpServer(TOKENWORTH_LEDGER=str(tmp_path / CANARY))
    assert _get(server, "/healthz").status_code == 200
    ready = _get(server, "/readyz")
    assert (ready.status_code, ready.text) == (503, "not ready: ledger\n")
    server.end()


class _Collector(http.server.BaseHTTPRequestHandler):
    """What takes OTLP over HTTP."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies.append(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def collector():
    """A collector of traces on loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Collector) as server:
        server.bodies = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_traces_name_methods_and_tools_and_hold_nothing_that_was_sent(collector):
    server = HttpServer(
        "--traces",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.server_port}",
        OTEL_EXPORTER_OTLP_COMPRESSION="none",
    )
    _post(server, "tools/call", name="explain_assumptions", arguments={"names": ["cut_hazard"]})
    _post(server, "tools/call", name="check_budget", arguments={"budget": CANARY})
    _post(server, "tools/call", name="value_offer", arguments={CANARY: CANARY})
    _post(server, "tools/call", name=CANARY, arguments={})
    _post(server, "prompts/get", name=CANARY)
    server.end()
    assert not [body for body in collector.bodies if CANARY.encode() in body]
    names = [
        span.name
        for body in collector.bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert "tools/call explain_assumptions" in names
    assert names.count("tools/call other") == 1


def test_without_being_asked_nothing_is_traced(collector):
    server = HttpServer(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.server_port}")
    _post(server, "tools/list")
    server.end()
    assert collector.bodies == []


def test_json_logs_are_one_object_a_line(tmp_path):
    file = tmp_path / CANARY
    file.touch()
    server = HttpServer("--log-format", "json", TOKENWORTH_TOKENS_FILE=str(file))
    headers = HEADERS | {"authorization": f"Bearer tokenworth_{CANARY}"}
    assert httpx.post(server.url, json={}, headers=headers).status_code == 401
    httpx.post(server.url, json={}, headers=headers | {"host": "evil.example"})
    server.process.send_signal(signal.SIGTERM)
    _, logged = server.process.communicate(timeout=20)
    lines = [json.loads(line) for line in logged.decode().splitlines()]
    assert {"time", "level", "logger", "message"} <= set(lines[0])
    assert CANARY not in logged.decode()

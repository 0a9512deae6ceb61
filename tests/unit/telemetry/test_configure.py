"""One call switches a process's telemetry on: what it logs and traces really leaves the process."""

import json
import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from jangteo.kit import telemetry

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def run(folder: Path, endpoint: str, body: str) -> subprocess.CompletedProcess[str]:
    """Run a process with telemetry switched on."""
    script = folder / "process.py"
    script.write_text(
        textwrap.dedent("""
            import logging, sys
            from jangteo.kit import telemetry
            from jangteo.kit.telemetry import traces

            telemetry.configure(
                service="order", log_level="info", trace_ratio=0.0, trace_file=sys.argv[1], otlp_endpoint=sys.argv[2]
            )
        """)
        + textwrap.dedent(body)
    )
    return subprocess.run(
        [sys.executable, script, folder / "traces" / "order.jsonl", endpoint],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SPAN = f"""
    with traces.server_span("GET /v1/orders", "00-{TRACE}-00f067aa0ba902b7-01"):
        logging.getLogger("order").info("inside")
        logging.getLogger("order").debug("not shown")
    telemetry.shutdown()
"""


def test_spans_reach_the_file_and_the_collector_and_lines_reach_stdout(tmp_path):
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            done = run(tmp_path, f"http://127.0.0.1:{server.server_port}", SPAN)
        finally:
            server.shutdown()
            thread.join()
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = [json.loads(each) for each in done.stdout.splitlines()]
    assert (line["message"], line["service"], line["trace_id"]) == ("inside", "order", TRACE)
    (kept,) = [json.loads(each) for each in (tmp_path / "traces" / "order.jsonl").read_text().splitlines()]
    ((path, body),) = received
    assert path == "/v1/traces"
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    (span,) = resource.scope_spans[0].spans
    assert span.name == kept["name"] == "GET /v1/orders"
    assert span.trace_id.hex() == kept["trace"] == TRACE
    assert span.span_id.hex() == kept["span"] == line["span_id"]


def test_a_collector_that_is_away_harms_nothing_but_its_spans(tmp_path):
    done = run(tmp_path, "http://127.0.0.1:9", SPAN)
    assert done.returncode == 0
    assert all(json.loads(each) for each in done.stdout.splitlines())
    assert (tmp_path / "traces" / "order.jsonl").exists()


def test_a_file_that_cannot_be_written_harms_nothing_but_its_spans(tmp_path):
    (tmp_path / "traces").write_text("not a folder")
    done = run(tmp_path, "", SPAN)
    assert done.returncode == 0
    assert "inside" in done.stdout


def test_what_ends_a_process_is_logged_as_json_without_personal_data(tmp_path):
    done = run(tmp_path, "", "raise ValueError('kim@example.com')")
    assert done.returncode == 1
    (line,) = [json.loads(each) for each in done.stdout.splitlines()]
    assert line["level"] == "CRITICAL"
    assert "ValueError: [email]" in line["exception"]
    assert "kim@" not in done.stdout + done.stderr


@pytest.mark.parametrize("ratio", [-0.1, 1.1])
def test_a_ratio_that_is_none_is_refused(ratio):
    with pytest.raises(ValueError, match="ratio"):
        telemetry.configure(service="x", log_level="INFO", trace_ratio=ratio, trace_file="", otlp_endpoint="")

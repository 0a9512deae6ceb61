"""Traces follow the work across calls, messages and processes, recorded or not."""

import asyncio
import json
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from jangteo.kit.telemetry import traces, waterfall
from jangteo.kit.telemetry.span_file import FileExporter

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED = f"00-{TRACE}-00f067aa0ba902b7-01"
UNSAMPLED = f"00-{TRACE}-00f067aa0ba902b7-00"


@pytest.fixture
def record(tmp_path: Path):
    """Start recording with a ratio; returns what reads the spans back."""
    file = tmp_path / "order.jsonl"

    def begin(ratio: float, most_bytes: int = 2**20):
        traces.start(service="order", ratio=ratio, exporters=[FileExporter(file, most_bytes)])

        def spans():
            traces.stop()
            return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []

        return spans

    yield begin
    traces.stop()


def test_outside_of_a_trace_there_is_nothing_to_tell():
    assert traces.current_traceparent() is None
    assert traces.current_trace_id() is None
    assert traces.current_span_id() is None


def test_an_unsampled_trace_is_passed_on_as_it_came_and_not_recorded(record):
    spans = record(1.0)
    with traces.server_span("GET /", UNSAMPLED):
        assert traces.current_traceparent() == UNSAMPLED
        with traces.client_span("GET stock") as headers:
            assert headers == {"traceparent": UNSAMPLED}
    assert traces.current_traceparent() is None
    assert spans() == []


def test_a_sampled_trace_is_recorded_whatever_the_ratio_here(record):
    spans = record(0.0)
    with traces.server_span("GET /", SAMPLED), traces.client_span("GET stock") as headers:
        carried = headers["traceparent"]
    client, server = spans()
    assert server["parent"] == "00f067aa0ba902b7"
    assert client["parent"] == server["span"]
    assert carried[:52] == f"00-{TRACE}-{client['span']}"
    assert int(carried[53:], 16) & 1
    assert {client["trace"], server["trace"]} == {TRACE}
    assert (server["name"], server["kind"], server["service"]) == ("GET /", "server", "order")
    assert client["start"] >= server["start"]
    assert client["duration"] <= server["duration"]


@pytest.mark.parametrize("ratio", [0.0, 0.3, 1.0])
def test_a_new_trace_is_recorded_by_the_rule_of_the_sdk(record, ratio):
    spans = record(ratio)
    expected = set()
    sampler = TraceIdRatioBased(ratio)
    for _ in range(300):
        with traces.server_span("GET /", None):
            trace_id = traces.current_trace_id()
            assert trace_id is not None
            decision = sampler.should_sample(None, int(trace_id, 16), "GET /").decision.is_sampled()
            assert int((traces.current_traceparent() or "")[-2:], 16) & 1 == decision
            if decision:
                expected.add(trace_id)
    assert {span["trace"] for span in spans()} == expected
    assert len(expected) in {0.0: {0}, 0.3: set(range(20, 200)), 1.0: {300}}[ratio]


@pytest.mark.parametrize(
    "broken",
    ["", "x", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", SAMPLED.replace("4", "g"), "ff" + SAMPLED[2:]],
)
def test_a_broken_traceparent_begins_a_new_trace(broken):
    with traces.server_span("GET /", broken):
        assert traces.current_trace_id() not in (None, "0" * 32, TRACE)


def test_a_failed_span_names_the_error_but_not_its_text(record):
    spans = record(1.0)
    with pytest.raises(ValueError, match="kim"), traces.message_span("order.placed", SAMPLED):
        raise ValueError("kim@example.com")
    (span,) = spans()
    assert span["error"] == "ValueError"
    assert "kim" not in json.dumps(span)


async def test_tasks_keep_their_own_span_across_await(record):
    spans = record(1.0)

    async def work(name: str) -> tuple[str, str | None]:
        with traces.internal_span(name):
            before = traces.current_span_id()
            await asyncio.sleep(0)
            with traces.internal_span(f"{name} inner"):
                await asyncio.sleep(0)
            assert traces.current_span_id() == before
            return name, before

    with traces.server_span("GET /", SAMPLED):
        ids = dict(await asyncio.gather(*(work(f"w{n}") for n in range(5))))
    by_name = {span["name"]: span for span in spans()}
    for name, span_id in ids.items():
        assert by_name[name]["span"] == span_id
        assert by_name[f"{name} inner"]["parent"] == span_id
        assert by_name[name]["parent"] == by_name["GET /"]["span"]


def test_a_span_may_get_a_better_name(record):
    spans = record(1.0)
    with traces.server_span("GET", SAMPLED):
        traces.name_span("GET /v1/orders/{id}")
    assert spans()[0]["name"] == "GET /v1/orders/{id}"


def test_a_full_file_is_rotated_and_still_read(record, tmp_path):
    spans = record(1.0, most_bytes=1)
    with traces.server_span("GET /", SAMPLED):
        pass
    assert spans() == []
    assert (tmp_path / "order.jsonl.1").exists()
    assert "GET /" in waterfall.render([tmp_path / "order.jsonl"], TRACE)


def line(**fields) -> str:
    """A span line."""
    return json.dumps({"trace": TRACE, "kind": "server", "duration": 1000, **fields}) + "\n"


def test_the_waterfall_shows_children_under_parents_with_offsets(tmp_path):
    order, product = tmp_path / "order.jsonl", tmp_path / "product.jsonl"
    order.write_text(
        line(span="b", parent="a", service="order", name="GET product", start=2_000_000, duration=3000)
        + line(span="a", service="order", name="POST /v1/orders", start=1_000_000, duration=8000)
        + line(span="z", service="order", name="other", start=0, trace="f" * 32)
        + '{"trace": "'
        + TRACE
    )
    product.write_text(
        line(span="c", parent="b", service="product", name="GET /internal", start=3_000_000, error="NotFound")
    )
    text = waterfall.render([order, product, tmp_path / "missing.jsonl"], TRACE.upper())
    head, first, second, third = text.splitlines()
    assert "3 spans, 8.0 ms" in head
    assert first.split()[:3] == ["order", "POST", "/v1/orders"]
    assert second.startswith("  order")
    assert third.startswith("    product")
    assert "GET /internal !NotFound" in third
    assert first.split("|")[0].split()[-2:] == ["0.0", "8.0"]
    assert third.split("|")[0].split()[-2:] == ["2.0", "1.0"]
    assert first.count("#") == 40
    assert third.split("|")[1] == " " * 10 + "#" * 5 + " " * 25


def test_an_unknown_trace_is_said_to_be_unknown(tmp_path):
    assert "no spans" in waterfall.render([tmp_path / "x"], TRACE)

"""What Prometheus reads."""

from jangteo.kit.telemetry import metrics


def value(line: str) -> float:
    """The number behind a series, 0 where it is not there."""
    for each in metrics.exposition().decode().splitlines():
        if each.startswith(line + " "):
            return float(each.rpartition(" ")[2])
    return 0.0


def test_requests_are_counted_and_timed_by_route():
    total = 'http_requests_total{method="GET",route="/test/{id}",status="200"}'
    fast = 'http_request_seconds_bucket{le="0.01",method="GET",route="/test/{id}"}'
    before, before_fast = value(total), value(fast)
    metrics.http_request("GET", "/test/{id}", 200, 0.008)
    metrics.http_request("GET", "/test/{id}", 200, 3.0)
    assert value(total) == before + 2
    assert value(fast) == before_fast + 1


def test_a_made_up_method_makes_no_new_series():
    metrics.http_request("BREW", "/test", 405, 0.001)
    metrics.http_request("STEEP", "/test", 405, 0.001)
    assert "BREW" not in metrics.exposition().decode()
    assert value('http_requests_total{method="OTHER",route="/test",status="405"}') >= 2


def test_messages_and_the_outbox_are_shown():
    metrics.messages("test.done.v1", "handled").inc()
    metrics.outbox(3, 1.5, 2)
    metrics.outbox_parked("test.done.v1")
    assert value('messages_total{outcome="handled",type="test.done.v1"}') >= 1
    assert value("outbox_waiting") == 3
    assert value("outbox_oldest_seconds") == 1.5
    assert value("outbox_refused") == 2
    assert value('outbox_parked_total{type="test.done.v1"}') >= 1


def test_the_process_shows_its_cpu_and_memory():
    assert value("process_cpu_seconds_total") > 0
    assert value("process_resident_memory_bytes") > 0


def test_the_process_shows_which_code_it_runs():
    metrics.build("test", "1.2.3", "abcdef")
    assert value('jangteo_build{commit="abcdef",service="test",version="1.2.3"}') == 1

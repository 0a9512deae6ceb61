"""A log line is JSON that can be joined with traces, and it tells on nobody."""

import io
import json
import logging

import pytest

from jangteo.kit.telemetry import logs, traces


@pytest.fixture
def written():
    """A logger whose lines can be read back."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines("order"))
    logger = logging.Logger("order.commands")
    logger.addHandler(handler)

    def lines():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return logger, lines


def test_a_line_names_time_level_service_logger_and_message(written):
    logger, lines = written
    logger.info("%s placed", "주문 7", extra={"amount": 12000})
    (line,) = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "service": "order",
        "logger": "order.commands",
        "message": "주문 7 placed",
        "amount": 12000,
    }


def test_a_line_carries_the_trace_and_the_tenant(written):
    logger, lines = written
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    with traces.server_span("GET /", traceparent), logs.tenant("demo"):
        logger.info("inside")
    logger.info("outside")
    inside, outside = lines()
    assert inside["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert inside["span_id"] == "00f067aa0ba902b7"
    assert inside["tenant"] == "demo"
    assert not {"trace_id", "span_id", "tenant"} & outside.keys()


def test_personal_data_is_masked_in_messages_fields_and_exceptions(written):
    logger, lines = written
    try:
        raise ValueError("no member kim@example.com, 010-1234-5678, 4111 1111 1111 1111")
    except ValueError:
        logger.exception("failed for %s", "lee@example.com", extra={"to": "02-123-4567", "email": "x"})
    (line,) = lines()
    text = json.dumps(line)
    assert "example.com" not in text
    assert "1234" not in text
    assert "4111" not in text
    assert line["message"] == "failed for [email]"
    assert line["to"] == "[phone]"
    assert "ValueError: no member [email], [phone], [number]" in line["exception"]


def test_a_field_that_json_does_not_know_is_written_as_text(written):
    logger, lines = written
    logger.info("x", extra={"what": object, "many": {1, 2}})
    (line,) = lines()
    assert "object" in line["what"]
    assert sorted(line["many"]) == [1, 2]


def test_a_level_that_does_not_exist_is_refused():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with pytest.raises(ValueError, match="CHATTY"):
            logs.configure("order", "chatty")
    finally:
        root.handlers[:], root.level = handlers, level

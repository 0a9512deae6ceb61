"""The sums of a trace add up, and the waterfall tells the way to a milestone from what ran beside and after it."""

import msgspec

from jangteo.kit.telemetry import waterfall
from jangteo.kit.telemetry.breakdown import Kind, all_work, on_the_way, table, way
from jangteo.kit.telemetry.span_file import SpanLine
from jangteo.kit.telemetry.spans import Trace
from jangteo.kit.telemetry.statements import summary

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def span(id, parent, service, name, kind, start, duration):
    return SpanLine(
        trace=TRACE,
        span=id,
        parent=parent,
        service=service,
        name=name,
        kind=kind,
        start=start * 1000,
        duration=duration,
    )


# order asks product by HTTP, commits at 600, and is answered by a message of product's that it handles last.
SPANS = (
    span("a", "", "order", "POST /v1/orders", "server", 0, 2000),
    span("b", "a", "order", "POST product", "client", 100, 200),
    span("c", "b", "product", "POST /internal/offers", "server", 150, 100),
    span("d", "a", "order", "SQL insert events, commit", "client", 400, 200),
    span("e", "a", "product", "product product.reserve_stock.v1", "consumer", 700, 300),
    span("f", "e", "product", "SQL update stock_items, commit", "client", 750, 150),
    span("g", "e", "order", "order product.stock_reserved.v1", "consumer", 1100, 100),
    span("h", "a", "notification", "notification order.placed.v1", "consumer", 650, 50),
    span("i", "g", "shipping", "shipping shipping.create.v1", "consumer", 1300, 400),
)


def test_every_microsecond_up_to_the_milestone_belongs_to_one_service_and_one_kind():
    trace = Trace(reversed(SPANS))
    reached = trace.first("stock_reserved")
    assert [step.span for step in way(trace, reached)] == ["a", "e", "g"]
    sums = on_the_way(trace, reached)
    assert sums == {
        ("order", Kind.OWN): 100 + 100 + 100,
        ("order", Kind.HTTP): 100,
        ("product", Kind.OWN): 100 + 50,
        ("order", Kind.SQL): 200,
        ("product", Kind.BROKER): 100,
        ("product", Kind.SQL): 150,
        ("order", Kind.BROKER): 200,
    }
    assert sum(sums.values()) == trace.end(reached) == 1200


def test_what_runs_beside_is_summed_with_its_wait_for_the_broker():
    trace = Trace(SPANS)
    assert all_work(trace, [SPANS[7]]) == {("notification", Kind.OWN): 50, ("notification", Kind.BROKER): 50}


def test_calls_that_overlap_are_counted_once():
    trace = Trace(
        [
            span("a", "", "cart", "GET", "server", 0, 100),
            span("b", "a", "cart", "GET x", "client", 10, 50),
            span("c", "a", "cart", "GET y", "client", 20, 60),
        ]
    )
    assert all_work(trace, trace.tops) == {("cart", Kind.OWN): 30, ("cart", Kind.HTTP): 70}


def test_the_table_has_a_row_for_each_service_and_one_for_all():
    trace = Trace(SPANS)
    rows = table({"way": on_the_way(trace, trace.first("stock_reserved"))}).splitlines()
    assert rows[2].split() == ["order", "0.3", "0.2", "0.1", "0.2", "0.8"]
    assert rows[-1].split() == ["all", "0.5", "0.3", "0.1", "0.3", "1.2"]


def test_the_waterfall_marks_the_way_and_puts_what_follows_below_a_line(tmp_path):
    file = tmp_path / "all.jsonl"
    file.write_bytes(b"\n".join(msgspec.json.encode(one) for one in SPANS) + b"\n")
    lines = waterfall.render([file], TRACE, milestone="stock_reserved").splitlines()
    marked = [line.split("  ")[0:1] for line in lines if line.startswith("> ")]
    after = lines.index(next(line for line in lines if "after it" in line))
    assert len(marked) == 3
    assert "shipping.create.v1" in "".join(lines[after:])
    assert "shipping.create.v1" not in "".join(lines[:after])
    assert not any("insert events" in line for line in lines)
    assert "SQL 1: 0.2" in next(line for line in lines if "POST /v1/orders" in line)
    reserved = next(line for line in lines if "product.reserve_stock" in line)
    assert reserved.split("|")[1].strip("# ") == "..."  # 100 us of 1,200, on 40 columns


def test_statements_are_shown_one_by_one_when_asked_for(tmp_path):
    file = tmp_path / "all.jsonl"
    file.write_bytes(b"\n".join(msgspec.json.encode(one) for one in SPANS) + b"\n")
    assert "SQL insert events, commit" in waterfall.render([file], TRACE, statements=True)


def test_a_statement_is_named_by_its_tables_and_never_by_its_values():
    assert summary("SELECT body FROM orders WHERE id = $1") == "SQL read orders"
    assert summary("BEGIN; INSERT INTO inbox (a) VALUES ('x')") == "SQL begin, insert inbox"
    assert summary("INSERT INTO outbox (id) VALUES ('kim@example.test'); COMMIT") == "SQL insert outbox, commit"
    folded = "WITH shown AS (INSERT INTO views (a) SELECT 1 FROM unnest($1)) DELETE FROM old USING shown"
    assert summary(folded) == "SQL insert views, delete old"
    assert summary("ROLLBACK") == "SQL rollback"
    assert summary("") == "SQL nothing"

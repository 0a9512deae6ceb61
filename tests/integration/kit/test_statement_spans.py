"""Statements are spans in a trace that is recorded, and nothing in any other."""

import json

from jangteo.kit.postgres import open_database
from jangteo.kit.telemetry import traces
from jangteo.kit.telemetry.span_file import FileExporter

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_recorded_transaction_shows_its_statements_and_another_one_none(database_for, tenant, tmp_path):
    file = tmp_path / "spans.jsonl"
    traces.start(service="order", ratio=0.0, exporters=[FileExporter(file)])
    try:
        async with open_database(database_for("order")) as database:
            for flag in ("00", "01"):
                with traces.server_span("POST", f"00-{TRACE}-00f067aa0ba902b7-{flag}"):
                    async with database.transaction(tenant) as transaction:
                        assert await transaction.fetch("SELECT * FROM order_views") == []
                    async with database.read(tenant) as reader:
                        assert await reader.fetchval("SELECT 1") == 1
    finally:
        traces.stop()
    names = [json.loads(line)["name"] for line in file.read_bytes().splitlines()]
    assert names.count("SQL read order_views") == 1
    assert names.count("SQL commit") == 1
    assert names.count("SQL select") == 1

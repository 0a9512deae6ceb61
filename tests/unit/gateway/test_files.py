"""The files that Envoy watches."""

import json
import stat

import pytest

from jangteo.gateway.envoy.files import ConfigurationFiles
from jangteo.gateway.envoy.problems import PAGE_STATUSES, REPLIES, local_reply_config
from jangteo.gateway.routes import ROUTES, Access, Route, TableError, services
from jangteo.gateway.settings import GatewaySettings


@pytest.fixture
def files(tmp_path):
    settings = GatewaySettings(
        service="gateway",
        bus_url="nats://x",
        state_dir=str(tmp_path),
        port=1,
        http_port=2,
        https_port=3,
        admin_port=4,
    )
    return ConfigurationFiles(settings, tmp_path / "envoy")


def resources(files, name):
    return json.loads((files.directory / f"{name}.json").read_text())["resources"]


def test_all_files_are_there_and_known_instances_survive_a_second_writing(files):
    files.write_all()
    assert files.services() == sorted((*services(), "web"))
    files.write_instances("order", [("127.0.0.1", 8001), ("127.0.0.1", 8001), ("10.0.0.2", 8001)])
    files.write_all()
    (assignment,) = resources(files, "eds-order")
    assert len(assignment["endpoints"][0]["lb_endpoints"]) == 2
    assert {cluster["name"] for cluster in resources(files, "cds")} == {"gateway", "web", *services()}


def test_an_unchanged_file_is_not_touched_and_a_changed_one_is_replaced_whole(files):
    files.write_all()
    path = files.directory / "eds-order.json"
    files.write_instances("order", [("127.0.0.1", 8001)])
    before = path.stat()
    files.write_instances("order", [("127.0.0.1", 8001)])
    assert path.stat().st_ino == before.st_ino
    files.write_instances("order", [("127.0.0.1", 8002)])
    assert path.stat().st_ino != before.st_ino


def test_a_wrong_table_changes_nothing(files):
    files.write_all()
    before = {path: path.read_bytes() for path in files.directory.iterdir()}
    with pytest.raises(TableError):
        files.write_all((*ROUTES, Route("order", "GET", "/internal/orders", Access.PUBLIC)))
    assert {path: path.read_bytes() for path in files.directory.iterdir()} == before


def test_nobody_else_can_read_them(files):
    files.write_all()
    files.write_certificate("chain", "key")
    assert stat.S_IMODE(files.directory.stat().st_mode) == 0o700
    for path in files.directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_reply_of_the_gateway_is_a_problem_in_both_languages_but_for_pages():
    mappers = local_reply_config("http", 0)["mappers"]
    pages, mappers = mappers[: len(PAGE_STATUSES)], mappers[len(PAGE_STATUSES) :]
    assert {page["body_format_override"]["content_type"] for page in pages} == {"text/html; charset=utf-8"}
    assert len(mappers) == len(REPLIES) * 2 + 1
    for reply, english, korean in zip(REPLIES, mappers[0::2], mappers[1::2], strict=False):
        for mapper, language in ((english, "en"), (korean, "ko")):
            body = mapper["body_format_override"]
            assert body["content_type"] == "application/problem+json"
            assert body["json_format"]["code"] == reply.error.code
            assert body["json_format"]["status"] == reply.error.status
            assert body["json_format"]["detail"] == reply.error.text(language)
        assert english["body_format_override"] != korean["body_format_override"]

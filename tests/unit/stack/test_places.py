"""Homes, ports, secrets and logs: what is remembered, and what is refused."""

import base64
import socket
from pathlib import Path

import pytest

from jangteo.stack.credentials import Credentials
from jangteo.stack.home import Home, StackError
from jangteo.stack.logs import readable, rotate, tail
from jangteo.stack.ports import Ports, is_free, reserve
from jangteo.stack.table import table


def test_a_home_is_where_the_environment_says(tmp_path: Path) -> None:
    assert Home.locate({"JANGTEO_HOME": str(tmp_path / "here")}).root == tmp_path / "here"
    assert Home.locate({}).root.name == ".jangteo"
    assert (Home.locate({}).root.parent / "pyproject.toml").exists()


def test_two_homes_have_two_folders_outside(tmp_path: Path) -> None:
    assert Home(tmp_path / "a").outside != Home(tmp_path / "b").outside
    assert Home(tmp_path / "a").outside == Home(tmp_path / "a").outside


def test_a_home_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match=r"^cannot write .*/file/home: Not a directory$"):
        Home(tmp_path / "file" / "home").prepare()


def test_ports_are_remembered_and_all_different(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(30)]
    ports = Ports(tmp_path / "ports.json")
    first = ports.settle(names, {})
    assert len(set(first.values())) == 30
    assert Ports(tmp_path / "ports.json").known() == first
    ports.release()
    assert Ports(tmp_path / "ports.json").settle(names, {}) == first


def test_a_usual_port_is_taken_when_it_is_free_and_only_then(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        avoiding = Ports(tmp_path / "busy.json")
        assert avoiding.settle(["web"], {"web": port})["web"] != port
        avoiding.release()
    assert Ports(tmp_path / "free.json").settle(["web"], {"web": port})["web"] == port


def test_a_reserved_port_is_nobody_elses_but_our_server_can_listen_on_it(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    port = ports.settle(["web"], {})["web"]
    assert reserve(port) is None
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    ports.release()
    guard = reserve(port)
    assert guard is not None
    guard.close()


def test_ports_that_cannot_be_read_name_their_file(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{")
    with pytest.raises(StackError, match=r"ports\.json cannot be read .*: remove it to choose ports anew"):
        Ports(tmp_path / "ports.json").known()


def test_secrets_are_made_once(tmp_path: Path) -> None:
    first = Credentials(tmp_path)
    password, master = first.password("bus"), first.master_key_file.read_text()
    again = Credentials(tmp_path)
    assert again.password("bus") == password
    assert again.password("valkey") != password
    assert again.master_key_file.read_text() == master
    assert len(base64.b64decode(master)) == 32


def test_a_large_log_is_put_aside_and_a_small_one_kept(tmp_path: Path) -> None:
    log = tmp_path / "order.log"
    log.write_text("small\n")
    rotate(log)
    assert log.exists()
    log.write_bytes(b"x" * (11 * 1024 * 1024))
    rotate(log)
    assert not log.exists()
    assert (tmp_path / "order.log.1").stat().st_size == 11 * 1024 * 1024


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "order.log"
    assert tail(log, 5) == ""
    log.write_text("a\nb\nc\n")
    assert tail(log, 2) == "b\nc\n"
    assert tail(log, 0) == ""


def test_a_log_line_is_shown_as_a_person_reads_it() -> None:
    line = '{"time": "2026-11-22T09:10:53.257+00:00", "level": "ERROR", "message": "it ends", "exception": "Boom: x"}'
    assert readable(line) == "09:10:53 ERROR it ends\nBoom: x"
    assert readable("plain\n") == "plain"
    assert readable("[1]") == "[1]"


def test_a_table_aligns_its_columns() -> None:
    assert table(("A", "B"), [("long", "x"), ("s", "")]) == "A     B\nlong  x\ns"

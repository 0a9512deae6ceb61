"""A log is shortened under a process that goes on writing, and nothing that was in it is lost."""

import os

from jangteo.stack.logs import shorten


def test_a_long_log_is_put_aside_while_its_process_writes_on(tmp_path):
    log = tmp_path / "order.log"
    writer = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(writer, b"old\n" * 1000)
    assert shorten(log, most=3999)
    os.write(writer, b"new\n")
    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "order.log.1").read_bytes() == b"old\n" * 1000
    os.close(writer)


def test_a_short_log_is_left_alone(tmp_path):
    log = tmp_path / "order.log"
    log.write_bytes(b"old\n" * 1000)
    assert not shorten(log, most=4000)
    assert log.stat().st_size == 4000
    assert [path.name for path in tmp_path.iterdir()] == ["order.log"]


def test_the_copy_before_the_last_is_dropped(tmp_path):
    log = tmp_path / "order.log"
    for text in (b"first", b"second"):
        log.write_bytes(text)
        assert shorten(log, most=1)
    assert (tmp_path / "order.log.1").read_bytes() == b"second"

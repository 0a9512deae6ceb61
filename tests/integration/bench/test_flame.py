"""A flame graph names the functions of a running process, or says what the system has to allow first."""

import subprocess
import sys

import pytest

from bench.flame import RecordingFailed, record_process, why

SHEEP = "import time\ndef count_sheep():\n    while True:\n        time.time()\ncount_sheep()"


@pytest.fixture
def run():
    started = []

    def start(*command):
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        return started[-1].pid

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_the_functions_of_a_busy_process_are_in_the_graph(run, tmp_path):
    try:
        samples = record_process(run(sys.executable, "-c", SHEEP), 1, tmp_path / "flame.svg")
    except RecordingFailed as failure:
        assert "ptrace_scope" in str(failure)
        pytest.skip("this system lets no process look into another one")
    assert samples > 0
    assert "count_sheep" in (tmp_path / "flame.svg").read_text()


def test_a_process_of_another_language_is_refused_with_its_reason(run, tmp_path):
    with pytest.raises(RecordingFailed, match=r"no Python process|ptrace_scope"):
        record_process(run("sleep", "30"), 1, tmp_path / "flame.svg")


def test_a_system_that_forbids_it_is_told_how_to_allow_it():
    said = why("Permission Denied: Try running again with elevated permissions")
    assert "sudo sysctl kernel.yama.ptrace_scope=0" in said
    assert "--cap-add=SYS_PTRACE" in said

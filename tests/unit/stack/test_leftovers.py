"""A machine that lost its power may keep the names of its files without their text; the mall starts all the same."""

import pytest

from jangteo.stack import leftovers
from jangteo.stack.home import Home


@pytest.mark.parametrize("left", ["", '{"nats": [12', "[]", '{"nats": 12}'])
def test_a_record_of_processes_that_cannot_be_read_names_none(tmp_path, left):
    home = Home(tmp_path / "home")
    home.prepare()
    record = home.run / leftovers.PROCESSES
    record.write_text(left)
    leftovers.end_supervisor(home)
    assert leftovers.end(home) == []
    assert not record.exists()

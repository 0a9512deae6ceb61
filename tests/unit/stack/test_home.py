"""A first start on a disk that is almost full is refused in words, before anything is half made."""

from pathlib import Path

import pytest

from jangteo.stack.home import Home, StackError


def test_a_first_start_needs_room_and_a_mall_that_has_data_starts_with_less(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    home.require_room(300 << 20)
    with pytest.raises(StackError, match=r"only 24 MB are free on the disk of .*home: a mall begins with 300 MB"):
        home.require_room(24 << 20)
    home.state("postgres")
    home.require_room(24 << 20)

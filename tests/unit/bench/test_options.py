"""The options of `make bench`: the defaults of a full run, a quick one, and words for what makes no sense."""

import pytest

from bench.calls import ASKED
from bench.options import read


def test_by_default_everything_is_measured_at_all_levels():
    given, course = read([])
    assert course.operations == list(ASKED)
    assert course.levels == [1, 4, 16, 64]
    assert course.shares == [0.5, 0.8]
    assert 15 <= course.seconds <= 20
    assert given.products == 10_000


def test_a_developer_measures_one_operation_quickly():
    _, course = read(["--seconds", "4", "--levels", "4", "--only", "cart", "--shares", "0"])
    assert course.operations == ["add to cart"]
    assert (course.seconds, course.levels, course.shares) == (4.0, [4], [])


def test_several_operations_may_be_chosen_and_each_must_exist(capsys):
    assert read(["--only", "cart", "--only", "list"])[1].operations == ["list of 24", "add to cart"]
    with pytest.raises(SystemExit):
        read(["--only", "cart", "--only", "parking"])
    assert "no operation has 'parking'" in capsys.readouterr().err


def test_levels_are_climbed_in_order_and_once():
    assert read(["--levels", "16,4,4"])[1].levels == [4, 16]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seconds", "0"], "'0' is not a number of seconds from 2 to 120"),
        (["--seconds", "nan"], "is not a number of seconds"),
        (["--seconds", "soon"], "is not a number of seconds"),
        (["--levels", "0"], "'0' is not a whole number from 1 to 256"),
        (["--levels", "4,,8"], "'' is not a whole number"),
        (["--levels=-4"], "'-4' is not a whole number"),
        (["--shares", "50,x"], "'x' is not a whole number from 1 to 150"),
        (["--products", "1"], "is not a whole number from 200"),
        (["--generators", "99"], "is not a whole number from 1 to 16"),
        (["--only", "parking"], "no operation has 'parking' in its name; there are: list of 24"),
        (["cart"], "unrecognized arguments: cart"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(arguments, words, capsys):
    with pytest.raises(SystemExit) as end:
        read(arguments)
    assert end.value.code == 2
    assert words in capsys.readouterr().err

"""What `make bench` can be told, and the words with which it refuses the rest."""

import argparse
from collections.abc import Callable, Sequence

from bench.calls import ASKED
from bench.measuring import Course

_MOST_BUYERS = 256
_FEWEST_PRODUCTS = 200  # of which some have to be in stock in every category
_MOST_PRODUCTS = 1_000_000


def read(arguments: Sequence[str] | None = None) -> tuple[argparse.Namespace, Course]:
    """Return the options and what they ask to measure; ends the program, with words, where they make no sense."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what a mall of its own costs.")
    parser.add_argument("--seconds", type=_number(2, 120), default=15.0, help="for each load (15)")
    parser.add_argument(
        "--levels", type=_list(_whole(1, _MOST_BUYERS)), default=[1, 4, 16, 64], help="buyers at a time (1,4,16,64)"
    )
    parser.add_argument(
        "--shares",
        type=lambda text: [] if text == "0" else _list(_whole(1, 150))(text),
        default=[50, 80],
        help="open loops, in percent of the best rate (50,80); 0 for none",
    )
    parser.add_argument(
        "--only", action="append", metavar="TEXT", help="operations whose name contains this; may be given again"
    )
    parser.add_argument(
        "--products", type=_whole(_FEWEST_PRODUCTS, _MOST_PRODUCTS), default=10_000, help="in the catalogue (10000)"
    )
    parser.add_argument("--generators", type=_whole(1, 16), default=2, help="processes that make the load (2)")
    parser.add_argument("--no-anatomy", action="store_true", help="leave out the trace of a checkout")
    given = parser.parse_args(arguments)
    wanted = given.only or [""]
    for text in wanted:
        if not any(text in name for name in ASKED):
            parser.error(f"argument --only: no operation has {text!r} in its name; there are: {', '.join(ASKED)}")
    operations = [name for name in ASKED if any(text in name for text in wanted)]
    shares = [share / 100 for share in given.shares]
    return given, Course(operations, given.seconds, sorted(set(given.levels)), shares)


def _list(item: Callable[[str], int]) -> Callable[[str], list[int]]:
    def parse(text: str) -> list[int]:
        return [item(part) for part in text.split(",")]

    return parse


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return parse


def _number(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from {least:g} to {most:g}")
        return value

    return parse

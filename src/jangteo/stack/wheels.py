"""Finds the servers' programs inside their wheels, without importing them."""

import sys
from importlib.util import find_spec
from pathlib import Path

from jangteo.stack.home import StackError


def folder_of(module: str) -> Path:
    """Return the folder of an installed package. Raises StackError where the extra `embedded` is not installed."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise _missing(module)
    return Path(spec.origin).parent


def script(name: str) -> Path:
    """Return a program that a wheel put beside the interpreter."""
    program = Path(sys.prefix) / "bin" / name
    if not program.exists():
        raise _missing(name)
    return program


def _missing(what: str) -> StackError:
    return StackError(f"{what} is not installed: {sys.executable} -m pip install 'jangteo[embedded]'")

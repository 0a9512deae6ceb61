"""The passwords that are guessed first: the list that the package zxcvbn ships (MIT), and what Koreans type.

Read at the first use, by the file rather than by importing the package, whose matching this service does not need:
9 ms and less than a megabyte for the 11,611 that are long enough to be passwords here.
"""

import functools
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

# What is shorter is refused anyhow.
_SHORTEST = 8
# English keys pressed for Korean words (안녕하세요, 사랑해요, 비밀번호), and what the list of 2017 lacks.
_OURS = frozenset({
    "dkssudgktpdy", "tkfkdgody", "qlalfqjsgh", "password123", "passw0rd", "1q2w3e4r", "1q2w3e4r5t", "abc12345",
    "a1234567", "admin123", "letmein1", "welcome1", "qwertyui", "87654321", "123456789a", "a123456789", "asdf1234",
    "jangteo1", "jangteo123",
})  # fmt: skip


def is_common(password: str) -> bool:
    """Say whether `password`, in any case, is among those that are guessed first."""
    lowered = password.casefold()
    return lowered in _OURS or lowered in _listed()


@functools.cache
def _listed() -> frozenset[str]:
    package = find_spec("zxcvbn")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("the package zxcvbn, which ships the list of common passwords, is not installed")
    path = Path(package.submodule_search_locations[0]) / "frequency_lists.py"
    spec = spec_from_file_location("_zxcvbn_frequency_lists", path)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{path.name} of the package zxcvbn cannot be read")
    lists = module_from_spec(spec)
    spec.loader.exec_module(lists)
    return frozenset(word.casefold() for word in lists.FREQUENCY_LISTS["passwords"] if len(word) >= _SHORTEST)

"""Runs the Lua scripts beside this module: by their digest, and with their text where Valkey has forgotten them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from jangteo.kit.valkey import Redis, translated

_FOLDER = Path(__file__).parent / "scripts"
_WITHOUT_PRELUDE = frozenset({"read", "claim", "close", "wish", "wishes"})


class Script:
    """One atomic move, in the file of its name."""

    def __init__(self, name: str) -> None:
        prelude = "" if name in _WITHOUT_PRELUDE else (_FOLDER / "prelude.lua").read_text()
        self._text = prelude + (_FOLDER / f"{name}.lua").read_text()
        self._digest = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, valkey: Redis, keys: Sequence[str], *arguments: str | int | bytes) -> Any:
        """Return what the script answers, as bytes and integers. Raises ValkeyUnavailable."""
        with translated():
            try:
                return await valkey.evalsha(self._digest, len(keys), *keys, *arguments)
            except NoScriptError:
                return await valkey.eval(self._text, len(keys), *keys, *arguments)

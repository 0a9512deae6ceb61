"""Templates: compiled once for each language, escaping everything, knowing texts, money, times and static files."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, partial
from importlib.resources import files
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from jangteo.web import texts
from jangteo.web.phones import dialled
from jangteo.web.static_files import FILES, HTMX


class _Compiled(BytecodeCache):
    """What is compiled for one language is so for the other."""

    def __init__(self) -> None:
        self._known: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """See BytecodeCache."""
        bucket.code = self._known.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """See BytecodeCache."""
        if bucket.code is not None:
            self._known[bucket.key + bucket.checksum] = bucket.code


_compiled = _Compiled()


@cache
def environment(language: str) -> Environment:
    """Return the templates' world in a language."""
    found = Environment(
        loader=FileSystemLoader(str(files("jangteo.web") / "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_compiled,
    )
    found.globals.update(
        t=texts.sayer(language),
        has_text=partial(texts.has, language),
        language=language,
        static=FILES.url,
        has_htmx=FILES.has(HTMX),
    )

    def money(amount: int) -> str:
        return texts.money(amount, language)

    def when(moment: datetime | str, form: str = "minute") -> str:
        return texts.when(moment, language, form)

    def day(one: date) -> str:
        return texts.day(one, language)

    found.filters.update(money=money, when=when, day=day, phone=dialled)
    found.globals["parts"] = found.get_template("parts/parts.html").module
    return found


def render(template: str, language: str, values: Mapping[str, Any], block: str = "") -> bytes:
    """Return a page, or one block of it, as UTF-8."""
    found = environment(language).get_template(template)
    if not block:
        return found.render(values).encode()
    return "".join(found.blocks[block](found.new_context(dict(values)))).encode()

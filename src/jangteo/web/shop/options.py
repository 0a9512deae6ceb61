"""Choosing among a product's options: what is chosen, what it leads to, and what each other value would lead to."""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar


class HasCode(Protocol):
    """A value of an option."""

    @property
    def code(self) -> str:
        """Return its code."""

    @property
    def name(self) -> str:
        """Return what it is called."""


class HasValues(Protocol):
    """An option."""

    @property
    def code(self) -> str:
        """Return its code."""

    @property
    def name(self) -> str:
        """Return what it is called."""

    @property
    def values(self) -> Sequence[HasCode]:
        """Return what can be chosen."""


class HasChoice(Protocol):
    """A variant."""

    @property
    def choice(self) -> Mapping[str, str]:
        """Return its value of each option."""

    @property
    def available(self) -> bool:
        """Return whether it can be bought."""

    @property
    def price(self) -> int:
        """Return its price."""


VariantT = TypeVar("VariantT", bound=HasChoice)


class ValueView(NamedTuple):
    """A value as a page shows it; `price` where it is known by it alone, `more` how much it costs beyond the least."""

    code: str
    name: str
    url: str
    is_chosen: bool
    is_available: bool
    more: int


class OptionView(NamedTuple):
    """An option as a page shows it."""

    code: str
    name: str
    chosen: str
    choices: list[ValueView]


class Selection(Generic[VariantT]):
    """The values chosen by their options; a product with one value of an option has that chosen."""

    def __init__(self, chosen: Mapping[str, str], variants: Sequence[VariantT], options: int) -> None:
        self.chosen = dict(chosen)
        self._variants = variants
        self._options = options

    @classmethod
    def of(
        cls, options: Sequence[HasValues], variants: Sequence[VariantT], query: Mapping[str, str]
    ) -> "Selection[VariantT]":
        """Read what the address says; what is no value of the product's is passed over."""
        chosen = {}
        for option in options:
            codes = [value.code for value in option.values]
            said = query.get(option.code, codes[0] if len(codes) == 1 else "")
            if said in codes:
                chosen[option.code] = said
        return cls(chosen, variants, len(options))

    @property
    def variant(self) -> VariantT | None:
        """Return the one variant that is chosen; None as long as something is left to choose."""
        if len(self.chosen) < self._options:
            return None
        return next(iter(self._fitting(self.chosen)), None)

    def _fitting(self, chosen: Mapping[str, str]) -> list[VariantT]:
        wanted = chosen.items()
        return [one for one in self._variants if wanted <= one.choice.items()]

    def views(self, options: Sequence[HasValues], address: Callable[[Mapping[str, str]], str]) -> list[OptionView]:
        """Return the options for a page; `address` makes the link for a choice."""
        least = min((one.price for one in self._variants), default=0)
        shown = []
        for option in options:
            chosen, choices = "", []
            for value in option.values:
                other = {**self.chosen, option.code: value.code}
                fitting = self._fitting(other)
                is_chosen = self.chosen.get(option.code) == value.code
                chosen = value.name if is_chosen else chosen
                more = min((one.price for one in fitting), default=least) - least
                open_to = any(one.available for one in fitting)
                choices.append(ValueView(value.code, value.name, address(other), is_chosen, open_to, more))
            shown.append(OptionView(option.code, option.name, chosen, choices))
        return shown

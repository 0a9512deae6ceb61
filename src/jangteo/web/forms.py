"""A form as it was sent: what was typed, and what was wrong with it."""

from collections.abc import Iterable, Mapping

from litestar.datastructures import UploadFile

from jangteo.web.problem import Problem

ONCE = "once"  # the hidden field with the key by which a repeated form is known


class Form:
    """Values by the names of the fields; `errors` has a message for a field, `summary` one for the whole."""

    def __init__(self, values: Mapping[str, list[str]] | None = None, files: Mapping[str, UploadFile] | None = None):
        self._values = values or {}
        self.files = files or {}
        self.errors: dict[str, str] = {}
        self.summary = ""

    @classmethod
    def of(cls, fields: Iterable[tuple[str, object]]) -> "Form":
        """Read what came."""
        values: dict[str, list[str]] = {}
        files: dict[str, UploadFile] = {}
        for name, value in fields:
            if isinstance(value, UploadFile):
                files[name] = value
            else:
                values.setdefault(name, []).append(str(value))
        return cls(values, files)

    @classmethod
    def filled(cls, **values: object) -> "Form":
        """Return a form to be shown with these values; None is an empty field."""
        return cls({name: ["" if value is None else str(value)] for name, value in values.items()})

    def text(self, name: str, default: str = "") -> str:
        """Return what was typed into a field, without blanks around it."""
        found = self._values.get(name)
        return found[-1].strip() if found else default

    def secret(self, name: str) -> str:
        """Return what was typed, as it was typed: for passwords."""
        found = self._values.get(name)
        return found[-1] if found else ""

    def many(self, name: str) -> list[str]:
        """Return all values of a field."""
        return list(self._values.get(name, ()))

    def names(self) -> list[str]:
        """Return the names of all fields that came."""
        return list(self._values)

    def flag(self, name: str) -> bool:
        """Return whether a box was ticked."""
        return bool(self._values.get(name))

    def number(self, name: str) -> int | None:
        """Return a whole number, None where there is none."""
        try:
            return int(self.text(name).replace(",", ""))
        except ValueError:
            return None

    @property
    def once(self) -> str:
        """Return the key by which the same form sent twice is known."""
        return self.text(ONCE)[:64]

    def refuse(self, problem: Problem, **fields: str) -> None:
        """Note what the mall said: beside the field it names, by its own name or the one in `fields`.

        `fields` maps a name of the form to one of the API, such as `zip="address.zip"`.
        """
        ours = {theirs: name for name, theirs in fields.items()}
        for theirs, message in problem.errors.items():
            name = ours.get(theirs) or theirs.rpartition(".")[2]
            self.errors[name] = message
        self.summary = problem.detail

    @property
    def is_wrong(self) -> bool:
        """Return whether something has to be put right."""
        return bool(self.errors or self.summary)

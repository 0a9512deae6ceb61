"""Addresses of lists: the same question with another beginning, so that every state of a list can be shared."""

from urllib.parse import urlencode


def onward(path: str, cursor: object, **question: object) -> str:
    """Return the address of the list's next part; empty where there is none."""
    return asked(path, **question, cursor=cursor) if cursor else ""


def asked(path: str, **question: object) -> str:
    """Return `path` with what is asked; parts that are None or empty are left out."""
    said = {name: str(value) for name, value in question.items() if value not in (None, "")}
    return f"{path}?{urlencode(said)}" if said else path

"""Makes a valid request for every row of the route table out of the mall's own OpenAPI document, so that an endpoint
that is added tomorrow is called by today's tests.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jangteo.gateway.routes import ROUTES, Route

# A text for every pattern that is asked for; none of them names anything that exists.
TEXTS = (
    "04524",
    "tok-000000",
    "00000000",
    str(uuid.UUID(int=7, version=4)),
    "A-0000000",
    "nobody@example.test",
    "https://shop.example/back",
    "",
)
# What rules beyond the document ask of a field.
BY_NAME = {"phone": "010-1234-5678", "zip": "04524"}
# The folder, if any, and the name of a parameter in a path.
NAMED = re.compile(r"(?:/([a-z-]+))?/\{([a-z_]+)\}")
# A valid request would leave something behind that other tests see.
WITHOUT_TRACE = {"POST /v1/categories": {"parent": "nowhere"}}


@dataclass(frozen=True, slots=True)
class Call:
    """One request for a row."""

    method: str
    path: str
    body: bytes | None


class Requests:
    """Composes requests for rows, of the document at /openapi.json."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas = document.get("components", {}).get("schemas", {})
        self._operations = {
            (method.upper(), re.sub(r"\{[^}]*\}", "{}", path)): operation
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    def call(self, row: Route, ids: Mapping[str, str], query: str = "") -> Call:
        """Return a request for `row`: ids of `ids` where it names their kind, others that exist nowhere."""
        operation = self._operations.get((row.method, row.shape), {})
        path = NAMED.sub(lambda found: self._filled(found, operation, ids), row.path)
        asked = "&".join(filter(None, [query, *self._parameters(operation, query)]))
        body = self._body(row, operation)
        return Call(row.method, path.replace("*", "start.js") + (f"?{asked}" if asked else ""), body)

    def folder_of_id(self, row: Route) -> str | None:
        """Return the folder of the last thing that a row names by an id; None where it names things by words."""
        operation = self._operations.get((row.method, row.shape), {})
        return _folders(row)[-1] if _is_by_id(operation) else None

    def _filled(self, found: re.Match[str], operation: dict[str, Any], ids: Mapping[str, str]) -> str:
        folder, name = found.groups()
        value = ids.get(folder or "") or (str(uuid.uuid4()) if _is_by_id(operation) else f"no-such-{name}")
        return (f"/{folder}" if folder else "") + f"/{value}"

    def _parameters(self, operation: dict[str, Any], given: str) -> list[str]:
        return [
            f"{one['name']}={self.sample(one['schema'])}"
            for one in operation.get("parameters", ())
            if one["in"] == "query" and one.get("required") and f"{one['name']}=" not in given
        ]

    def _body(self, row: Route, operation: dict[str, Any]) -> bytes | None:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:  # a file, or nothing
            return b"{}" if row.method in ("POST", "PUT", "PATCH") else None
        sample = self.sample(content["application/json"]["schema"])
        return json.dumps(sample | WITHOUT_TRACE.get(row.name, {})).encode()

    def sample(self, schema: Mapping[str, Any]) -> Any:
        """Return a small value that `schema` allows. Raises AssertionError where it finds none."""
        if "$ref" in schema:
            return self.sample(self._schemas[schema["$ref"].rpartition("/")[2]])
        if "enum" in schema:
            return schema["enum"][0]
        for several in ("oneOf", "anyOf", "allOf"):
            if several in schema:
                more = {key: value for key, value in schema.items() if key != several}
                return self.sample({**more, **schema[several][0]})
        kind = schema.get("type")
        return SAMPLES[kind[0] if isinstance(kind, list) else kind or "object"](self, schema)

    def object_for(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return an object of the required fields."""
        return {
            name: BY_NAME.get(name) or self.sample(schema["properties"][name]) for name in schema.get("required", ())
        }

    def array_for(self, schema: Mapping[str, Any]) -> list[Any]:
        """Return the shortest array."""
        return [self.sample(schema["items"]) for _ in range(schema.get("minItems", 0))]


def _is_by_id(operation: Mapping[str, Any]) -> bool:
    given = [one for one in operation.get("parameters", ()) if one["in"] == "path"]
    return any(one.get("schema", {}).get("format") == "uuid" for one in given)


def _folders(row: Route) -> list[str]:
    return [folder for folder, _ in NAMED.findall(row.path)]


def text_for(schema: Mapping[str, Any]) -> str:
    """Return a text of the form and the length that are asked for."""
    if schema.get("format") == "uuid":
        return str(uuid.uuid4())
    if schema.get("format") in ("date", "date-time"):
        return {"date": "2030-01-02", "date-time": "2030-01-02T03:04:05Z"}[schema["format"]]
    least, most, pattern = schema.get("minLength", 0), schema.get("maxLength", 1000), schema.get("pattern", "")
    fitting = [text for text in TEXTS if least <= len(text) <= most and re.search(pattern, text)]
    assert fitting, f"no sample text is of the form {schema}: add one to TEXTS"
    return fitting[0]


SAMPLES: dict[str, Callable[[Requests, Mapping[str, Any]], Any]] = {
    "object": lambda requests, schema: requests.object_for(schema),
    "array": lambda requests, schema: requests.array_for(schema),
    "string": lambda requests, schema: text_for(schema),
    "integer": lambda requests, schema: max(1, int(schema.get("minimum", 1))),
    "number": lambda requests, schema: max(1, int(schema.get("minimum", 1))),
    "boolean": lambda requests, schema: False,
    "null": lambda requests, schema: None,
}


def rows_of_ones_own(routes: tuple[Route, ...] = ROUTES) -> list[Route]:
    """Return the rows that name somebody's thing by its id and are not for everybody."""
    return [row for row in routes if row.access in ("member", "staff") and "{" in row.path]

"""Settings come from the environment, typed, once, at the start of a process; a secret has no default."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

PREFIX = "JANGTEO_"
LOCAL = "local"
SettingsT = TypeVar("SettingsT", bound="ServiceSettings")
Positive = Annotated[float, msgspec.Meta(gt=0)]
# Keys of jangteo.kit.audit, the newest first, parted by commas.
AuditKey = Annotated[str, msgspec.Meta(min_length=32)]


class SettingsError(Exception):
    """A setting is missing or of the wrong form; the message names the variable, never its value."""


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every process is told."""

    service: str
    environment: str = LOCAL
    host: str = "127.0.0.1"
    port: int = 0
    bus_url: str
    registry_url: str = ""  # where it is not the bus: another broker, or `static:` with addresses
    tenants: tuple[str, ...] = ("demo",)
    default_tenant: str = "demo"
    public_url: str = "http://127.0.0.1:8080"
    identity_dir: str = ""
    log_level: str = "INFO"
    trace_ratio: float = 0.05
    trace_file: str = ""
    otlp_endpoint: str = ""
    stop_seconds: float = 10.0
    # A message may wait 7 days in the stream, lie parked for 14, and wait 7 more once it is replayed; a week is for an
    # outbox whose service is down.
    inbox_days: Positive = 35.0
    idempotency_hours: Positive = 24.0  # published with the header
    commit: str = ""  # that the code was built from, for images; a git work tree is looked at without it
    clock_offset_file: str = ""  # of a wrong clock (kit.clock); for the environment `local` alone


def load(cls: type[SettingsT], service: str, environ: Mapping[str, str] = os.environ) -> SettingsT:
    """Read the settings of `service` from `environ`.

    Field `foo_bar` is looked for as JANGTEO_<SERVICE>_FOO_BAR, then JANGTEO_FOO_BAR, each also with `_FILE`
    behind it: then the value is that file's content. Lists are separated by commas.
    Raises SettingsError, naming the variable, where a required one is missing or one does not parse.
    """
    values: dict[str, object] = {"service": service}
    own = PREFIX + service.upper().replace("-", "_") + "_"
    for field in msgspec.structs.fields(cls):
        if field.name == "service":
            continue
        text = _lookup(environ, own + field.name.upper())
        if text is None:
            text = _lookup(environ, PREFIX + field.name.upper())
        if text is None:
            if field.required:
                raise SettingsError(f"{PREFIX}{field.name.upper()} is not set")
            continue
        values[field.name] = text.split(",") if field.name == "tenants" else text
    try:
        settings = msgspec.convert(values, cls, strict=False)
    except msgspec.ValidationError as error:
        path = str(error).rsplit("$.", 1)[-1].rstrip("`")
        raise SettingsError(f"{PREFIX}{path.upper()}: {str(error).split(' - at')[0]}") from None
    if settings.clock_offset_file and settings.environment != LOCAL:
        raise SettingsError(f"{PREFIX}CLOCK_OFFSET_FILE is for the environment {LOCAL} alone")
    return settings


def _lookup(environ: Mapping[str, str], name: str) -> str | None:
    if name in environ:
        return environ[name]
    path = environ.get(name + "_FILE")
    if path is None:
        return None
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE: {error.strerror}") from None

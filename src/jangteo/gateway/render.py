"""Renders the route table of the code on disk for the running Envoy: `python -m jangteo.gateway.render`."""

import sys

from jangteo.gateway.envoy.files import ConfigurationFiles
from jangteo.gateway.routes import GATEWAY, TableError
from jangteo.gateway.settings import GatewaySettings
from jangteo.kit.settings import SettingsError, load

INNER_KEY_LETTERS = 16


def configuration_files(settings: GatewaySettings) -> ConfigurationFiles:
    """Return the files that the gateway with these settings watches. Raises SettingsError."""
    if settings.inner_port and len(settings.inner_key) < INNER_KEY_LETTERS:
        raise SettingsError(f"JANGTEO_INNER_KEY must have {INNER_KEY_LETTERS} letters at least")
    return ConfigurationFiles(settings, settings.folder / "envoy")


def main() -> int:
    """Write all files; return 1, and leave them alone, where settings or table are wrong."""
    try:
        configuration_files(load(GatewaySettings, GATEWAY)).write_all()
    except (SettingsError, TableError) as error:
        sys.stderr.write(f"gateway: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Envoy's bootstrap: where its files are, who may administer it, how many connections it bears."""

from pathlib import Path
from typing import Any

from jangteo.gateway.settings import GatewaySettings

Json = dict[str, Any]

MAX_CONNECTIONS = 20_000


def bootstrap(settings: GatewaySettings, directory: Path) -> Json:
    """Return the bootstrap for files in `directory`."""
    return {
        "node": {"id": "gateway", "cluster": "jangteo"},
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": settings.admin_port}}},
        "dynamic_resources": {
            "lds_config": _watched(directory / "lds.json"),
            "cds_config": _watched(directory / "cds.json"),
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors"
                        ".downstream_connections.v3.DownstreamConnectionsConfig",
                        "max_active_downstream_connections": MAX_CONNECTIONS,
                    },
                }
            ]
        },
        "application_log_config": {
            "log_format": {
                "json_format": {
                    "time": "%Y-%m-%dT%T.%eZ",
                    "level": "%l",
                    "logger": "envoy.%n",
                    "message": "%j",
                }
            }
        },
        "layered_runtime": {"layers": [{"name": "admin", "admin_layer": {}}]},
    }


def _watched(path: Path) -> Json:
    return {"path_config_source": {"path": str(path)}, "resource_api_version": "V3"}

"""Envoy's clusters, one per service: how instances are checked, ejected and protected, and where they are."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jangteo.gateway.routes import GATEWAY

Json = dict[str, Any]

UPSTREAM_IDLE_SECONDS = 3  # shorter than any service keeps a silent connection open, or a request meets its end
Address = tuple[str, int]


def cluster(service: str, directory: Path) -> Json:
    """Return the cluster of `service`; its instances are a watched file in `directory`."""
    source = {
        "path_config_source": {"path": str(directory / f"eds-{service}.json")},
        "resource_api_version": "V3",
    }
    return _cluster(service) | {
        "type": "EDS",
        "eds_cluster_config": {"service_name": service, "eds_config": source},
        "outlier_detection": _ejection(),
        "health_checks": [_health_check()],
        # The registry knows best: an instance that signed off gets nothing new, however well it still feels.
        "ignore_health_on_host_removal": True,
    }


def own_cluster(address: Address) -> Json:
    """Return the cluster of the gateway's own pages, in this very process."""
    return _cluster(GATEWAY) | {"type": "STATIC", "load_assignment": endpoints(GATEWAY, [address])}


def _cluster(name: str) -> Json:
    return {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": name,
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        "per_connection_buffer_limit_bytes": 256 * 1024,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http_protocol_options": {}},
                "common_http_protocol_options": {"idle_timeout": f"{UPSTREAM_IDLE_SECONDS}s"},
            }
        },
        "circuit_breakers": {"thresholds": [_thresholds()]},
    }


def endpoints(service: str, addresses: Iterable[Address]) -> Json:
    """Return the instances of `service`."""
    hosts = [
        {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}
        for host, port in sorted(set(addresses))
    ]
    return {"cluster_name": service, "endpoints": [{"lb_endpoints": hosts}]}


def _thresholds() -> Json:
    return {
        "max_connections": 256,
        "max_pending_requests": 512,
        "max_requests": 1024,
        "retry_budget": {"budget_percent": {"value": 20.0}, "min_retry_concurrency": 3},
    }


def _ejection() -> Json:
    """Return when an instance is left out for a while; a 500, an error of logic, does not count."""
    return {
        "consecutive_gateway_failure": 5,  # 502, 503, 504, broken off, not even connected
        "enforcing_consecutive_gateway_failure": 100,
        "enforcing_consecutive_5xx": 0,
        "enforcing_success_rate": 0,
        "interval": "2s",
        "base_ejection_time": "5s",
        "max_ejection_time": "30s",
        "max_ejection_percent": 50,  # so never the only one
    }


def _health_check() -> Json:
    return {
        "timeout": "2s",
        "interval": "5s",
        "no_traffic_interval": "15s",
        "unhealthy_interval": "1s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "http_health_check": {"path": "/health/ready"},
    }

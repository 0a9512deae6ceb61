"""Envoy's listeners, HTTP, HTTPS and the one for `web`: limits on what a client may send, then the chain of filters."""

from pathlib import Path
from typing import Any

from jangteo.gateway.envoy.answers import HTTP, HTTPS, INNER
from jangteo.gateway.envoy.problems import local_reply_config
from jangteo.gateway.envoy.vhosts import (
    BUFFER_FILTER,
    CORS_FILTER,
    JWT_FILTER,
    LIMIT_FILTER,
    LIMIT_METADATA,
    TYPE,
)
from jangteo.gateway.limits import Rate, rates
from jangteo.gateway.routes import KIBIBYTE, Limit
from jangteo.gateway.settings import GatewaySettings
from jangteo.kit.auth import AUDIENCE, ISSUER

Json = dict[str, Any]

EXTENSION = "type.googleapis.com/envoy.extensions."
REMEMBERED_CLIENTS = 20_000  # rate buckets; the one used longest ago goes first
CLOCK_SKEW_SECONDS = 30
COMPRESSED_BYTES = 2 * KIBIBYTE  # smaller answers gain nothing on the wire
KEYS_URI = "http://user/.well-known/jwks.json"

# What only the mall itself may say. An outsider's is dropped before anything looks at it.
INTERNAL_PREFIXES = (
    "x-envoy-",
    "x-tenant",
    "x-service",
    "x-jangteo-",
    "x-member",
    "x-original-",
    "x-request-id",
)
FORWARDED_PREFIXES = ("x-forwarded-", "forwarded", "x-real-ip")
TRACE_PREFIXES = ("traceparent", "tracestate", "baggage", "b3", "x-b3-")


def listeners(settings: GatewaySettings, directory: Path) -> list[Json]:
    """Return the listeners; their routes and certificate are watched files in `directory`."""
    inner = [_listener(INNER, settings.host, settings.inner_port, _chain(settings, directory, INNER))]
    return [
        *(inner if settings.inner_port else ()),
        _listener(HTTP, settings.host, settings.http_port, _chain(settings, directory, HTTP)),
        _listener(
            HTTPS,
            settings.host,
            settings.https_port,
            {**_chain(settings, directory, HTTPS), "transport_socket": _tls(directory)},
        ),
    ]


def _listener(name: str, host: str, port: int, chain: Json) -> Json:
    return {
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": name,
        "address": {"socket_address": {"address": host, "port_value": port}},
        "per_connection_buffer_limit_bytes": 64 * KIBIBYTE,
        "filter_chains": [chain],
    }


def _tls(directory: Path) -> Json:
    secret = {"path_config_source": {"path": str(directory / "sds.json")}, "resource_api_version": "V3"}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": EXTENSION + "transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                "tls_certificate_sds_secret_configs": [{"name": "gateway", "sds_config": secret}],
                "alpn_protocols": ["h2", "http/1.1"],
            },
        },
    }


def _chain(settings: GatewaySettings, directory: Path, name: str) -> Json:
    routes = {
        "path_config_source": {"path": str(directory / f"rds-{name}.json")},
        "resource_api_version": "V3",
    }
    manager = {
        "@type": EXTENSION + "filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "rds": {"route_config_name": name, "config_source": routes},
        "http_filters": _filters(settings),
        "access_log": [access_log()],
        "local_reply_config": local_reply_config(name, settings.hsts_age),
        **(_inner_headers() if name == INNER else _paths_and_headers(settings)),
        **_patience(),
    }
    return {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}


def _inner_headers() -> Json:
    """Return how a request of `web` is taken: its word on who the visitor is stands, see `vhosts._stranger`."""
    return {
        "server_name": "jangteo",
        "use_remote_address": True,
        "xff_num_trusted_hops": 1,
        "skip_xff_append": True,
        "generate_request_id": True,
        "preserve_external_request_id": True,
        "always_set_request_id_in_response": True,
        "max_request_headers_kb": 32,
    }


def _paths_and_headers(settings: GatewaySettings) -> Json:
    dropped: tuple[str, ...] = INTERNAL_PREFIXES
    if settings.trusted_hops == 0:
        dropped += FORWARDED_PREFIXES
    if not settings.is_local:
        dropped += TRACE_PREFIXES
    mutations = [{"remove_on_match": {"key_matcher": {"prefix": prefix, "ignore_case": True}}} for prefix in dropped]
    return {
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "strip_trailing_host_dot": True,
        "server_name": "jangteo",
        "use_remote_address": True,
        "xff_num_trusted_hops": settings.trusted_hops,
        "generate_request_id": True,
        "always_set_request_id_in_response": True,
        "max_request_headers_kb": 32,
        "early_header_mutation_extensions": [
            {
                "name": "envoy.http.early_header_mutation.header_mutation",
                "typed_config": {
                    "@type": EXTENSION + "http.early_header_mutation.header_mutation.v3.HeaderMutation",
                    "mutations": mutations,
                },
            }
        ],
    }


def _patience() -> Json:
    """Return how long a slow or silent client is borne; whole answers are limited by each route."""
    return {
        "request_headers_timeout": "10s",
        "request_timeout": "30s",
        "stream_idle_timeout": "60s",
        "common_http_protocol_options": {
            "idle_timeout": "75s",
            "max_headers_count": 100,
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 64 * KIBIBYTE,
            "initial_connection_window_size": 1024 * KIBIBYTE,
        },
    }


def _filters(settings: GatewaySettings) -> list[Json]:
    filters = []
    if settings.origins:
        filters.append(_filter(CORS_FILTER, "cors.v3.Cors"))
    allowed = rates(settings.rate_limit_scale)
    if allowed:
        filters.append(_rate_limit(allowed))
    filters.append(_token_check(settings))
    if settings.gzip:
        filters.append(_gzip())
    filters.append(_filter(BUFFER_FILTER, "buffer.v3.Buffer", max_request_bytes=1024 * KIBIBYTE))
    filters.append(_filter("envoy.filters.http.router", "router.v3.Router", suppress_envoy_headers=True))
    return filters


def _filter(name: str, kind: str, **config: object) -> Json:
    return {"name": name, "typed_config": {"@type": TYPE + kind, **config}}


def _rate_limit(allowed: dict[Limit, Rate]) -> Json:
    whole = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    return _filter(
        LIMIT_FILTER,
        "local_ratelimit.v3.LocalRateLimit",
        stat_prefix="rate",
        filter_enabled=whole,
        filter_enforced=whole,
        always_consume_default_token_bucket=False,
        max_dynamic_descriptors=REMEMBERED_CLIENTS,
        enable_x_ratelimit_headers="DRAFT_VERSION_03",
        enable_retry_after_header=True,
        rate_limits=[{"actions": _client()}],
        descriptors=[
            {
                "entries": [{"key": "limit", "value": limit.value}, {"key": "masked_remote_address"}],
                "token_bucket": {
                    "max_tokens": rate.burst,
                    "tokens_per_fill": rate.tokens_per_fill,
                    "fill_interval": f"{rate.fill_seconds}s",
                },
            }
            for limit, rate in allowed.items()
        ],
    )


def _client() -> list[Json]:
    """Return what a bucket is kept by: the route's class and the client's address (a /64, where it is IPv6)."""
    of_route = {
        "descriptor_key": "limit",
        "metadata_key": {"key": LIMIT_METADATA, "path": [{"key": "class"}]},
        "source": "ROUTE_ENTRY",
    }
    address = {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}
    return [{"metadata": of_route}, {"masked_remote_address": address}]


def _token_check(settings: GatewaySettings) -> Json:
    provider = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "forward": True,  # services check again, so that reaching one past the gateway gains nothing
        "require_expiration": True,
        "clock_skew_seconds": CLOCK_SKEW_SECONDS,
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
        # Checking a signature costs more than all the rest of a request.
        "jwt_cache_config": {"jwt_cache_size": settings.remembered_tokens},
        "remote_jwks": {
            "http_uri": {"uri": KEYS_URI, "cluster": "user", "timeout": "2s"},
            "cache_duration": f"{settings.keys_refresh_seconds}s",
            "async_fetch": {"fast_listener": True, "failed_refetch_duration": "1s"},
        },
    }
    required = {"provider_name": "mall"}
    optional = {"requires_any": {"requirements": [required, {"allow_missing": {}}]}}
    return _filter(
        JWT_FILTER,
        "jwt_authn.v3.JwtAuthentication",
        providers={"mall": provider},
        requirement_map={"required": required, "optional": optional},
        bypass_cors_preflight=True,
    )


def _gzip() -> Json:
    kinds = ("application/json", "application/problem+json", "text/html")
    common = {
        "content_type_matcher": [{"prefix": kind} for kind in kinds],
        "min_content_length": COMPRESSED_BYTES,
    }
    # An ETag names the very bytes, which are others now; every service takes the weakened one back.
    answers = {"common_config": common, "weaken_etag_on_compress": True}
    library = {
        "@type": EXTENSION + "compression.gzip.compressor.v3.Gzip",
        "compression_level": "BEST_SPEED",
        "memory_level": 5,
    }
    return _filter(
        "envoy.filters.http.compressor",
        "compressor.v3.Compressor",
        response_direction_config=answers,
        compressor_library={"name": "gzip", "typed_config": library},
    )


def access_log() -> Json:
    """Return the access log: JSON lines without query, token, cookie or a whole address."""
    line = {
        "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
        "logger": "access",
        "method": "%REQ(:METHOD)%",
        "path": "%PATH(NQ:ORIG_OR_PATH):200%",
        "route": "%ROUTE_NAME%",
        "status": "%RESPONSE_CODE%",
        "why": "%RESPONSE_CODE_DETAILS%",
        "flags": "%RESPONSE_FLAGS%",
        "protocol": "%PROTOCOL%",
        "bytes_in": "%BYTES_RECEIVED%",
        "bytes_out": "%BYTES_SENT%",
        "milliseconds": "%DURATION%",
        "service": "%UPSTREAM_CLUSTER%",
        "instance": "%UPSTREAM_HOST%",
        "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
        "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(24)%",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "traceparent": "%REQ(TRACEPARENT)%",
    }
    return {
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": EXTENSION + "access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {"json_format": line, "omit_empty_values": True},
        },
    }

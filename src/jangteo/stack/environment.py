"""The environment of every process: the one table of what a service is told, by the names it reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from jangteo.stack.credentials import Credentials
from jangteo.stack.home import Home
from jangteo.stack.places import postgres_sockets
from jangteo.stack.ports import HOST

TENANTS = ("demo", "other")
TRACE_RATIO = 0.05
SECONDS_PER_LEG = 5  # of a sandbox parcel: slow enough to watch, quick enough to wait for
BUS_USER = "jangteo"
OWNER = "jangteo_owner"

# The servers' ports, and those that a service has beside its own.
SERVER_PORTS = ("postgres", "valkey", "nats", "nats.monitor", "documents")
PREFERRED_PORTS = {"gateway.http": 8080, "gateway.https": 8443}


def role_of(service: str) -> str:
    """Return the name that the database of `service` and its role share."""
    return f"jangteo_{service}"


@dataclass(frozen=True)
class Site:
    """One mall: where it lives, what it listens on and its secrets."""

    home: Home
    ports: Mapping[str, int]
    credentials: Credentials

    def url(self, name: str, scheme: str = "http") -> str:
        """Return the address of the port called `name`."""
        return f"{scheme}://{HOST}:{self.ports[name]}"

    @property
    def bus_url(self) -> str:
        """The message bus, which is the registry too."""
        return f"nats://{BUS_USER}:{self.credentials.password('bus')}@{HOST}:{self.ports['nats']}"

    @property
    def valkey_url(self) -> str:
        """Valkey, database 0."""
        return f"redis://:{self.credentials.password('valkey')}@{HOST}:{self.ports['valkey']}/0"

    @property
    def documents_url(self) -> str:
        """The document server."""
        return self.url("documents", "mongodb")

    def database_url(self, service: str) -> str:
        """The database of `service` as the service sees it: rows of the tenant it names, no change of tables."""
        return self._postgres_url(role_of(service), service)

    def migration_url(self, service: str) -> str:
        """The database of `service` as the owner of its tables."""
        return self._postgres_url(OWNER, service)

    def _postgres_url(self, role: str, service: str) -> str:
        user, port = f"{role}:{self.credentials.password(f'postgres.{role}')}", self.ports["postgres"]
        sockets = postgres_sockets(self.home)
        if sockets is None:
            return f"postgresql://{user}@{HOST}:{port}/{role_of(service)}"
        return f"postgresql://{user}@/{role_of(service)}?host={quote(str(sockets))}&port={port}"


More = Callable[[Site], dict[str, str]]


@dataclass(frozen=True)
class Service:
    """What one Python process of the mall needs beyond what all need."""

    name: str
    database: bool = False
    private: bool = False  # keeps personal data, so it may ask for the master key
    audited: bool = False  # people with permissions act here
    more: More = lambda _: {}
    ports: tuple[str, ...] = ()  # beside its own


def _sandbox(name: str, path: str) -> More:
    return lambda site: {
        "JANGTEO_SECRET_KEY": site.credentials.password(f"{name}.key"),
        "JANGTEO_WEBHOOK_SECRET": site.credentials.password(f"{name}.webhook"),
        "JANGTEO_WEBHOOK_URL": site.url("gateway.http") + path,
    }


def _sandbox_client(name: str) -> More:
    return lambda site: {
        "JANGTEO_SANDBOX_URL": site.url(name),
        "JANGTEO_SANDBOX_SECRET_KEY": site.credentials.password(f"{name}.key"),
        "JANGTEO_SANDBOX_WEBHOOK_SECRET": site.credentials.password(f"{name}.webhook"),
    }


def _carrier(site: Site) -> dict[str, str]:
    sandbox = _sandbox("sandbox-carrier", "/v1/webhooks/carriers/sandbox")
    return sandbox(site) | {"JANGTEO_SPEED": str(SECONDS_PER_LEG)}


def _shipping(site: Site) -> dict[str, str]:
    # The second shop sends its parcels itself, so that both ways can be seen.
    return _sandbox_client("sandbox-carrier")(site) | {"JANGTEO_BY_HAND": TENANTS[1]}


def _gateway(site: Site) -> dict[str, str]:
    return {
        "JANGTEO_HTTP_PORT": str(site.ports["gateway.http"]),
        "JANGTEO_HTTPS_PORT": str(site.ports["gateway.https"]),
        "JANGTEO_ADMIN_PORT": str(site.ports["gateway.admin"]),
        "JANGTEO_INNER_PORT": str(site.ports["gateway.inner"]),
        "JANGTEO_INNER_KEY": site.credentials.password("gateway.inner"),
    }


def _web(site: Site) -> dict[str, str]:
    return {
        "JANGTEO_GATEWAY_URL": site.url("gateway.inner"),
        "JANGTEO_GATEWAY_KEY": site.credentials.password("gateway.inner"),
    }


def _operations(site: Site) -> dict[str, str]:
    # The addresses are for those that the registry does not have; where it has one, it knows better.
    return {"JANGTEO_WATCHED": ",".join(f"{service.name}={site.url(service.name)}" for service in SERVICES)}


SERVICES = (
    Service("user", database=True, private=True, audited=True, more=lambda _: {"JANGTEO_STAFF_MFA": "optional"}),
    Service("product", database=True, audited=True, more=lambda site: {"JANGTEO_MONGODB_URL": site.documents_url}),
    Service("cart", more=lambda site: {"JANGTEO_CART_SECRET": site.credentials.password("cart.token")}),
    Service("order", database=True, private=True, audited=True),
    Service("payment", database=True, private=True, audited=True, more=_sandbox_client("sandbox-pay")),
    Service("shipping", database=True, private=True, audited=True, more=_shipping),
    Service(
        "notification",
        database=True,
        audited=True,
        more=lambda site: {"JANGTEO_SMTP_URL": site.url("mailbox.smtp", "smtp")},
    ),
    Service("operations", database=True, audited=True, more=_operations),
    Service("sandbox-pay", more=_sandbox("sandbox-pay", "/v1/webhooks/payments/sandbox")),
    Service("sandbox-carrier", more=_carrier),
    Service(
        "mailbox",
        more=lambda site: {"JANGTEO_SMTP_PORT": str(site.ports["mailbox.smtp"])},
        ports=("mailbox.smtp",),
    ),
    Service("web", more=_web),
    Service("gateway", more=_gateway, ports=("gateway.http", "gateway.https", "gateway.admin", "gateway.inner")),
)
BY_NAME = {service.name: service for service in SERVICES}
PRIVATE = tuple(service.name for service in SERVICES if service.private)
AUDITED = tuple(service.name for service in SERVICES if service.audited)
DATABASES = tuple(service.name for service in SERVICES if service.database)
PORTS = (*SERVER_PORTS, *(port for service in SERVICES for port in (service.name, *service.ports)))


def environment(name: str, site: Site) -> dict[str, str]:
    """Return what the process of service `name` finds in its environment, and nothing of the caller's own."""
    service = BY_NAME[name]
    given = {
        "JANGTEO_ENVIRONMENT": "local",
        "JANGTEO_HOST": HOST,
        "JANGTEO_PORT": str(site.ports[name]),
        "JANGTEO_BUS_URL": site.bus_url,
        "JANGTEO_VALKEY_URL": site.valkey_url,
        "JANGTEO_IDENTITY_DIR": str(site.credentials.identity_folder(name)),
        "JANGTEO_PUBLIC_URL": site.url("gateway.http"),
        "JANGTEO_PUBLIC_HTTPS_URL": site.url("gateway.https", "https"),
        "JANGTEO_TENANTS": ",".join(TENANTS),
        "JANGTEO_DEFAULT_TENANT": TENANTS[0],
        "JANGTEO_TRACE_RATIO": str(TRACE_RATIO),
        "JANGTEO_TRACE_FILE": str(site.home.traces / f"{name}.jsonl"),
        "JANGTEO_LOG_LEVEL": "INFO",
        "JANGTEO_STATE_DIR": str(site.home.state(name)),
    }
    if service.database:
        given["JANGTEO_DATABASE_URL"] = site.database_url(name)
    if service.private:
        given["JANGTEO_KEY_PROVIDER"] = site.credentials.master_key_file.as_uri()
    if service.audited:
        given["JANGTEO_AUDIT_KEY"] = site.credentials.password(f"audit.{name}")
    return given | service.more(site)


def migration_environment(name: str, site: Site) -> dict[str, str]:
    """Return what `jangteo migrate NAME` needs: the only place where the owner of the tables is named."""
    return {"JANGTEO_MIGRATION_URL": site.migration_url(name)}

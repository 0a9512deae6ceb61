"""A registry for where somebody else knows who runs: addresses by rule or by list, such as Kubernetes' DNS."""

from collections.abc import Mapping

from jangteo.kit.discovery.registry import Instance, NoInstance, OnChange, Registry, read_address


class StaticRegistry(Registry):
    """Addresses that somebody else looks after, such as Kubernetes."""

    def __init__(self, addresses: str, override: Mapping[str, str]) -> None:
        self._template = "" if "=" in addresses.partition("://")[0] else addresses
        self._known = {service: read_address(address) for service, address in override.items()}
        if not self._template:
            pairs = (pair.partition("=") for pair in addresses.split(",") if pair)
            self._known = {service: read_address(address) for service, _, address in pairs} | self._known

    async def register(self, service: str, address: str) -> None:
        """Nothing to do: the platform knows."""

    async def deregister(self) -> None:
        """Nothing to do: the platform knows."""

    def address(self, service: str) -> str:
        """See `Registry.address`."""
        known = self._known.get(service)
        if known is None:
            if not self._template:
                raise NoInstance(service=service)
            known = self._known[service] = read_address(self._template.replace("{service}", service))
        return known

    def instances(self, service: str) -> list[Instance]:
        """See `Registry.instances`."""
        try:
            return [Instance(service, self.address(service))]
        except NoInstance:
            return []

    def services(self) -> list[str]:
        """Return those that were named, or asked for: a rule for addresses names none."""
        return sorted(self._known)

    def on_change(self, callback: OnChange) -> None:
        """Never called: nothing changes."""

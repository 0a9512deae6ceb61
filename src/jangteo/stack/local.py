"""Finds the mall of this machine: its ports and secrets for whoever is not told them."""

import os
import sys

from jangteo.stack.credentials import Credentials
from jangteo.stack.environment import Site, environment
from jangteo.stack.home import Home, StackError
from jangteo.stack.ports import Ports

_TOLD = "JANGTEO_BUS_URL"  # no service runs without it, so its absence means that nobody told this process anything


def local_site(home: Home) -> Site:
    """Return the mall below `home`. Raises StackError where there never was one."""
    ports = Ports(home.root / "ports.json").known()
    if not ports:
        raise StackError(f"there is no mall in {home.root} yet: run `make up`")
    return Site(home, ports, Credentials(home.secrets))


def complete_environment(service: str) -> None:
    """Where nobody set the environment of `service`, let it run on the servers of the local mall, if there is one."""
    home = Home.locate()
    if _TOLD in os.environ or not (home.root / "ports.json").exists():
        return
    for name, value in environment(service, local_site(home)).items():
        os.environ.setdefault(name, value)
    print(f"jangteo: {service} runs with the settings of the mall in {home.root}", file=sys.stderr)

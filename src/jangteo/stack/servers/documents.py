"""The document server out of its wheel: MongoDB's protocol, a process of its own, never imported by ours (GPL)."""

import sys

from jangteo.stack.environment import Site
from jangteo.stack.ports import HOST
from jangteo.stack.probes import documents_ready
from jangteo.stack.unit import Unit
from jangteo.stack.wheels import folder_of

NAME = "documents"
_START = "from secantus.cli import main; main()"


def unit(site: Site, fsync: bool) -> Unit:
    """Return how to run the server."""
    folder_of("secantus")
    folder, port = site.home.state(NAME), site.ports[NAME]
    arguments = [sys.executable, "-c", _START, "--host", HOST, "--port", str(port), "--storage-path", str(folder)]
    arguments += ["--cache-size", "128M", "--log-level", "WARNING"]
    # Without it the server loses acknowledged writes when it is killed.
    arguments += ["--sync-on-commit"] if fsync else []
    return Unit(
        name=NAME,
        what="SecantusDB (MongoDB)",
        address=f"{HOST}:{port}",
        arguments=tuple(arguments),
        folder=folder,
        ready=lambda: documents_ready(port),
        alive=lambda: documents_ready(port),
    )

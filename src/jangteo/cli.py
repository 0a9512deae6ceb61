"""The command `jangteo`: runs the mall on this machine, and each service alone."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

# Everything else is imported by the command that needs it, so that --help is instant.
_MODULES = {"mailbox": "jangteo.sandbox.mailbox.main"}
_SERVICES = (
    *("user", "product", "cart", "order", "payment", "shipping", "notification"),
    *("gateway", "sandbox-pay", "sandbox-carrier", "mailbox"),
)
_MIGRATION_URL = "JANGTEO_MIGRATION_URL"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.run(given)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_for_humans(error):
            raise
        print(f"jangteo: {error}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jangteo", description="장터, an online shopping mall of microservices")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    serve = commands.add_parser("serve", help="run one service in the foreground, told everything by its environment")
    serve.add_argument("name", metavar="NAME", choices=_SERVICES, help=", ".join(_SERVICES))
    serve.set_defaults(run=_serve)

    migrate = commands.add_parser("migrate", help="bring the tables of services up to date")
    migrate.add_argument("names", metavar="NAME", nargs="*", help="default: every service with a database")
    migrate.set_defaults(run=_migrate)
    return parser


def _is_for_humans(error: Exception) -> bool:
    from jangteo.kit.settings import SettingsError
    from jangteo.stack.home import StackError

    return isinstance(error, StackError | SettingsError)


def _serve(given: argparse.Namespace) -> int:
    module = import_module(_MODULES.get(given.name, f"jangteo.{given.name.replace('-', '.')}.main"))
    code = module.main()
    return int(code or 0)


def _migrate(given: argparse.Namespace) -> int:
    from jangteo.stack.migrate import migrate

    return migrate(given.names, os.environ.get(_MIGRATION_URL))


if __name__ == "__main__":
    sys.exit(main())

"""The command `jangteo`: runs the mall on this machine, and each service alone."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec

# Everything else is imported by the command that needs it, so that --help is instant.
_MODULES = {"mailbox": "jangteo.sandbox.mailbox.main"}
_SERVICES = (
    *("user", "product", "cart", "order", "payment", "shipping", "notification", "operations"),
    *("web", "gateway", "sandbox-pay", "sandbox-carrier", "mailbox"),
)
_MIGRATION_URL = "JANGTEO_MIGRATION_URL"
_LOG_LINES = 40
_INTERRUPTED = 130
Given = argparse.Namespace


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.run(given)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `jangteo logs order | head`
        return 0
    except Exception as error:
        if not _is_for_humans(error):
            raise
        print(f"jangteo: {error}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jangteo", description="장터, an online shopping mall of microservices")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[Given], int], text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    command("up", _stack("up"), "start the whole mall on this machine and wait until it is healthy")
    command("down", _stack("down"), "stop the whole mall")
    command("status", _stack("status"), "say what runs, where, in what state, with how much memory")
    logs = command("logs", _logs, "show what a process has said")
    logs.add_argument("name", metavar="NAME", help="a service, a server, or supervisor")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    logs.add_argument("-n", "--lines", type=int, default=_LOG_LINES, help="how many lines (default: %(default)s)")
    serve = command("serve", _serve, "run one service in the foreground")
    serve.add_argument("name", metavar="NAME", choices=_SERVICES, help=", ".join(_SERVICES))
    migrate = command("migrate", _migrate, "bring the tables of services up to date")
    migrate.add_argument("names", metavar="NAME", nargs="*", help="default: every service with a database")
    _take_keys(command("keys", _keys, "show the keys of personal data, or change them while the mall runs"))
    _take_audit(command("audit", _audit, "prove the audit trails, or print the monthly review as CSV"))
    command("seed", _seed, "fill the local mall with the demo shop, unless it has one")
    if find_spec("jangteo.stack.demo") is not None:
        command("demo", _demo, "buy something through the public API, step by step")
    _take_trace(command("trace", _trace, "draw one recorded trace of the local mall"))
    return parser


def _take_keys(keys: argparse.ArgumentParser) -> None:
    keys.add_argument(
        "action",
        metavar="ACTION",
        choices=("status", "new-master", "rewrap", "rotate", "reindex"),
        help="status, new-master (in a file of master keys; rewraps), rewrap (tenant keys), rotate (tenant keys), "
        "reindex (new keys for what e-mails are found by)",
    )
    keys.add_argument("--tenant", help="default: all")
    keys.add_argument("--service", help="default: all that keep personal data")
    keys.add_argument("--everything", action="store_true", help="rewrap what looks up to date, too (AWS KMS)")


def _take_audit(audit: argparse.ArgumentParser) -> None:
    audit.add_argument("action", metavar="ACTION", choices=("verify", "report"), help="verify, report")
    audit.add_argument("month", metavar="MONTH", nargs="?", help="of the report, such as 2026-11")
    audit.add_argument("--tenant", help="default: all; the report is of one")


def _take_trace(trace: argparse.ArgumentParser) -> None:
    trace.add_argument("id", metavar="ID", help="32 hexadecimal digits, as in a log line or a problem's trace_id")
    trace.add_argument("--until", metavar="NAME", default="", help="mark the way to a span, such as payment.captured")
    trace.add_argument("--sql", action="store_true", help="show each statement")


def _is_for_humans(error: Exception) -> bool:
    from jangteo.kit.settings import SettingsError
    from jangteo.stack.home import StackError

    return isinstance(error, StackError | SettingsError)


def _stack(name: str) -> Callable[[Given], int]:
    def run(_: Given) -> int:
        from jangteo.stack import commands
        from jangteo.stack.home import Home, StackError

        try:
            code: int = getattr(commands, name)(Home.locate())
        except BrokenPipeError:
            raise
        except OSError as error:  # a full disk, a folder that may not be written: no fault of the program
            raise StackError(str(error)) from error
        return code

    return run


def _logs(given: Given) -> int:
    from jangteo.stack.home import Home
    from jangteo.stack.logs import show

    return show(Home.locate(), given.name, given.lines, given.follow)


def _serve(given: Given) -> int:
    from jangteo.stack.local import complete_environment

    complete_environment(given.name)
    module = import_module(_MODULES.get(given.name, f"jangteo.{given.name.replace('-', '.')}.main"))
    return int(module.main() or 0)


def _migrate(given: Given) -> int:
    from jangteo.stack.migrate import migrate

    return migrate(given.names, os.environ.get(_MIGRATION_URL))


def _keys(given: Given) -> int:
    from jangteo.stack.home import Home
    from jangteo.stack.keys import run

    return run(Home.locate(), given.action, given.tenant, given.service, given.everything)


def _audit(given: Given) -> int:
    from jangteo.stack import audit
    from jangteo.stack.home import Home, StackError

    if given.action == "verify":
        return audit.verify(Home.locate(), given.tenant)
    if given.month is None or given.tenant is None:
        raise StackError("say which month and shop: jangteo audit report 2026-11 --tenant demo")
    return audit.report(Home.locate(), given.month, given.tenant)


def _seed(_: Given) -> int:
    from jangteo.stack.home import Home
    from jangteo.stack.seed import seed

    return seed(Home.locate())


def _demo(_: Given) -> int:
    return int(import_module("jangteo.stack.demo").main() or 0)


def _trace(given: Given) -> int:
    from jangteo.kit.telemetry.waterfall import render
    from jangteo.stack.home import Home

    files = sorted(Home.locate().traces.glob("*.jsonl"))
    print(render(files, given.id, milestone=given.until, statements=given.sql))
    return 0


if __name__ == "__main__":
    sys.exit(main())

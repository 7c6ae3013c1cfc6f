"""What every job shares: its options, its errors as one line, and its settings."""

import logging
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NoReturn

import typer

from starling import failpoints
from starling.configuration import load
from starling.errors import NotEnoughData, StarlingError
from starling.failures import in_one_line
from starling.settings import Settings

Work = Annotated[
    str | None, typer.Option("--work", metavar="DIR", help="Folder for tables, checkpoints and the embedded broker.")
]
Profile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="Settings of conf/profiles/NAME.toml over the defaults.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the stack trace of an error.")]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Print the settings, secrets masked, and leave.")]

INTERRUPTED = 130


def settings_from(
    work: str | None, profile: str | None, overrides: Mapping[str, Mapping[str, Any]] | None = None
) -> Settings:
    """The settings under what the command line says: `--work`, `--profile`, and a job's own options."""
    said = {section: dict(keys) for section, keys in (overrides or {}).items()}
    if work is not None:
        said.setdefault("paths", {})["work"] = work
    return load(profile, said)


def app(help_text: str | None) -> typer.Typer:
    """A command-line application that leaves errors to `run` and has no options but its own."""
    return typer.Typer(help=help_text, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def run(main: Callable[[], int | None], debug: bool) -> NoReturn:
    """Runs a job's body and leaves with its exit code; a StarlingError is one line, and so is anything unforeseen."""
    if not debug:
        # py4j logs the trace of whatever a micro-batch raises, which is said in one line below.
        logging.getLogger("py4j").addHandler(logging.NullHandler())
    try:
        _warn_of_fail_point()
        code = main() or 0
    except KeyboardInterrupt:
        code = INTERRUPTED
    except NotEnoughData as error:
        code = error.exit_code
        print(f"starling: {error}", file=sys.stderr)
    except StarlingError as error:
        code = error.exit_code
        _complain(str(error), debug)
    except Exception as error:
        code = 1
        _complain(f"unexpected {in_one_line(error)}; run again with --debug for the whole story", debug)
    sys.stdout.flush()
    raise SystemExit(code)


def _warn_of_fail_point() -> None:
    point = failpoints.armed()
    if point:
        print(
            f"starling: fail point {point.name} is armed ({failpoints.VARIABLE}): this job is to fail", file=sys.stderr
        )


def _complain(message: str, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    print(f"starling: error: {message}", file=sys.stderr, flush=True)

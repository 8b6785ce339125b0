"""The `closeout` command. Every failure that a user can mend is one line and a non-zero exit."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterable
from importlib import import_module

import typer

from closeout_chassis.errors import CloseoutError, SettingsError

RUN, CHECK, READ = "Run", "Check", "Old postmortems"

# Each command, in the order of the help: the module and the name in it of a function, or of a group of commands.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "up": (RUN, "up", "up"),
    "demo": (RUN, "demo", "demo"),
    "serve": (RUN, "serve", "serve"),
    "migrate": (RUN, "migrate", "migrate"),
    "backfill": (RUN, "backfill", "backfill"),
    "import": (RUN, "import_", "import_"),
    "link": (RUN, "access", "link"),
    "token": (RUN, "access", "app"),
    "draft": (RUN, "draft", "draft"),
    "publish": (RUN, "publish", "publish"),
    "export": (RUN, "records", "export"),
    "forget": (RUN, "forget", "forget"),
    "doctor": (CHECK, "doctor", "doctor"),
    "ping": (CHECK, "ping", "ping"),
    "trackers": (CHECK, "trackers", "app"),
    "tickets": (CHECK, "tickets", "tickets"),
    "sync": (CHECK, "tickets", "sync"),
    "remake": (CHECK, "tickets", "remake"),
    "snooze": (CHECK, "tickets", "snooze"),
    "dlq": (CHECK, "dlq", "app"),
    "log": (CHECK, "access", "log"),
    "notices": (CHECK, "notices", "notices"),
    "verify": (CHECK, "records", "verify"),
    "digest": (CHECK, "digest", "digest"),
    "topics": (CHECK, "topics", "app"),
    "metrics": (CHECK, "metrics", "app"),
    "mapping": (CHECK, "mapping", "app"),
    "lint": (CHECK, "lint", "lint"),
    "eval": (CHECK, "eval", "evaluate"),
    "audit": (READ, "audit", "audit"),
    "related": (READ, "related", "related"),
    "meta-review": (READ, "meta_review", "meta_review_command"),
}
BAD_SETTINGS, FAILED = 2, 1


def app_of(names: Iterable[str]) -> typer.Typer:
    """The command with these subcommands. Only what they need is loaded."""
    app = typer.Typer(
        name="closeout",
        help="Carries an incident from the page that woke somebody up to the closed ticket that stops it from "
        "returning.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="`make demo` plays one incident through. Docs: docs/quickstart.md",
        # With it, one subcommand alone is still named.
        callback=lambda: None,
    )
    for name in names:
        panel, module, attribute = COMMANDS[name]
        command = getattr(import_module(f"closeout.commands.{module}"), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel)(command)
    return app


def main() -> None:
    """Run the command; print what cannot be done as one line a cause."""
    # What cannot be reached is said once, by the command itself.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # What a terminal has no letters for is written out, as on standard error; it ends nothing.
        sys.stdout.reconfigure(errors="backslashreplace")
    # Loading every command takes a second, which four services would pay at each start.
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        app_of([wanted] if wanted in COMMANDS else COMMANDS)()
    except SettingsError as error:
        for line in error.lines:
            print(f"closeout: {line}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
    except CloseoutError as error:
        print(f"closeout: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # Loaded only here: commands that read files need neither database nor broker.
        from closeout.outside_failures import line_of

        if not (line := line_of(error)):
            raise
        print(f"closeout: {line}", file=sys.stderr)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()

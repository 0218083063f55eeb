"""`jivsgen serve`."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import Any

import click

from jivsgen.cli.common import allow_ref_option, examples, print_found, remotes, wants_colour
from jivsgen.diagnostics import Diagnostics

_COLOURS = {0: "35", 2: "32", 3: "36", 4: "33", 5: "31"}


def _fetched(context: click.Context, _option: click.Parameter, file: Path | None) -> None:
    """A rehearsal hands over what it has fetched, so that all of it is about one reading of the document."""
    context.meta[__name__] = file


@click.command(
    epilog=examples(
        "jivsgen serve specs/jivs.openapi.yaml --behaviour specs/jivs.behaviour.yaml --port 8080",
        "jivsgen serve openapi.json --record exchanges.jsonl",
    )
)
@click.argument("spec", type=click.Path(path_type=Path))
@click.option(
    "--behaviour",
    type=click.Path(path_type=Path),
    help="What the spec cannot say: states, users, latencies, faults.",
)
@click.option(
    "--overlay", "overlays", multiple=True, type=click.Path(path_type=Path), help="Laid over the spec."
)
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Default: a free one, which is printed."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--record", type=click.Path(path_type=Path), help="Write every exchange there, as JSON lines.")
@allow_ref_option
@click.option(
    "--fetched",
    type=click.Path(exists=True, path_type=Path),
    hidden=True,
    expose_value=False,
    callback=_fetched,
)
@click.option("--quiet", is_flag=True, help="No line for each exchange.")
def command(
    spec: Path,
    behaviour: Path | None,
    overlays: tuple[Path, ...],
    port: int,
    host: str,
    record: Path | None,
    quiet: bool,
) -> int:
    """Play the API of an OpenAPI document on this machine, until interrupted.

    Answers come from its examples and schemas; what was created is found again; what the contract refuses is refused.
    Exit code: 0 stopped, 2 cannot serve.
    """
    try:
        import uvicorn  # noqa: F401 - asked for before anything is read
    except ImportError:
        raise click.ClickException("serving needs an extra: pip install 'jivsgen[rehearse]'") from None
    import asyncio

    from jivsgen.rehearsal.server.app import App, serve
    from jivsgen.rehearsal.server.player import Player
    from jivsgen.rehearsal.server.recording import Recording

    diagnostics = Diagnostics()
    loaded = _loaded(spec, behaviour, overlays, diagnostics)
    if loaded is None:
        print_found(diagnostics, "text")
        return 2
    api, conduct = loaded
    try:
        recording = Recording(record) if record else None
        app = App(Player(api, conduct), recording, None if quiet else _log)
        with (
            contextlib.closing(recording) if recording else contextlib.nullcontext(),
            asyncio.Runner(loop_factory=_loop_factory()) as runner,
        ):
            runner.run(serve(app, host, port, _listening))
    except OSError as problem:
        where = f"{host}:{port}" if port else str(record or host)
        raise click.UsageError(f"cannot serve: {where}: {problem.strerror or problem}") from None
    except KeyboardInterrupt:
        pass
    return 0


def _loaded(spec: Path, behaviour: Path | None, overlays: tuple[Path, ...], diagnostics: Diagnostics) -> Any:
    from jivsgen.rehearsal.server.behaviour import Behaviour
    from jivsgen.rehearsal.server.load import load_behaviour
    from jivsgen.spec import load_api

    for path in (spec, *([behaviour] if behaviour else []), *overlays):
        if not path.is_file():
            raise click.UsageError(f"there is no file {path}")
    known = remotes()
    if fetched := click.get_current_context().meta[__name__]:
        known.learn(fetched.read_text("utf-8"))
    api = load_api(spec, str(spec), diagnostics, tuple((path, str(path)) for path in overlays), known)
    if api is None:
        return None
    conduct = load_behaviour(behaviour, str(behaviour), api, diagnostics) if behaviour else Behaviour()
    return (api, conduct) if conduct else None


def _loop_factory() -> Any:
    """uvloop's, where it is: twice as fast."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _listening(url: str) -> None:
    print(f"listening on {url}", flush=True)


def _log(asked: Any, answered: Any, took_ms: float) -> None:
    status = str(answered.status or "---")
    if wants_colour(sys.stdout):
        status = f"\033[{_COLOURS.get(answered.status // 100, '0')}m{status}\033[0m"
    target = asked.path + (f"?{asked.query}" if asked.query else "")
    who = f" as {answered.role}" if answered.role else ""
    what = answered.operation or "no operation"
    shown = "".join(c if c.isprintable() else "?" for c in f"{asked.method} {target}: {what}{who}")
    print(f"{time.strftime('%H:%M:%S')} {status} {took_ms:6.1f} ms  {shown}", flush=True)

"""The posts that come with the project, replayed once a work folder."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from starling.errors import ConfigError
from starling.settings import Settings
from starling.sources.files import replay_file
from starling.sources.progress import progress_on
from starling.sources.replay import replay
from starling.terminal import terminal


def replay_once(folder: Path, settings: Settings, servers: str, stopped: Callable[[], bool]) -> int:
    """Sends all of `folder/*.jsonl.gz` at full speed and returns how many records that were.

    A note in the work folder says when all of them have been sent to this topic, and they are not sent again. After
    an interruption all are: those that were sent before become duplicates, which the stream counts and leaves out.
    """
    note = Path(settings.paths.work) / f"replayed-{settings.kafka.topic}.json"
    if note.exists():
        return int(json.loads(note.read_text())["sent"])
    paths = sorted(folder.glob("*.jsonl.gz"))
    if not paths:
        raise ConfigError(f"no bundled posts in {folder}; they come with a checkout of the project")
    with terminal() as screen, progress_on(screen) as progress:
        done = replay([replay_file(path) for path in paths], settings, servers, progress=progress, stopped=stopped)
    done.report(failures_alone=True)
    if done.complete:
        _write(note, {"files": [path.name for path in paths], "sent": done.sent})
    return done.sent


def _write(note: Path, what: Mapping[str, object]) -> None:
    """Whole or not at all; with a Kafka that was already there, the work folder may not be."""
    note.parent.mkdir(parents=True, exist_ok=True)
    draft = note.with_suffix(".new")
    draft.write_text(json.dumps(what))
    draft.replace(note)

"""The replay source: files played into Kafka, at any pace, at their own time or as if they happened now."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

from starling.errors import ConfigError
from starling.kafka import ensure_topic
from starling.settings import Settings
from starling.sources.files import ReplayFile, entries
from starling.sources.merge import Entry, in_order
from starling.sources.pacing import Due, Pace, Schedule
from starling.sources.progress import Progress, Status
from starling.sources.publish import Publisher, Record, batch_bytes
from starling.sources.shift import Shift, Unshiftable
from starling.sources.summary import Place, Summary, Tally
from starling.sources.timestamps import time_text

# Waiting is done in steps, so that a stop is obeyed promptly.
_STEP_SECONDS = 0.1
_FULL_SPEED = Pace()


class Times(str, Enum):
    """What becomes of the posts' times."""

    KEEP = "keep"
    NOW = "now"


def replay(
    files: Sequence[ReplayFile],
    settings: Settings,
    servers: str,
    *,
    pace: Pace = _FULL_SPEED,
    times: Times = Times.KEEP,
    loops: int | None = 1,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Summary:
    """Plays the files' records into `kafka.topic`, in the order of their times, `loops` times (None: until stopped).

    With the times kept, values are the files' bytes. Moved to now, the first post gets the present time and the others
    keep their distances, divided by the pace's speed; each further pass goes on where the one before ended.
    Raises ConfigError for a file that cannot be read to its end, before anything is sent, and BrokerError when no
    broker answers. A broker that goes away later is the summary's `trouble`.
    """
    if loops is not None and loops < 1:
        raise ConfigError(f"loops = {loops}: wanted 1 or more")
    progress = progress or Progress()
    tally = Tally([str(file) for file in files])
    ensure_topic(settings, servers)
    with in_order(_reading(files, tally, progress, stopped)) as timeline:
        schedule = Schedule(timeline, pace, loops)
        publisher = Publisher(settings, servers, tally, batch_bytes(settings, servers))
        player = _Player(files, schedule, times, publisher, tally, progress, stopped)
        if times is Times.NOW:
            _warn_of_future(schedule, settings.limits.max_future_minutes, progress)
        return player.play(settings.kafka.topic)


def _reading(
    files: Sequence[ReplayFile], tally: Tally, progress: Progress, stopped: Callable[[], bool]
) -> Iterator[Entry]:
    """The files' records, with a word now and then of how many were read."""
    started = time.monotonic()
    for number, entry in enumerate(entries(files, tally), start=1):
        if stopped():
            return
        now = time.monotonic()
        progress.update(lambda: Status("read", number, rate=number / (now - started)), now)  # noqa: B023 - used at once
        yield entry


def _warn_of_future(schedule: Schedule, limit_minutes: int, progress: Progress) -> None:
    """Posts sent faster than they were written get times ahead of the clock, which the stream refuses."""
    speed = schedule.pace.speed or 1.0
    written_seconds = (schedule.timeline.last_ms - schedule.timeline.first_ms) / 1000 / speed
    ahead_minutes = (written_seconds - schedule.seconds) / 60
    if ahead_minutes > limit_minutes:
        progress.say(
            f"note: moved to now, the last post is dated {ahead_minutes:,.0f} minutes after it is sent, and the stream "
            f"rejects posts of more than {limit_minutes:,} (limits.max_future_minutes); a speed keeps them in step"
        )


@dataclass
class _Player:
    """One replay under way."""

    files: Sequence[ReplayFile]
    schedule: Schedule
    times: Times
    publisher: Publisher
    tally: Tally
    progress: Progress
    stopped: Callable[[], bool]
    start_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    started: float = field(default_factory=time.monotonic)
    played: int = 0

    def play(self, topic: str) -> Summary:
        """Sends what is due until there is no more, it is to stop, or the broker is lost."""
        complete = all(self._sent(due) for due in self.schedule) and not self.stopped()
        self.publisher.close()
        self.progress.show(self._status())
        tally, trouble = self.tally, self.publisher.trouble
        return Summary(
            topic=topic,
            sent=tally.sent,
            failed=tally.failed,
            skipped=tally.skipped,
            empty_lines=tally.empty_lines,
            seconds=time.monotonic() - self.started,
            complete=complete and trouble is None,
            trouble=trouble,
            failures=tuple(tally.failures),
            skips=tuple(tally.skips),
        )

    def _sent(self, due: Due) -> bool:
        """Waits for the record's time and sends it; False when there is to be no more."""
        self._wait_until(self.started + due.seconds)
        if self.stopped() or self.publisher.trouble is not None:
            return False
        self.played += 1
        place = Place(due.entry.file, due.entry.line)
        try:
            record = self._record(due.entry, due.round)
        except Unshiftable as reason:
            self.tally.skip(place, str(reason))
        else:
            self.publisher.send(record, place)
        return True

    def _wait_until(self, moment: float) -> None:
        """Returns at the moment, or soon after a stop or the loss of the broker."""
        while True:
            now = time.monotonic()
            self.progress.update(self._status, now)
            if now >= moment or self.stopped() or self.publisher.trouble is not None:
                return
            self.publisher.wait(min(moment - now, _STEP_SECONDS))

    def _record(self, entry: Entry, round_: int) -> Record:
        wire = self.files[entry.file].wire
        post_id, payload = entry.post_id, entry.payload
        if self.times is Times.NOW:
            payload, post_id, _ = wire.shifted(payload, self._shift(round_))
        key = None if post_id is None else f"{wire.platform}:{post_id}"
        collected_at = time_text(time.time_ns() // 1_000_000)
        return Record(key, payload, [("source", wire.source.encode()), ("collected_at", collected_at.encode())])

    def _shift(self, round_: int) -> Shift:
        first_ms = self.schedule.timeline.first_ms - round_ * self.schedule.round_ms
        return Shift(first_ms, self.start_ms, Fraction(self.schedule.pace.speed or 1))

    def _status(self) -> Status:
        tally, total = self.tally, self.schedule.total
        elapsed = time.monotonic() - self.started
        rate = tally.sent / elapsed if elapsed else 0.0
        left = None if total is None else self._left_seconds(total, elapsed)
        return Status("sent", tally.sent, total, rate, left, tally.failed, tally.skipped)

    def _left_seconds(self, total: int, elapsed: float) -> float | None:
        """By the schedule where there is one, else by the speed so far."""
        if self.schedule.seconds:
            return max(0.0, self.schedule.seconds - elapsed)
        return (total - self.played) * elapsed / self.played if self.played else None

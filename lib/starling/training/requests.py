"""What `jobs/train.py` can be asked for, and how it is done and told."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark.sql import SparkSession

from starling.errors import ConfigError, NotEnoughData
from starling.models.clustering import Grid
from starling.models.ui import how_to_compare
from starling.settings import Settings
from starling.steps import Step, steps_on, stoppable
from starling.terminal import terminal
from starling.training import scoreboard
from starling.training.trainer import MODELS, Trainer

SENTIMENT, ALL = "sentiment", "all"


@dataclass(frozen=True)
class Request:
    """The command line's wish. `what` is one of MODELS, SENTIMENT, ALL, or None: what the options imply.

    With `unless_current`, what the tables have been trained on already is not trained, nor decided on, again.
    """

    what: str | None = None
    promote: bool = False
    rollback: bool = False
    rescore: bool = False
    version: int | None = None
    grid: Grid = "full"
    unless_current: bool = False

    def check(self) -> None:
        """Raises ConfigError for options that do not go together."""
        one_model = self.what in MODELS
        if self.rollback and (self.promote or self.rescore or self.version):
            raise ConfigError("--rollback stands alone: it makes the champion before this one champion again")
        if self.rollback and not one_model:
            raise ConfigError(f"--rollback needs the name of one model: {', '.join(MODELS)}")
        if self.version and not (one_model and (self.promote or self.rescore)):
            raise ConfigError(
                f"--version belongs to --promote or --rescore of one model: {', '.join(MODELS)}; for example "
                "topics --promote --version 3"
            )

    @property
    def trains(self) -> Sequence[str]:
        """The words for what is to be trained or measured."""
        options = self.promote or self.rescore
        if self.rollback or self.version or (self.what is None and options):
            return ()
        if self.what in (None, ALL):
            return (*MODELS, SENTIMENT)
        return (str(self.what),)

    @property
    def models(self) -> Sequence[str]:
        """The registered names that --promote and --rollback are about."""
        if self.what in (None, ALL):
            return tuple(MODELS.values())
        return (MODELS[self.what],) if self.what in MODELS else ()


def carry_out(request: Request, spark: SparkSession, settings: Settings, stopped: Callable[[], bool]) -> None:
    """Does it, and prints what came of it; too little data for one model is said, and keeps no other from training.

    Where `stopped` says so, no further step begins: KeyboardInterrupt.
    """
    _Errand(request, Trainer(spark, settings), stopped).run(settings)


@dataclass(frozen=True)
class _Errand:
    request: Request
    trainer: Trainer
    stopped: Callable[[], bool]

    def run(self, settings: Settings) -> None:
        for word in self.request.trains:
            _say(self._trained(word))
        for name in self.request.models:
            if self.request.rollback:
                print(f"{name}: version {self.trainer.rollback(name)} is champion again")
            if self.request.promote:
                _say(self._decided(name))
        if self.request.rescore:
            _say(self._rescored())
        if self.request.trains:
            _say(["", *how_to_compare(settings)])

    def _trained(self, word: str) -> Iterator[str]:
        with self._steps(word) as step:
            try:
                if word == SENTIMENT:
                    return scoreboard.of_sentiment(self.trainer.evaluate_sentiment(step))
                known = self.trainer.current(MODELS[word]) if self.request.unless_current else None
                return scoreboard.of_training(known or self.trainer.train(MODELS[word], self.request.grid, step))
            except NotEnoughData as error:
                return iter(["", f"{word}: {error}"])

    def _decided(self, name: str) -> Iterator[str]:
        with self._steps(name) as step:
            step("through the gate")
            if self.request.unless_current and self.trainer.undecided(name) is None:
                return scoreboard.of_champion(name, self.trainer.registry.champion_version(name))
            return scoreboard.of_decision(name, self.trainer.consider(name, self.request.version))

    def _rescored(self) -> Iterator[str]:
        word, version = self.request.what, self.request.version
        with self._steps("scores") as step:
            step("of all posts")
            count = self.trainer.rescore({MODELS[word]: version} if word and version else {})
        yield ""
        yield (
            f"gold.post_scores: {count:,} posts scored"
            if count
            else ("No champion scores posts yet: train with --promote")
        )

    @contextmanager
    def _steps(self, doing: str) -> Iterator[Step]:
        with terminal() as screen, steps_on(screen, doing) as step:
            yield stoppable(step, self.stopped)


def _say(lines: Iterator[str] | Sequence[str]) -> None:
    print("\n".join(lines), flush=True)

"""Ctrl-C and SIGTERM: a wish to stop, heard by whichever process they reach."""

import math
import os
import signal
import threading
import time
from types import FrameType

from py4j.java_gateway import JavaObject
from pyspark import SparkContext
from pyspark.java_gateway import ensure_callback_server_started

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Signals that come so soon after one another are one wish, not two.
_ONE_WISH_SECONDS = 0.5
_POLL_SECONDS = 0.05
# Set by spark-submit for the Python program that it starts.
_SPARK_SUBMIT = "PYSPARK_GATEWAY_PORT"


class StopWish(threading.Event):
    """Set by the first SIGINT or SIGTERM; a second one ends the process at once.

    Under spark-submit the JVM is the parent. A signal that reaches it would end it before this process could end its
    work in good order (nothing would be lost, but it is no way to leave). So it is asked to hand its signals over.

    It takes no lock, as other events do: a signal's handler runs amid whatever the main thread does, and if that is a
    wait that has the lock at this moment, the handler would wait for it for ever.
    """

    def __init__(self) -> None:
        super().__init__()
        self._wished = False
        self.signal: int | None = None
        self._heard_at: dict[str, float] = {}

    def is_set(self) -> bool:
        """Whether a stop is wished."""
        return self._wished

    def set(self) -> None:
        """Wishes a stop."""
        self._wished = True

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for the wish, for `timeout` seconds at most; whether it was there then."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not self._wished and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(_POLL_SECONDS, left))
        return self._wished

    @property
    def exit_code(self) -> int:
        """What a shell expects of a program that a signal ended: 130 for Ctrl-C, 143 for SIGTERM; 0 without."""
        return 0 if self.signal is None else 128 + self.signal

    def listen(self) -> None:
        """Takes over both signals, here and in the JVM that runs this job; to be called from the main thread."""
        for number in _SIGNALS:
            signal.signal(number, self._heard)
        if _SPARK_SUBMIT in os.environ:
            SparkContext._ensure_initialized()
            assert SparkContext._gateway is not None
            ensure_callback_server_started(SparkContext._gateway)  # type: ignore[no-untyped-call]
            java_signal = SparkContext._gateway.jvm.sun.misc.Signal
            for number in _SIGNALS:
                java_signal.handle(java_signal(number.name.removeprefix("SIG")), _JvmHandler(self))

    def wish(self, number: int, heard_by: str) -> None:
        """Asks for a stop; asked again, leaves at once with the signal's exit code.

        Ctrl-C reaches this process and the JVM, and a busy JVM hands its one over seconds later: that one repeats the
        wish, and is no second one. So a second wish is one of which the same process has heard twice.
        """
        now = time.monotonic()
        before = self._heard_at.setdefault(heard_by, now)
        if now - before > _ONE_WISH_SECONDS:
            os._exit(128 + number)
        self._heard_at[heard_by] = now
        self.signal = number
        self.set()

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        self.wish(number, "Python")


class _JvmHandler:
    """A sun.misc.SignalHandler that calls back from the JVM."""

    def __init__(self, wish: StopWish) -> None:
        self._wish = wish

    def handle(self, heard: JavaObject) -> None:
        """Called by the JVM's signal thread."""
        self._wish.wish(heard.getNumber(), "JVM")

    class Java:
        """What py4j asks a class for that stands for a Java interface."""

        implements = ("sun.misc.SignalHandler",)

"""The Kafka that a run speaks to: the one that is configured, or an embedded one that lives as long as it is used.

An embedded broker belongs to a work folder, and everything of it is in `kafka/` there. Each process that uses it holds
a lease; a keeper process of its own starts Kafka, watches the leases, and stops Kafka when none is held any more.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starling.settings import Settings


def connect(settings: Settings) -> AbstractContextManager[str]:
    """The bootstrap servers, for the length of a `with`; an embedded Kafka is started where none is configured.

    It is shared with every other process that uses the same `paths.work`, and the last one to leave waits until it has
    stopped. Raises ConfigError, StorageError or BrokerError when it cannot be started.
    """
    if settings.kafka.bootstrap_servers:
        return nullcontext(settings.kafka.bootstrap_servers)
    # Imported here because the keeper imports this package too, and is to stay as light as the standard library.
    from starling.broker.embedded import serving

    return serving(settings)


def found(settings: Settings) -> str | None:
    """The bootstrap servers that `connect` would give, without starting anything; None where no embedded Kafka runs."""
    if settings.kafka.bootstrap_servers:
        return settings.kafka.bootstrap_servers
    from starling.broker import embedded

    return embedded.found(settings)

"""The mistakes and outages a user can meet: one clear line each, and an exit code."""


class StarlingError(Exception):
    """Something a person can act on: the message says what, where, and what to do.

    `exit_code` is what a job leaves with; each kind of trouble has its own.
    """

    exit_code = 1


class ConfigError(StarlingError):
    """A setting, an option or a named file is wrong."""

    exit_code = 2


class BrokerError(StarlingError):
    """Kafka cannot be started or reached."""

    exit_code = 3


class StorageError(StarlingError):
    """A folder or a table cannot be read or written."""

    exit_code = 4


class StreamError(StarlingError):
    """The streaming query died."""

    exit_code = 5


class LedgerError(StarlingError):
    """A batch in which the records read are not the records accounted for."""

    exit_code = 6


class NotEnoughData(StarlingError):  # noqa: N818 — no error: there is nothing to train on yet
    """A training that its data cannot carry: nothing is changed, and a job that hears it has done its work."""

    exit_code = 0


class ModelError(StarlingError):
    """A model, its registry or its artifacts cannot be used."""

    exit_code = 7


class CheckpointError(StarlingError):
    """A streaming checkpoint that is damaged, or that belongs to something else."""

    exit_code = 8


class BusyError(StarlingError):
    """Somebody else is at work where only one may be."""

    exit_code = 9


class DataLossError(StarlingError):
    """Kafka no longer has, or never had, the records that are to be read next."""

    exit_code = 10


class InvariantError(StarlingError):
    """Tables that do not add up."""

    exit_code = 11

"""What the settings are to say, written down a second time, and how `load` complains."""

from pathlib import Path

import pytest

from starling.configuration import load
from starling.errors import ConfigError

CHECKOUT = Path(__file__).parents[2]
SHIPPED = CHECKOUT / "conf" / "starling.toml"
SECRET = "s3cret-do-not-print"

# Written down here a second time, on purpose: what a run gets that says nothing.
DEFAULTS = {
    "paths": {"work": "work", "lake": "", "checkpoints": ""},
    "kafka": {
        "bootstrap_servers": "",
        "topic": "starling.posts",
        "partitions": 2,
        "timeout_seconds": 30,
        "outage_seconds": 600,
        "options": {},
    },
    "broker": {"port": 0, "heap_mb": 512, "start_timeout_seconds": 90},
    "stream": {
        "trigger_seconds": 3.0,
        "max_offsets_per_trigger": 20_000,
        "gold_seconds": 4.0,
        "compact_batches": 100,
        "stop_timeout_seconds": 60,
        "on_data_loss": "stop",
    },
    "limits": {"max_payload_bytes": 1_000_000, "max_future_minutes": 60, "max_entities": 100},
    "language": {"min_confidence": 0.5},
    "sentiment": {"max_characters": 8_000},
    "trends": {"baseline_hours": 24},
    "models": {"tracking_uri": "", "seed": 7, "refresh_seconds": 10.0},
    "topics": {
        "min_posts": 5,
        "vocabulary": 2_000,
        "min_clusters": 4,
        "max_clusters": 24,
        "held_out_share": 0.2,
    },
    "engagement": {
        "held_out_authors": 0.3,
        "held_out_time": 0.3,
        "settle_hours": 24,
        "vocabulary": 1_000,
        "selected_words": 100,
    },
    "privacy": {"pseudonym_key": ""},
    "retention": {"erase_minutes": 10.0, "grace_minutes": 60.0, "payload_days": 0},
    "metrics": {"host": "127.0.0.1", "port": 9108},
    "serve": {
        "host": "127.0.0.1",
        "port": 8050,
        "allowed_hosts": "",
        "refresh_seconds": 1.0,
        "stale_minutes": 15,
        "memory_mb": 400,
        "analyses_a_minute": 60,
    },
}


def complaint(*arguments: object) -> str:
    """The one line of the ConfigError with which `load` ends."""
    with pytest.raises(ConfigError) as caught:
        load(*arguments)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    return message

"""A process that begins a training and says so, to be killed in the middle: WORK, name."""

import sys
import time
from typing import Any, cast

from starling.models.registry import Registry
from starling.models.tracking import Tracking
from starling.settings import Paths, Settings

if __name__ == "__main__":
    settings = Settings(paths=Paths(work=sys.argv[1]))
    no_spark = cast(Any, None)  # a run is begun and ended without it
    with Tracking(settings, Registry(settings, no_spark), no_spark).training(sys.argv[2]) as training:
        print(training.run_id, flush=True)
        time.sleep(600)

"""What MLlib's forests cost beside scikit-learn's, on the same rows and features.

`.venv/bin/python benchmarks/training.py [--quick | --full] [--json]`; see benchmarks/README.md for what each number
means.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from measuring import SUBMIT, last_line_of, load, machine, say

SIZES = {"quick": (10_000,), "usual": (10_000, 100_000), "full": (10_000, 100_000, 1_000_000)}
RUNS = {10_000: 3, 100_000: 3, 1_000_000: 1}
LIBRARIES = ("mllib", "scikit-learn")
DRIVER_MEMORY = "3g"
SIDES = ("training", "held_out")
TREES, DEPTH, LEAST_POSTS, SHARE, SEED = 50, 8, 2, 0.33, 7


def main() -> None:
    """Measures, then prints; a child of its own does the work in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="10,000 posts alone")
    parser.add_argument("--full", action="store_true", help="1,000,000 posts too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--lake", help="a lake of the bundled posts, as jobs/demo.py makes; else one is made")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        child(*asked.child)
        return
    sizes = SIZES["quick" if asked.quick else "full" if asked.full else "usual"]
    with tempfile.TemporaryDirectory(prefix="starling-benchmark-") as name:
        report = measure(Path(name), asked.lake, sizes)
    print(json.dumps(report, indent=2) if asked.json else "\n".join(rows(report)))


def measure(folder: Path, lake: str | None, sizes: Sequence[int]) -> dict[str, Any]:
    """All numbers, by size and library; a list has one for each run."""
    forests = f"{TREES} trees, depth {DEPTH}, {LEAST_POSTS} posts a leaf, {SHARE} of the features a split"
    about = machine("pyspark", "scikit-learn") | {"driver memory": DRIVER_MEMORY, "forests": forests}
    report: dict[str, Any] = {"machine": about, "sizes": {}}
    if lake is None:
        say("the bundled posts")
        last_line_of([SUBMIT, "jobs/demo.py", "--work", str(folder / "work")])
        lake = str(folder / "work" / "lake")
    for size in sizes:
        say(f"{size:,} posts")
        submitted("prepare", lake, str(folder / str(size)), str(size))
        of_size: dict[str, list[Any]] = {library: [] for library in LIBRARIES}
        report["sizes"][str(size)] = of_size
        for _ in range(RUNS[size]):
            of_size["mllib"].append(submitted("mllib", str(folder / str(size))))
            python = [sys.executable, __file__, "--child", "scikit-learn", str(folder / str(size))]
            of_size["scikit-learn"].append(json.loads(last_line_of(python)))
    report["machine"]["load_after"] = load()
    return report


def submitted(*child: str) -> Any:
    """What a child in Spark says."""
    return json.loads(last_line_of([SUBMIT, "--driver-memory", DRIVER_MEMORY, __file__, "--child", *child]))


# --- the children


def child(what: str, *arguments: str) -> None:
    """Does one thing, and prints what came of it."""
    work: dict[str, Callable[..., object]] = {"prepare": prepare, "mllib": mllib, "scikit-learn": scikit_learn}
    print(json.dumps(work[what](*arguments)))


def prepare(lake: str, place: str, size: str) -> dict[str, int]:
    """Writes the training rows and the held-out ones with their features.

    Training rows are drawn with replacement from the bundled posts' training rows; the held-out rows are those of the
    bundled posts, so that no row and no author is on both sides however many are drawn.
    """
    from pyspark.sql import functions as F

    from starling import delta, session
    from starling.models.engagement.rows import prepared
    from starling.models.engagement.stages import fit_features
    from starling.models.trained import Corpus
    from starling.settings import Settings
    from starling.silver import engagement, posts

    settings = Settings()
    spark = session.get("starling benchmark", settings)
    corpus = Corpus(delta.read(spark, posts.TABLE, lake), delta.read(spark, engagement.TABLE, lake), {})
    kept = ("post_id", "author", "created_at", "log_engagement", "top_quarter", "features")
    with prepared(corpus, settings) as found:
        features = fit_features(found.training, settings.engagement)
        features.of(found.held_out).select(*kept).coalesce(1).write.parquet(f"{place}/held_out")
        drawn = features.of(found.training).select(*kept).sample(True, int(size) / found.training.count(), SEED)
        fresh = F.monotonically_increasing_id()
        drawn.withColumn("post_id", F.concat_ws(":", "post_id", fresh)).withColumn(
            "author", F.concat_ws("~", "author", fresh % 97)
        ).withColumn("created_at", F.timestamp_micros(F.unix_micros("created_at") + fresh)).coalesce(
            1 + int(size) // 500_000
        ).write.parquet(f"{place}/training")
    return {"rows": spark.read.parquet(f"{place}/training").count()}


def mllib(place: str) -> dict[str, float]:
    """MLlib's forests, as the engagement model fits them."""
    from starling import session
    from starling.models.engagement.forests import (
        CHANCES,
        PREDICTED,
        Setting,
        chance,
        fit_classifier,
        fit_regressor,
    )
    from starling.settings import Settings

    spark = session.get("starling benchmark", Settings())
    training, held_out = (spark.read.parquet(f"{place}/{side}").repartition(2, "post_id").cache() for side in SIDES)
    count = training.count() + held_out.count()
    setting = Setting(DEPTH, LEAST_POSTS, SHARE)

    def fit_and_predict() -> tuple[Any, ...]:
        regressor = fit_regressor(training, setting, TREES, SEED)
        classifier = fit_classifier(training, setting, TREES, SEED)
        said = classifier.transform(regressor.transform(held_out))
        rows = said.select("log_engagement", "top_quarter", PREDICTED, chance(CHANCES).alias("chance")).toPandas()
        return tuple(rows[name].to_numpy(float) for name in rows)

    return {"rows": count} | measured(fit_and_predict, os.getppid())  # the JVM has started this Python


def scikit_learn(place: str) -> dict[str, float]:
    """scikit-learn's forests with the same trees, on as many cores."""
    import numpy as np
    import pyarrow.parquet as pq
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    training, held_out = (pq.read_table(f"{place}/{side}") for side in SIDES)
    (x, y, top), (unseen, true, is_top) = (
        (dense(rows), rows["log_engagement"].to_numpy(), rows["top_quarter"].to_numpy())
        for rows in (training, held_out)
    )
    grown: dict[str, Any] = {
        "n_estimators": TREES,
        "max_depth": DEPTH,
        "min_samples_leaf": LEAST_POSTS,
        "max_features": SHARE,
        "n_jobs": 2,
        "random_state": SEED,
    }

    def fit_and_predict() -> tuple[Any, ...]:
        predicted = RandomForestRegressor(**grown).fit(x, y).predict(unseen)
        chances = RandomForestClassifier(**grown).fit(x, top).predict_proba(unseen)[:, 1]
        return true, is_top, predicted, np.asarray(chances)

    return {"rows": len(y) + len(true)} | measured(fit_and_predict, os.getpid())


def dense(rows: Any) -> Any:
    """The features as a matrix of 32-bit floats, as scikit-learn wants them; Spark writes the shorter of two forms."""
    import numpy as np
    import pyarrow.compute as pc

    vectors = rows["features"].combine_chunks()
    lengths = pc.list_value_length(vectors.field("values")).to_numpy(zero_copy_only=False).astype(int)
    row = np.repeat(np.arange(len(lengths)), lengths)
    column = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    is_sparse = vectors.field("type").to_numpy() == 0
    column[is_sparse[row]] = vectors.field("indices").flatten().to_numpy()
    # A vector with few zeros has all values, any other one its size.
    width = max(int(lengths.max()), pc.max(vectors.field("size")).as_py() or 0)
    matrix = np.zeros((len(lengths), width), np.float32)
    matrix[row, column] = vectors.field("values").flatten().to_numpy()
    return matrix


def measured(fit_and_predict: Callable[[], tuple[Any, ...]], root: int) -> dict[str, float]:
    """Seconds by the clock and of the processors of a process and all below it, and how good the predictions are."""
    import numpy as np

    from starling.models.engagement import measures

    started, cpu_before = time.monotonic(), cpu_seconds(root)
    true, is_top, predicted, chances = fit_and_predict()
    wall, cpu = time.monotonic() - started, cpu_seconds(root) - cpu_before
    ones = np.ones(len(true))
    return {
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "cpu_seconds_with_start": cpu_before + cpu,
        "r2": measures.r2(true, predicted, ones),
        "spearman": measures.spearman(true, predicted, ones),
        "f1": measures.f1(is_top, chances, ones),
    }


def cpu_seconds(root: int) -> float:
    """User and system time of a process and its descendants, those that have ended included (Linux)."""
    stats: dict[int, list[str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stats[int(folder.name)] = folder.joinpath("stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
    waiting, ticks = [root], 0
    while waiting:
        pid = waiting.pop()
        ticks += sum(map(int, stats[pid][11:15]))
        waiting += [child for child, stat in stats.items() if int(stat[1]) == pid]
    return ticks / os.sysconf("SC_CLK_TCK")


# --- what is printed


def rows(report: dict[str, Any]) -> Iterator[str]:
    """The table: medians of the runs."""
    head = ("posts", "library", "R²", "Spearman", "F1", "CPU s", "clock s", "CPU s with start")
    yield "".join(f"{name:>18}" for name in head)
    names = ("r2", "spearman", "f1", "cpu_seconds", "wall_seconds", "cpu_seconds_with_start")
    for size, libraries in report["sizes"].items():
        middle = {
            library: {name: median(run[name] for run in runs) for name in names} for library, runs in libraries.items()
        }
        for library, values in middle.items():
            cells = [f"{values[name]:.3f}" for name in names[:3]] + [f"{values[name]:.1f}" for name in names[3:]]
            yield "".join(f"{cell:>18}" for cell in (f"{int(size):,}", library, *cells))
        ratio = middle["mllib"]["cpu_seconds"] / middle["scikit-learn"]["cpu_seconds"]
        yield f"{int(size):>18,}   MLlib's processor time is {ratio:.1f} times scikit-learn's"
    yield from (f"{name:<20} {value}" for name, value in report["machine"].items())


if __name__ == "__main__":
    main()

"""What it takes to analyse one text: our numpy, and a warm local Spark session that does less.

`.venv/bin/python benchmarks/analyse.py [--quick] [--work FOLDER] [--json]`; see benchmarks/README.md for what each
number means.
"""

import argparse
import gzip
import json
import math
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

from measuring import CHECKOUT, SUBMIT, last_line_of, load, machine, say

CALLS, QUICK_CALLS, WARM_UP = 50, 20, 5
LENGTHS = (280, 5_000, 100_000)
SEED = 1
FOLLOWERS, AT = 500, datetime(2021, 3, 3, 9, 30, tzinfo=timezone.utc)
SAID = ("compound", "topic", "predicted_engagement", "top_quarter_probability")

Answer = Mapping[str, Any]


def main() -> None:
    """Measures, then prints; a child does the work in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_CALLS} calls instead of {CALLS}")
    parser.add_argument("--work", help="a work folder with champions, as jobs/demo.py leaves it; else one is made")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        what, work, calls = asked.child
        print(json.dumps({"ours": ours, "spark": spark}[what](work, int(calls))))
        return
    with tempfile.TemporaryDirectory(prefix="starling-benchmark-") as name:
        report = measure(Path(name), asked.work, QUICK_CALLS if asked.quick else CALLS)
    print(json.dumps(report, indent=2) if asked.json else "\n".join(rows(report)))
    sys.exit(1 if report["mismatches"] else 0)


def measure(folder: Path, work: str | None, calls: int) -> dict[str, Any]:
    """All numbers."""
    report: dict[str, Any] = {"machine": machine("pyspark", "numpy", "pyarrow"), "calls": calls}
    if work is None:
        say("the bundled posts")
        work = str(folder / "work")
        last_line_of([SUBMIT, "jobs/demo.py", "--work", work])
    say("ours")
    report |= json.loads(last_line_of([sys.executable, __file__, "--child", "ours", work, str(calls)]))
    say("Spark")
    report |= json.loads(last_line_of([SUBMIT, __file__, "--child", "spark", work, str(calls)]))
    said = report.pop("ours_said"), report.pop("stream_said"), report.pop("pipelines_said")
    report["mismatches"] = sum(
        not all(same(mine, theirs) for theirs in others) for mine, *others in zip(*said, strict=True)
    )
    report["machine"]["load_after"] = load()
    return report


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers are the same, the predictions to nine digits.

    Of a text that is near no topic each calls another one the nearest.
    """
    named = SAID if one["topic_similarity"] != 0 else [name for name in SAID if name != "topic"]
    return all(
        one[name] == other[name]
        or (
            isinstance(one[name], float)
            and other[name] is not None
            and math.isclose(one[name], other[name], rel_tol=1e-9)
        )
        for name in named
    )


def timed(answer: Callable[[str], Answer], asked: Sequence[str]) -> tuple[dict[str, float], list[Answer]]:
    """Milliseconds of each call after the warm-up, and all answers but the warm-up's."""
    seconds, said = [], []
    for text in asked:
        started = time.perf_counter()
        said.append(answer(text))
        seconds.append(time.perf_counter() - started)
    warm = sorted(1e3 * each for each in seconds[WARM_UP:])
    p95 = warm[math.ceil(0.95 * len(warm)) - 1]
    return {"first_ms": 1e3 * seconds[0], "median_ms": median(warm), "p95_ms": p95}, said[WARM_UP:]


def texts(calls: int) -> list[str]:
    """Bundled texts without links, which X has shortened already; the same ones every time."""
    files = sorted((CHECKOUT / "data").glob("*.jsonl.gz"))
    found = {text for file in files for text in texts_in(file) if "://" not in text and len(text) > 40}
    return random.Random(SEED).sample(sorted(found), calls + WARM_UP)


def texts_in(file: Path) -> Iterator[str]:
    """X v2 says text, X v1 full_text."""
    for line in filter(None, gzip.decompress(file.read_bytes()).decode().split("\n")):
        post = json.loads(line)
        text = post.get("data", post).get("text") or post.get("full_text")
        if isinstance(text, str):
            yield text


# --- ours


def ours(work: str, calls: int) -> dict[str, Any]:
    """With each word's share, the topic's neighbours, the interval and what would change it."""
    started = time.perf_counter()
    sys.path.insert(0, str(CHECKOUT / "lib"))
    from starling.models.analysis import Analyst, Draft
    from starling.settings import Paths, Settings

    analyst = Analyst.load(Settings(paths=Paths(work=work)))
    loaded = time.perf_counter() - started

    def answer(text: str) -> Answer:
        found = analyst.analyse(Draft(text, followers=FOLLOWERS, at=AT))
        numbers = (found.sentiment.compound, found.topic.number, found.engagement.predicted)
        said = dict(zip(SAID, (*numbers, found.engagement.top_quarter_probability), strict=True))
        return said | {"topic_similarity": found.topic.similarity}

    figures, said = timed(answer, texts(calls))
    some = " ".join(texts(calls)) + " "
    lengths = {}
    for length in LENGTHS:
        long = (some * (1 + length // len(some)))[:length]
        lengths[str(length)] = timed(answer, [long] * (WARM_UP + QUICK_CALLS))[0]
    started = time.perf_counter()
    analyst.refreshed()
    refresh = 1e3 * (time.perf_counter() - started)
    about = {"load_seconds": loaded, "refresh_ms": refresh, "memory_mib": resident_mib()}
    return {"ours": figures | about, "ours_by_characters": lengths, "ours_said": said}


def resident_mib() -> float:
    """The most that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- a warm Spark session


def spark(work: str, calls: int) -> dict[str, Any]:
    """One row through the functions of the stream, and through the pipelines' own stages."""
    from starling import session
    from starling.models.registry import Registry
    from starling.models.trained import ENGAGEMENT, TOPICS
    from starling.settings import Paths, Settings

    settings = Settings(paths=Paths(work=work))
    session_ = session.get("starling benchmark", settings)
    registry = Registry(settings, session_)
    topics, engagement = (registry.load(name, "champion") for name in (TOPICS, ENGAGEMENT))
    report: dict[str, Any] = {}
    for name, scored in (("stream", by_the_stream), ("pipelines", by_the_pipelines)):

        def answer(text: str, scored: Callable[..., Any] = scored) -> Answer:
            row = scored(silver(session_, settings, text), topics, engagement).select(*SAID).first()
            found: Answer = row.asDict()
            return found

        report[name], report[f"{name}_said"] = timed(answer, texts(calls))
    return report


def silver(session_: Any, settings: Any, text: str) -> Any:
    """silver.posts' columns of one text, by the functions of the stream, with an empty record of its author."""
    from pyspark.sql import functions as F

    from starling.arrow import with_columns
    from starling.models.words import with_terms
    from starling.silver.posts import DESCRIPTION, described
    from starling.sources.parse import Parsed
    from starling.sources.record import POST, Record

    post = Parsed(Record(kind=POST, platform="x", post_id="1", text=text, followers=FOLLOWERS))
    one = session_.createDataFrame([("x", "1", AT)], "platform string, post_id string, created_at timestamp")
    posts = with_columns(one, DESCRIPTION, lambda _: described([post], settings, b"a key for a benchmark"))
    nobody = {"author_posts": F.lit(0), "author_settled_posts": F.lit(0), "author_mean_log": F.lit(None).cast("double")}
    return posts.withColumns(nobody).transform(with_terms)


def by_the_stream(posts: Any, topics: Any, engagement: Any) -> Any:
    """As gold.post_scores' rows are made."""
    from starling.gold import author_records
    from starling.models import topic_scores
    from starling.models.engagement import score

    nobody = posts.sparkSession.createDataFrame([], author_records.TABLE.schema)
    mine = posts.drop("author_posts", "author_settled_posts", "author_mean_log")
    return mine.transform(topic_scores.score, topics).transform(score, nobody, engagement)


def by_the_pipelines(posts: Any, topics: Any, engagement: Any) -> Any:
    """As MLlib applies its own stages, which is what a tutorial would do."""
    from pyspark.ml.functions import vector_to_array
    from pyspark.sql import functions as F

    from starling.models.engagement.features import with_inputs
    from starling.models.engagement.forests import CHANCES, PREDICTED

    numbers = F.create_map(*(F.lit(topic[key]) for topic in topics.card["topics"] for key in ("cluster", "topic")))
    known = F.size(F.array_intersect("terms", F.array(*map(F.lit, topics.pipeline.stages[0].vocabulary)))) > 0
    placed = topics.pipeline.transform(posts).withColumn("topic", F.when(known, numbers[F.col("cluster")]))
    said = engagement.pipeline.transform(placed.drop("counts", "tf_idf", "features").transform(with_inputs))
    return said.withColumns(
        {
            "predicted_engagement": F.expm1(F.greatest(PREDICTED, F.lit(0.0))),
            "top_quarter_probability": vector_to_array(F.col(CHANCES))[1],
        }
    )


# --- what is printed


def rows(report: Mapping[str, Any]) -> Iterator[str]:
    """The table."""
    yield f"{'milliseconds a text':<36}" + "".join(f"{name:>12}" for name in ("first", "median", "p95"))
    named = {"ours": "ours, all of it", "stream": "Spark, the stream's functions", "pipelines": "Spark, the pipelines"}
    lengths = {f"ours, {int(length):,} characters": each for length, each in report["ours_by_characters"].items()}
    for name, figures in ({said: report[key] for key, said in named.items()} | lengths).items():
        yield f"{name:<36}" + "".join(f"{figures[f'{key}_ms']:>12,.1f}" for key in ("first", "median", "p95"))
    own = report["ours"]
    yield f"ours, until it answers: {own['load_seconds']:.1f} s; at most {own['memory_mib']:,.0f} MiB"
    yield f"ours, to see that the champions are the same: {own['refresh_ms']:.1f} ms"
    for name in ("stream", "pipelines"):
        yield f"times as fast as {named[name]}, by the median: {report[name]['median_ms'] / own['median_ms']:,.0f}"
    yield f"answers of ours that are not Spark's: {report['mismatches']} of {report['calls']}"
    yield from (f"{name:<18} {value}" for name, value in report["machine"].items())


if __name__ == "__main__":
    main()

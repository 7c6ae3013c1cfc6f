"""What a text's sentiment costs: vaderSentiment, NLTK's copy of it, and our scorer, for one text and for a batch.

`.venv/bin/python benchmarks/scorer.py [--quick] [--json]`; see benchmarks/README.md for what each number means.
"""

import argparse
import gzip
import json
import os
import random
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from measuring import CHECKOUT, load, machine, say

RUNS = 5
SEED = 1
SCORERS = ("reference", "nltk", "scalar", "ours")
SCORES = ("neg", "neu", "pos", "compound")
LONG_CHARACTERS = 10_000

Scores = Mapping[str, float]
# What a scorer makes of texts: scores one by one, or Arrow's columns of them.
Scored = Sequence[Any]


@dataclass(frozen=True)
class Kind:
    """Texts of a kind, as Python's strings, and as Arrow's in batches of a size, which is what Spark hands over."""

    texts: list[str]
    batch: int
    batches: list[Any]


def main() -> None:
    """Measures, then prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of the texts of all kinds but tweets")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    # Numpy and Arrow keep to one core, as the others do; and the package is the checkout's.
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.path.insert(0, str(CHECKOUT / "lib"))
    report = measure(asked.quick)
    print(json.dumps(report, indent=2) if asked.json else "\n".join(rows(report)))


def measure(quick: bool) -> dict[str, Any]:
    """All numbers: microseconds a text, medians of the runs, in which the scorers take turns."""
    scorers = made_scorers()
    report: dict[str, Any] = {"mismatches": 0, "machine": machine("vaderSentiment", "nltk", "numpy", "pyarrow")}
    for name, kind in kinds(quick).items():
        say(f"{name}: {len(kind.texts):,} texts")
        found = {scorer: one_by_one(score(kind)) for scorer, score in scorers.items()}
        mismatches = sum(different(found["reference"], found[own]) for own in ("scalar", "ours"))
        report["mismatches"] += mismatches
        if mismatches:
            continue
        runs = [{scorer: timed(score, kind) for scorer, score in turned(scorers, turn)} for turn in range(RUNS)]
        report[name] = figures(kind, runs) | {"nltk_differs": different(found["reference"], found["nltk"])}
    report["machine"]["load_after"] = load()
    return report


def one_by_one(scored: Scored) -> list[Scores]:
    """The scores of each text."""
    return [scores for part in scored for scores in ([part] if isinstance(part, dict) else part.to_pylist())]


def different(one: Sequence[Scores], other: Sequence[Scores]) -> int:
    """How many texts have a score that is not the same to the last bit."""
    return sum(bits(a) != bits(b) for a, b in zip(one, other, strict=True))


def bits(scores: Scores) -> bytes:
    """The four scores as they are in memory."""
    return struct.pack("<4d", *(scores[name] for name in SCORES))


def turned(scorers: Mapping[str, Any], turn: int) -> list[tuple[str, Any]]:
    """The scorers, each run begun by another one."""
    turn %= len(scorers)
    return [*scorers.items()][turn:] + [*scorers.items()][:turn]


def timed(score: Callable[[Kind], Scored], kind: Kind) -> tuple[float, float]:
    """Microseconds a text by the clock, and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    score(kind)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return 1e6 * wall / len(kind.texts), 1e6 * cpu / len(kind.texts)


def figures(kind: Kind, runs: Sequence[Mapping[str, tuple[float, float]]]) -> dict[str, float]:
    """The medians of the runs."""
    middle = {scorer: tuple(median(run[scorer][i] for run in runs) for i in range(2)) for scorer in SCORERS}
    reference, ours = middle["reference"], middle["ours"]
    return (
        {"texts": len(kind.texts), "characters": sum(map(len, kind.texts)) / len(kind.texts), "batch": kind.batch}
        | {f"{scorer}_us": wall for scorer, (wall, _) in middle.items()}
        | {f"{scorer}_cpu_us": cpu for scorer, (_, cpu) in middle.items()}
        | {"ratio": reference[0] / ours[0], "cpu_ratio": reference[1] / ours[1]}
    )


# --- the scorers


def made_scorers() -> dict[str, Callable[[Kind], Scored]]:
    """By name, what scores all texts of a kind; the columnar one takes Arrow's columns, and leaves them."""
    import nltk.data
    import pyarrow as pa
    from nltk.sentiment.vader import SentimentIntensityAnalyzer as NltkAnalyzer
    from vaderSentiment import vaderSentiment

    from starling.sentiment import columnar, scalar

    pa.set_cpu_count(1)
    # NLTK's wheel is without its lexicon, which is the reference's; it reads from its own folders alone.
    nltk.data.path.append(str(Path(vaderSentiment.__file__).parent))
    reference, copy = vaderSentiment.SentimentIntensityAnalyzer(), NltkAnalyzer("vader_lexicon.txt")

    return {
        "reference": lambda kind: [reference.polarity_scores(text) for text in kind.texts],
        "nltk": lambda kind: [copy.polarity_scores(text) for text in kind.texts],
        "scalar": lambda kind: [scalar.score(text) for text in kind.texts],
        "ours": lambda kind: [columnar.scores(batch) for batch in kind.batches],
    }


# --- the texts


def kinds(quick: bool) -> dict[str, Kind]:
    """All kinds, the same ones every time."""
    rng = random.Random(SEED)
    share = 5 if quick else 1
    tweets = sorted(english())
    rng.shuffle(tweets)
    rated = [
        line.split("\t")[2] for line in (CHECKOUT / "data" / "vader_rated_tweets.tsv").read_text().split("\n") if line
    ]
    emoji = sorted(character for text in tweets for character in text if ord(character) >= 0x1F300)
    words = [word for text in tweets for word in text.split()]
    return {
        "tweets": kind_of(tweets, len(tweets)),
        "tweets_by_500": kind_of(tweets[: 5_000 // share], 500),
        "tweets_one_by_one": kind_of(tweets[: 1_000 // share], 1),
        "rated_tweets": kind_of(rated[: len(rated) // share], len(rated)),
        "emoji_dense": kind_of([dense(rng, words, emoji) for _ in range(2_000 // share)], 2_000),
        "long": kind_of([" ".join(rng.choices(words, k=2_500))[:LONG_CHARACTERS] for _ in range(50 // share)], 50),
        "but_heavy": kind_of([" but ".join(rng.choices(tweets, k=10)) for _ in range(500 // share)], 500),
    }


def kind_of(texts: list[str], batch: int) -> Kind:
    """The texts in batches of so many."""
    import pyarrow as pa

    starts = range(0, len(texts), batch)
    return Kind(texts, batch, [pa.array(texts[start : start + batch], pa.string()) for start in starts])


def dense(rng: random.Random, words: Sequence[str], emoji: Sequence[str]) -> str:
    """Five words and thirty emoji, in groups of one to six."""
    groups = ["".join(rng.choices(emoji, k=rng.choice((1, 2, 3, 6)))) for _ in range(10)] + rng.choices(words, k=5)
    rng.shuffle(groups)
    return " ".join(groups)


def english() -> set[str]:
    """The texts of the bundled posts that say that they are English, and of the posts that these refer to."""
    files = sorted((CHECKOUT / "data").glob("*.jsonl.gz"))
    lines = (line for file in files for line in gzip.decompress(file.read_bytes()).decode().split("\n"))
    return {text for line in lines if line.strip() for text in english_in(json.loads(line))}


def english_in(value: Any) -> Iterator[str]:
    """Of one message; X v2 says text, X v1 full_text, and both say lang."""
    if isinstance(value, dict):
        text = value.get("full_text", value.get("text"))
        if value.get("lang") == "en" and isinstance(text, str):
            yield text
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from english_in(inner)


# --- what is printed


def rows(report: Mapping[str, Any]) -> Iterator[str]:
    """The table: microseconds a text by the clock, and how many times ours is faster, by the clock and by processor."""
    head = ("texts", "characters", "reference", "NLTK", "scalar", "columnar", "ratio", "CPU ratio")
    yield f"{'µs a text':<18}" + "".join(f"{name:>12}" for name in head)
    for name, of_kind in report.items():
        if isinstance(of_kind, dict) and name != "machine":
            cells = [f"{of_kind['texts']:,}", f"{of_kind['characters']:,.0f}"]
            cells += [f"{of_kind[f'{scorer}_us']:,.1f}" for scorer in SCORERS]
            cells += [f"{of_kind['ratio']:.1f}", f"{of_kind['cpu_ratio']:.1f}"]
            yield f"{name:<18}" + "".join(f"{cell:>12}" for cell in cells)
    yield f"scores of ours that are not the reference's: {report['mismatches']}"
    yield from (f"{name:<18} {value}" for name, value in report["machine"].items())


if __name__ == "__main__":
    main()

"""Takes each guard out, and sees the test that holds it fail: `.venv/bin/python tests/faults/guards.py [FAULT …]`.

It works in a copy of the checkout, one guard after the other, and prints what became of each; the exit code is 1 where
a test passed without its guard. Without numbers it tries all of them, which takes the better part of an hour.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIB = "lib/starling/"
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", ".artifacts", ".*_cache", "__pycache__", "work")
_SECONDS = 600
_LESS = ("--kills", "5", "--backlog", "50000")
_FAILED = 1  # pytest's exit code; others say that nothing ran


@dataclass(frozen=True)
class Guard:
    """Code that keeps a promise, what stands there when it is taken out, and the test that must fail then."""

    fault: int
    what: str
    file: str
    code: str  # stands in the file once
    without: str
    test: str
    chosen: str = ""  # as pytest's -k has it


GUARDS = (
    Guard(
        1,
        "a post that the tables have is not written again",
        f"{LIB}silver/outcomes.py",
        'adds_post=is_post & ~rows["post_known"] & lives',
        "adds_post=is_post & lives",
        "test_crashes.py",
    ),
    Guard(
        16,
        "an hour has a part in the rows of the hours after it",
        f"{LIB}pipeline/refresh.py",
        "changed = widened(ranges, before=timedelta(0), after=baseline)",
        "changed = ranges",
        "test_late_and_shuffled.py",
        "one_batch_in_order",
    ),
    Guard(
        2,
        "the lock of a stream that was killed is free",
        f"{LIB}pipeline/driver_lock.py",
        "    lock = locks.take(place, _ASK_SECONDS)",
        "    lock = None if place.exists() else locks.take(place, _ASK_SECONDS)",
        "test_kills.py",
        "random_moments",
    ),
    Guard(
        3,
        "a record that bronze has is not written again",
        f"{LIB}silver/outcomes.py",
        'adds_event=~rows["repeated"]',
        "adds_event=True",
        "test_checkpoints.py",
        "without_its",
    ),
    Guard(
        4,
        "the checkpoint is looked at before it is used",
        f"{LIB}pipeline/continuity.py",
        "found = checkpoint.read(self._spark, self._place, self._topic.name)",
        "found = None",
        "test_checkpoints.py",
        "damaged",
    ),
    Guard(
        5,
        "an offset is held against the ledger",
        f"{LIB}pipeline/continuity.py",
        "            self._leaves_nothing_out(found, past, reach)",
        "            pass",
        "test_checkpoints.py",
        "says_more",
    ),
    Guard(
        6,
        "who does not get the lock does not write",
        f"{LIB}pipeline/driver_lock.py",
        '    if lock is None:\n        raise _busy(str(folder), place.read_text(encoding="utf-8"))\n    with lock:',
        "    with lock or suppress():",
        "test_two_drivers.py",
        "second_stream",
    ),
    Guard(
        7,
        "what Kafka has is held against what was read",
        f"{LIB}pipeline/continuity.py",
        "missing = list(self._missing(found, past, reach))",
        "missing = []",
        "test_topics.py",
        "are_gone",
    ),
    Guard(
        8,
        "the topic's id is held against the one that the tables were filled from",
        f"{LIB}pipeline/continuity.py",
        "if known not in (None, self._id):",
        "if False:",
        "test_topics.py",
        "made_again",
    ),
    Guard(
        9,
        "a broker that goes away is waited for",
        f"{LIB}pipeline/query.py",
        "if settings.kafka.outage_seconds and _is_outage(",
        "if False and _is_outage(",
        "test_outages.py",
        "killed",
    ),
    Guard(
        10,
        "committed records alone are read",
        f"{LIB}kafka.py",
        '"kafka.isolation.level": "read_committed"',
        '"kafka.isolation.level": "read_uncommitted"',
        "test_topics.py",
        "committed",
    ),
    Guard(
        11,
        "a payload that is not one JSON document is refused",
        f"{LIB}sources/parse.py",
        '_check(~complete, "invalid_json"',
        '_check(F.lit(False), "invalid_json"',
        "test_poison.py",
    ),
    Guard(
        11,
        "a payload that is not UTF-8 is refused",
        f"{LIB}sources/parse.py",
        '_check(F.col("raw").isNotNull(), "invalid_utf8"',
        '_check(F.lit(False), "invalid_utf8"',
        "test_poison.py",
    ),
    Guard(
        11,
        "a payload that is too large is refused",
        f"{LIB}sources/parse.py",
        "_check(size > limits.max_payload_bytes",
        "_check(F.lit(False)",
        "test_poison.py",
    ),
    Guard(
        12,
        "the beginning of a text is scored",
        f"{LIB}silver/posts.py",
        'F.substring("body", 1, max_characters)',
        'F.col("body")',
        "test_hostile_texts.py",
    ),
    Guard(
        12,
        "a text that was cut says so",
        f"{LIB}silver/posts.py",
        'reason.isNull() & (F.length("body") > max_characters)',
        "F.lit(False)",
        "test_hostile_texts.py",
    ),
    Guard(
        13,
        "what a worker died of is tried again",
        "conf/spark-defaults.conf",
        "local[*,3]",
        "local[*]",
        "test_workers.py",
        "killed_once",
    ),
    Guard(
        13,
        "a worker that hangs is killed",
        "conf/spark-defaults.conf",
        "spark.sql.execution.pyspark.udf.killOnIdleTimeout",
        "spark.starling.not.killOnIdleTimeout",
        "test_workers.py",
        "hangs",
    ),
    Guard(
        13,
        "what a worker raised is the reason that is told",
        f"{LIB}failures.py",
        "return _in_python(message) or _said",
        "return _said",
        "test_workers.py",
        "each_time",
    ),
    Guard(
        14,
        "of very many hashtags the first are kept",
        f"{LIB}silver/posts.py",
        "F.slice(name, 1, max_entities)",
        "F.col(name)",
        "test_caps.py",
        "huge_record",
    ),
    Guard(
        14,
        "a batch takes so many records and no more",
        f"{LIB}kafka.py",
        '"maxOffsetsPerTrigger"',
        '"maxOffsetsPerTriggers"',
        "test_caps.py",
        "backlog",
    ),
    Guard(
        15,
        "a time that is to come is refused",
        f"{LIB}sources/parse.py",
        "_check(time > latest",
        "_check(F.lit(False)",
        "test_event_times.py",
    ),
    Guard(
        15,
        "a time before there were posts is refused",
        f"{LIB}sources/parse.py",
        'EARLIEST = "2006-03-21',
        'EARLIEST = "1900-03-21',
        "test_event_times.py",
    ),
    Guard(
        16,
        "a copy is known by the table, where nothing is remembered of it",
        f"{LIB}silver/outcomes.py",
        'return rows[f"{name}_own"].where(rows[f"{name}_known"], rows[f"first_{name}"])',
        'return rows[f"first_{name}"]',
        "test_late_and_shuffled.py",
        "from_the_tables",
    ),
    Guard(
        16,
        "a copy is not remembered once more",
        f"{LIB}pipeline/known.py",
        'self._observations.add(judged[judged["adds_observation"]])',
        'self._observations.add(judged[judged["observation_id"].notna()])',
        "test_late_and_shuffled.py",
        "does_not_grow",
    ),
    Guard(
        17,
        "the checkpoint of another topic is refused",
        f"{LIB}pipeline/checkpoint.py",
        "if topic not in said and said:",
        "if False:",
        "test_changed_payloads.py",
        "another_topic",
    ),
    Guard(
        17,
        "a field of another type is refused",
        f"{LIB}sources/parse.py",
        '_check(F.col("unread"), "wrong_type"',
        '_check(F.lit(False), "wrong_type"',
        "test_changed_payloads.py",
        "renamed_or_retyped",
    ),
    Guard(
        18,
        "no young file is deleted under a stream",
        f"{LIB}ops/maintenance/files.py",
        "if hours < WEEK_HOURS and is_driven(",
        "if False and is_driven(",
        "test_maintenance.py",
    ),
    Guard(
        19,
        "a full disk is told from other errors",
        f"{LIB}failures.py",
        "        if not any(words in",
        "        if True or not any(words in",
        "test_kills.py",
        "full_disk",
    ),
    Guard(
        19,
        "a folder that cannot be written to is named",
        f"{LIB}failures.py",
        "        _refuse_read_only(folders)\n        if not",
        "        if not",
        "test_kills.py",
        "read_only_disk",
    ),
    Guard(
        20,
        "the last good champion is kept",
        f"{LIB}models/champions.py",
        "                held.loaded = self._last_good(name)\n",
        "                held.loaded = None\n",
        "test_models.py",
        "last_good_champion",
    ),
    Guard(
        20,
        "a promotion that a crash broke off is made good",
        f"{LIB}models/promotions.py",
        "                self._registry.make_champion(name, moves[-1].version)\n",
        "                pass\n",
        "test_models.py",
        "crash_between",
    ),
    Guard(
        20,
        "the run of a killed training is closed",
        f"{LIB}models/tracking.py",
        "            if lock is not None:  # else it belongs",
        "            if lock is None:  # else it belongs",
        "test_models.py",
        "killed_training",
    ),
    Guard(
        21,
        "there must be enough to make clusters of",
        f"{LIB}models/clustering.py",
        "    if greatest < least:\n",
        "    if greatest < 2:\n",
        "test_too_little.py",
    ),
    Guard(
        21,
        "there must be several labels",
        f"{LIB}models/engagement/rows.py",
        "    if training.labels < 2 or training.classes < 2:\n",
        "    if False:\n",
        "test_too_little.py",
    ),
    Guard(
        22,
        "a model's files are those that were registered",
        f"{LIB}models/verified.py",
        "    _check_manifest(folder, digest)\n",
        "",
        "test_models.py",
        "run_code",
    ),
    Guard(
        22,
        "a model is in Spark's own format",
        f"{LIB}models/verified.py",
        "    _check_flavour(folder)\n",
        "",
        "test_models.py",
        "run_code",
    ),
    Guard(
        22,
        "a model's stages are Spark's own",
        f"{LIB}models/verified.py",
        "    _check_stages(folder / SPARK_FILES)\n",
        "",
        "test_models.py",
        "run_code",
    ),
    Guard(
        23,
        "a post's text is text",
        f"{LIB}serving/web/templates/parts.html",
        "{{ one.text }}</p>",
        "{{ one.text|safe }}</p>",
        "test_hostile_pages.py",
        "no_page_runs",
    ),
    Guard(
        23,
        "a cell that looks like a formula is none",
        f"{LIB}serving/export.py",
        '_FORMULA = ("=", ',
        "_FORMULA = (",
        "test_hostile_pages.py",
        "export",
    ),
    Guard(
        23,
        "what is looked for is looked for word for word",
        f"{LIB}serving/filters.py",
        'parts.append("contains(folded, lower($text))")',
        "parts.append(\"folded LIKE '%' || lower($text) || '%'\")",
        "test_hostile_pages.py",
        "word_for_word",
    ),
    Guard(
        24,
        "options are taken from a list",
        f"{LIB}kafka_options.py",
        '        "client.id",\n',
        '        "client.id",\n        "sasl.jaas.config",\n',
        "test_secrets.py",
        "option",
    ),
    Guard(
        24,
        "a line break in a value ends no value",
        f"{LIB}kafka.py",
        ', "\\n": "\\\\n", "\\r": "\\\\r"}',
        "}",
        "test_secrets.py",
        "one_value",
    ),
    Guard(
        24,
        "a page that is asked for by a foreign name is refused",
        f"{LIB}serving/web/security.py",
        "            abort(403,",
        "            (lambda *_: None)(403,",
        "test_secrets.py",
        "foreign",
    ),
    Guard(
        24,
        "Spark hides secrets",
        "conf/spark-defaults.conf",
        "(?i)secret|password|token|access[.]?key|jaas",
        "(?i)nothing",
        "test_secrets.py",
        "secret_with_quotes",
    ),
    Guard(
        25,
        "a deleted post is refused when it comes again",
        f"{LIB}silver/outcomes.py",
        'rows["kind"].isin((POST, REPOST)) & rows["gone"] & ~written',
        'rows["kind"].isin((POST, REPOST)) & rows["gone"] & False',
        "test_deletion.py",
        "replay",
    ),
    Guard(
        25,
        "who carries a deleted post is found by the numbers in its payload",
        f"{LIB}pipeline/erasure.py",
        'F.concat(F.array(F.coalesce("key", F.lit(""))), numbers("payload"))',
        'F.array(F.coalesce("key", F.lit("")))',
        "test_deletion.py",
        "replay",
    ),
    Guard(
        25,
        "receipts are found in the tables' histories",
        f"{LIB}pipeline/receipts.py",
        "mark.versions.get(table.name, -1)",
        "delta.version(spark, table, lake) - 1",
        "test_deletion.py",
        "crash_at_any_step",
    ),
)


def main(arguments: list[str]) -> int:
    """Tries the guards of the faults that are named, or all."""
    chosen = {int(argument) for argument in arguments} or {guard.fault for guard in GUARDS}
    missed = 0
    with tempfile.TemporaryDirectory(prefix="starling-guards-") as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
        for guard in GUARDS:
            if guard.fault in chosen:
                started = time.monotonic()
                problem = problem_without(guard, copy)
                missed += bool(problem)
                verdict = f"NOT HELD: {problem}" if problem else "its test fails without it"
                print(f"{guard.fault:>3}  {guard.what}: {verdict} ({time.monotonic() - started:.0f} s)", flush=True)
    return 1 if missed else 0


def problem_without(guard: Guard, copy: Path) -> str:
    """How pytest ended although the guard was taken out; nothing where the test failed, or came to no end."""
    file = copy / guard.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(guard.code, guard.without), encoding="utf-8")
    test = [f"tests/faults/{guard.test}", "-k", guard.chosen]
    command = [str(copy / "tests" / "run.sh"), *test, "-q", "-x", "-n", "0", *_LESS]
    environment = {**os.environ, "STARLING_VENV": str(ROOT / ".venv")}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return ""
    finally:
        file.write_text(whole, encoding="utf-8")
    lines = (done.stdout + done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
    return "" if done.returncode == _FAILED else lines[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

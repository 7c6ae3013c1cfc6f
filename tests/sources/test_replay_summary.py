from starling.sources.summary import Place, Problem, Summary, Tally


def test_only_the_first_few_problems_are_kept_and_all_are_counted() -> None:
    tally = Tally(["a.jsonl", "b.jsonl"])
    for line in range(1, 8):
        tally.skip(Place(1, line), "no id")
    tally.fail(Place(0, 9), "too large")
    assert (tally.skipped, tally.failed) == (7, 1)
    assert tally.skips == [Problem(f"b.jsonl:{line}", "no id") for line in range(1, 6)]
    assert tally.failures == [Problem("a.jsonl:9", "too large")]


def test_the_summary_says_what_became_of_every_record() -> None:
    summary = Summary(
        topic="starling.posts",
        sent=8_672,
        failed=1,
        skipped=7,
        empty_lines=3,
        seconds=4.0,
        complete=True,
        trouble=None,
        failures=(Problem("a.jsonl:9", "too large"),),
        skips=(Problem("b.jsonl:1", "no id"), Problem("b.jsonl:2", "no id")),
    )
    assert summary.lines() == [
        "sent           8,672  to starling.posts in 4.0 s (2,168/s)",
        "failed             1",
        "  a.jsonl:9: too large",
        "skipped            7  and 3 empty lines",
        "  b.jsonl:1: no id",
        "  b.jsonl:2: no id",
        "  and 5 more",
    ]


def test_a_replay_that_was_stopped_says_so() -> None:
    summary = Summary("t", 0, 0, 0, 0, 0.0, False, None, (), ())
    assert summary.lines() == [
        "sent               0  to t in 0.0 s (0/s)",
        "failed             0",
        "skipped            0",
        "stopped before the end",
    ]

"""What becomes of topics from one training to the next."""

from collections import Counter
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from starling.models.topic_identity import KEPT_OVERLAP, Lineage, match, overlap

SKY, FOOD, BALL = {"comet": 9, "orbit": 4}, {"oven": 8, "flour": 3}, {"goal": 7, "referee": 2}


def test_topics_are_known_again_whatever_their_clusters_are_numbered() -> None:
    found = match({1: SKY, 2: FOOD, 5: BALL}, {0: BALL, 1: SKY, 2: FOOD}, taken=5)
    assert found.numbers == {0: 5, 1: 1, 2: 2}
    assert sorted(each.topic for each in found.lineage if each.event == "kept") == [1, 2, 5]
    assert all(each.overlap == 1.0 and each.topic == each.previous for each in found.lineage)


def test_a_first_training_numbers_its_topics_from_the_largest() -> None:
    found = match({}, {0: BALL, 1: SKY, 2: FOOD}, taken=0)
    assert found.numbers == {1: 1, 2: 2, 0: 3}
    assert [each.event for each in found.lineage] == ["born"] * 3


def test_a_corpus_that_has_doubled_changes_no_overlap() -> None:
    doubled = {tag: 2 * posts for tag, posts in SKY.items()}
    (line,) = match({3: SKY}, {0: doubled}, taken=3).lineage
    assert line == Lineage("kept", 3, 3, 1.0)


def test_a_number_is_never_used_twice_even_of_a_topic_that_died() -> None:
    found = match({2: SKY}, {0: FOOD}, taken=7)
    assert found.numbers == {0: 8}
    assert [*found.lineage] == [Lineage("born", 8, None, 0.0), Lineage("died", None, 2, 0.0)]


def test_two_topics_that_fall_together_are_the_larger_and_one_merged_into_it() -> None:
    found = match({1: SKY, 2: FOOD}, {0: {**SKY, **FOOD}}, taken=2)
    assert found.numbers == {0: 1}
    assert [*found.lineage] == [Lineage("kept", 1, 1, 13 / 24), Lineage("merged", 1, 2, 11 / 24)]


def test_a_topic_that_falls_apart_lives_on_in_one_part_and_the_other_is_split_off() -> None:
    found = match({1: {**SKY, **FOOD}}, {0: SKY, 1: FOOD}, taken=1)
    assert found.numbers == {0: 1, 1: 2}
    assert [*found.lineage] == [Lineage("kept", 1, 1, 13 / 24), Lineage("split", 2, 1, 11 / 24)]


def test_a_topic_whose_parts_are_all_too_small_to_be_it_was_split_and_did_not_die() -> None:
    old = {1: dict.fromkeys("abcdefgh", 1)}
    new = {number: dict.fromkeys(pair, 1) for number, pair in enumerate(("ab", "cd", "ef", "gh"))}
    found = match(old, new, taken=1)
    assert {(each.event, each.previous, each.overlap) for each in found.lineage} == {("split", 1, 0.25)}
    assert sorted(found.numbers.values()) == [2, 3, 4, 5]


def test_pairs_are_those_with_the_greatest_sum_and_not_the_greedy_ones() -> None:
    # Overlaps: the first with cluster 0, 4/10, and with cluster 1, 3/8; the second with cluster 0, 3/8.
    old = {1: {"a": 4, "b": 3}, 2: {"c": 3, "d": 1}}
    new = {0: {"a": 4, "c": 3}, 1: {"b": 3, "e": 1}}
    assert match(old, new, taken=2).numbers == {0: 2, 1: 1}


def test_overlap_is_weighed_by_posts() -> None:
    assert overlap({"a", "b"}, {"b", "c"}, {"a": 1, "b": 5, "c": 2}) == 5 / 8
    assert overlap({"a"}, {"b"}, {"a": 1, "b": 1}) == 0.0
    assert overlap(set(), set(), {}) == 0.0


def _topics(groups: dict[str, tuple[int, int]]) -> dict[int, dict[str, int]]:
    """Hashtags by group."""
    found: dict[int, dict[str, int]] = {}
    for tag, (group, posts) in groups.items():
        found.setdefault(group, {})[tag] = posts
    return found


TRAINING = st.dictionaries(
    st.sampled_from("abcdefghij"), st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=10
).map(_topics)


@given(TRAINING, TRAINING)
def test_every_topic_has_one_end_and_every_cluster_one_origin(
    old: dict[int, dict[str, int]], new: dict[int, dict[str, int]]
) -> None:
    found = match(old, new, taken=20)
    assert found.numbers.keys() == new.keys()
    assert len({*found.numbers.values()}) == len(new)
    origins = Counter(each.topic for each in found.lineage if each.event in ("kept", "split", "born"))
    assert origins == Counter(found.numbers.values())
    ends = Counter(each.previous for each in found.lineage if each.event in ("kept", "merged", "died"))
    of_splits = {each.previous for each in found.lineage if each.event == "split"}
    assert all(count == 1 for count in ends.values())
    assert {*ends} | of_splits == {*old}
    kept = [each for each in found.lineage if each.event == "kept"]
    assert all(each.topic == each.previous and each.overlap >= KEPT_OVERLAP for each in kept)
    assert all(number > 20 for number in found.numbers.values() if number not in old)


@given(TRAINING, TRAINING)
def test_the_sum_of_overlaps_is_the_greatest_that_there_is(
    old: dict[int, dict[str, int]], new: dict[int, dict[str, int]]
) -> None:
    weights = {tag: max((g.get(tag, 0) for g in [*old.values(), *new.values()]), default=0) for tag in "abcdefghij"}
    pair = {(i, j): overlap(old[i], new[j], weights) for i in old for j in new}
    heirs = permutations([*new, *[None] * len(old)], len(old))
    sums = [
        sum(pair[each] for each in zip(old, some, strict=True) if pair.get(each, 0) >= KEPT_OVERLAP) for some in heirs
    ]
    kept = sum(each.overlap for each in match(old, new, taken=20).lineage if each.event == "kept")
    assert abs(kept - max(sums)) < 1e-9


@given(TRAINING, TRAINING)
def test_neither_the_clusters_numbers_nor_their_order_decide_anything(
    old: dict[int, dict[str, int]], new: dict[int, dict[str, int]]
) -> None:
    renumbered = {100 - key: dict(reversed(new[key].items())) for key in reversed(new)}
    first, second = match(old, new, 20), match(dict(reversed(old.items())), renumbered, 20)
    assert {100 - key: number for key, number in second.numbers.items()} == first.numbers
    assert {*second.lineage} == {*first.lineage}


def test_half_of_a_cluster_makes_an_origin_and_less_does_not() -> None:
    old = {1: {"z": 20, "a": 5}}
    half, less = (match(old, {0: {"z": 20}, 1: {"a": 5, "b": posts}}, taken=1) for posts in (5, 6))
    assert [each.event for each in half.lineage] == ["kept", "split"]
    assert [each.event for each in less.lineage] == ["kept", "born"]

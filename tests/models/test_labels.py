"""Names of clusters."""

from hypothesis import given
from hypothesis import strategies as st

from starling.models.labels import labels


@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5), max_size=8))
def test_no_two_clusters_share_a_name_and_each_begins_with_its_words(words: list[list[str]]) -> None:
    named = labels(words)
    assert len(set(named)) == len(words)
    assert all(name.startswith(" · ".join(each[:3])) for name, each in zip(named, words, strict=True))


def test_a_name_is_as_short_as_it_can_be() -> None:
    assert labels([["a", "b", "c", "d"], ["a", "b", "d", "c"]]) == ["a · b · c", "a · b · d"]
    assert labels([["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "f"], ["x"]]) == [
        "a · b · c · d · e",
        "a · b · c · d · f",
        "x",
    ]


def test_clusters_of_the_same_words_are_numbered_and_none_has_no_name_to_collide_with() -> None:
    assert labels([["a", "b"], ["a", "b"], ["a", "b"]]) == ["a · b", "a · b (2)", "a · b (3)"]
    assert labels([]) == []

"""Names of clusters, for people."""

from collections import Counter
from collections.abc import Sequence

LABEL_WORDS = 3


def labels(words: Sequence[Sequence[str]]) -> list[str]:
    """The first three words of each cluster; more of them, and at last a number, where two clusters would share a name.

    >>> labels([["ecology", "talk", "session", "poster"], ["ecology", "talk", "session", "hall"], ["pride"]])
    ['ecology · talk · session · poster', 'ecology · talk · session · hall', 'pride']
    >>> labels([["a"], ["a"]])
    ['a', 'a (2)']
    """
    lengths = [LABEL_WORDS] * len(words)
    for _ in range(max(map(len, words), default=0)):
        names = [_name(each, length) for each, length in zip(words, lengths, strict=True)]
        shared = Counter(names)
        lengths = [length + (shared[name] > 1) for name, length in zip(names, lengths, strict=True)]
    return _numbered([_name(each, length) for each, length in zip(words, lengths, strict=True)])


def _name(words: Sequence[str], length: int) -> str:
    return " · ".join(words[:length])


def _numbered(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return numbered

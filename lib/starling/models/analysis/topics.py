"""The topic of a draft by the champion of hashtag topics, which of its terms speak for it, and what is near."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from starling.models import facts
from starling.models.analysis.results import Neighbour, Topic, TopicTerm
from starling.models.coherence import Floats, word_counts
from starling.models.registry import Fetched
from starling.models.topic_scores import UNKNOWN_TERMS, UNLIKE, Parameters, unit_tf_idf
from starling.models.verified import SPARK_FILES

MOST_NEIGHBOURS = 4


@dataclass(frozen=True, eq=False)
class TopicModel:
    """The fitted stages' numbers, and what the card says of each topic by its number."""

    parameters: Parameters
    about: Mapping[int, Mapping[str, Any]]

    @classmethod
    def of(cls, files: Fetched) -> "TopicModel":
        """The verified version. Raises ModelError where it cannot be applied here."""
        card = facts.read(files.folder).card
        parameters = Parameters.saved(files.folder / SPARK_FILES, card)
        made = cls(parameters, {topic["topic"]: topic for topic in card["topics"]})
        made.topic(list(parameters.place))  # what is wrong with it shows now
        return made

    def topic(self, terms: Sequence[str]) -> Topic:
        """What gold.post_scores would say of a post with these terms, and why."""
        vector = unit_tf_idf(word_counts([terms], self.parameters.place), self.parameters.idf).toarray()[0]
        if not vector.any():
            return no_topic(UNKNOWN_TERMS, terms)
        cosines = self.parameters.centres @ vector
        order = np.argsort(-cosines, kind="stable")
        nearest = int(order[0])
        if cosines[nearest] <= 0:
            return no_topic(UNLIKE, terms)
        number = int(self.parameters.topics[nearest])
        return Topic(
            number=number,
            label=self.label(number),
            similarity=_cosine(cosines[nearest]),
            reason=None,
            words=tuple(self._about(number).get("words", ())),
            terms=tuple(self._terms(terms, vector * self.parameters.centres[nearest])),
            unknown=tuple(term for term in terms if term not in self.parameters.place),
            neighbours=tuple(self._neighbour(int(place), cosines) for place in order[1 : 1 + MOST_NEIGHBOURS]),
        )

    def label(self, number: int) -> str:
        """The topic's name, else its number."""
        return str(self._about(number).get("label", number))

    def hashtags(self, number: int) -> Sequence[str]:
        """The topic's hashtags, the one of most posts first."""
        posts: Mapping[str, int] = self._about(number).get("hashtags", {})
        return sorted(posts, key=lambda tag: (-posts[tag], tag))

    def _about(self, number: int) -> Mapping[str, Any]:
        return self.about[number]

    def _terms(self, terms: Sequence[str], parts: Floats) -> list[TopicTerm]:
        whole = float(parts.sum())
        each = [(term, float(parts[self.parameters.place[term]])) for term in terms if term in self.parameters.place]
        found = [TopicTerm(term, part, part / whole if whole else 0.0) for term, part in each]
        return sorted(found, key=lambda one: (-one.cosine, one.term))

    def _neighbour(self, place: int, cosines: Floats) -> Neighbour:
        number = int(self.parameters.topics[place])
        return Neighbour(number, self.label(number), _cosine(cosines[place]))


def no_topic(reason: str, terms: Sequence[str] = ()) -> Topic:
    """Why there is none; and the terms, which no model knows."""
    return Topic(None, None, None, reason, (), (), tuple(terms), ())


def _cosine(found: float) -> float:
    return min(max(float(found), 0.0), 1.0)

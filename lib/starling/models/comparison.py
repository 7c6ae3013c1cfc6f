"""Two models' clusters beside each other, whatever was clustered: what they say, in posts that neither has seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starling.models.coherence import Model, held_out
from starling.models.corpus import distinct_texts
from starling.models.trained import Corpus, Interval
from starling.settings import Settings


@dataclass(frozen=True)
class Said:
    """A cluster: the words that speak for it, and how many members it counts for."""

    words: Sequence[str]
    members: int


def lead(challenger: Sequence[Said], champion: Sequence[Said], corpus: Corpus, settings: Settings) -> Interval:
    """By how much the challenger's mean NPMI is above the champion's on the same held-out posts."""
    vocabulary = sorted({word for each in (*challenger, *champion) for word in each.words})
    place = {word: index for index, word in enumerate(vocabulary)}
    texts = distinct_texts(corpus.posts, settings.topics.held_out_share)
    unseen = held_out(texts.where("held_out"), vocabulary)
    return unseen.lead(_model(challenger, place), _model(champion, place), settings.models.seed)


def _model(said: Sequence[Said], place: Mapping[str, int]) -> Model:
    return Model([[place[word] for word in each.words] for each in said], [each.members for each in said])

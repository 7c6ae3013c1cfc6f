"""What is asked about a draft, and what is answered: plain values, frozen, for a page or for JSON.

A place in a text is a number of characters (code points, as Python counts) from its beginning. Where something cannot
be said, its numbers are None or empty, and `reason` says why, in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AuthorRecord:
    """What the author has done: posts, those of them with settled counts, and their mean log1p of all counts."""

    posts: int = 0
    settled_posts: int = 0
    mean_log_engagement: float | None = None


@dataclass(frozen=True)
class Draft:
    """A post before it is sent.

    `hashtags` are those beside the text's own, with or without #; they are put behind the text, as an author would.
    With `has_media` a picture or video goes with it. `lang` is what a source would say; without it the language is
    detected. `at` is when it is sent, in UTC where it names no zone; None is now. Of a negative number of followers
    as little is known as of None.
    """

    text: str
    hashtags: tuple[str, ...] = ()
    platform: str = "x"
    lang: str | None = None
    followers: int | None = None
    at: datetime | None = None
    is_reply: bool = False
    is_quote: bool = False
    has_media: bool = False
    author: AuthorRecord = AuthorRecord()


@dataclass(frozen=True)
class Token:
    """A piece of the text that VADER reads words from: `text[start:end]`, with no white space in it.

    `words` are what it reads there, several for an emoji. `valence` is what they add to the sum that becomes the
    compound score, `share` that by the sum of all tokens' sizes and the marks', -1 to 1. `effect` is the compound
    score less that of the text without these characters; None where the text has too many tokens to try it.
    """

    text: str
    start: int
    end: int
    words: tuple[str, ...]
    valence: float
    share: float
    effect: float | None


@dataclass(frozen=True)
class Sentiment:
    """VADER's scores as silver.posts has them, and what they come from.

    `emphasis` is what exclamation and question marks add to the tokens' valences; the compound score is
    s / √(s² + 15), to four places, of the sum s of all these. With `cut`, only the beginning was scored.
    """

    compound: float | None
    pos: float | None
    neu: float | None
    neg: float | None
    label: str | None
    reason: str | None
    cut: bool
    emphasis: float
    tokens: tuple[Token, ...]
    scorer: str


@dataclass(frozen=True)
class Guess:
    """A language that a text may be in, and the detector's probability for it."""

    code: str
    probability: float


@dataclass(frozen=True)
class Language:
    """`code` as silver.posts has it, "und" where undetermined; `source` is "given" or "detected".

    `probability` is that of the best guess, also where it was too low to be taken; None where the language was given,
    or there is no word to tell it by. `guesses` are the best ones, at most three.
    """

    code: str
    source: str
    probability: float | None
    guesses: tuple[Guess, ...]


@dataclass(frozen=True)
class TopicTerm:
    """A term of the text in the topic's favour: its part of the cosine, and that by the whole, of which all are 1."""

    term: str
    cosine: float
    share: float


@dataclass(frozen=True)
class Neighbour:
    """Another topic, and the cosine of the text to its centre."""

    number: int
    label: str
    similarity: float


@dataclass(frozen=True)
class Topic:
    """The topic that the text is nearest to, as gold.post_scores would have it; `similarity` is a cosine, 0 to 1.

    `words` are the topic's own. `terms` are those of the text that the model knows, weightiest first; `unknown` are
    the others. `neighbours` are the next nearest topics, nearest first.
    """

    number: int | None
    label: str | None
    similarity: float | None
    reason: str | None
    words: tuple[str, ...]
    terms: tuple[TopicTerm, ...]
    unknown: tuple[str, ...]
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True)
class Interval:
    """Between which counts the engagement of `level` of such posts lies; `basis` says what that was measured on.

    `coverage` is the share of held-out posts in intervals that posts of other authors had given.
    """

    low: float
    high: float
    level: float
    coverage: float | None
    basis: str


@dataclass(frozen=True)
class FeatureChange:
    """A feature of the engagement model by its exact name, before and after."""

    name: str
    before: object
    after: object


@dataclass(frozen=True)
class Change:
    """What the model says where something were otherwise.

    `name` is the same for the same kind of change; `what` says it in words. `predicted`, `top_quarter_probability`:
    of the changed post. `difference` is its predicted engagement less that of the draft, and `factor` (1 + the one) by
    (1 + the other). The model has learnt what goes together, not what brings what about.
    """

    name: str
    what: str
    features: tuple[FeatureChange, ...]
    predicted: float
    difference: float
    factor: float
    top_quarter_probability: float


@dataclass(frozen=True)
class Engagement:
    """Likes + reposts + replies, as gold.post_scores would have them: about what the middle one of such posts earns.

    `changes` have the largest factor up or down first. `features` are what the model was told, by their exact names: of
    the text as the platform would have it, which on X has a link of 23 characters in each link's place and for a
    picture. What is None there, the model has filled with the median of its training posts.
    """

    predicted: float | None
    interval: Interval | None
    interval_reason: str | None
    top_quarter_probability: float | None
    reason: str | None
    changes: tuple[Change, ...]
    features: Mapping[str, object]


@dataclass(frozen=True)
class ModelUsed:
    """A champion: its version, None where none is used; `note` says why there is none, or why not a newer one."""

    name: str
    version: int | None
    note: str | None


@dataclass(frozen=True)
class Analysis:
    """All that is said of a draft.

    `text` is the draft's with its other hashtags behind it; tokens' places are places in it. `hashtags` are all of
    them, as silver.posts would have them; `not_hashtags` are those of the draft that X would not read as one.
    """

    text: str
    hashtags: tuple[str, ...]
    not_hashtags: tuple[str, ...]
    mentions: tuple[str, ...]
    urls: tuple[str, ...]
    at: datetime
    sentiment: Sentiment
    language: Language
    topic: Topic
    engagement: Engagement
    models: tuple[ModelUsed, ...]

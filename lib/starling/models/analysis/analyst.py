"""Whoever answers what a draft is: holds the champions, and starts no JVM."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from starling.errors import ModelError
from starling.models.analysis.champions import Held
from starling.models.analysis.changes import Variant, variants
from starling.models.analysis.drafts import Post, known_of, language_of, otherwise, post_of
from starling.models.analysis.engagement import EngagementModel, no_engagement
from starling.models.analysis.results import Analysis, Draft, Engagement, Topic
from starling.models.analysis.sentiment import sentiment_of
from starling.models.analysis.topics import TopicModel, no_topic
from starling.models.engagement.inputs import Known
from starling.models.registry import Registry
from starling.models.stop_words import StopWords, mllib_stop_words_unstarted
from starling.models.trained import ENGAGEMENT, TOPICS
from starling.models.words import terms_in
from starling.settings import Settings

_TRAIN = "./spark-submit.sh jobs/train.py {what} --promote"
_EXAMPLE = Draft("An example of a post, which is not bad at all 😀 https://example.org/photo/1", ("example",))


@dataclass(frozen=True, eq=False)
class Analyst:
    """The champions at one moment; it never changes, so that any number of threads can ask it.

    A champion that is missing or of no use is a reason in the answer, never an exception.
    """

    settings: Settings
    topics: Held[TopicModel]
    engagement: Held[EngagementModel]
    stop_words: StopWords | None
    wordless: str | None  # why there are no stop words, without which the models know no terms

    @classmethod
    def load(cls, settings: Settings) -> "Analyst":
        """With the champions of the settings' registry, and with all in memory that a first answer would wait for."""
        stop_words, wordless = _stop_words()
        analyst = cls(
            settings=settings,
            topics=Held(TOPICS, TopicModel.of, _TRAIN.format(what="topics")),
            engagement=Held(ENGAGEMENT, EngagementModel.of, _TRAIN.format(what="engagement")),
            stop_words=stop_words,
            wordless=wordless,
        ).refreshed()
        analyst.analyse(_EXAMPLE)
        return analyst

    def refreshed(self, clock: Callable[[], float] = time.monotonic) -> "Analyst":
        """Itself where the registry names the same champions, which takes milliseconds; else one that has the new ones.

        Where the registry is gone, or a new champion is of no use, the ones that are held stay, with a note.
        """
        registry = Registry(self.settings, None)
        now = clock()
        topics, engagement = self.topics.refreshed(registry, now), self.engagement.refreshed(registry, now)
        if topics is self.topics and engagement is self.engagement:
            return self
        return replace(self, topics=topics, engagement=engagement)

    def analyse(self, draft: Draft) -> Analysis:
        """All that is said of a draft. The greatest cost grows with the length of the text: bound it before."""
        post = post_of(draft)
        language = language_of(draft, post, self.settings.language.min_confidence)
        topic = self._topic(post, language.code)
        return Analysis(
            text=post.text,
            hashtags=post.hashtags,
            not_hashtags=post.not_hashtags,
            mentions=post.mentions,
            urls=post.urls,
            at=post.at,
            sentiment=sentiment_of(post.text, language.code, self.settings.sentiment.max_characters),
            language=language,
            topic=topic,
            engagement=self._engagement(draft, post, language.code, topic),
            models=(self.topics.used, self.engagement.used),
        )

    def _topic(self, post: Post, lang: str) -> Topic:
        if self.topics.model is None or self.stop_words is None:
            return no_topic(self.topics.reason if self.topics.model is None else str(self.wordless))
        return self.topics.model.topic(terms_in(post.text, lang, post.hashtags, self.stop_words))

    def _engagement(self, draft: Draft, post: Post, lang: str, topic: Topic) -> Engagement:
        model, stop_words = self.engagement.model, self.stop_words
        if model is None or stop_words is None:
            return no_engagement(self.engagement.reason if model is None else str(self.wordless))
        hashtags = self.topics.model.hashtags(topic.number) if self.topics.model and topic.number is not None else ()
        known = known_of(draft, post, lang, self.settings, stop_words)

        def known_otherwise(one: Variant) -> Known:
            if one.has_text_of(draft):
                return otherwise(known, one.draft)
            return known_of(one.draft, post_of(one.draft), lang, self.settings, stop_words)

        return model.engagement(known, [(one, known_otherwise(one)) for one in variants(draft, post, hashtags)])


class Desk:
    """Where a server's threads find the analyst of the moment, which asks the registry in a thread of its own."""

    def __init__(self, analyst: Analyst, clock: Callable[[], float] = time.monotonic) -> None:
        self._analyst = analyst
        self._clock = clock
        self._asked_at = clock()
        self._asking = threading.Lock()

    def analyst(self) -> Analyst:
        """The one that is held; every `models.refresh_seconds` it is looked for a newer one meanwhile."""
        due = self._clock() - self._asked_at >= self._analyst.settings.models.refresh_seconds
        if due and self._asking.acquire(blocking=False):
            threading.Thread(target=self._refresh, name="champions", daemon=True).start()
        return self._analyst

    def _refresh(self) -> None:
        try:
            self._analyst = self._analyst.refreshed(self._clock)
        finally:
            self._asked_at = self._clock()
            self._asking.release()


def _stop_words() -> tuple[StopWords | None, str | None]:
    try:
        return mllib_stop_words_unstarted(), None
    except ModelError as error:
        return None, str(error)

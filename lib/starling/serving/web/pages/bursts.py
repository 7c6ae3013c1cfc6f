"""Bursts: which hashtags rose against their own past, when, and what is behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for
from flask.blueprints import BlueprintSetupState

from starling.gold import hashtag_trends
from starling.serving import bursts, explore
from starling.serving.burst_story import Story, story
from starling.serving.bursts import WINDOWS, Burst, Found
from starling.serving.filters import BadFilter, Filters
from starling.serving.surprise import LEAST_PAST_HOURS, QUIET_WEEKS
from starling.serving.topics import labels
from starling.serving.watched import Watched
from starling.serving.web import burst_words as words
from starling.serving.web.burst_charts import around, strongest, when_they_were
from starling.serving.web.reading import cursor

pages = Blueprint("bursts", __name__)
ORDERS = ("strongest", "newest")
_CHOICES: Mapping[str, Sequence[str]] = {"window": tuple(WINDOWS), "order": ORDERS}
_MOST_ROWS = 50
_MOST_IN_JSON = 1000
_LONGEST = timedelta(days=31)
# How long the first who ask wait for the first answer: a page asks again by itself, a program is told to.
_PAGE_SECONDS, _JSON_SECONDS = 2.0, 20.0


@dataclass(frozen=True)
class Asked:
    """What an address of the page asks for; `since` and `until` come together, and with a hashtag."""

    window: str = "day"
    order: str = "strongest"
    hashtag: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Answer:
    """All bursts in windows of a length, and what is behind the strongest."""

    found: Found
    story: Story | None


@pages.record_once
def _watch(state: BlueprintSetupState) -> None:
    index = state.app.extensions["index"]
    state.app.extensions["bursts"] = {
        name: Watched(index, hashtag_trends.TABLE.name, _answer_for(hours)) for name, hours in WINDOWS.items()
    }


def _answer_for(hours: int) -> Any:
    def answer(own: duckdb.DuckDBPyConnection) -> Answer:
        found = bursts.find(own, hours)
        first = found.bursts[0] if found.bursts else None
        return Answer(found, story(own, first.hashtag, first.since, first.until) if first else None)

    return answer


@pages.get("/bursts")
def show() -> Response | str:
    """All bursts, those of a hashtag, or one of them."""
    wanted = asked()
    answer = _answer(wanted.window, _PAGE_SECONDS)
    if answer is None:
        response = Response(render_template("bursts_coming.html"))
        response.headers["Refresh"] = "2"
        return response
    if wanted.since:
        return _one(wanted, answer.found)
    return _all(wanted, answer)


@pages.get("/api/bursts")
def as_json() -> Response:
    """The same as JSON: all bursts, or with hashtag, since and until what is behind one."""
    wanted = asked()
    if wanted.since:
        return jsonify(asdict(_story(wanted)))
    answer = _answer(wanted.window, _JSON_SECONDS)
    if answer is None:
        response = jsonify(error="the bursts are being worked out; ask again in some seconds")
        response.status_code, response.headers["Retry-After"] = 503, "5"
        return response
    found = answer.found
    return jsonify(
        window=wanted.window,
        tested=found.tested,
        windows=found.windows,
        judged_since=found.since,
        newest_hour=found.last,
        false_discovery_rate=bursts.FALSE,
        bursts=[_told(one) for one in _chosen(wanted, found)[:_MOST_IN_JSON]],
    )


def asked() -> Asked:
    """What this request asks for. Raises BadFilter."""
    known = ("window", "order", "hashtag", "since", "until")
    for name in request.args:
        if name not in known:
            raise BadFilter(f"unknown filter {name[:40]!r}; known: {', '.join(known)}")
    choice = {name: request.args.get(name) or values[0] for name, values in _CHOICES.items()}
    choice["window"] = request.args.get("window") or "day"
    for name, values in _CHOICES.items():
        if choice[name] not in values:
            raise BadFilter(f"{name} {choice[name][:40]!r} is not known; known: {', '.join(values)}")
    filters = Filters.of(pair for pair in request.args.items(multi=True) if pair[0] not in _CHOICES)
    if len(filters.hashtag) > 1:
        raise BadFilter(f"hashtag is given {len(filters.hashtag)} times; at most 1")
    _check_times(filters)
    return Asked(**choice, hashtag=next(iter(filters.hashtag), None), since=filters.since, until=filters.until)


def _check_times(filters: Filters) -> None:
    if not filters.since and not filters.until:
        return
    if not (filters.since and filters.until and filters.hashtag):
        raise BadFilter("since and until go together, and with a hashtag: they choose one burst")
    if filters.until - filters.since > _LONGEST:
        raise BadFilter(f"from since to until there are more than {_LONGEST.days} days; Explore shows longer times")


def _answer(window: str, seconds: float) -> Answer | None:
    watched: Watched[Answer] = current_app.extensions["bursts"][window]
    return watched.value(seconds)


def _story(wanted: Asked) -> Story:
    assert wanted.hashtag is not None, "a burst is that of a hashtag"
    assert wanted.since is not None, "and has a beginning"
    assert wanted.until is not None, "and an end"
    return story(cursor(), wanted.hashtag, wanted.since, wanted.until)


def _chosen(wanted: Asked, found: Found) -> list[Burst]:
    those = found.of(wanted.hashtag) if wanted.hashtag else list(found.bursts)
    return sorted(those, key=lambda one: (one.since, one.surplus), reverse=True) if wanted.order == "newest" else those


def _told(one: Burst) -> dict[str, Any]:
    told = asdict(one)
    return {**told, "factor": one.factor, "copied_share": one.copied_share, "why": words.why(one)}


def _all(wanted: Asked, answer: Answer) -> str:
    found = answer.found
    chosen = _chosen(wanted, found)
    folded = wanted.order == "strongest" and not wanted.hashtag
    rows = found.strongest() if folded else [(one, 0) for one in chosen]
    first = rows[0][0] if rows else None
    is_first = answer.story is not None and first is not None and first == found.bursts[0]
    return render_template(
        "bursts.html",
        asked=wanted,
        found=found,
        first=first,
        why=words.why(first) if first else None,
        shared=words.shared(answer.story) if is_first and answer.story else [],
        rows=rows[:_MOST_ROWS],
        count=len(rows),
        charts=[strongest(found.strongest(), address), when_they_were(found, address)] if not wanted.hashtag else [],
        windows=WINDOWS,
        orders=ORDERS,
        words=words,
        address=address,
        here=lambda **changes: here(wanted, **changes),
        rules={
            "posts": bursts.LEAST_POSTS,
            "authors": bursts.LEAST_AUTHORS,
            "hours": LEAST_PAST_HOURS,
            "weeks": QUIET_WEEKS,
            "false": bursts.FALSE,
        },
    )


def _one(wanted: Asked, found: Found) -> str:
    told = _story(wanted)
    burst = next((one for one in found.of(told.hashtag) if (one.since, one.until) == (told.since, told.until)), None)
    filters = Filters(since=told.since, until=told.until, hashtag=(told.hashtag,))
    return render_template(
        "burst.html",
        story=told,
        burst=burst,
        why=words.why(burst) if burst else None,
        shared=words.shared(told),
        chart=around(told),
        others=[one for one in found.of(told.hashtag) if one != burst][:12],
        posts=explore.posts(cursor(), filters, "oldest")[:10],
        topics=labels(cursor()),
        explore_address=url_for("explore.show") + "?" + filters.query(),
        words=words,
        address=address,
        here=lambda **changes: here(wanted, **changes),
    )


def address(one: Burst) -> str:
    """The page of a burst."""
    window = next(name for name, hours in WINDOWS.items() if timedelta(hours=hours) == one.until - one.since)
    times: dict[str, Any] = {
        name: time.strftime("%Y-%m-%dT%H:%M") for name, time in (("since", one.since), ("until", one.until))
    }
    return url_for("bursts.show", hashtag=one.hashtag, **times, window=window if window != "day" else None)


def here(wanted: Asked, **changes: Any) -> str:
    """The page of all bursts, or of a hashtag's, with something else chosen."""
    chosen = {"window": wanted.window, "order": wanted.order, "hashtag": wanted.hashtag, **changes}
    usual = asdict(Asked())
    return url_for("bursts.show", **{name: value for name, value in chosen.items() if value != usual[name]})

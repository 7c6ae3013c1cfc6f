"""Bursts: what was planted is found, noise is not, and what is said of a burst is what was planted."""

import itertools
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import numpy as np
import pytest
from flask.testing import FlaskClient
from scipy.special import betaln, gammaln

from serving.lake import Row, gold_of, indexed, make_lake, unscored
from starling.serving import bursts
from starling.serving.burst_story import story
from starling.serving.bursts import Found
from starling.serving.index.index import Index
from starling.serving.surprise import Cells, Expected, Past, Windows, q_values
from starling.serving.web.app import create_app
from starling.serving.web.pages import bursts as pages
from starling.settings import Settings

# A Monday; the stream begins five weeks before.
DAY = datetime(2021, 6, 28, tzinfo=timezone.utc)
FIRST = DAY - timedelta(weeks=5)
_ids = itertools.count(1)


def said(at: datetime, *tags: str, author: int = 0, text: str | None = None, **told: object) -> Row:
    """A Spanish post, whose text is its own unless it is told."""
    number = next(_ids)
    words = text if text is not None else f"palabra{number}"
    key = f"{abs(hash(words)) % 10**16:016d}" + "0" * 48
    return unscored(
        number, created_at=at, hashtags=list(tags), author=f"{author:032x}", text=words, text_hash=key, **told
    )


def ordinary(until: datetime = DAY + timedelta(days=1), an_hour: int = 2) -> list[Row]:
    """Posts in every hour, and one with #steady at noon and at six of each day."""
    hours = [FIRST + timedelta(hours=n) for n in range(int((until - FIRST) / timedelta(hours=1)))]
    plain = [said(hour + timedelta(minutes=n), author=n) for hour in hours for n in range(an_hour)]
    return plain + [said(hour, "steady", author=hour.day) for hour in hours if hour.hour in (12, 18)]


def planted(day: datetime = DAY, posts: int = 30, authors: int = 15, tag: str = "rose") -> list[Row]:
    """Posts of a day, from eight in the morning on, one a quarter of an hour."""
    return [said(day + timedelta(hours=8, minutes=15 * n), tag, author=100 + n % authors) for n in range(posts)]


def lake(folder: Path, posts: list[Row]) -> Settings:
    return make_lake(folder, silver_posts=posts, **gold_of(posts))


def found(folder: Path, posts: list[Row], hours: int = 24) -> Found:
    index = indexed(lake(folder, posts))
    with index.cursor() as cursor:
        answer = bursts.find(cursor, hours)
    index.close()
    return answer


def test_a_planted_burst_is_found_with_its_authors_and_copies(tmp_path: Path) -> None:
    day = DAY.replace(tzinfo=None)
    # Two posts repeat one of the burst's texts, one repeats a text from weeks before.
    early = said(FIRST + timedelta(hours=3), text="old words")
    more = [
        said(DAY + timedelta(hours=20), "rose", author=100, text="same words"),
        said(DAY + timedelta(hours=21), "rose", author=101, text="same words"),
        said(DAY + timedelta(hours=22), "rose", author=102, text="same words"),
        said(DAY + timedelta(hours=23), "rose", author=103, text="old words"),
    ]
    answer = found(tmp_path, [*ordinary(), early, *planted(), *more])
    assert [one.hashtag for one in answer.bursts] == ["rose"]
    (burst,) = answer.bursts
    assert (burst.since, burst.until) == (day, day + timedelta(days=1))
    assert (burst.posts, burst.authors, burst.copies, burst.scored) == (34, 15, 3, 0)
    assert burst.copied_share == 3 / 34
    # The past: 22 days until two weeks before, four of them Mondays. Half a post in all of it, none on a Monday.
    drawn = 4 * 24
    assert burst.expected_posts == pytest.approx(24 * (drawn * 0.5 / (22 * 24)) / (4 * 24 + drawn), rel=1e-9)
    assert burst.q < 0.001
    assert answer.since == (FIRST + timedelta(days=14)).replace(tzinfo=None)
    assert answer.windows == 22


@pytest.mark.parametrize("hours", [1, 6, 24])
def test_a_burst_of_an_hour_is_found_in_windows_of_any_length(tmp_path: Path, hours: int) -> None:
    posts = [said(DAY + timedelta(hours=8, minutes=n), "rose", author=n) for n in range(40)]
    (burst,) = found(tmp_path, [*ordinary(), *posts], hours).bursts
    start = (DAY + timedelta(hours=8 // hours * hours)).replace(tzinfo=None)
    assert (burst.hashtag, burst.since, burst.posts, burst.authors) == ("rose", start, 40, 40)


def test_many_posts_of_few_authors_are_no_burst(tmp_path: Path) -> None:
    # Four who post in every hour are ninety-six authors of hours, and four of the day.
    loud = [said(DAY + timedelta(hours=n), "loud", author=100 + k) for n in range(24) for k in range(4)]
    assert found(tmp_path, [*ordinary(), *loud]).bursts == []


def test_a_burst_of_days_does_not_hide_its_later_days(tmp_path: Path) -> None:
    posts = [*ordinary(), *planted(DAY - timedelta(days=1)), *planted(DAY)]
    days = [one.since.day for one in found(tmp_path, posts).newest()]
    assert days == [DAY.day, (DAY - timedelta(days=1)).day]


def test_what_has_always_been_is_no_burst(tmp_path: Path) -> None:
    weekly = [post for week in range(6) for post in planted(FIRST + timedelta(weeks=week), tag="monday")]
    assert found(tmp_path, [*ordinary(), *weekly]).bursts == []


def test_a_stream_that_grows_is_no_burst_of_its_hashtags(tmp_path: Path) -> None:
    grown = ordinary(DAY) + [said(DAY + timedelta(minutes=n), author=n) for n in range(1440)]
    steady = [said(DAY + timedelta(minutes=20 * n), "steady", author=n) for n in range(40)]
    assert found(tmp_path, [*grown, *steady]).bursts == []
    assert [one.hashtag for one in found(tmp_path / "same", [*ordinary(), *steady]).bursts] == ["steady"]


def test_a_young_stream_is_not_judged(tmp_path: Path) -> None:
    posts = [said(DAY + timedelta(hours=n)) for n in range(24)] + planted()
    answer = found(tmp_path, posts)
    assert (answer.windows, answer.tested, answer.bursts, answer.since) == (0, 0, [], None)


def test_an_empty_lake_has_no_bursts(tmp_path: Path) -> None:
    index = indexed(make_lake(tmp_path))
    with index.cursor() as cursor:
        assert bursts.find(cursor, 24) == Found(24, [], 0, 0, None, None)
    index.close()


def discoveries(seed: int, uneven: float, grows: bool = False) -> int:
    """How many cells of pure noise are called bursts: 600 hashtags of very different use, for ten weeks of days."""
    rng = np.random.default_rng(seed)
    days, tags = 70, 600
    usual = np.exp(rng.normal(0, 2, tags))[:, None] * rng.uniform(0.3, 2, 7)[np.arange(days) % 7]
    usual = usual * np.where(grows & (np.arange(days) > 40), 5, 1)
    rates = usual * rng.gamma(1 / uneven, uneven, (tags, days)) if uneven else usual
    posts = rng.poisson(rates)
    authors = posts - rng.binomial(posts, 0.2)
    tag, day = np.nonzero(posts)
    cells = Cells(tag, day, posts[tag, day].astype(float), authors[tag, day].astype(float))
    windows = Windows(24, np.arange(days), np.full(days, 24.0), rng.poisson(usual.sum(0) + 100).astype(float))
    large = np.flatnonzero((cells.posts >= bursts.LEAST_POSTS) & (cells.authors >= bursts.LEAST_AUTHORS))
    past = Past(cells, windows, large)
    posts_law, authors_law = past.expected(cells.posts), past.expected(cells.authors)
    # What is likely even where its mean is known is not looked into.
    at = np.flatnonzero(past.judged & (posts_law.least_chance(cells.posts[large]) < 0.001))
    chance = np.maximum(
        posts_law.of(at).chance(cells.posts[large[at]]), authors_law.of(at).chance(cells.authors[large[at]])
    )
    return int((q_values(chance, past.tested()) <= bursts.FALSE).sum())


@pytest.mark.parametrize(("uneven", "grows"), [(0.0, False), (0.0, True), (0.3, False), (0.3, True), (0.6, False)])
def test_noise_makes_no_discovery(uneven: float, grows: bool) -> None:
    assert sum(discoveries(seed, uneven, grows) for seed in range(5)) == 0


def tail(count: float, size: float, a: float, b: float) -> float:
    """P(X >= count) of the beta negative binomial, summed up."""
    k = np.arange(count, 100_000)
    several = gammaln(size + k) - gammaln(k + 1) - gammaln(size)
    return float(np.exp(several + betaln(a + size, b + k) - betaln(a, b)).sum())


def test_the_chance_is_that_of_the_beta_negative_binomial() -> None:
    mean, uneven, windows = np.array([3.0, 0.02, 40.0]), np.array([1.0, 1.0, 0.4]), np.array([5.0, 12.0, 30.0])
    counts = np.array([40.0, 9.0, 130.0])
    exact = np.array([tail(*law) for law in zip(counts, 1 / uneven, windows / uneven + 1, mean * windows, strict=True)])
    said = Expected(mean, uneven, windows).chance(counts)
    assert (said >= exact).all()
    assert (said <= 1.4 * exact + 1e-11).all()


def test_q_values_by_hand() -> None:
    # Six tests, two of which had p = 1 and are not told: 0.01 * 6 / 1, 0.02 * 6 / 2, 0.03 * 6 / 3, 0.5 * 6 / 4.
    assert q_values(np.array([0.5, 0.03, 0.01, 0.02]), 6) == pytest.approx([0.75, 0.06, 0.06, 0.06])
    assert q_values(np.array([]), 0).tolist() == []


def test_the_story_is_what_was_planted(tmp_path: Path) -> None:
    shared = [
        said(DAY + timedelta(hours=9, minutes=n), "rose", "garden", author=n, text="jardín rojo") for n in range(3)
    ]
    others = [said(DAY + timedelta(hours=10), "rose", author=9, text=f"jardín {name}") for name in ("azul", "verde")]
    index = indexed(lake(tmp_path, [*ordinary(), *shared, *others]))
    day = DAY.replace(tzinfo=None)
    with index.cursor() as cursor:
        told = story(cursor, "rose", day, day + timedelta(days=1))
        nothing = story(cursor, "nobody", day, day + timedelta(days=1))
    index.close()
    assert (told.posts, told.authors, told.copies, told.scored) == (5, 4, 2, 0)
    assert list(told.beside) == [("garden", 3)]
    assert list(told.words) == [("jardín", 3)]
    assert [(one.text, one.posts, one.authors) for one in told.copied] == [("jardín rojo", 3, 3)]
    assert len(told.hours) == 72
    assert {each.hour.hour: each.posts for each in told.hours[24:48] if each.posts} == {9: 3, 10: 2}
    assert all(each.expected is None or each.expected < 0.01 for each in told.hours)
    assert told.hours[30].expected is not None
    assert (nothing.posts, nothing.copied_share, nothing.mean_compound) == (0, 0.0, None)


# --- the pages


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    hostile = said(DAY + timedelta(hours=8), "rose", author=50, text="<script>alert(1)</script>")
    settings = lake(tmp_path_factory.mktemp("bursts"), [*ordinary(), hostile, *planted()])
    index: Index = indexed(settings)
    yield create_app(index, settings).test_client()
    index.close()


def test_the_page_says_first_which_hashtag_rose_most_and_why(client: FlaskClient) -> None:
    page = client.get("/bursts").get_data(as_text=True)
    why = "#rose had 31 posts of 16 authors on Monday 2021-06-28, where less than 0.1 was expected"
    assert "rose most" in page
    assert page.index(why) < page.index("Strongest bursts")
    assert "0% of the posts are copies" in page


def test_a_burst_has_a_page_with_its_posts_which_stay_text(client: FlaskClient) -> None:
    page = client.get("/bursts?hashtag=rose&since=2021-06-28&until=2021-06-29").get_data(as_text=True)
    assert "#rose on Monday 2021-06-28" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "/explore?since=2021-06-28T00%3A00&amp;until=2021-06-29T00%3A00&amp;hashtag=rose" in page
    assert "it is no burst" in client.get("/bursts?hashtag=steady&since=2021-06-28&until=2021-06-29").get_data(
        as_text=True
    )
    nobody = client.get("/bursts?hashtag=none&since=2021-06-28&until=2021-06-29").get_data(as_text=True)
    assert "No post has #none" in nobody


def test_bursts_as_json(client: FlaskClient) -> None:
    told = client.get("/api/bursts?order=newest").get_json()
    assert [(one["hashtag"], one["posts"], one["authors"], one["copies"]) for one in told["bursts"]] == [
        ("rose", 31, 16, 0)
    ]
    assert told["windows"] == 22
    assert client.get("/api/bursts?window=6h&hashtag=steady").get_json()["bursts"] == []
    one = client.get("/api/bursts?hashtag=rose&since=2021-06-28&until=2021-06-29").get_json()
    assert (one["posts"], one["authors"]) == (31, 16)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("window=year", "window 'year' is not known; known: hour, 6h, day"),
        ("order=best", "order 'best' is not known; known: strongest, newest"),
        ("lang=en", "unknown filter 'lang'; known: window, order, hashtag, since, until"),
        ("hashtag=a&hashtag=b", "hashtag is given 2 times; at most 1"),
        ("since=2021-06-28&until=2021-06-29", "since and until go together, and with a hashtag: they choose one burst"),
        (
            "hashtag=a&since=2021-01-01&until=2021-06-29",
            "from since to until there are more than 31 days; Explore shows longer times",
        ),
    ],
)
def test_what_is_not_understood_is_refused_with_the_reason(client: FlaskClient, query: str, reason: str) -> None:
    answer = client.get(f"/api/bursts?{query}")
    assert (answer.status_code, answer.get_json()) == (400, {"error": reason})
    assert client.get(f"/bursts?{query}").status_code == 400


def test_whoever_asks_before_the_first_answer_is_told_to_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    find = bursts.find

    def slow(cursor: duckdb.DuckDBPyConnection, hours: int) -> Found:
        assert go_on.wait(20)
        return find(cursor, hours)

    monkeypatch.setattr(bursts, "find", slow)
    monkeypatch.setattr(pages, "_PAGE_SECONDS", 0.01)
    monkeypatch.setattr(pages, "_JSON_SECONDS", 0.01)
    settings = make_lake(tmp_path)
    index = indexed(settings)
    client = create_app(index, settings).test_client()
    page, told = client.get("/bursts"), client.get("/api/bursts")
    go_on.set()
    assert (page.status_code, page.headers["Refresh"]) == (200, "2")
    assert "asks again by itself" in page.get_data(as_text=True)
    assert (told.status_code, told.headers["Retry-After"]) == (503, "5")
    monkeypatch.setattr(pages, "_PAGE_SECONDS", 20)
    assert "No hashtags yet" in client.get("/bursts").get_data(as_text=True)
    index.close()

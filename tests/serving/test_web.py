"""What every answer of the dashboard has, whoever asks: safe headers, clear refusals, and one description of it all."""

import re
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from serving.lake import entry, indexed, make_lake, post, settings_of, write
from starling.errors import ConfigError
from starling.models.analysis import Analysis
from starling.serving.drafts import FIELDS
from starling.serving.index.index import Index
from starling.serving.kept import Kept
from starling.serving.web import events
from starling.serving.web.app import create_app
from starling.serving.web.limits import Limit
from starling.serving.web.server import Server, on_a_free_port
from starling.settings import Serve, Settings

PAGES = ["/", "/explore", "/topics", "/topics/words", "/bursts", "/analyse", "/trust", "/trust/rejected", "/api"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_lake(tmp_path, silver_posts=[post(1), post(2)], ops_batches=[entry(records=2, posts=2)])


@pytest.fixture
def index(settings: Settings) -> Iterator[Index]:
    found = indexed(settings)
    yield found
    found.close()


@pytest.fixture
def app(index: Index, settings: Settings) -> Flask:
    return create_app(index, settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("page", [*PAGES, "/api/explore", "/nowhere", "/explore?colour=red", "/export/posts.csv"])
def test_every_answer_forbids_what_no_page_needs(client: FlaskClient, page: str) -> None:
    headers = client.get(page).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_models_and_of_few_posts_is_a_page(client: FlaskClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert "<h1>" in answer.text
    assert "<script>" not in answer.text
    assert " onclick=" not in answer.text


@pytest.mark.parametrize("page", [*PAGES, "/api/explore", "/api/now", "/api/bursts", "/api/topics", "/api/trust"])
def test_with_no_table_at_all_a_page_says_which_command_makes_them(tmp_path: Path, page: str) -> None:
    settings = settings_of(tmp_path / "empty")
    index = indexed(settings)
    answer = create_app(index, settings).test_client().get(page)
    assert answer.status_code == 200
    if not page.startswith("/api/"):
        assert "./spark-submit.sh jobs/stream.py" in answer.text
    index.close()


@pytest.mark.parametrize("host", ["localhost:8050", "127.0.0.1:8050", "[::1]:8050", "LOCALHOST"])
def test_it_answers_to_its_own_names(client: FlaskClient, host: str) -> None:
    assert client.get("/explore", headers={"Host": host}).status_code == 200


def test_our_own_files_are_served_once_and_then_known_to_be_the_same(client: FlaskClient) -> None:
    page = client.get("/explore").text
    for address in re.findall(r'(?:href|src)="(/(?:static|vendor)/[^"]+)"', page):
        with client.get(address) as answer:
            assert answer.status_code == 200
    style = client.get("/static/app.css")
    assert style.mimetype == "text/css"
    again = client.get("/static/app.css", headers={"If-None-Match": style.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("../app.py", "app.py", "%2e%2e/app.py"):
        assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8050", "127.0.0.1.evil.example", "localhost.evil.example"]
)
def test_a_foreign_name_is_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/explore", headers={"Host": host})
    assert answer.status_code == 403
    assert "does not answer to that name" in answer.text
    assert "a good day" not in answer.text


def test_a_name_can_be_allowed(index: Index, settings: Settings) -> None:
    allowed = settings.model_copy(update={"serve": Serve(port=0, allowed_hosts="posts.example other.example")})
    client = create_app(index, allowed).test_client()
    assert client.get("/explore", headers={"Host": "Posts.example"}).status_code == 200
    assert client.get("/explore", headers={"Host": "third.example"}).status_code == 403


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/explore?colour=red", "unknown filter &#39;colour&#39;; known: since"),
        ("/explore?order=best", "order &#39;best&#39; is not known; known: newest, oldest"),
        ("/explore?page=0", "page &#39;0&#39; is not understood; wanted a number from 1 to 500"),
        ("/explore?page=%C2%B2", "page &#39;²&#39; is not understood"),
        ("/export/posts.xls", "posts cannot be exported as &#39;xls&#39;; wanted csv or parquet"),
    ],
)
def test_what_is_not_understood_is_400_with_the_reason(client: FlaskClient, address: str, said: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert said in answer.text


def test_a_program_is_told_what_is_wrong_in_json(client: FlaskClient) -> None:
    answer = client.get("/api/explore?colour=red")
    assert (answer.status_code, answer.json["error"][:24]) == (400, "unknown filter 'colour';")
    assert client.get("/api/nowhere").json["error"]
    for body, code in (({"text": 1}, 400), ([], 400), ({"text": "a", "x": 1}, 400)):
        assert client.post("/api/analyse", json=body).status_code == code
    assert client.post("/api/analyse", data="text=a").status_code == 415
    assert client.post("/api/analyse", data="{", content_type="application/json").status_code == 400


def test_times_are_iso_8601_in_utc_and_durations_seconds(client: FlaskClient) -> None:
    told = client.get("/api/explore").json
    assert told["posts"][0]["created_at"] == "2021-06-30T12:00:00Z"
    assert told["summary"]["width"] == 60
    assert (
        client.post("/api/analyse", json={"text": "a", "at": "2026-06-30T18:00+02:00"}).json["at"]
        == "2026-06-30T16:00:00Z"
    )


def test_what_all_posts_add_up_to_is_kept_until_they_change(app: Flask, index: Index, settings: Settings) -> None:
    app.extensions["kept"] = Kept(oldest_seconds=0)
    client = app.test_client()

    def posts(query: str = "") -> int:
        return int(client.get(f"/api/explore{query}").json["summary"]["whole"]["posts"])

    assert [posts(), posts("?lang=es"), posts()] == [2, 0, 2]
    write(settings, "silver.posts", [post(3)])
    index.refresh()
    assert posts() == 3


def test_filters_in_use_are_said_in_words_and_so_is_an_order_that_has_nothing_to_go_by(client: FlaskClient) -> None:
    page = client.get("/explore?since=2000-01-01T00:30&platform=x&sentiment=positive&order=engagement").text
    for said in ("from 2000-01-01 00:30", "platform x", "sentiment positive"):
        assert f'aria-label="Remove {said}">{said} ' in page
    assert "None of these posts has an expected engagement" in page
    assert "None of these posts" not in client.get("/explore?order=newest").text


def test_a_word_is_said_to_add_what_the_score_loses_without_it(client: FlaskClient) -> None:
    page = client.post("/analyse", data={"text": "I love it. The food is bad."}).text
    score = SentimentIntensityAnalyzer().polarity_scores
    adds = score("I love it. The food is bad.")["compound"] - score("I it. The food is bad.")["compound"]
    assert "adds to the score" in page
    assert f"{adds:+.3f}" in page
    assert adds > 0.5


def test_a_request_that_is_too_large_is_refused(client: FlaskClient) -> None:
    assert client.post("/api/analyse", json={"text": "x" * 70_000}).status_code == 413
    answer = client.post("/analyse", data={"text": "x" * 5_001})
    assert answer.status_code == 400
    assert "text has 5,001 characters; at most 5,000" in answer.text


def test_the_form_answers_without_models_and_says_which_command_makes_them(client: FlaskClient) -> None:
    text = "What a good day this is for all of us"
    told = client.post("/api/analyse", json={"text": text}).json
    assert told["sentiment"]["compound"] == SentimentIntensityAnalyzer().polarity_scores(text)["compound"]
    assert client.post("/api/analyse", json={"text": "a good day"}).json["near"]["posts"] == 2
    assert told["topic"]["number"] is None
    assert all("./spark-submit.sh jobs/train.py" in model["note"] for model in told["models"])


def test_an_address_may_ask_so_often_a_minute_and_no_oftener(index: Index, settings: Settings) -> None:
    two = settings.model_copy(update={"serve": Serve(port=0, analyses_a_minute=2)})
    client = create_app(index, two).test_client()
    codes = [client.post("/api/analyse", json={"text": "a good day"}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    other = client.post("/analyse", data={"text": "a"}, environ_base={"REMOTE_ADDR": "127.0.0.2"})
    assert other.status_code == 200


def test_what_was_not_asked_for_is_saved_up_to_a_minutes_worth() -> None:
    now = [0.0]
    limit = Limit(6, lambda: now[0])
    assert [limit.seconds_to_wait("a") for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10]
    now[0] = 9.0
    assert limit.seconds_to_wait("a") == pytest.approx(1)
    now[0] = 10.0
    assert limit.seconds_to_wait("a") == 0
    now[0] = 10_000.0
    assert [limit.seconds_to_wait("a") for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10]


def test_every_json_address_is_described_and_the_drafts_fields_are_what_is_read(
    client: FlaskClient, app: Flask
) -> None:
    described = client.get("/api/openapi.json").json
    rules = {str(rule).replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()}
    assert set(described["paths"]) == {rule for rule in rules if rule.startswith("/api/")}
    body = described["paths"]["/api/analyse"]["post"]["requestBody"]["content"]["application/json"]
    assert tuple(body["schema"]["properties"]) == tuple(FIELDS)
    told = client.post("/api/analyse", json=body["example"]).json
    assert set(told) == {one.name for one in fields(Analysis)} | {"near"}
    shown = client.get("/api").text
    assert all(path in shown for path in described["paths"])


def test_listeners_are_told_of_changes_and_are_not_more_than_there_are_threads_for(
    client: FlaskClient, index: Index, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_listeners", threading.BoundedSemaphore(1))
    answer = client.get("/events", buffered=False)
    told = iter(answer.response)
    first = next(told)
    assert b"event: change" in first
    assert client.get("/events").status_code == 503
    write(settings, "silver.posts", [post(3)])
    index.refresh()
    assert next(told) == f"event: change\ndata: {index.changes}\n\n".encode()
    answer.close()
    again = client.get("/events", buffered=False)
    assert again.status_code == 200
    again.close()


def test_a_port_that_is_taken_is_named_and_another_one_can_be_had(app: Flask) -> None:
    first = Server(app, Serve(port=0))
    taken = int(first.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(ConfigError, match=rf"cannot listen on 127.0.0.1:{taken}: .*; set serve.port to another port"):
        Server(app, Serve(port=taken))
    assert on_a_free_port(Serve(port=taken)).port == 0
    first.close()
    assert on_a_free_port(Serve(port=taken)).port == taken

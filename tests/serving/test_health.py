"""Whether the process serves, whether it has something to serve, and its numbers."""

from pathlib import Path

from serving.lake import entry, make_lake, post, settings_of, table
from serving.trained import pages_on
from starling.serving.index.index import Index
from starling.serving.web.app import create_app


def test_it_is_ready_once_the_index_has_been_made(tmp_path: Path) -> None:
    settings = make_lake(tmp_path, silver_posts=[post(1)])
    index = Index(settings)
    client = create_app(index, settings).test_client()
    answer = client.get("/ready")
    assert (answer.status_code, answer.json["reason"]) == (503, "the index is being made from the tables")
    assert client.get("/health").status_code == 200
    index.refresh()
    assert client.get("/ready").status_code == 200
    assert client.get("/ready").json == {"status": "ready"}
    index.close()


def test_it_is_not_ready_while_a_table_cannot_be_read(tmp_path: Path) -> None:
    settings = make_lake(tmp_path, silver_posts=[post(1)])
    (file,) = table(settings, "silver.posts").file_uris()
    whole = Path(file).read_bytes()
    Path(file).write_bytes(b"not parquet")
    index = Index(settings)
    index.refresh()
    client = create_app(index, settings).test_client()
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json["reason"].startswith("silver.posts cannot be read: ")
    assert client.get("/health").json["numbers"] == "unreadable"
    assert "starling_dashboard_index_trouble 1.0" in client.get("/metrics").text
    Path(file).write_bytes(whole)
    index.refresh()
    assert client.get("/ready").status_code == 200
    index.close()


def test_health_says_how_fresh_the_numbers_are(tmp_path: Path) -> None:
    with pages_on(settings_of(tmp_path / "empty")) as client:
        assert client.get("/health").json == {"status": "ok", "numbers": "empty", "as_of": None, "stale_since": None}
    settings = make_lake(tmp_path, ops_batches=[entry(records=1, posts=1)])
    with pages_on(settings) as client:
        at = "2021-06-30T12:00:00Z"
        assert client.get("/health").json == {"status": "ok", "numbers": "stale", "as_of": at, "stale_since": at}
    patient = settings.model_copy(update={"serve": settings.serve.model_copy(update={"stale_minutes": 10**8})})
    with pages_on(patient) as client:
        assert client.get("/health").json == {"status": "ok", "numbers": "fresh", "as_of": at, "stale_since": None}


def test_the_numbers_say_what_was_asked_and_how_the_index_stands(tmp_path: Path) -> None:
    rows = [entry(records=2, posts=2), entry(batch_id=1, records=2, posts=1)]
    with pages_on(make_lake(tmp_path, silver_posts=[post(1), post(2)], ops_batches=rows)) as client:
        client.get("/trust")
        client.get("/trust?page=secret-of-a-visitor")
        client.get("/topics/12345")
        client.get("/secret-of-a-visitor")
        told = client.get("/metrics")
        assert told.content_type.startswith("text/plain")
        lines = told.text.splitlines()
        for line in (
            'starling_dashboard_requests_total{route="/trust",status="200"} 1.0',
            'starling_dashboard_requests_total{route="/trust",status="400"} 1.0',
            'starling_dashboard_requests_total{route="/topics/<number>",status="404"} 1.0',
            'starling_dashboard_requests_total{route="none",status="404"} 1.0',
            'starling_dashboard_request_seconds_count{route="/trust"} 2.0',
            'starling_dashboard_rows{table="silver.posts"} 2.0',
            'starling_dashboard_rows{table="ops.batches"} 2.0',
            'starling_dashboard_rows{table="gold.topics"} 0.0',
            "starling_dashboard_index_refreshes_total 1.0",
            "starling_dashboard_index_changes_total 1.0",
            "starling_dashboard_index_trouble 0.0",
            "starling_dashboard_unbalanced_rows 1.0",
            "starling_dashboard_listeners 0.0",
        ):
            assert line in lines
        assert any(line.startswith("starling_dashboard_newest_batch_age_seconds") for line in lines)
        assert 'starling_dashboard_request_seconds_sum{route="/trust"} 0.0' not in lines
        assert "secret-of-a-visitor" not in told.text
        assert "12345" not in told.text


def test_a_page_that_listens_is_counted_until_it_leaves(tmp_path: Path) -> None:
    with pages_on(make_lake(tmp_path, silver_posts=[post(1)])) as client:
        listening = client.get("/events")
        assert "starling_dashboard_listeners 1.0" in client.get("/metrics").text
        listening.close()
        assert "starling_dashboard_listeners 0.0" in client.get("/metrics").text

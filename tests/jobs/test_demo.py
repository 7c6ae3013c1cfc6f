"""The README's first command."""

import gzip
import json
import subprocess
from pathlib import Path

import pytest
from deltalake import DeltaTable

ROOT = Path(__file__).parents[2]


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command as the README gives it, in that folder."""
    command = [str(ROOT / "spark-submit.sh"), "--driver-memory", "1g", str(ROOT / "jobs" / "demo.py")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)


def bundled() -> tuple[int, set[str]]:
    """How many records the bundled files hold, and the ids of those that are posts of their own."""
    records, posts = 0, set()
    for path in (ROOT / "data").glob("*.jsonl.gz"):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            records += 1
            row = json.loads(line)
            if "data" in row:
                if all(ref["type"] != "retweeted" for ref in row["data"].get("referenced_tweets") or []):
                    posts.add(row["data"]["id"])
            elif not row["is_retweet"]:
                posts.add(row["status_id"])
    return records, posts


@pytest.mark.slow
@pytest.mark.timeout(1300)
def test_it_accounts_for_every_bundled_post_and_doubles_nothing_when_it_runs_again(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    work = folder / "work"
    records, posts = bundled()
    first = demo(folder)
    assert first.returncode == 0, first.stderr
    assert "Ledger: balanced" in first.stdout
    assert f"  {records:,} records read = {len(posts):,} posts + " in first.stdout
    assert "Traceback" not in first.stderr

    summary = json.loads((work / "summary.json").read_text())
    assert summary["ledger_balanced"] is True
    counts = summary["counts"]
    assert counts["bronze.events"] == counts["records"] == records
    assert counts["silver.posts"] == counts["posts"] == len(posts)
    assert counts["engagement"] == records - len(posts)
    assert counts["silver.rejected"] == counts["duplicates"] == counts["repeated"] == 0
    found = DeltaTable(summary["tables"]["silver.posts"]).to_pyarrow_table(columns=["post_id"])
    assert sorted(found["post_id"].to_pylist()) == sorted(posts)

    second = demo(folder)
    assert second.returncode == 0, second.stderr
    assert json.loads((work / "summary.json").read_text())["counts"] == counts
    assert not (work / "kafka" / "broker.json").exists(), "the broker is still there"

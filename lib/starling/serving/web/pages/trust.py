"""Trust: the ledger, what was rejected, how each table stands, and which models were let through, on what evidence."""

from dataclasses import asdict
from typing import Any

import duckdb
from flask import Blueprint, Response, current_app, jsonify, render_template, url_for

from starling.models.store import masked
from starling.models.ui import how_to_compare
from starling.serving import decisions, ledger, rejected, standings
from starling.serving.charts import RANKED, Chart, ranked
from starling.serving.filters import BadFilter
from starling.serving.rejected import Reason
from starling.serving.standings import Stand
from starling.serving.web.asked import only, page_number
from starling.serving.web.keeping import kept
from starling.serving.web.reading import cursor, index, settings

pages = Blueprint("trust", __name__)
_WRONG = ("", "unbalanced")


@pages.get("/trust")
def show() -> str:
    """The page."""
    page, wrong = _ledger_asked()
    totals = kept(ledger.totals)
    return render_template(
        "trust.html",
        stands=kept(_stands),
        totals=totals,
        partitions=kept(ledger.partitions),
        entries=ledger.entries(cursor(), page, wrong=wrong),
        wrong=wrong,
        page=page,
        pages=_pages(totals.unbalanced if wrong else totals.rows, ledger.PAGE, ledger.MOST_PAGES),
        reasons=kept(rejected.by_reason),
        champions=decisions.champions(cursor()),
        scored_by=kept(decisions.scored_by),
        decisions=decisions.decisions(cursor()),
        mlflow=mlflow(),
    )


@pages.get("/trust/rejected")
def rejections() -> str:
    """The records that could not be used."""
    reason, page = _rejected_asked()
    reasons = kept(rejected.by_reason)
    chosen = [one for one in reasons if reason in ("", one.name)]
    return render_template(
        "rejected.html",
        reasons=reasons,
        reason=reason,
        meaning=rejected.REASONS.get(reason),
        chart=_by_reason(reasons),
        rows=rejected.rows(cursor(), reason, page),
        page=page,
        pages=_pages(sum(one.records for one in chosen), rejected.PAGE, rejected.MOST_PAGES),
        here=lambda **changes: {name: value for name, value in {"reason": reason, **changes}.items() if value},
    )


@pages.get("/api/trust")
def as_json() -> Response:
    """How far the numbers can be trusted."""
    only()
    return jsonify(
        ledger={**asdict(kept(ledger.totals)), "accounted": kept(ledger.totals).accounted},
        partitions=[asdict(one) for one in kept(ledger.partitions)],
        tables=[{**asdict(one), "lags": one.lags} for one in kept(_stands)],
        rejected={one.name: one.records for one in kept(rejected.by_reason)},
        champions={model: version for model, (version, _) in decisions.champions(cursor()).items()},
        scored_by=[asdict(one) for one in kept(decisions.scored_by)],
        decisions=[asdict(one) for one in decisions.decisions(cursor())],
    )


@pages.get("/api/trust/ledger")
def ledger_as_json() -> Response:
    """A page of the ledger."""
    page, wrong = _ledger_asked()
    entries = ledger.entries(cursor(), page, wrong=wrong)
    return jsonify(page=page, entries=[{**asdict(one), "missing": one.missing} for one in entries])


@pages.get("/api/trust/rejected")
def rejected_as_json() -> Response:
    """A page of the rejected records."""
    reason, page = _rejected_asked()
    return jsonify(page=page, reason=reason, records=[asdict(one) for one in rejected.rows(cursor(), reason, page)])


def mlflow() -> dict[str, Any]:
    """Where MLflow's pages are, and the command that opens them. No secret of the store's address is among it."""
    ui = current_app.extensions.get("mlflow_ui")
    uri = settings().tracking_uri
    is_server = uri.startswith(("http:", "https:")) and masked(uri) == uri
    return {
        "store": masked(uri),
        "state": ui.state if ui else "server" if is_server else "none",
        "url": ui.url if ui else uri if is_server else "",
        "command": [line.strip() for line in how_to_compare(settings())][-1],
    }


def _stands(asking: duckdb.DuckDBPyConnection) -> list[Stand]:
    return standings.standings(asking, index().standings)


def _ledger_asked() -> tuple[int, bool]:
    """The page of the ledger, and whether of the rows that do not balance alone. Raises BadFilter."""
    asked = only("page", "rows")
    if asked["rows"] not in _WRONG:
        raise BadFilter(f"rows {asked['rows'][:40]!r} is not understood; wanted nothing, or unbalanced")
    return page_number(asked["page"], ledger.MOST_PAGES), asked["rows"] == "unbalanced"


def _rejected_asked() -> tuple[str, int]:
    """Reason and page. Raises BadFilter."""
    asked = only("reason", "page")
    return rejected.known_reason(asked["reason"]), page_number(asked["page"], rejected.MOST_PAGES)


def _pages(rows: int, size: int, most: int) -> int:
    """
    >>> _pages(0, 50, 500), _pages(50, 50, 500), _pages(51, 50, 500), _pages(10**9, 50, 500)
    (1, 1, 2, 500)
    """
    return max(1, min(most, -(-rows // size)))


def _by_reason(reasons: list[Reason]) -> Chart:
    return Chart(
        id="reasons",
        title="Rejected records by reason",
        says=f"{sum(one.records for one in reasons):,} records broke a rule; click a reason to see its records",
        traces=[
            ranked(
                [one.name for one in reasons],
                [one.records for one in reasons],
                [url_for("trust.rejections", reason=one.name) for one in reasons],
                "--negative",
            )
        ],
        columns=("reason", "records", "newest (UTC)", "what it means"),
        rows=[(one.name, one.records, one.newest.strftime("%Y-%m-%d %H:%M"), one.meaning) for one in reasons],
        layout=RANKED,
        height=70 + 24 * len(reasons),
    )

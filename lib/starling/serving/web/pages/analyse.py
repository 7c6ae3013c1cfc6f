"""Analyse: what the champions say of a text that a visitor types, as a page and as JSON."""

from dataclasses import asdict
from typing import cast

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request

from starling.models.analysis import Analysis, Draft
from starling.models.analysis.results import Sentiment
from starling.serving.charts import RANKED, Chart, ranked
from starling.serving.drafts import MOST_CHARACTERS, BadDraft, draft_of, draft_of_form
from starling.serving.near import Neighbours, near
from starling.serving.web.desks import Loading
from starling.serving.web.limits import Limit, within
from starling.serving.web.pieces import pieces
from starling.serving.web.reading import cursor

pages = Blueprint("analyse", __name__)
_PATIENCE_SECONDS = 20.0


@pages.get("/analyse")
def form() -> str:
    """The empty form."""
    return render_template("analyse.html", said={}, found=None, most=MOST_CHARACTERS)


@pages.post("/analyse")
def answer() -> tuple[str, int]:
    """The form with its answer, or with what is wrong in it."""
    within(_limit())
    said = request.form.to_dict()
    try:
        found, neighbours = _analysed(draft_of_form(said))
    except BadDraft as error:
        return render_template("analyse.html", said=said, found=None, wrong=str(error), most=MOST_CHARACTERS), 400
    page = render_template(
        "analyse.html",
        said=said,
        found=found,
        near=neighbours,
        pieces=pieces(found.text, found.sentiment.tokens),
        charts=[chart for chart in (topic_chart(found), change_chart(found)) if chart],
        rows_of_words=rows_of_words,
        most=MOST_CHARACTERS,
    )
    return page, 200


@pages.post("/api/analyse")
def as_json() -> Response:
    """The same from and as JSON."""
    within(_limit())
    said = request.get_json()
    if not isinstance(said, dict):
        abort(400, "wanted a JSON object with a text")
    try:
        found, neighbours = _analysed(draft_of(said))
    except BadDraft as error:
        abort(400, str(error))
    return jsonify({**asdict(found), "near": asdict(neighbours)})


def rows_of_words(found: Sentiment) -> list[tuple[str, ...]]:
    """Of each word that counts: its valence, its share of all, and what the score would be otherwise."""
    counted = [token for token in found.tokens if token.valence]
    return [
        (t.text, f"{t.valence:+.2f}", f"{t.share:+.0%}", "—" if t.effect is None else f"{t.effect:+.3f}")
        for t in counted
    ]


def topic_chart(found: Analysis) -> Chart | None:
    """The text's topic and its neighbours by similarity."""
    topic = found.topic
    if topic.number is None or topic.similarity is None:
        return None
    near_by = [(f"{topic.number}: {topic.label}", topic.similarity)]
    near_by += [(f"{each.number}: {each.label}", each.similarity) for each in topic.neighbours]
    return Chart(
        id="topics-near",
        title="Topic and its neighbours",
        says=f"nearest to “{topic.label}”, a similarity of {topic.similarity:.2f} of at most 1",
        traces=[
            {
                **ranked([name for name, _ in near_by], [value for _, value in near_by], []),
                "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
            }
        ],
        columns=("topic", "similarity (cosine)"),
        rows=[(name, f"{value:.3f}") for name, value in near_by],
        layout=RANKED,
        height=60 + 26 * len(near_by),
    )


def change_chart(found: Analysis) -> Chart | None:
    """What would change the engagement, by factor."""
    changes = found.engagement.changes[:8]
    if not changes:
        return None
    return Chart(
        id="changes",
        title="What would change it",
        says="expected engagement, one thing being otherwise; the model knows what goes together, not why",
        traces=[
            {
                **ranked([change.what for change in changes], [change.predicted for change in changes], []),
                "hovertemplate": "%{y}: %{x:,.1f}<extra></extra>",
            }
        ],
        columns=("if", "expected engagement", "difference", "chance of the top quarter"),
        rows=[
            (c.what, f"{c.predicted:,.1f}", f"{c.difference:+,.1f}", f"{c.top_quarter_probability:.0%}")
            for c in changes
        ],
        layout=RANKED,
        height=60 + 26 * len(changes),
    )


def _analysed(draft: Draft) -> tuple[Analysis, Neighbours]:
    loading = cast(Loading, current_app.extensions["champions"])
    analyst = loading.analyst(_PATIENCE_SECONDS)
    if analyst is None:
        abort(503, "the models are still being loaded; try again in a moment")
    return analyst.analyse(draft), near(cursor(), draft.text)


def _limit() -> Limit:
    return cast(Limit, current_app.extensions["analyses"])

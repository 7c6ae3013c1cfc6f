"""What a person reads of a training, to the character."""

from starling.models.facts import Facts
from starling.models.promotion import Decision
from starling.models.trained import ENGAGEMENT, TOPICS, WORDS, Interval
from starling.models.vader_evaluation import Share, VaderEvaluation
from starling.sentiment.agreement import Agreement
from starling.training import scoreboard
from starling.training.trainer import Outcome


def facts(name: str, card: dict, metrics: dict, leads: dict, against: tuple | None = None) -> Facts:
    return Facts(
        name=name,
        run_id="r",
        card=card,
        leads=leads,
        metrics=metrics,
        tables={},
        seed=7,
        git_commit="unknown",
        against=against,
    )


def test_topics_are_named_largest_first_and_their_lead_stands_beside_the_champion() -> None:
    topics = [
        {"topic": 4, "label": "talk · ses\x1bsion", "hashtags": {"a": 3, "b": 2}, "posts": 10, "npmi": -0.25},
        {"topic": 17, "label": "pride", "hashtags": {"c": 5}, "posts": 1_234, "npmi": 0.5},
    ]
    metrics = {"hashtags": 3, "k": 2, "rare_hashtags": 1_000, "coverage": 0.875}
    leads = {"random": Interval(0.2, 0.1, 0.3), "raw_counts": Interval(0.1, -0.05, 0.2)}
    told = Outcome(
        3, facts(TOPICS, {"topics": topics}, metrics, leads, (2, Interval(0.0, -0.1, 0.1))), ["a figure: no"]
    )
    assert list(scoreboard.of_training(told)) == [
        "",
        "Hashtag topics: version 3 of starling-hashtag-topics",
        "  3 hashtags in 2 topics, 1,000 rarer ones left out; 88% of unseen posts have a topic",
        "",
        "Topic                      hashtags   posts     NPMI",
        "   17 pride                       1   1,234   +0.500",
        "    4 talk · ses?sion             2      10   -0.250",
        "",
        "Coherence (NPMI) over         lead      95 % interval",
        "  k-means on raw counts     +0.100   -0.050 to +0.200",
        "  random clusters           +0.200   +0.100 to +0.300",
        "  version 2, the champion   +0.000   -0.100 to +0.100",
        "a figure: no",
    ]


def test_a_dozen_word_clusters_are_listed_and_the_others_counted() -> None:
    clusters = [
        {"cluster": number, "label": f"word{number}", "words": ["w"] * (20 - number), "npmi": 0.1}
        for number in range(15)
    ]
    told = list(scoreboard.of_training(Outcome(1, facts(WORDS, {"clusters": clusters}, {"words": 195, "k": 15}, {}))))
    assert told[2] == "  195 words in 15 clusters"
    assert told[5].split() == ["0", "word0", "20", "+0.100"]
    assert told[16].split() == ["11", "word11", "9", "+0.100"]
    assert told[17] == "  3 more"


def test_the_forest_stands_beside_every_baseline_with_what_was_measured_of_it() -> None:
    ours = {"rmse": 1.5, "mae": 1.0, "r2": 0.5, "r2_low": 0.4, "r2_high": 0.6, "spearman": 0.7}
    chance = {"pr_auc": 0.8, "pr_auc_low": 0.7, "pr_auc_high": 0.9, "f1": 0.75, "accuracy": 0.76}
    theirs = {"mean_rmse": 2.0, "mean_mae": 1.5, "mean_r2": -0.01, "mean_spearman": 0.0}
    base = {"base_rate_pr_auc": 0.25, "base_rate_f1": 0.0, "base_rate_accuracy": 0.7}
    sizes = {"training_posts": 5_000, "held_out_posts": 1_000}
    leads = {"base_rate": Interval(0.1, 0.05, 0.15), "mean": Interval(1.75, 1.5, 2.0)}
    told = list(scoreboard.of_training(Outcome(1, facts(ENGAGEMENT, {}, ours | chance | theirs | base | sizes, leads))))
    assert told[2:] == [
        "  5,000 posts to learn from; 1,000 of other authors, and later, to be judged by",
        "",
        "log1p(likes + reposts + replies)    RMSE     MAE       R²   Spearman",
        "  random forest                    1.500   1.000    0.500      0.700",
        "  the mean                         2.000   1.500   -0.010      0.000",
        "  R² of the random forest: 0.400 to 0.600 (95 % interval)",
        "",
        "In the top quarter         PR-AUC      F1   accuracy",
        "  random forest             0.800   0.750      0.760",
        "  the base rate             0.250   0.000      0.700",
        "  PR-AUC of the random forest: 0.700 to 0.900 (95 % interval)",
        "",
        "Squared error less than      lead      95 % interval",
        "  the mean                 +1.750   +1.500 to +2.000",
        "  the base rate            +0.100   +0.050 to +0.150",
    ]


def test_decisions_say_what_and_why() -> None:
    assert list(scoreboard.of_decision("m", Decision(promote=False, reasons=["worse", "does not load"]))) == [
        "",
        "m: not promoted",
        "  worse",
        "  does not load",
    ]
    assert list(scoreboard.of_decision("m", Decision(promote=True, reasons=[]))) == ["", "m: promoted to champion"]
    assert list(scoreboard.of_champion("m", 3)) == ["", "m: version 3 is champion"]
    assert list(scoreboard.of_champion("m", None)) == ["", "m: there is no champion"]


def test_vader_stands_beside_people_and_the_raw_share_beside_the_corrected_one() -> None:
    agreement = Agreement(texts=20, correlation=0.5, confusion=((5, 2, 1), (3, 4, 0), (1, 1, 3)))
    shares = {"positive": Share(0.6, Interval(0.4, 0.3, 0.5))}
    assert list(scoreboard.of_sentiment(VaderEvaluation(agreement, 1_000, shares, "abc"))) == [
        "",
        "Sentiment: VADER beside people's ratings of 20 tweets, r = 0.500",
        "",
        "People \\ VADER             positive   neutral   negative   recall",
        "  positive                        5         2          1    62.5%",
        "  neutral                         3         4          0    57.1%",
        "  negative                        1         1          3    60.0%",
        "",
        "Of 1,000 scored posts      VADER   corrected    95 % interval",
        "  positive                 60.0%       40.0%   30.0% to 50.0%",
    ]


def test_without_a_scored_post_there_is_nothing_to_correct() -> None:
    agreement = Agreement(texts=20, correlation=0.5, confusion=((5, 2, 1), (3, 4, 0), (1, 1, 3)))
    assert "scored posts" not in "\n".join(scoreboard.of_sentiment(VaderEvaluation(agreement, 0, {}, "abc")))

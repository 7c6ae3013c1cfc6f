"""The recipe that leaks: it multiplies rows, looks good on paper, and is refused."""

from collections import Counter

import numpy as np
import pytest
from pyspark.sql import SparkSession

from models.engagement.corpora import corpus, made_up
from starling.reports.leaky_recipe import Recipe, Skill, follow


@pytest.fixture(scope="module")
def recipe(spark: SparkSession) -> Recipe:
    """Followed on eight hundred made-up posts, whose likes chance has given: of them nothing can be predicted."""
    random = np.random.default_rng(6)
    found = corpus(spark, [{**post, "likes": int(random.integers(0, 50))} for post in made_up()])
    return follow(found.posts, found.engagement, seed=3)


def test_each_post_becomes_as_many_rows_as_its_author_has_posts(recipe: Recipe) -> None:
    by_author = Counter(post["author"] for post in made_up())
    some = [count for count in by_author.values() if 2 <= count <= 10]
    assert (recipe.posts, recipe.rows) == (sum(some), sum(count * count for count in some))
    assert recipe.rows > 4 * recipe.posts


def test_it_looks_far_better_on_paper_than_it_is(recipe: Recipe) -> None:
    assert recipe.on_paper.r2 > 0.5  # more than half of what chance alone has made
    assert recipe.rebuilt.r2 < 0.1
    assert recipe.on_paper.error < recipe.rebuilt.error


def test_the_leak_check_says_all_that_is_wrong_with_it(recipe: Recipe) -> None:
    found = "\n".join(recipe.findings)
    for outcome in ("likes", "reposts", "replies"):
        assert f"{outcome} is an outcome" in found
    assert f"{recipe.posts:,} posts have become {recipe.rows:,} rows" in found
    assert "held-out posts are among the training rows" in found
    assert "likes reproduces the outcome" in found


def test_a_reader_is_told_both_errors_and_every_finding() -> None:
    said = list(Recipe(1_119, 2_661, Skill(560.2, 0.9), Skill(3_000.4, -0.5), ["likes is an outcome"]).lines())
    assert said[0] == "1,119 posts became 2,661 rows"
    assert said[1] == "on paper:          error 560, R² 0.90"
    assert said[2] == "rebuilt honestly:  error 3,000, R² -0.50"
    assert said[-1] == "  - likes is an outcome"

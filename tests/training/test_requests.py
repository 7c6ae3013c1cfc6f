"""What can be asked of jobs/train.py."""

import pytest

from starling.errors import ConfigError
from starling.models.trained import ENGAGEMENT, TOPICS, WORDS
from starling.training.requests import Request

ALL_MODELS = (TOPICS, WORDS, ENGAGEMENT)


@pytest.mark.parametrize(
    ("request_", "trains", "models"),
    [
        (Request(), ("topics", "words", "engagement", "sentiment"), ALL_MODELS),
        (Request("all", promote=True), ("topics", "words", "engagement", "sentiment"), ALL_MODELS),
        (Request("words"), ("words",), (WORDS,)),
        (Request("words", promote=True), ("words",), (WORDS,)),
        (Request("words", promote=True, version=3), (), (WORDS,)),
        (Request("sentiment"), ("sentiment",), ()),
        (Request(promote=True), (), ALL_MODELS),
        (Request(rescore=True), (), ALL_MODELS),
        (Request("topics", rescore=True, version=3), (), (TOPICS,)),
        (Request("topics", rollback=True), (), (TOPICS,)),
    ],
)
def test_options_without_a_model_are_about_what_was_trained_and_a_version_is_not_trained_again(
    request_: Request, trains: tuple[str, ...], models: tuple[str, ...]
) -> None:
    request_.check()
    assert (tuple(request_.trains), tuple(request_.models)) == (trains, models)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request("topics", rollback=True, promote=True), "--rollback stands alone"),
        (Request("topics", rollback=True, version=2), "--rollback stands alone"),
        (Request(rollback=True), "--rollback needs the name of one model: topics, words, engagement"),
        (Request("all", rollback=True), "--rollback needs the name of one model"),
        (Request("topics", version=2), "--version belongs to --promote or --rescore of one model"),
        (Request(promote=True, version=2), "--version belongs to --promote or --rescore of one model"),
        (Request("sentiment", promote=True, version=2), "--version belongs to --promote or --rescore of one model"),
    ],
)
def test_options_that_do_not_go_together_are_told_so(request_: Request, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        request_.check()

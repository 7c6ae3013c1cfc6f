"""The gate, told everything that it goes by."""

import pytest

from models.trainings import AHEAD, BEHIND
from starling.models.promotion import decide
from starling.models.trained import Interval

JUST_EVEN = Interval(0.2, 0.0, 0.4)
NOT_A_NUMBER = Interval(float("nan"), float("nan"), float("nan"))
FAR_AHEAD = Interval(12345.6, 12000.0, 13000.0)


def test_the_first_model_that_beats_every_baseline_is_promoted_and_the_reasons_say_by_how_much() -> None:
    decision = decide({"the mean": AHEAD, "followers": FAR_AHEAD}, None, None, [])
    assert decision.promote
    assert decision.reasons == [
        "better than the mean: +0.3 (+0.1 to +0.5)",
        "better than followers: +1.235e+04 (+1.2e+04 to +1.3e+04)",
    ]


@pytest.mark.parametrize("lead", [BEHIND, JUST_EVEN, NOT_A_NUMBER])
def test_a_model_that_beats_a_baseline_by_no_more_than_the_noise_is_refused_for_that_baseline_alone(
    lead: Interval,
) -> None:
    decision = decide({"the mean": AHEAD, "followers": lead}, None, None, [])
    assert not decision.promote
    (reason,) = decision.reasons
    assert reason.startswith("no better than followers by more than the noise: ")


def test_a_model_that_was_compared_with_no_baseline_is_refused() -> None:
    decision = decide({}, None, None, [])
    assert (decision.promote, decision.reasons) == (False, ["it was compared with no baseline"])


def test_a_model_that_beats_the_champion_is_promoted() -> None:
    decision = decide({"the mean": AHEAD}, 4, (4, FAR_AHEAD), [])
    assert decision.promote
    assert decision.reasons[1] == "better than version 4: +1.235e+04 (+1.2e+04 to +1.3e+04)"


@pytest.mark.parametrize("lead", [BEHIND, JUST_EVEN, NOT_A_NUMBER])
def test_a_model_that_beats_the_champion_by_no_more_than_the_noise_is_refused(lead: Interval) -> None:
    decision = decide({"the mean": AHEAD}, 4, (4, lead), [])
    assert not decision.promote
    (reason,) = decision.reasons
    assert reason.startswith("no better than version 4, the champion, by more than the noise: ")


@pytest.mark.parametrize("against", [None, (3, AHEAD)])
def test_a_model_that_was_not_compared_with_this_champion_is_refused(against: tuple[int, Interval] | None) -> None:
    decision = decide({"the mean": AHEAD}, 4, against, [])
    assert not decision.promote
    assert decision.reasons == ["it was not compared with version 4, the champion: train again"]


def test_a_better_model_that_answers_otherwise_after_loading_is_refused() -> None:
    decision = decide({"the mean": AHEAD}, 4, (4, AHEAD), ["answers row 0 otherwise"])
    assert (decision.promote, decision.reasons) == (False, ["answers row 0 otherwise"])


def test_every_reason_is_told() -> None:
    decision = decide({"the mean": BEHIND, "followers": BEHIND}, 4, (4, BEHIND), ["it does not load"])
    assert not decision.promote
    assert len(decision.reasons) == 4

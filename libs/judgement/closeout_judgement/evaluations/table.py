"""Every judgement that `closeout eval` scores, in the order of its table."""

from __future__ import annotations

from closeout_judgement.evaluate import Judgement
from closeout_judgement.evaluations import (
    action_item,
    earlier_catch,
    failure_mode,
    placeholder_cause,
    related,
    sentence,
    ticket_state,
)

JUDGEMENTS: tuple[Judgement, ...] = (
    action_item.JUDGEMENT,
    sentence.JUDGEMENT,
    placeholder_cause.JUDGEMENT,
    earlier_catch.JUDGEMENT,
    failure_mode.JUDGEMENT,
    related.JUDGEMENT,
    ticket_state.JUDGEMENT,
)

"""What a sender is told: the receipt of a request, and the problem if nothing of it came in."""

from __future__ import annotations

from services.ingest.admission import Rejected
from services.ingest.judging import Judged
from shared.events.base import Frozen
from shared.problems import Problem


class Wrong(Frozen):
    """What is wrong with one field."""

    path: str
    message: str


class Refusal(Frozen):
    """A refused event: its position in the request (from 0), its id if it has one, and every field error."""

    index: int
    id: str | None
    errors: list[Wrong]


class Receipt(Frozen):
    """``accepted`` events are stored for good; ``rejected`` ones are not and never cost the others."""

    accepted: int
    rejected: list[Refusal]


def receipt_of(judged: Judged, *, strict: bool) -> Receipt:
    """The receipt for what is about to be stored.

    Raises:
        Problem: 422 if nothing will be stored, 403 if nothing because the key does not open it; each with every error.
    """
    refusals = refusals_of(judged)
    if not refusals or (judged.accepted and not strict):
        return Receipt(accepted=len(judged.accepted), rejected=refusals)
    forbidden = all(event.forbidden for _, event in judged.refused)
    status, title = (403, "Forbidden") if forbidden else (422, "Unprocessable Content")
    rejected = [refusal.model_dump() for refusal in refusals]
    if judged.single:
        wrongs = "; ".join(f"{wrong.path} {wrong.message}".strip() for wrong in refusals[0].errors)
        errors = rejected[0]["errors"]
        raise Problem(
            status, title, f"the event was not accepted: {wrongs}", accepted=0, rejected=rejected, errors=errors
        )
    count = len(refusals) + len(judged.accepted)
    why = "not for this key" if forbidden else "invalid"
    detail = f"no event was accepted: {len(refusals)} of {count} are {why}, see rejected"
    raise Problem(status, title, detail, accepted=0, rejected=rejected)


def refusals_of(judged: Judged) -> list[Refusal]:
    """What was refused, in order of position."""
    return [_refusal(index, event) for index, event in judged.refused]


def _refusal(index: int, event: Rejected) -> Refusal:
    errors = [Wrong(path=error.path, message=error.message) for error in event.errors]
    return Refusal(index=index, id=event.id, errors=errors)

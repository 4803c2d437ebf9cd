"""Defects in what is recorded of the way from a request to a mail."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

CONTEXTS = "tests/unit/shared/test_traceparent.py"
SPANS = "tests/unit/shared/test_tracing.py"
SHARED = "tests/integration/shared/test_spans.py"
WAY = "tests/e2e/test_tracing.py"

MUTATIONS = (
    Mutation(
        "a NIK may stand in a trace context",
        "shared/tracing/traceparent.py",
        (("or not _FORM.fullmatch(told) or _could_hold_nik(told)", "or not _FORM.fullmatch(told)"),),
        (f"{CONTEXTS}::test_what_is_none_or_could_hold_a_nik_is_left_out",),
    ),
    Mutation(
        "what is not sampled is followed first",
        "shared/tracing/traceparent.py",
        (("tuple(islice(filter(is_sampled, every), MOST)) or tuple(islice(every, 1))", "tuple(islice(every, MOST))"),),
        (f"{CONTEXTS}::test_of_several_the_sampled_are_followed_each_once",),
    ),
    Mutation(
        "what is recorded of a request makes another envelope",
        "shared/envelope.py",
        (('"[^"]*"(?:,"traceparent":"[^"]*")?\')', '"[^"]*"\')'),),
        ("tests/property/test_intake.py::test_what_is_recorded_of_a_request_makes_no_other_envelope",),
    ),
    Mutation(
        "a failure repeats what was sent",
        "shared/tracing/recorded.py",
        (("recorded.fail(type(error).__qualname__)", "recorded.fail(str(error))"),),
        (f"{SPANS}::test_a_failure_is_told_by_its_class_alone",),
    ),
    Mutation(
        "a transaction follows from its first envelope alone",
        "services/aggregator/projector.py",
        (("for envelope in envelopes for context in", "for envelope in envelopes[:1] for context in"),),
        (f"{SHARED}::test_a_transaction_follows_from_every_envelope_in_it",),
    ),
    Mutation(
        "a mail does not say what it follows from",
        "services/notifier/teller.py",
        (("[replace(entry, trail=span.trail) for entry in entries]", "entries"),),
        (f"{WAY}::test_a_mail_leads_back_to_the_request_that_brought_it_about",),
    ),
    Mutation(
        "the web framework records pages by itself",
        "shared/telemetry.py",
        (('"auto_configure": False', '"auto_configure": True'), ('{"tracing": False', '{"tracing": True')),
        (f"{WAY}::test_the_web_framework_sends_nothing_of_its_own",),
    ),
    Mutation(
        "a key that was given is stored anew",
        "shared/secrets.py",
        (("with suppress(FileNotFoundError):\n        return path.read_text().strip()", "path.parent.touch()"),),
        ("tests/unit/shared/test_secrets.py::test_where_a_secret_is_nothing_is_written",),
    ),
)

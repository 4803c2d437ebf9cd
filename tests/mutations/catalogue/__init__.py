"""Defects that somebody could bring in, each a change of a few words, and where the suite must notice it."""

from __future__ import annotations

from tests.mutations.catalogue import access, alerts, deployed, exports, figures, live, pages, projection, tracing
from tests.mutations.mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = (
    *projection.MUTATIONS,
    *figures.MUTATIONS,
    *alerts.MUTATIONS,
    *access.MUTATIONS,
    *pages.MUTATIONS,
    *live.MUTATIONS,
    *exports.MUTATIONS,
    *tracing.MUTATIONS,
    *deployed.MUTATIONS,
)

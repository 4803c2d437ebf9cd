"""What charts are drawn of in these tests: a way that is behind, days with some taken back, many channels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from shared.charts import Chart, Day, Share, TargetStep, burn_up, daily, flows, shares
from shared.wording import Language
from tests.unit.notifier.letters.samples import briefing

Draw = Callable[[Language, bool], Chart]
LANGUAGES: tuple[Language, ...] = ("id", "en")
LAST = date(2024, 6, 27)
STEPS = (
    TargetStep(date(2023, 6, 1), 400_000),
    TargetStep(date(2023, 12, 1), 500_000, "Surat Dirjen 400.8.1.2/1634"),
    TargetStep(date(2024, 4, 1), 600_000),
    TargetStep(date(2024, 6, 1), 660_000, "SE <12> & 'lain'"),
)
# Every fifth day some are taken back.
DAYS = tuple(Day(LAST - timedelta(days=118 - at), -40 if at % 5 == 0 else 300 + at) for at in range(119))
CHANNELS = tuple(Share(f"Saluran {at}", 9_000 // at) for at in range(1, 16))
DRAWN: dict[str, Draw] = {
    "burn_up": lambda language, narrow: burn_up(briefing(), language, steps=STEPS, narrow=narrow),
    "daily": lambda language, narrow: daily(DAYS, language, "Aktivasi per hari", needed=3_043, narrow=narrow),
    "shares": lambda language, narrow: shares(CHANNELS, language, "Layanan menurut saluran", narrow=narrow),
    "flows": lambda language, narrow: flows(
        "Kota Serang", language, at_home=81_234, away=CHANNELS, visitors=CHANNELS[:3], unit="services", narrow=narrow
    ),
}

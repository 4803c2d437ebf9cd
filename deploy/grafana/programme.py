"""The dashboard of the programmes: where the country and its regions stand. The figures are those of the pages."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import bars, board, choice, layers, lines, number, values_of

_LINE = 'programme="$programme", authority="$authority"'
_NATION = 'level="nation", programme="$programme"'
_REGION = 'region="$region"'


def programme() -> Dashboard:
    """Coverage, attainment and pace of the nation, the regions furthest behind, and one region to choose."""
    return board(
        "laju-programme",
        "Laju: programmes",
        "Where the country and its regions stand against their targets. The same numbers as on the pages.",
        {
            "Nation": [
                number(
                    "Coverage (cakupan)",
                    "People done divided by wajib KTP, of the whole country.",
                    "percentunit",
                    f"max(laju_pace_coverage_ratio{{{_NATION}}})",
                ),
                number(
                    "Attainment (capaian)",
                    "People done divided by what the targets require. Another number than coverage.",
                    "percentunit",
                    f'max(laju_pace_attainment_ratio{{{_NATION}, authority="$authority"}})',
                ),
                number(
                    "Pace (laju)",
                    "The way gone divided by the way planned by now. Below 100 % the country is behind its line.",
                    "percentunit",
                    f'max(laju_pace_ratio{{{_NATION}, authority="$authority"}})',
                ),
                number(
                    "Gap",
                    "People more (or, negative, fewer) than planned by now, summed over all kab/kota with a target.",
                    "short",
                    f"sum(max by (region) (laju_pace_gap_people{{{_LINE}}}))",
                ),
                number(
                    "Silent regions",
                    "Kab/kota with a target of which nothing is known. They are not counted as slow.",
                    "short",
                    'max(laju_pace_silent_regions{programme="$programme"})',
                ),
                number(
                    "Silent share",
                    "The same as a part of the kab/kota that have a target.",
                    "percentunit",
                    'laju:regions_silent:ratio{programme="$programme"}',
                ),
            ],
            "Regions": [
                layers(
                    "Targets of kab/kota by how they stand",
                    "Targets that are not yet over. Behind: the head is told by mail.",
                    "short",
                    {"{{status}}": f"max by (status) (laju_pace_targets{{{_LINE}}})"},
                ),
                lines(
                    "Behind, of those with a target",
                    "Kab/kota behind their line, beside all that have a target in the programme.",
                    "short",
                    {
                        "behind": f"laju:regions_behind:count{{{_LINE}}}",
                        "with a target": 'laju:regions_with_target:count{programme="$programme"}',
                    },
                ),
                bars(
                    "Furthest behind, in people",
                    "The twenty kab/kota with the largest shortfall. Large regions come first: see the pace beside it.",
                    "short",
                    "{{region}}",
                    f"sort(bottomk(20, max by (region) (laju_pace_gap_people{{{_LINE}}})))",
                ),
                bars(
                    "Slowest, by pace",
                    "The twenty kab/kota that have gone the smallest part of the way planned by now.",
                    "percentunit",
                    "{{region}}",
                    f'sort(bottomk(20, max by (region) (laju_pace_ratio{{level="kabkota", {_LINE}}})))',
                ),
            ],
            "One region": [
                lines(
                    "Against the line",
                    "People done, where the plan line stands, and what the target requires.",
                    "short",
                    {
                        "done": f"max(laju_pace_actual_people{{{_REGION}, {_LINE}}})",
                        "planned by now": f"max(laju_pace_expected_people{{{_REGION}, {_LINE}}})",
                        "required": f"max(laju_pace_required_people{{{_REGION}, {_LINE}}})",
                    },
                ),
                lines(
                    "Coverage, attainment and pace",
                    "Coverage is of wajib KTP, attainment of the target, pace of the way planned by now.",
                    "percentunit",
                    {
                        "coverage": f'max(laju_pace_coverage_ratio{{{_REGION}, programme="$programme"}})',
                        "attainment": f"max(laju_pace_attainment_ratio{{{_REGION}, {_LINE}}})",
                        "pace": f"max(laju_pace_ratio{{{_REGION}, {_LINE}}})",
                    },
                ),
                layers(
                    "Status",
                    "How the region stood.",
                    "short",
                    {"{{status}}": f"max by (status) (laju_pace_status{{{_REGION}, {_LINE}}})"},
                ),
            ],
        },
        [
            choice("programme", "Programme", ["ikd", "perekaman"]),
            choice("authority", "Target of", ["national", "local"]),
            values_of("region", "Kab/kota", 'laju_pace_coverage_ratio{level="kabkota"}', "region"),
        ],
    )

"""Defects in what an installation is made of."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

RENDERED = "tests/unit/test_kubernetes.py"

MUTATIONS = (
    Mutation(
        "a pod starts without its pseudonym key",
        "deploy/kubernetes/base/ingest.yaml",
        (("                    - {key: LAJU_PSEUDONYM_KEY, path: LAJU_PSEUDONYM_KEY}\n", ""),),
        (f"{RENDERED}::test_keys_are_never_made_in_the_cluster",),
    ),
    Mutation(
        "a service may create streams",
        "deploy/kubernetes/streams/job.yaml",
        (("secretName: laju-administrator", "secretName: laju-ingest"),),
        (f"{RENDERED}::test_streams_are_created_by_the_administrator",),
    ),
    Mutation(
        "a probe asks in the clear where a service speaks HTTPS",
        "deploy/kubernetes/https/kustomization.yaml",
        (("readinessProbe/httpGet/scheme, value: HTTPS", "readinessProbe/httpGet/scheme, value: HTTP"),),
        (f"{RENDERED}::test_every_line_is_encrypted",),
    ),
    Mutation(
        "jobs are given the certificates of services",
        "deploy/kubernetes/https/kustomization.yaml",
        (
            (
                "    literals: [LAJU_NOTIFIER_API_URL=https://notifier:8082]",
                "    literals: [LAJU_NOTIFIER_API_URL=https://notifier:8082, LAJU_TLS_CERT=/run/secrets/tls/tls.crt]",
            ),
        ),
        (f"{RENDERED}::test_a_rebuild_is_what_the_command_would_do_beside_the_aggregators",),
    ),
    Mutation(
        "open alerts are added up over notifiers that stand by",
        "deploy/grafana/dashboards/notifier.json",
        (("sum(max by (about, severity) (laju_notifier_open_alerts))", "sum(laju_notifier_open_alerts)"),),
        ("tests/unit/test_monitoring.py::test_what_every_notifier_knows_is_not_added_up",),
    ),
)

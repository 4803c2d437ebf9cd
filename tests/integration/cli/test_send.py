"""``laju send`` against a real HTTP server that is busy, picky, or not there."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typer.testing import CliRunner

from services.cli.main import app
from tests.integration.cli.http_service import serving
from tests.servers import free_port

KEY = "laju_k_secret"


class Ingest:
    """Answers with the given refusals first, then takes lines, but not those that say ``bad``."""

    def __init__(self, *refusals: Response | None) -> None:
        self.refusals = list(refusals)
        self.chunks: list[list[bytes]] = []

    async def __call__(self, request: Request) -> Response:
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert request.headers["content-type"] == "application/x-ndjson"
        assert request.headers["content-encoding"] == "gzip"
        lines = gzip.decompress(await request.body()).splitlines()
        if self.refusals and (refusal := self.refusals.pop(0)):
            return refusal
        self.chunks.append(lines)
        rejected = [
            {"index": index, "id": f"e{index}", "errors": [{"path": "data.home", "message": "is unknown"}]}
            for index, line in enumerate(lines)
            if b"bad" in line
        ]
        accepted = len(lines) - len(rejected)
        return JSONResponse({"accepted": accepted, "rejected": rejected}, 202 if accepted else 422)


def busy(status: int = 503, retry_after: str = "0") -> Response:
    return JSONResponse({"title": "Busy", "detail": "try later"}, status, headers={"Retry-After": retry_after})


def run(ingest: Ingest, *arguments: str, stdin: bytes | None = None) -> tuple[int, str]:
    async def handler(request: Request) -> Response:
        return await ingest(request)

    with serving("/v1/events", handler, "POST") as url:
        result = CliRunner().invoke(app, ["send", *arguments, "--url", url, "--key", KEY], input=stdin)
    return result.exit_code, result.output


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command keeps how far it got in the folder where it runs."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.ndjson"


def test_everything_accepted(file: Path) -> None:
    file.write_text("{}\n" * 1_203)
    ingest = Ingest()
    assert run(ingest, str(file)) == (0, "1203 accepted, 0 rejected\n")
    assert [len(chunk) for chunk in ingest.chunks] == [500, 500, 203]


def test_a_busy_ingest_gets_the_same_chunk_again(file: Path) -> None:
    file.write_text("".join(f'{{"n": {n}}}\n' for n in range(700)))
    ingest = Ingest(busy(), busy(429), None, busy())
    assert run(ingest, str(file))[0] == 0
    sent = [line for chunk in ingest.chunks for line in chunk]
    assert sent == [f'{{"n": {n}}}'.encode() for n in range(700)]


def test_rejections_are_named_by_their_line_in_the_file(file: Path) -> None:
    lines = ["{}"] * 600
    lines[2], lines[549] = "", "bad"
    lines[3] = "bad"
    file.write_text("\n".join(lines))
    code, said = run(Ingest(), str(file))
    assert code == 2
    assert said.splitlines()[:3] == [
        "597 accepted, 2 rejected",
        "line 4 (e2): data.home: is unknown",
        "line 550 (e48): data.home: is unknown",
    ]
    refused = file.with_name("events.ditolak.ndjson")
    assert str(refused) in said
    assert refused.read_text() == "bad\nbad\n"


def test_many_rejections_are_counted_after_the_first_twenty(file: Path) -> None:
    file.write_text("bad\n" * 30)
    code, said = run(Ingest(), str(file))
    assert code == 2
    assert said.splitlines()[0] == "0 accepted, 30 rejected"
    assert said.splitlines()[20:22] == ["line 20 (e19): data.home: is unknown", "… and 10 more"]


def test_standard_input() -> None:
    assert run(Ingest(), "-", stdin=b"{}\n{}\n") == (0, "2 accepted, 0 rejected\n")


def test_giving_up_says_from_which_line_to_go_on(file: Path) -> None:
    file.write_text("{}\n" * 501)
    code, said = run(Ingest(None, busy(retry_after="600")), str(file), "--give-up-seconds", "30")
    assert code == 1
    assert "500 accepted" in said
    assert "stopped before line 501" in said
    assert "answered 503: Busy: try later; gave up after 30 s" in said


def test_a_refused_key_is_told_in_the_words_of_the_problem_document(file: Path) -> None:
    file.write_text("{}\n")
    refusal = JSONResponse({"title": "Unauthorized", "detail": "the key was revoked"}, 401)
    code, said = run(Ingest(refusal), str(file))
    assert code == 1
    assert "answered 401: Unauthorized: the key was revoked" in said


def test_an_answer_in_another_form_is_no_success(file: Path) -> None:
    file.write_text("{}\n")
    code, said = run(Ingest(JSONResponse({"ok": True}, 202)), str(file))
    assert code == 1
    assert "Is it a Laju service" in said


def test_nobody_there(file: Path) -> None:
    file.write_text("{}\n")
    url = f"http://127.0.0.1:{free_port()}"
    arguments = ["send", str(file), "--url", url, "--key", KEY, "--give-up-seconds", "0", "--data", str(file.parent)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert f"no answer from {url}" in result.output
    assert "stopped before line 1" in result.output


def test_the_operator_key_of_the_data_folder_is_used(file: Path, tmp_path: Path) -> None:
    file.write_text("{}\n")
    (tmp_path / "operator.key").write_text(KEY + "\n")
    ingest = Ingest()

    async def handler(request: Request) -> Response:
        return await ingest(request)

    with serving("/v1/events", handler, "POST") as url:
        result = CliRunner().invoke(app, ["send", str(file), "--url", url, "--data", str(tmp_path)])
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-", "--data", "nowhere"], "no API key"),
        (["-", "--key", KEY, "--url", "ftp://x"], "is not an address"),
        (["missing.ndjson", "--key", KEY], "cannot be read"),
    ],
)
def test_what_cannot_begin_is_said_plainly(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["send", *arguments])
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output


def test_an_interrupted_run_goes_on_where_it_ended(file: Path, tmp_path: Path) -> None:
    file.write_text("".join(f'{{"n": {n}}}\n' for n in range(1_200)))
    ingest = Ingest(None, None, JSONResponse({"title": "Forbidden", "detail": "x"}, 400))

    async def handler(request: Request) -> Response:
        return await ingest(request)

    with serving("/v1/events", handler, "POST") as url:
        arguments = ["send", str(file), "--url", url, "--key", KEY, "--data", str(tmp_path / "data")]
        first = CliRunner().invoke(app, arguments)
        assert first.exit_code == 1
        assert "stopped before line 1001" in first.output
        second = CliRunner().invoke(app, arguments)
        assert second.exit_code == 0
        assert "going on behind line 1000" in second.output
        assert "200 accepted" in second.output
        third = CliRunner().invoke(app, arguments)
        assert "1200 accepted" in third.output
    sent = [line for chunk in ingest.chunks for line in chunk]
    assert sent[:1_200] == sent[1_200:] == [f'{{"n": {n}}}'.encode() for n in range(1_200)]

"""The command line as a user meets it: what is written, what is said, how it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

GOOD = Path(__file__).parent / "invalid" / "unused"


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    """A copy of the committed specs in a folder of its own, as a new user would have them."""
    shutil.copytree(root / "specs", tmp_path / "specs")
    (tmp_path / "jivsgen.toml").write_text('profiles = "specs/profiles"\nout = "generated"\n')
    return tmp_path


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_committed_scripts_are_what_build_writes(project: Path, root: Path, jivsgen) -> None:
    assert jivsgen("build", cwd=project).returncode == 0
    made, committed = tree(project / "generated"), tree(root / "generated")
    lines = [set(one.pop("jivsgen.lock").decode().splitlines()) for one in (made, committed)]
    assert made == committed
    assert {line.split()[0] for line in lines[0] ^ lines[1]} == {"configuration"}
    second = jivsgen("build", cwd=project)
    assert second.stdout == f"0 files written, {len(tree(project / 'generated'))} unchanged\n"


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_bytes_from_shuffled_and_converted_input(
    project: Path, root: Path, jivsgen, seed: str
) -> None:
    spec = project / "specs/jivs.openapi.yaml"
    content = yaml.safe_load(spec.read_text("utf-8"))
    content["paths"] = dict(sorted(content["paths"].items(), reverse=seed == "1"))
    spec.write_text(yaml.safe_dump(content, sort_keys=False).replace("\n", "\r\n"), "utf-8", newline="")
    for profile in (project / "specs/profiles").glob("*.yaml"):
        profile.write_bytes(profile.read_bytes().replace(b"\n", b"\r\n"))
    deep = project / "specs/profiles"
    assert jivsgen("build", cwd=deep, env={"PYTHONHASHSEED": seed}).returncode == 0
    made, committed = tree(project / "generated"), tree(root / "generated")
    del made["jivsgen.lock"], committed["jivsgen.lock"]
    assert made == committed


def test_an_error_writes_nothing(project: Path, jivsgen) -> None:
    assert jivsgen("build", cwd=project).returncode == 0
    before = tree(project / "generated")
    profile = project / "specs/profiles/extraction-load.yaml"
    profile.write_text(
        profile.read_text("utf-8").replace("call: startExtraction", "call: startExtractions"), "utf-8"
    )
    ended = jivsgen("build", cwd=project)
    assert ended.returncode == 1
    assert "did you mean `startExtraction`?" in ended.stderr
    assert tree(project / "generated") == before


MISTAKES = {
    "operation": ("call: createExtraction", "call: createExtractoin", "unknown-operation"),
    "path parameter": (
        'path: {id: "${extraction_id}"}',
        'path: {identity: "${extraction_id}"}',
        "unbound-path-parameter",
    ),
    "field": ("extractionQuery:", "extractionQeury:", "unknown-field"),
    "type": ("extractionQuery: ", "extractionQuery: 5 #", "wrong-type"),
    "enum value": ("sourceType: JDBC", "sourceType: JDCB", "not-in-enum"),
    "status": ("expect: 201", "expect: 299", "undocumented-status"),
    "capture path": ("extraction_id: $.data.id", "extraction_id: $.data.idd", "unknown-path"),
    "query parameter": ("size: 20", "sise: 20", "unknown-parameter"),
    "poll value": ("[COMPLETED, FAILED]", "[COMPLETE, FAILED]", "impossible-value"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_contradiction_of_the_spec_is_refused_at_its_line(project: Path, jivsgen, mistake: str) -> None:
    find, replace, code = MISTAKES[mistake]
    profile = project / "specs/profiles/extraction-load.yaml"
    text = profile.read_text("utf-8")
    assert find in text
    line = text[: text.index(find)].count("\n") + 1
    profile.write_text(text.replace(find, replace, 1), "utf-8")
    ended = jivsgen("build", cwd=project)
    assert ended.returncode == 1
    assert re.search(rf"extraction-load\.yaml:{line}:\d+: error\[{code}\]", ended.stderr) or (
        code == "unbound-path-parameter" and f"error[{code}]" in ended.stderr
    )
    assert not (project / "generated").exists()


def test_a_suggestion_may_hold_anything(project: Path, jivsgen) -> None:
    spec, profile = project / "specs/jivs.openapi.yaml", project / "specs/profiles/extraction-load.yaml"
    spec.write_text(
        spec.read_text("utf-8").replace(
            "operationId: createExtraction\n", 'operationId: "create`Extraction"\n'
        ),
        "utf-8",
    )
    ended = jivsgen("lint", profile, cwd=project)
    assert ended.returncode == 1
    assert "did you mean `create`Extraction`?" in ended.stderr
    assert "`create`Extraction` is here" in ended.stderr


def test_single_profiles_and_engines_leave_the_rest(project: Path, jivsgen) -> None:
    jivsgen("build", cwd=project)
    before = tree(project / "generated")
    ended = jivsgen("build", "--profile", "extraction-load", "--engine", "k6", cwd=project)
    assert ended.returncode == 0
    assert tree(project / "generated") == before


def test_what_is_no_longer_made_is_removed(project: Path, jivsgen) -> None:
    jivsgen("build", cwd=project)
    (project / "specs/profiles/extraction-soak.yaml").unlink()
    (project / "generated/k6/mine.js").write_text("mine")
    ended = jivsgen("build", cwd=project)
    assert "removed generated/k6/extraction-soak.js" in ended.stdout
    assert (project / "generated/k6/mine.js").exists()


def test_smoke_asks_for_a_place(project: Path, jivsgen) -> None:
    assert jivsgen("build", "--smoke", cwd=project).returncode == 2
    ended = jivsgen("build", "--smoke", "--out", "smoke", "--profile", "extraction-load", cwd=project)
    assert ended.returncode == 0
    assert "per-vu-iterations" in (project / "smoke/k6/extraction-load.js").read_text("utf-8")


def test_stdout_writes_nothing(project: Path, jivsgen) -> None:
    ended = jivsgen("build", "--stdout", "--profile", "extraction-load", "--engine", "k6", cwd=project)
    assert "export const options" in ended.stdout
    assert not (project / "generated").exists()


def test_strict_refuses_warnings(project: Path, jivsgen) -> None:
    ended = jivsgen("build", "--strict", "--profile", "compliance-stress", cwd=project)
    assert ended.returncode == 1
    assert "error[too-few-vus]" in ended.stderr


def test_cannot_write(project: Path, jivsgen) -> None:
    (project / "generated/k6/extraction-load.js").mkdir(parents=True)
    ended = jivsgen("build", cwd=project)
    assert ended.returncode == 2
    assert ended.stderr.count("error[cannot-write]") == 1
    assert ended.stderr.count("warning[too-few-vus]") == 1
    assert "Traceback" not in ended.stderr
    found = json.loads(jivsgen("build", "--format", "json", cwd=project).stdout)
    assert [one["code"] for one in found if one["severity"] == "error"] == ["cannot-write"]


def test_formats(jivsgen, root: Path) -> None:
    found = json.loads(jivsgen("lint", "profile.yaml", "--format", "json", cwd=GOOD).stdout)
    assert {"unused", "approximation"} == {one["code"] for one in found}
    assert all(one["line"] >= 1 and one["path"].endswith("profile.yaml") for one in found)
    github = jivsgen("lint", "profile.yaml", "--format", "github", cwd=GOOD).stdout
    assert re.search(r"^::warning file=.*profile\.yaml,line=\d+,col=\d+,title=unused::", github, re.MULTILINE)


def test_plans_are_inspectable(jivsgen, root: Path) -> None:
    plan = json.loads(jivsgen("plan", "extraction-load", cwd=root).stdout)
    assert plan["scenarios"][0]["load"]["kind"] == "RampingVus"
    summary = jivsgen("plan", "--summary", "extraction-load", cwd=root).stdout
    assert "POST /api/v1/extractions as admin → 201" in summary
    assert "arithmetic" in summary


def test_a_plan_against_the_contract(root: Path) -> None:
    from msgspec.structs import replace

    from jivsgen.compiler import Compiler
    from jivsgen.contract.referee import Referee, judge_plan
    from jivsgen.diagnostics import Diagnostics
    from jivsgen.plan.model import Call, JsonLiteral, JsonObject
    from jivsgen.project import load_project

    diagnostics = Diagnostics()
    project = load_project(root, diagnostics)
    assert project
    (unit,) = Compiler(project, diagnostics).compile((root / "specs/profiles/extraction-load.yaml",))
    assert judge_plan(unit.plan, Referee(unit.api), diagnostics) == 5
    assert not diagnostics.has_errors()
    scenario = unit.plan.scenarios[0]
    call = scenario.steps[0]
    assert isinstance(call, Call)
    assert call.request.body
    wrong = replace(call.request.body, content=JsonObject((("name", JsonLiteral(5)),)))
    steps = (replace(call, request=replace(call.request, body=wrong)), *scenario.steps[1:])
    plan = replace(unit.plan, scenarios=(replace(scenario, steps=steps),))
    judge_plan(plan, Referee(unit.api), diagnostics)
    assert [found.code for found in diagnostics if found.severity == "error"] == ["contract-violation"]


def test_verify_holds_the_examples_in_use(project: Path, jivsgen) -> None:
    arguments = ("verify", "--no-engines", "--profile", "extraction-load")
    good = jivsgen(*arguments, cwd=project)
    assert good.returncode == 0, good.stderr
    assert re.search(r"\d\d examples held against the contract", good.stdout)
    spec = project / "specs/jivs.openapi.yaml"
    text = spec.read_text("utf-8")
    assert text.count("id: 1042") > 1
    spec.write_text(text.replace("id: 1042", "id: many"), "utf-8")
    bad = jivsgen(*arguments, cwd=project)
    assert bad.returncode == 1
    assert (
        "error[contract-violation]: an example of createExtraction is not what it is an example of"
        in bad.stderr
    )


def test_verify_in_the_real_engines(root: Path, jivsgen) -> None:
    ended = jivsgen("verify", cwd=root, env={"CI": "true", "HOME": os.environ.get("HOME", "/")})
    assert ended.returncode == 0, ended.stderr
    for engine in ("k6", "jmeter", "artillery"):
        assert f"{engine}: 9 of 9 scripts accepted" in ended.stdout


def test_a_missing_engine_is_an_error_in_ci(project: Path, jivsgen) -> None:
    python = str(Path(sys.executable).parent)
    for ci, code in (("true", 1), ("", 0)):
        ended = jivsgen("verify", "--profile", "extraction-soak", cwd=project, env={"CI": ci, "PATH": python})
        assert ended.returncode == code
        assert "not asked" in ended.stdout
        assert ("error[engine-refused]" in ended.stderr) is bool(code)


def test_a_broken_template_is_caught_before_anything_is_written(project: Path, root: Path) -> None:
    from jivsgen.compiler import check_text
    from jivsgen.diagnostics import Diagnostics

    diagnostics = Diagnostics()
    check_text({"k6/x.js": "export const options = {"}, diagnostics, "generated")
    assert {found.code for found in diagnostics} == {"broken-artifact"}


def test_mistakes_on_the_command_line(project: Path, jivsgen) -> None:
    for arguments in (
        ("buld",),
        ("build", "--profil", "x"),
        ("build", "--profile", "extraction-lod"),
        ("explain", "nothing"),
        ("plan",),
    ):
        ended = jivsgen(*arguments, cwd=project)
        assert ended.returncode == 2
        assert ended.stderr
        assert "Traceback" not in ended.stderr
    assert (
        "did you mean `extraction-load`?"
        in jivsgen("build", "--profile", "extraction-lod", cwd=project).stderr
    )


def test_help_has_examples(jivsgen, root: Path) -> None:
    from jivsgen.cli import VERBS

    readme = (root / "README.md").read_text("utf-8")
    for verb in VERBS:
        assert "Example" in jivsgen(verb, "--help", cwd=root).stdout
        assert f"`jivsgen {verb}" in readme


def test_version_imports_nothing_heavy(root: Path) -> None:
    code = "import sys; from jivsgen.__main__ import main; main(['--version']); print(sorted(m for m in sys.modules if m in ('click', 'yaml', 'jinja2', 'pydantic', 'lxml')))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[1] == "[]"


def test_the_tour_of_the_readme_compiles(project: Path, root: Path, jivsgen) -> None:
    blocks = re.findall(r"```yaml\n(profile: .*?)```", (root / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        (project / f"specs/profiles/readme-{number}.yaml").write_text(
            block.replace("profile: extraction-load", "profile: shown"), "utf-8"
        )
        ended = jivsgen("build", "--profile", f"readme-{number}", "--out", "tour", cwd=project)
        assert ended.returncode == 0, ended.stderr
        assert "warning" not in ended.stderr


def test_the_readme_shows_the_scripts_as_they_are(root: Path) -> None:
    """Each excerpt names its file; its lines stand there in that order, an ellipsis for what is left out between them."""
    readme = (root / "README.md").read_text("utf-8")
    blocks = re.findall(r"```\w+\n(?://|#|<!--) (generated/\S+)(?: -->)?\n(.*?)```", readme, re.DOTALL)
    assert {file.split("/")[1] for file, _ in blocks} == {"k6", "jmeter", "artillery"}
    for file, excerpt in blocks:
        script = stripped((root / file).read_text("utf-8"))
        for piece in excerpt.split("<!-- … -->"):
            _, shown, script = script.partition(stripped(piece))
            assert shown, f"{file} has no such lines, or not in this order:\n{piece}"


def stripped(text: str) -> str:
    """Its lines without the space around them."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def test_the_profile_schema_is_current_and_bites(root: Path) -> None:
    import jsonschema_rs

    from jivsgen.diagnostics import Diagnostics
    from jivsgen.profile.schema import text
    from jivsgen.source import load_document

    assert (root / "specs/profile.schema.json").read_text("utf-8") == text()
    validator = jsonschema_rs.Draft202012Validator(json.loads(text()))
    for path in sorted((root / "specs/profiles").glob("*.yaml")):
        document = load_document(path, path.name, Diagnostics())
        assert document
        assert validator.is_valid(document.content), path.name
    for code in ("unknown-key", "wrong-value", "wrong-value-step", "wrong-value-executor"):
        document = load_document(root / f"tests/invalid/{code}/profile.yaml", code, Diagnostics())
        assert document
        assert not validator.is_valid(document.content), code


# --- what is not the user's mistake ----------------------------------------------------------------------------------


def test_a_bug_of_ours_is_called_one(project: Path) -> None:
    code = (
        "import sys; from jivsgen.compiler import Compiler; Compiler.compile = lambda *_: 1 // 0; "
        "from jivsgen.__main__ import main; sys.exit(main(['lint']))"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert ended.returncode == 3
    assert "ZeroDivisionError" in ended.stderr
    assert "this is a bug of jivsgen" in ended.stderr


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    for verb in ("check", "lint"):
        shell = f'rmdir "$PWD" 2>/dev/null; "$0" -m jivsgen {verb}'
        ended = subprocess.run(
            ["sh", "-c", shell, sys.executable], cwd=tmp_path / "gone", capture_output=True, text=True
        )
        (tmp_path / "gone").mkdir()
        assert ended.returncode == 2
        assert "is not there any more" in ended.stderr


def test_what_may_not_be_read(project: Path) -> None:
    code = (
        "import sys; from jivsgen.compiler import Compiler; from jivsgen.cli import run\n"
        "def refused(*_): raise PermissionError(13, 'Permission denied', 'specs/data')\n"
        "Compiler.compile = refused; sys.exit(run(['lint']))"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (2, "jivsgen: no access to specs/data: Permission denied\n")


def test_nobody_reads_what_a_clean_check_says(root: Path) -> None:
    shell = '{ "$0" -m jivsgen check; echo "ended with $?" >&2; } | true'
    ended = subprocess.run(["sh", "-c", shell, sys.executable], cwd=root, capture_output=True, text=True)
    assert ended.stderr == "ended with 0\n"


# --- what a build costs ----------------------------------------------------------------------------------------------

LEFT_ALONE = (
    "openapi_core", "jsonschema", "pydantic", "pydantic_core", "werkzeug", "requests", "starlette", "uvicorn",
    "jivsgen.contract", "jivsgen.drift.changes", "jivsgen.drift.findings", "jivsgen.drift.uses", "jivsgen.init",
    "jivsgen.rehearsal", "jivsgen.results", "jivsgen.verify.engines", "jivsgen.fetch",
)  # fmt: skip


def imported_by_a_build(root: Path, out: Path, before: str = "") -> list[str]:
    """Which of the modules that a build of everything leaves alone were imported by one."""
    code = (
        f"import sys; {before}\nfrom jivsgen.__main__ import main; assert main(['build', '--out', {str(out)!r}]) == 0\n"
        f"print(); print(*[m for m in {LEFT_ALONE} if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    return ended.stdout.splitlines()[-1].split()


def test_a_full_build_imports_only_what_it_needs(root: Path, tmp_path: Path) -> None:
    assert imported_by_a_build(root, tmp_path / "out") == []
    assert imported_by_a_build(root, tmp_path / "other", "import openapi_core")[0] == "openapi_core"


def test_a_behaviour_file_is_read_without_asking_other_packages_for_plug_ins(root: Path) -> None:
    code = (
        "import importlib.metadata as metadata\n"
        "def refuse(**_): raise AssertionError('the metadata of every package was read')\n"
        "metadata.entry_points = refuse\n"
        "from jivsgen.rehearsal.server.behaviour import Behaviour\n"
        "print(Behaviour.model_validate({}) is not None)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert ended.stdout == "True\n"


def test_timings_say_where_the_time_went(project: Path, jivsgen) -> None:
    plain = jivsgen("build", "--out", "out", cwd=project)
    timed = jivsgen("build", "--out", "out", "--timings", cwd=project)
    rooms = [line[:13].strip() for line in timed.stderr.removeprefix(plain.stderr).splitlines()]
    assert rooms == [
        "start", "read profiles", "read spec", "compile", "render", "verify", "publish", "together",
    ]  # fmt: skip
    assert all(re.fullmatch(r".{13} [ \d,]{8} ms", line) for line in timed.stderr.splitlines()[-8:])


def test_timings_of_a_build_that_fails(project: Path, jivsgen) -> None:
    (project / "specs/jivs.openapi.yaml").unlink()
    timed = jivsgen("build", "--timings", cwd=project)
    assert timed.returncode == 1
    assert [line[:13].strip() for line in timed.stderr.splitlines()[-4:]] == [
        "start", "read profiles", "read spec", "together",
    ]  # fmt: skip


def test_a_room_within_another_counts_for_itself_only(monkeypatch) -> None:
    from jivsgen.timings import Timings

    clock = iter([1.0, 3.0, 6.0, 10.0, 10.0])
    monkeypatch.setattr("time.process_time", lambda: next(clock))
    timings = Timings()
    with timings.room("compile"), timings.room("read spec"):
        pass
    assert timings.text().splitlines()[-1].split() == ["together", "10,000", "ms"]
    assert timings.seconds == {"start": 1.0, "compile": 2.0 + 4.0, "read spec": 3.0}

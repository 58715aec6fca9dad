"""The runner notices what doesn't hold: each promise is broken once, by code that harms nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.attacks import AttackResult, Verdict, run_attacks
from grader.attacks.canaries import Canaries, fill_folder, lay_canaries, make_own_folder
from grader.attacks.judging import Trial, find_differences, find_excess, find_names, find_screens
from grader.attacks.run import try_attack
from grader.attacks.seen import Seen
from grader.errors import GraderError, ProvisionError, SandboxError
from grader.evidence.model import Evidence, Exit, QuestionEvidence
from grader.limits import MIB
from grader.sandbox import FakeSandbox, Interpreter, RunRequest, RunResult
from grader.sandbox.ownership import own_name
from tests.attacks.building import HONEST, change_course, make_attack, make_corpus, open_small, run_one

HELD = 'print("HELD something EACCES")\n' + HONEST


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus with a course and no attack."""
    return make_corpus(tmp_path / "corpus")


def expect_unexpected(result: AttackResult, *words: str) -> None:
    """The attack is told to be unexpected, with these words among its findings."""
    together = "\n".join(result.findings)

    assert result.verdict is Verdict.UNEXPECTED
    assert [word for word in words if word not in together] == [], together


# ── what is as expected ──


def test_an_attack_that_was_held(corpus: Path) -> None:
    """The detail says what was tried."""
    make_attack(corpus, HELD)
    result = run_one(corpus)

    assert (result.verdict, result.detail) == (Verdict.AS_EXPECTED, "HELD something EACCES")


def test_a_wrong_answer_that_should_fail(corpus: Path) -> None:
    """`fail` is a question that finished with failed checks, whose points are lost."""
    make_attack(corpus, HONEST.replace("2 * number", "3"), expect='outcome = "fail"\nspared = ["greet"]')

    assert run_one(corpus).verdict is Verdict.AS_EXPECTED


def test_errors_and_refusals_by_kind(corpus: Path) -> None:
    """`student_error` and `reject` ask for the code; of several, any will do."""
    make_attack(
        corpus, "def double(number):\n    1 / 0\n", expect='outcome = "student_error"\nkind = ["exit", "exception"]'
    )
    twins = make_attack(corpus, HONEST, id="twins", expect='outcome = "reject"\nkind = "twins"')
    (twins / "submission" / "PLAIN.py").write_text(HONEST)
    with open_small(corpus) as ground:
        results = run_attacks(ground.corpus.attacks, ground, jobs=2)

    assert [(result.verdict, result.detail) for result in results] == [
        (Verdict.AS_EXPECTED, "double failed (exception)"),
        (Verdict.AS_EXPECTED, "refused (twins)"),
    ]


def test_what_a_generator_makes_is_handed_in(corpus: Path) -> None:
    """`generate.py` writes the submission; `path` says what of it is handed in."""
    folder = corpus / "E-files" / "made"
    folder.mkdir(parents=True)
    (folder / "expect.toml").write_text('title = "Made"\noutcome = "harmless"\npath = "inner/plain.py"\n')
    made = f"(folder / 'inner').mkdir()\n    (folder / 'inner' / 'plain.py').write_text({HONEST!r})"
    (folder / "generate.py").write_text(f"def make(folder):\n    {made}\n")

    assert run_one(corpus).verdict is Verdict.AS_EXPECTED


@pytest.mark.parametrize(
    ("source", "words"),
    [("1 / 0", "ZeroDivisionError"), ("def make(folder):\n    pass", "hands in 'plain.py', which isn't there")],
)
def test_a_generator_that_doesn_t_work_is_told(corpus: Path, source: str, words: str) -> None:
    """As that attack's result: the others are run all the same."""
    folder = corpus / "E-files" / "made"
    folder.mkdir(parents=True)
    (folder / "expect.toml").write_text('title = "Made"\noutcome = "harmless"\npath = "plain.py"\n')
    (folder / "generate.py").write_text(source)

    expect_unexpected(run_one(corpus), words)


# ── what isn't ──


def test_a_breach_is_noticed(corpus: Path) -> None:
    """Without a sandbox a file of this machine can be read: that is told, and that its text came out."""
    make_attack(corpus, 'print("BREACH", open("@HOME_FILE@").read())\n' + HONEST)

    expect_unexpected(run_one(corpus), "BREACH canary-home-", "the report holds the home's canary", "student.frames")


def test_an_attack_that_tries_nothing_is_noticed(corpus: Path) -> None:
    """`blocked` wants to see that something was tried."""
    make_attack(corpus, HONEST)

    expect_unexpected(run_one(corpus), "expected blocked, got nothing tried: double passed")


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ('outcome = "fail"', "expected fail, got double passed"),
        ('outcome = "student_error"\nkind = "wall_limit"', "expected student_error (wall_limit), got double passed"),
        ('outcome = "reject"\nkind = "unreadable"', "expected reject (unreadable), got double passed"),
        ('outcome = "flag"\nkind = "needs_review"', "expected flag (needs_review)"),
        ('outcome = "infra"', "expected infra, got graded"),
        ('outcome = "blocked"\npoints_at_most = 2.5', "it earned 5 points; at most 2.5 are right"),
        ('outcome = "blocked"\nshown = ["no such words"]', "the screen should show 'no such words'"),
        ('outcome = "blocked"\nnever_shown = ["5 / 5"]', "the screen shows '5 / 5'"),
    ],
)
def test_a_wrong_expectation_is_noticed(corpus: Path, expect: str, words: str) -> None:
    """Whatever expect.toml says and isn't so."""
    make_attack(corpus, HELD, expect=expect)

    expect_unexpected(run_one(corpus), words)


def test_points_that_weren_t_earned_are_noticed(corpus: Path) -> None:
    """An attack that must cost its question's points and doesn't."""
    make_attack(corpus, HONEST.replace("2 * number", "3"), expect='outcome = "fail"\nquestion = "greet"')

    expect_unexpected(run_one(corpus), "expected fail, got greet passed")


def test_a_question_that_wasn_t_spared_is_noticed(corpus: Path) -> None:
    """Another question than the one attacked lost its points."""
    make_attack(corpus, HELD.replace("2 * number", "3"), expect='outcome = "blocked"\nspared = ["double"]')

    expect_unexpected(run_one(corpus), "the question 'double' should have been spared, and earned 0")


@pytest.mark.parametrize("secret", ["labels", "checks"])
def test_a_leak_of_what_stays_outside_is_noticed(corpus: Path, secret: str) -> None:
    """A course that lets a canary in: the attack prints it, and it is found in everything that came out."""
    change_course(corpus, "reference/data.py", '{"rows": rows}', '{"rows": rows, "leak": LEAK}')
    change_course(corpus, "reference/data.py", "CANARY =", f'LEAK = "@CANARY_{secret.upper()}@"\nCANARY =')
    change_course(corpus, "assignment/probe.py", "student.double(given", 'student.double(print(given["leak"]) or given')
    make_attack(corpus, HELD)

    expect_unexpected(run_one(corpus), f"the report holds the {secret}'s canary", "student.frames")


def test_what_is_left_for_the_next_one_is_noticed(corpus: Path) -> None:
    """A file beside the trap's, which the clean submission after it finds; and the trap tells, too."""
    left = "@TEMPORARY_FILE@-left"
    make_attack(
        corpus,
        f'open("{left}", "w").close()\n' + HELD,
        clean=f'import os\nprint("{left}"[:0], os.path.exists("@LEFT@"))\n' + HONEST,
    )
    with open_small(corpus) as ground:
        path = ground.canaries.places["TEMPORARY_FILE"] + "-left"
        attack = ground.corpus.attacks[0]
        clean = attack.folder / "next" / "plain.py"
        clean.write_text(clean.read_text().replace("@LEFT@", path))
        results = run_attacks([attack], ground)

    expect_unexpected(results[0], "differs from one on a fresh machine: double.output", "files appeared beside")


def test_a_breach_in_the_next_one_is_noticed(corpus: Path) -> None:
    """What the clean submission itself says, were it the same on a fresh machine."""
    make_attack(corpus, HELD, clean='print("BREACH still there")\n' + HONEST)

    expect_unexpected(run_one(corpus), "the clean submission after it: BREACH still there")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('socket.create_connection(("127.0.0.1", int("@TCP_PORT@")))', "the TCP service of this machine was reached"),
        (
            'socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", int("@UDP_PORT@")))',
            "the UDP service of this machine was reached",
        ),
        ('socket.socket(socket.AF_UNIX).connect("@UNIX_SOCKET@")', "the unix socket of this machine was reached"),
        ('socket.socket(socket.AF_UNIX).connect("\\0@ABSTRACT_SOCKET@")', "the abstract unix socket of this machine"),
        ('open("@HOME_FILE@", "a").write("x")', "was changed"),
        ('os.unlink("@HOME_FILE@")', "is gone"),
    ],
)
def test_a_touched_trap_is_noticed(corpus: Path, code: str, words: str) -> None:
    """Each kind of trap, sprung once."""
    make_attack(corpus, f"import os, socket, warnings\nwarnings.simplefilter('ignore')\n{code}\n" + HELD)

    expect_unexpected(run_one(corpus), words)


def test_a_changed_cache_of_the_grader_is_noticed(corpus: Path) -> None:
    """The reference's evidence in the trial's own home."""
    code = "import glob\nfor path in glob.glob('@GRADER_HOME@/reference/*/student.json'): open(path, 'a').write(' ')\n"
    make_attack(corpus, code + HELD)

    expect_unexpected(run_one(corpus), "the grader's own file 'student.json' was changed")


def test_a_grader_that_fails_is_noticed(corpus: Path) -> None:
    """A fault of ours is a result; a sandbox that fails leaves no score, which only `infra` expects."""
    make_attack(corpus, HELD)
    make_attack(corpus, HELD, id="other", expect='outcome = "infra"')

    def break_down(request: RunRequest) -> RunResult:
        raise ZeroDivisionError("planted")

    def fail(request: RunRequest) -> RunResult:
        raise SandboxError("it doesn't start")

    with open_small(corpus, sandbox=FakeSandbox(break_down)) as ground:
        faults = run_attacks(ground.corpus.attacks, ground)
    with open_small(corpus, sandbox=FakeSandbox(fail)) as ground:
        failures = run_attacks(ground.corpus.attacks, ground)

    expect_unexpected(faults[0], "a fault of the grader: ZeroDivisionError: planted")
    expect_unexpected(failures[0], "it wasn't graded: it doesn't start", "the clean submission after it wasn't graded")
    assert not any("expected infra" in finding for finding in failures[1].findings)


def test_an_unsound_course_is_told_before_anything(corpus: Path) -> None:
    """Where the honest submission doesn't earn everything, there is nothing to compare with."""
    (corpus / "courses" / "plain" / "honest" / "plain.py").write_text(HONEST.replace("2 * number", "3"))
    make_attack(corpus, HELD)

    with open_small(corpus) as ground, pytest.raises(GraderError, match="earns 3 of 5"):
        run_attacks(ground.corpus.attacks, ground)


# ── skips ──


def test_what_an_attack_needs_and_isn_t_here_skips_it(corpus: Path) -> None:
    """With the reason in words."""
    make_attack(corpus, HELD, expect='outcome = "blocked"\nneeds = ["warm"]')
    result = run_one(corpus)

    assert (result.verdict, result.detail) == (Verdict.SKIPPED, "needs a sandbox that keeps guests warm between runs")


def test_a_missing_framework_skips_its_attacks(corpus: Path) -> None:
    """With what the search for it says."""

    def find_nothing(framework: str) -> Interpreter:
        raise ProvisionError("no torch here")

    make_attack(corpus, HELD)
    with open_small(corpus, find=find_nothing) as ground:
        result = run_attacks(ground.corpus.attacks, ground)[0]

    assert (result.verdict, result.detail) == (Verdict.SKIPPED, "no torch here")


# ── the judgement, on values ──


@pytest.fixture
def trial(corpus: Path) -> Trial:
    """An honest submission's trial, judged to be as it should."""
    folder = make_attack(corpus, HELD) / "submission"
    with open_small(corpus) as ground:
        return try_attack(ground.corpus.attacks[0], folder, ground, ground.open_course("plain"))


def change_question(seen: Seen, **changes: object) -> Seen:
    """The same with another first question."""
    assert seen.evidence is not None
    questions = dict(seen.evidence.questions)
    questions["double"] = replace(questions["double"], **changes)  # type: ignore[arg-type]
    return replace(seen, evidence=replace(seen.evidence, questions=questions))


def test_excess_is_noticed(trial: Trial) -> None:
    """A question or a run that ends later than 5 s after its limit, memory, and the report's size."""
    late = change_question(trial.seen, seconds=8.1)
    run = replace(trial.seen.results["student"], wall_seconds=60.0)
    longer = replace(trial.seen, results={"student": run})
    larger = replace(trial.seen, peak_growth_bytes=600 * MIB)
    longest = replace(trial.seen, json=" " * (5 * MIB))

    assert list(find_excess(trial)) == []
    for seen, word in ((late, "8.1 s"), (longer, "60.0 s"), (larger, "600 MiB"), (longest, "5,242,880 bytes")):
        assert [word in finding for finding in find_excess(replace(trial, seen=seen))] == [True]


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x00", "\u202e", "\x9b"])
def test_a_screen_that_obeys_is_noticed(trial: Trial, character: str) -> None:
    """Control characters and those that reorder, in the coloured screen and in the plain one."""
    for number in (0, 1):
        screens = [*trial.seen.screens]
        screens[number] += character
        found = list(find_screens(replace(trial, seen=replace(trial.seen, screens=tuple(screens)))))

        assert any(f"U+{ord(character):04X}" in finding for finding in found)
    assert list(find_screens(trial)) == []


def test_another_s_name_is_noticed(trial: Trial) -> None:
    """A report that is said to be another student's."""
    assert trial.seen.report is not None
    other = trial.seen.report.model_copy(
        update={"student": trial.seen.report.student.model_copy(update={"id": "somebody"})}
    )

    assert list(find_names(trial)) == []
    assert ["somebody" in f for f in find_names(replace(trial, seen=replace(trial.seen, report=other)))] == [True]


@pytest.mark.parametrize(
    "changes",
    [
        {"output": "something else"},
        {"exit": Exit.CRASHED},
        {"records": {}},
        {"definitions_only": True},
    ],
)
def test_every_difference_of_the_next_one_is_noticed(trial: Trial, changes: dict[str, object]) -> None:
    """Output, end, records; and a clean submission that left nothing."""
    other = replace(trial, clean=change_question(trial.clean, **changes))
    nothing = replace(trial, clean=replace(trial.clean, evidence=None))

    assert list(find_differences(trial)) == []
    assert "double." in next(find_differences(other))
    assert "wasn't graded" in next(find_differences(nothing))


def test_times_are_no_differences(trial: Trial) -> None:
    """How long a clean submission took, and how much memory, may differ."""
    other = change_question(trial.clean, seconds=1.5, load_seconds=1.5, peak_bytes=7)

    assert list(find_differences(replace(trial, clean=other))) == []


# ── traps ──


def test_traps_are_gone_afterwards(tmp_path: Path) -> None:
    """No file and no folder stays in the home or the temporary folder."""
    with lay_canaries(tmp_path) as canaries:
        places = [Path(canaries.places[name]) for name in ("HOME_FILE", "TEMPORARY_FILE", "UNIX_SOCKET")]
        there = [path.exists() for path in places]
        untouched = canaries.find_touched()

    assert there == [True, True, True]
    assert untouched == []
    assert [path.parent.exists() for path in places] == [False, False, False]


def test_what_a_killed_grader_left_is_removed(tmp_path: Path) -> None:
    """A folder of ours whose owner is gone; not one of somebody who lives, nor one of another name."""
    own = own_name()
    namespace, pid, start, random = own.removeprefix("grader.").split(".")
    gone = f"grader.{namespace}.{pid}.{int(start) + 1}.{random}"
    for name in (f".{own}", f".{gone}", ".grader.mine"):
        (tmp_path / name).mkdir()
    with make_own_folder(tmp_path) as made:
        names = {path.name for path in tmp_path.iterdir()}

    assert names == {f".{own}", ".grader.mine", made.name}
    assert not made.exists()


def test_an_attack_s_files_get_places_and_no_secret(tmp_path: Path) -> None:
    """Placeholders of places are filled, those of secrets stay as they are; links and large files are left alone."""
    canaries = Canaries(secrets={"labels": "canary-labels-1"}, places={"TCP_PORT": "4711"}, traps=())
    (tmp_path / "a.py").write_text("@TCP_PORT@ @CANARY_LABELS@")
    (tmp_path / "link").symlink_to("a.py")
    (tmp_path / "large").write_bytes(b"@TCP_PORT@" * 200_000)
    fill_folder(tmp_path, canaries.places)

    assert (tmp_path / "a.py").read_text() == "4711 @CANARY_LABELS@"
    assert (tmp_path / "link").is_symlink()
    assert b"4711" not in (tmp_path / "large").read_bytes()
    assert canaries.find_leaks(b"... canary-labels-1 ...") == ["labels"]


def test_evidence_without_questions_is_compared(trial: Trial) -> None:
    """A run that left none of its questions differs in all of them."""
    assert trial.clean.evidence is not None
    empty = Evidence(questions={"double": QuestionEvidence(id="double", exit=Exit.MISSING)}, exit=Exit.CRASHED)
    found = list(find_differences(replace(trial, clean=replace(trial.clean, evidence=empty))))

    assert any("exit" in finding for finding in found)
    assert any("greet" in finding for finding in found)

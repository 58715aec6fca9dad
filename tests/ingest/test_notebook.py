import json
import tracemalloc
from collections.abc import Mapping
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import SubmissionError
from grader.ingest.notebook import read_notebook
from grader.ingest.submission import Note, Program
from grader.limits import IngestLimits

LIMITS = IngestLimits()


def code(source: Any, **keys: Any) -> dict[str, Any]:
    """A code cell of format 4."""
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **keys}


def pack(*cells: Any, **keys: Any) -> bytes:
    """A notebook of format 4."""
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **keys}).encode()


def read(content: bytes, *, limits: IngestLimits = LIMITS) -> tuple[Program, tuple[Note, ...]]:
    """That notebook."""
    return read_notebook("hw1.ipynb", content, limits)


def sources(content: bytes) -> list[str]:
    """The sources of its code cells."""
    return [cell.source for cell in read(content)[0].cells or ()]


def refused(content: bytes, *, limits: IngestLimits = LIMITS) -> SubmissionError:
    """Why it is refused."""
    with pytest.raises(SubmissionError) as caught:
        read(content, limits=limits)
    return caught.value


def test_code_cells_are_counted_from_one() -> None:
    """Text cells don't count; a source is text, or a list of lines."""
    text = {"cell_type": "markdown", "source": "# Title", "metadata": {}}
    program, notes = read(pack(text, code("import torch"), text, code(["def f():\n", "    return 1"])))

    assert [(cell.number, cell.source) for cell in program.cells or ()] == [
        (1, "import torch"),
        (2, "def f():\n    return 1"),
    ]
    assert (program.cell_count, program.source, notes) == (2, None, ())


def test_cells_tagged_are_skipped() -> None:
    """They keep their number, and it is said how many there were."""
    program, notes = read(pack(code("a"), code("b", metadata={"tags": ["x", "skip-grading"]}), code("c")))

    assert [(cell.number, cell.source) for cell in program.cells or ()] == [(1, "a"), (3, "c")]
    assert program.cell_count == 3
    assert notes == (Note(code="cells_skipped", facts={"file": "hw1.ipynb", "count": 1}),)


def test_what_jupyter_writes() -> None:
    """A notebook made with Jupyter's own library, with outputs of all kinds."""
    v4: Any = nbformat.v4
    cell = v4.new_code_cell("plt.plot(x)\n", outputs=[v4.new_output("stream", text="a\n" * 1000)])
    book = v4.new_notebook(cells=[v4.new_markdown_cell("text"), cell, v4.new_raw_cell("raw")])
    book.metadata.update({"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}})

    assert sources(v4.writes(book).encode()) == ["plt.plot(x)\n"]


def test_format_3() -> None:
    """Worksheets, and `input` where format 4 has `source`."""
    v3: Any = nbformat.v3
    sheet = v3.new_worksheet(cells=[v3.new_heading_cell("T"), v3.new_code_cell("x = 1"), v3.new_text_cell("markdown")])
    more = v3.new_worksheet(cells=[v3.new_code_cell("y = 2\nz = 3")])
    written = v3.writes_json(v3.new_notebook(worksheets=[sheet, more]))

    assert sources(written.encode()) == ["x = 1", "y = 2\nz = 3"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + pack(code("x")),
        pack(code("x")).replace(b'"nbformat": 4, ', b""),
        pack(code("x", outputs=[{"data": float("nan")}])),
        pack(code("x"), metadata=None),
        pack(code("x", metadata=None)),
        pack(code("x"), metadata={"kernelspec": {"language": "python"}, "language_info": {"name": "ipython"}}),
        pack(code("x", outputs="odd", execution_count="odd")),
        b'{"cells": [{"cell_type": "code", "source": "x", "execution_count": ' + b"9" * 6000 + b"}]}",
    ],
    ids=["mark", "no format", "NaN", "no metadata", "no cell metadata", "languages", "odd outputs", "long"],
)
def test_odd_but_plain(content: bytes) -> None:
    """What doesn't touch the code is no reason to refuse it."""
    assert sources(content) == ["x"]


BROKEN: Mapping[str, tuple[bytes, str]] = {
    "nothing": (b"", "notebook_json"),
    "spaces": (b"  \n", "notebook_json"),
    "script": (b"import torch\n", "notebook_json"),
    "merge conflict": (
        pack(code("x")).replace(b'"x"', b'\n<<<<<<< HEAD\n"x"\n=======\n"y"\n>>>>>>> b\n'),
        "notebook_json",
    ),
    "cut": (pack(code("x"))[:-5], "notebook_json"),
    "unterminated": (b'{"a": "' + b'\\"' * 100_000, "notebook_json"),
    "UTF-16": (pack(code("x")).decode().encode("utf-16"), "encoding"),
    "not UTF-8": (b'{"cells": "\xff"}', "encoding"),
    "list": (b"[]", "notebook_form"),
    "text": (b'"x"', "notebook_form"),
    "no cells": (b'{"nbformat": 4}', "notebook_form"),
    "cells are a table": (pack().replace(b"[]", b"{}"), "notebook_form"),
    "no worksheets": (b'{"nbformat": 3}', "notebook_form"),
    "odd worksheets": (b'{"nbformat": 3, "worksheets": [1]}', "notebook_form"),
    "worksheet without cells": (b'{"nbformat": 3, "worksheets": [{}]}', "notebook_form"),
    "format 2": (pack().replace(b'"nbformat": 4', b'"nbformat": 2'), "notebook_version"),
    "format true": (pack().replace(b'"nbformat": 4', b'"nbformat": true'), "notebook_version"),
    "format text": (pack().replace(b'"nbformat": 4', b'"nbformat": "4"'), "notebook_version"),
    "empty object": (b"{}", "notebook_version"),
    "cells twice": (b'{"nbformat": 4, "cells": [], "cells": []}', "notebook_twice"),
    "many keys and one twice": (
        ("{" + ",".join(f'"k{number}": 1' for number in range(300_000)) + ', "k299999": 2}').encode(),
        "notebook_twice",
    ),
    "source twice": (b'{"cells": [{"cell_type": "code", "source": "a", "source": "b"}]}', "notebook_twice"),
    "cell is text": (pack(code("x"), "y"), "notebook_cell"),
    "cell is null": (pack(None), "notebook_cell"),
    "odd kind": (pack({"cell_type": "kode", "source": ""}), "notebook_cell"),
    "kind is a list": (pack({"cell_type": ["code"], "source": ""}), "notebook_cell"),
    "no kind": (pack({"source": ""}), "notebook_cell"),
    "no source": (pack({"cell_type": "code"}), "notebook_cell"),
    "source is a number": (pack(code(3)), "notebook_cell"),
    "source is nested": (pack(code([["x"]])), "notebook_cell"),
    "source has numbers": (pack(code(["x", 1])), "notebook_cell"),
    "NUL": (pack(code("x\0")), "nul"),
    "surrogate": (pack(code("\ud800")), "not_text"),
    "R": (pack(code("x"), metadata={"kernelspec": {"language": "R", "name": "ir"}}), "notebook_language"),
    "Julia": (pack(code("x"), metadata={"language_info": {"name": "julia"}}), "notebook_language"),
    "a cell in R": (pack(code("x", metadata={"vscode": {"languageId": "r"}})), "notebook_language"),
    "a cell of format 3 in ruby": (
        b'{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "x", "language": "ruby"}]}]}',
        "notebook_language",
    ),
    "deep": (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "notebook_depth"),
    "deep outputs": (
        pack(code("x")).replace(b'"outputs": []', b'"outputs": ' + b"[" * 200 + b"]" * 200),
        "notebook_depth",
    ),
    "many values": (b'{"a": [' + b"0," * 3_100_000 + b"0]}", "notebook_too_large"),
    "many cells": (pack(*[{"cell_type": "raw"}] * 20_000), "too_many_cells"),
    "much code": (pack(code("x" * 5_000_000)), "source_too_long"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_notebook_is_refused(fault: str) -> None:
    """Each by its rule, in one line without control characters."""
    content, expected = BROKEN[fault]

    error = refused(content)

    assert error.code == expected
    assert error.message.isprintable()


def test_the_cell_is_named() -> None:
    """An odd cell by its place among all cells; a cell of code by its number among those."""
    text = {"cell_type": "markdown", "source": ""}

    assert "cell 3 of all cells: its source is a number" in refused(pack(text, code("x"), code(3))).message
    assert "cell 2, line 2: a NUL" in refused(pack(text, code("x"), code("y\n\0"))).message
    assert "cell 2: it is in 'sql'" in refused(pack(code("x"), code("y", language="sql"))).message


def test_a_skipped_cell_may_be_in_another_language() -> None:
    """The tag is the way out."""
    tagged = {"tags": ["skip-grading"], "vscode": {"languageId": "sql"}}

    assert sources(pack(code("x"), code("select", metadata=tagged))) == ["x"]


def test_why_it_is_no_json_is_guessed() -> None:
    """A merge conflict, or a script under a notebook's name."""
    assert "merge conflict" in refused(BROKEN["merge conflict"][0]).details[0]
    assert "It looks like a script" in refused(b"import torch\n").details[0]


def test_an_empty_notebook_is_noted() -> None:
    """Exported before it was saved, as happens; it is graded all the same."""
    for cells in ((), (code(""), code("# todo"))):
        _, notes = read(pack(*cells))
        assert notes == (Note(code="no_code", facts={"file": "hw1.ipynb"}),)


def test_large_outputs_are_not_kept() -> None:
    """40 MB of pictures cost about what the file does, several times over, and nothing afterwards."""
    content = pack(code("x", outputs=[{"data": {"image/png": "A" * 20_000_000}} for _ in range(2)]))
    tracemalloc.start()
    program, _ = read(content)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [cell.source for cell in program.cells or ()] == ["x"]
    assert kept < 1_000_000
    assert peak < 4 * len(content)


def test_too_large() -> None:
    """It is said how to make it smaller."""
    error = refused(pack(code("x")), limits=IngestLimits(program_bytes=50))

    assert error.code == "notebook_too_large"
    assert "Clear all outputs" in error.details[0]


def test_bidi_characters_are_noted_with_their_cell() -> None:
    """Not refused."""
    _, notes = read(pack(code("x"), code("y\n'\u202e'")))

    assert notes == (Note(code="bidi_characters", facts={"file": "hw1.ipynb", "line": 2, "cell": 2}),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(("code", "python")),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ("cells", "cell_type", "source", "metadata", "nbformat", "worksheets", "input", "tags", "language")
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from(("cells", "nbformat", "worksheets", "metadata")), JSON), st.lists(JSON))
def test_any_json(document: dict[str, Any], cells: list[Any]) -> None:
    """Whatever JSON it is, it gives cells or is refused."""
    for content in (json.dumps(document), json.dumps({"nbformat": 4, "cells": cells}), json.dumps(cells)):
        try:
            program, _ = read(content.encode())
        except SubmissionError as error:
            assert error.message.isprintable()
        else:
            assert all(isinstance(cell.source, str) for cell in program.cells or ())


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=100), st.integers(0, 150))
def test_any_bytes(content: bytes, at: int) -> None:
    """Bytes put somewhere into a notebook."""
    whole = pack(code("x"), code(["y"]))
    for some in (content, whole[:at] + content + whole[at:]):
        try:
            read(some)
        except SubmissionError as error:
            assert error.code

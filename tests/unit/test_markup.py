"""Text in Markdown: any text stays text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from haystack.report.clean import clean, clean_lines
from haystack.report.markup import block, code, prose, table

READER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
# Texts that are likely to be markup.
NASTY = st.text(alphabet="`~*_[]()<>#@|\\ \n\t-+=1.ab!&:/$\x00\u202e", max_size=60) | st.text(max_size=60)

PROSE = [
    ("neutron-server on controller1 stopped (SIGTERM).", "neutron-server on controller1 stopped (SIGTERM)."),
    ("1. first 2. second", "`1.` first 2. second"),
    ("nothing answers on c1:9696 there", "nothing answers on `c1:9696` there"),
    ("see #12 @all now", "see `#12 @all` now"),
    ("a `b` c", "a `` `b` `` c"),
    ("it took 3.5 s, 92%", "it took 3.5 s, 92%"),
    ("deadbeef1234567 _x_", "`deadbeef1234567 _x_`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "markdown"), PROSE)
def test_prose(text: str, markdown: str) -> None:
    assert prose(text) == markdown


def inline(markdown: str) -> list[tuple[str, str]]:
    tokens = READER.parse(f"x {markdown} x")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    return [(child.type, child.content) for child in tokens[1].children or ()]


@given(NASTY)
def test_code_holds_any_text(text: str) -> None:
    (_, before), (kind, content), (_, after) = inline(code(text))
    assert (before, kind, after) == ("x ", "code_inline", " x")
    assert content == (clean(text).strip() or "-")


@given(NASTY)
def test_prose_is_words_and_code(text: str) -> None:
    found = inline(prose(text))
    assert {kind for kind, _ in found} <= {"text", "code_inline"}
    said = "".join(content for _, content in found)
    assert said.split() == ["x", *clean(text).split(), "x"]
    assert {token.type for token in READER.parse(prose(text))} <= {"paragraph_open", "inline", "paragraph_close"}


@given(st.lists(NASTY, min_size=1, max_size=5))
def test_a_block_holds_any_lines(lines: list[str]) -> None:
    (token,) = READER.parse("\n".join(block(lines)))
    assert token.type == "fence"
    assert token.content == "".join(f"{part}\n" for line in lines for part in clean_lines(line))


@given(st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=4))
def test_a_table_keeps_its_cells(rows: list[tuple[str, str]]) -> None:
    tokens = READER.parse("\n".join(table(["a", "b"], [[code(cell) for cell in row] for row in rows])))
    cells = [tokens[n + 1].children or [] for n, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 2 * len(rows)
    for cell, text in zip(cells, [text for row in rows for text in row], strict=True):
        assert [child.type for child in cell] == ["code_inline"]
        assert cell[0].content == (clean(text).strip() or "-").replace("\\|", "\\¦")

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.printable import escape_controls, plain_cell, printable, printable_lines

FORGED = "\x1b[2J\x1b[31mYOUR ACCOUNT IS LOCKED\x1b[0m\nfake: 99 read, 99 new, done\r\x1b]0;pwned\x07"
CONTROLS = "\x00\x07\x08\x1b\x7f\x80\x9b\x9d\u200b\u200e\u200f\u202a\u202e\u2066\u2069\u061c\ufeff\U000e0041\ud800"
WHOLE = st.text(st.characters(exclude_categories=["Cs"]))
BREAKS = "\n\r\t\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"
SIGNS = "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
BEFORE = (
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\xa0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\x00",
    '"',
    "'",
    ";",
    ",",
    "|",
    ';"',
    " \t ",
)


def test_forged_lines_and_sequences_become_one_plain_line() -> None:
    assert printable(FORGED) == (
        "\ufffd[2J\ufffd[31mYOUR ACCOUNT IS LOCKED\ufffd[0m fake: 99 read, 99 new, done \ufffd]0;pwned\ufffd"
    )


@pytest.mark.parametrize("character", [*CONTROLS, *BREAKS], ids=ascii)
def test_no_control_character_is_printed(character: str) -> None:
    assert printable(f"a{character}b") in ("a\ufffdb", "a b")
    assert character not in printable_lines(f"a{character}b") or character == "\n"


@pytest.mark.parametrize("text", ["Störung: naïve 東京 (ｶﾅ) 👩\u200d💻", "1\xa0000 \N{EM DASH} 5", "", "ابجد"])
def test_other_text_stays(text: str) -> None:
    assert printable(text) == text


@given(st.text())
def test_what_is_printed_has_no_control_and_stays_when_printed_again(text: str) -> None:
    shown = printable(text)
    assert not [letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")]
    assert printable(shown) == shown


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_escaped_json_is_the_same_for_its_readers(value: dict[str, str]) -> None:
    written = json.dumps(value, ensure_ascii=False, indent=2)
    assert json.loads(escape_controls(written)) == value
    assert "\x9b" not in escape_controls(written)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", BEFORE, ids=ascii)
def test_no_cell_is_a_formula(before: str, sign: str) -> None:
    assert plain_cell(f"{before}{sign}1+1").startswith(("'", f"{before[:1]}'"))
    assert plain_cell(f"{before}{sign}1+1").partition(sign)[0].count("'") > before.count("'")


@pytest.mark.parametrize(("text", "cell"), [
    ("Mail;=1+1", "Mail;'=1+1"), ("Mail\t@SUM(A1)", "Mail\t'@SUM(A1)"), ("a | =2", "a |' =2"),
    ("Mail-Gateway = down", "Mail-Gateway = down"), ("a+b@example.org", "a+b@example.org"), ("", ""), ("12", "12"),
])  # fmt: skip
def test_a_sign_counts_at_the_beginning_of_what_may_become_a_cell(text: str, cell: str) -> None:
    assert plain_cell(text) == cell

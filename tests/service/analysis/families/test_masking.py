import re
from unittest.mock import Mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.analysis.families import masking
from service.analysis.families.masking import PLACEHOLDER, _mask_once, is_label_path, mask

DIGITS = st.integers(min_value=0, max_value=99_999).map(str)
VOLATILE = (
    ("VPN gateway vpn-gw-07 drops its tunnels", "VPN gateway vpn-gw-12 drops its tunnels"),
    ("Print queue on prn12.corp.local is stuck", "Print queue on prn3.corp.local is stuck"),
    ("Batch run 2026-03-02 not complete", "Batch run 02.03.2026 not complete"),
    ("Batch run 2 Mar not complete", "Batch run March 14th, 2025 not complete"),
    ("Down since 09:15", "Down since 4:30 pm"),
    ("Down since 2026-03-02T09:15:00Z", "Down since 2025-11-20T23:01:59.120+01:00"),
    ("Backup failed on Monday", "Backup failed on Friday"),
    ("Sicherung am 3. März um 10 Uhr defekt", "Sicherung am 14. Oktober um 22 Uhr defekt"),
    ("Panne depuis le 3 août", "Panne depuis le 12 décembre"),
    ("Same as in INC0012345", "Same as in INC0099871"),
    ("Session 550e8400-e29b-41d4-a716-446655440000 lost", "Session 0b1c9f80-aaaa-4bbb-8ccc-123456789abc lost"),
    ("Commit 9f8e7d6c5b4a breaks", "Commit 1a2b3c4d5e6f7a8b breaks"),
    ("Error 0x80070005 in setup", "Error 0x8007045d in setup"),
    ("Mail from one@example.org bounces", "Mail from two.three@mail.example.com bounces"),
    ("No answer from 10.1.2.3", "No answer from 192.168.20.254"),
    ("Port of 00:1a:2b:3c:4d:5e blocked", "Port of a4:5e:60:c1:22:9f blocked"),
    ("See https://example.org/a?b=1 for it", "See http://www.example.com/ for it"),
    (r"Cannot open C:\Users\one\report.docx", r"Cannot open C:\Users\another\report.docx"),
    ("No space in /home/one/cache", "No space in /home/two/cache"),
    ("Password of p-1234 reset", "Password of p-987 reset"),
    ("Password of u123456 reset", "Password of ab98765 reset"),
    ("Phone of Mr. Example is dead", "Phone of Mr. Sample Person is dead"),
    ("Telefon von Frau Beispiel defekt", "Telefon von Frau Muster defekt"),
    ("Re: RE: mailbox full", "AW: WG: mailbox full"),
    ("Fwd: mailbox full", "mailbox full"),
)
LASTING = (
    "Category 42 / Subcategory 223 / Symptom 534",
    "log4j and k8s and s3",
    "May I have a new chair",
    "C# compiler crashes",
    "Zugriff für Übergabe über Düsseldorf",
)
FORMS = st.sampled_from(
    (
        "vpn-gw-{}",
        "prn{}.corp.local",
        "INC00{}1",
        "10.0.0.{}",
        "a{}@example.org",
        "2026-03-{}",
        "{}. März",
        "Re: ",
        "> quoted",
        "\n-- \n",
        "Kind regards\n",
        "Hi there,\n",
        "On Monday someone wrote:\n",
        "-----Original Message-----\nFrom: a\n",
        "Mr. Example",
        "# {} #",
        "10 Uhr",
        "of",
        "May",
        "Friday",
        "/home/{}/x",
        "Category {} / Symptom {}",
    )
)

LENGTH = 300_000
# Each of them took the square of its length, or the cube, before repeats were possessive and words were cut.
SLOW = (
    "a1" * (LENGTH // 2),
    "a" * LENGTH,
    "-" * LENGTH,
    "x-" * (LENGTH // 2),
    "ab:" * (LENGTH // 3),
    "a.b@" * (LENGTH // 4),
    "5 " + "May " * (LENGTH // 4),
    "# " * (LENGTH // 2) + "x",
    "#" + " ," * (LENGTH // 2),
    "12 am " * (LENGTH // 6),
    "re" + " " * LENGTH + "x",
    "words\n--" + " " * LENGTH + "x",
    "\n" * LENGTH + "x",
    "words\n" + " " * LENGTH + "x",
    "words" + "\n \t" * (LENGTH // 3) + "x",
    "__________\n" * (LENGTH // 11),
    "-----Original Message-----\nFrom: a\n" * (LENGTH // 35),
    "regards\n" * (LENGTH // 8),
    "hello " * (LENGTH // 6),
    "> " * (LENGTH // 2),
    "Mr " * (LENGTH // 3),
    "a/b\\home\\" * (LENGTH // 9),
    "0123456789 " * (LENGTH // 11) + "x",
    "word 1 / " * (LENGTH // 9) + "x",
)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_masking_a_long_text_ends(text: str) -> None:
    assert len(mask(text)) <= len(text)


@pytest.mark.parametrize("part", ["5 May ", "12 am ", "-----Original Message-----\n", "Mr Ab 1\n", "hi\n", "# x1 # "])
def test_the_number_of_passes_does_not_grow_with_the_text(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[int] = []
    for repeats in (10, 1_000):
        counted = Mock(side_effect=_mask_once)
        monkeypatch.setattr(masking, "_mask_once", counted)
        mask(part * repeats)
        passes.append(counted.call_count)
    assert passes[1] <= passes[0] + 1


def test_a_line_of_months_beside_a_number_is_one_date() -> None:
    assert mask("due 5 May June July urgent") == f"due {PLACEHOLDER} urgent"
    assert mask("due May June 5 urgent") == f"due {PLACEHOLDER} urgent"


@pytest.mark.parametrize(("first", "second"), VOLATILE)
def test_a_change_of_a_volatile_part_does_not_change_the_mask(first: str, second: str) -> None:
    assert mask(first) == mask(second)
    assert re.search(r"[^\W\d]{3,}", mask(first))


@pytest.mark.parametrize("text", LASTING)
def test_what_is_no_volatile_part_stays(text: str) -> None:
    assert mask(text) == text


def test_what_is_around_a_volatile_part_stays() -> None:
    assert mask("VPN gateway vpn-gw-07 drops tunnels") == f"VPN gateway vpn-gw-{PLACEHOLDER} drops tunnels"
    assert mask("prn12.corp.local hangs") == f"prn{PLACEHOLDER}.corp.local hangs"


@given(st.lists(st.tuples(FORMS, DIGITS), max_size=8), st.text(max_size=40))
@example([("# {} #", "1"), ("of", ""), ("May", "")], "")
def test_masking_twice_is_masking_once(parts: list[tuple[str, str]], rest: str) -> None:
    text = " ".join(form.replace("{}", digits) for form, digits in parts) + " " + rest
    assert mask(mask(text)) == mask(text)


@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(DIGITS, DIGITS)
def test_numbers_do_not_tell_tickets_apart(first: str, second: str) -> None:
    form = "Job {} on erp-app-{} left {} postings, see INC{:0>7}"
    assert mask(form.format(first, first, first, first)) == mask(form.format(second, second, second, second))


def test_a_quoted_reply_is_left_out() -> None:
    text = "It happened again.\n\nOn Mon, 2 Mar 2026 somebody wrote:\n> Have you tried it?\n> Yes."
    assert mask(text) == "It happened again."


def test_a_forwarded_message_is_the_message() -> None:
    text = "-----Original Message-----\nFrom: somebody\nSubject: printer\n\nThe printer hums."
    assert mask(text) == "The printer hums."


@pytest.mark.parametrize("closing", ["Kind regards", "Mit freundlichen Grüßen", "Cordialement,", "Saludos", "-- "])
def test_address_and_signature_are_left_out(closing: str) -> None:
    assert mask(f"Dear colleagues,\nthe printer hums.\n{closing}\nSomebody\nSome Street") == "the printer hums."


def test_a_text_of_hashed_words_stays() -> None:
    text = "0123456789 ab12cd34ef-# 99aa88bb77."
    assert mask(text) == text


def test_label_paths_are_recognised_also_with_hashed_words() -> None:
    assert is_label_path("Category 42 / Symptom 5")
    assert is_label_path("0123456789 ab12cd34ef / 99aa88bb77 aaaaaaaaaa")
    assert not is_label_path("Printer hums / scanner dead")
    assert not is_label_path("Unclassified")

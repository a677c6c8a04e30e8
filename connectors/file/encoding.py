"""The encoding of a file, as its bytes show it."""

import codecs
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDE = {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
# Those in which ticket systems and Excel export; the detection mistakes short texts for rarer ones.
CANDIDATES = [
    "cp1252", "cp1250", "cp1251", "cp932", "euc_jis_2004", "gb18030", "cp950", "cp949", "mac_roman", "cp850",
]  # fmt: skip
# Files that claim the standard are written in the wider page of Windows, which has ①, ㈱ and € besides.
WIDER = {
    "shift_jis": "cp932", "euc_jp": "euc_jis_2004", "gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950",
    "euc_kr": "cp949", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874", "ascii": "utf-8",
}  # fmt: skip
LATIN = "iso8859-1"
# Windows-1252 has no sign for some bytes, and Latin-1 has one for each.
_WINDOWS_SIGNS = {code: sign for code in range(0x80, 0xA0) if (sign := bytes([code]).decode("cp1252", "ignore"))}
ENOUGH = 1_000_000
WESTERN = ("cp1252", "cp1250", "mac_roman", "cp850")
_NOT_ASCII = re.compile(rb"[^\n\r,;\t|]*[\x80-\xff][^\n\r,;\t|]*")
_SIGNS = "[·¹²³¿¼½¾£¥§¡”“„–]"
_RARE = re.compile(
    rf"[ÐÞðþƒˆ˜¤¦¬ÿŸ¨´¯¸\x80-\x9f]|[a-z][ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜĄĆĘŁŃŚŹŻ]|[^\W\d_]{_SIGNS}[^\W\d_]"
    r"|[^\x00-\xa0\W\d_]{4}|[^\x00-\u02ff\u2010-\u2030\u20ac\u2122]"
)


def detect_encoding(chunks: Iterable[bytes]) -> str:
    """Return the encoding of a file by its bytes, by its name in Python; `utf-8` where all is ASCII."""
    stream = iter(chunks)
    head = next(stream, b"")
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    return _wide_encoding(head) or _narrow_encoding(chain([head], stream))


def _narrow_encoding(chunks: Iterable[bytes]) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    odd: list[bytes] = []
    valid = size = 0
    for chunk in chunks:
        try:
            valid += not decoder.decode(chunk).isascii()
        except UnicodeDecodeError:
            decoder.reset()
            odd += [line for line in chunk.splitlines() if not line.isascii()]
            size += len(chunk)
            if size > ENOUGH:
                break
    wrong = [line for line in odd if not _reads(line, "utf-8")]
    # A few lines of another encoding in a file of UTF-8 make no other encoding of the file.
    return guess_encoding(b"\n".join(odd)) if len(wrong) > valid + len(odd) - len(wrong) else "utf-8"


def _wide_encoding(head: bytes) -> str | None:
    """Return the form of UTF-16 without a byte order mark in which every other byte of a text is 0."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > 0.4 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * pairs and odd < 0.05 * pairs else None


@lru_cache(maxsize=64)
def guess_encoding(content: bytes) -> str:
    """Return the most likely encoding of bytes that are not UTF-8."""
    words = b"\n".join(_NOT_ASCII.findall(content)[:2000])
    # A short text gives a statistic little to go by: letters between letters tell more.
    for name in WESTERN:
        if _reads_well(words, name):
            return name
    # Its tables take a while to load, and hardly a file needs them.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(words, cp_isolation=CANDIDATES).best()
    return widest(best.encoding) if best else LATIN


def widest(encoding: str) -> str:
    """Return the name in Python of an encoding, or of the one that has all of its signs and more."""
    name = codecs.lookup(encoding).name
    return WIDER.get(name, name)


def as_windows(text: str, encoding: str) -> str:
    """Return a text with the signs that Windows writes where Latin-1 has control characters."""
    return text.translate(_WINDOWS_SIGNS) if encoding == LATIN and not text.isascii() else text


def _reads_well(content: bytes, encoding: str) -> bool:
    return _reads(content, encoding) and not _RARE.search(content.decode(encoding))


def _reads(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True

"""A file given by the user, and its text whatever the encoding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Source:
    """A file given by the user: its name and its bytes."""

    name: str
    content: bytes

    @classmethod
    def of(cls, path: Path) -> Source:
        """Read a file into memory."""
        return cls(path.name, path.read_bytes())

    @property
    def own_name(self) -> str:
        """Return the name without the archive that it came from."""
        return self.name.rsplit(": ", 1)[-1]

    @property
    def suffix(self) -> str:
        """Return the ending of the name in lower case, such as ".csv"."""
        return Path(self.own_name).suffix.lower()

    @property
    def stem(self) -> str:
        """Return the name without folder and ending; for a CSV file it names the table."""
        return Path(self.own_name).stem


def decode(source: Source) -> str:
    """Return the text of a file: UTF-8, UTF-16 or the Western encoding of Windows, found from its bytes."""
    content = source.content
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    start = content[:2000]
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(start) > 3 and zeros.count(0) > 0.7 * len(zeros):
            return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")

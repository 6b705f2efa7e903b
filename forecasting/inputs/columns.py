"""Columns of a spreadsheet: letters to places and back."""

from __future__ import annotations


def number(word: str) -> int:
    """Return the place of a column from its letters: A is 1, AA is 27."""
    at = 0
    for letter in word:
        at = at * 26 + ord(letter) - 64
    return at


def letters(column: int) -> str:
    """Return the letters of a column from its place: 1 is A, 27 is AA."""
    word = ""
    while column:
        column, rest = divmod(column - 1, 26)
        word = chr(65 + rest) + word
    return word

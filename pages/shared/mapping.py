"""The Data page, step 3: which columns a free table's headers stand for, and what local words mean."""

from collections.abc import Sequence

import streamlit as st

from forecasting.inputs.column_mapping import Guess, corrected, guess, likely_tables, recall, remember
from forecasting.inputs.local_words import UnknownWord
from forecasting.inputs.preparation import Place
from forecasting.inputs.schema import BY_NAME
from forecasting.inputs.sheets import Sheet

_MAPPED, _WORDS = "mapping:columns", "mapping:words"
_NONE = "(leave it out)"
REST = (
    "<p>These sheets are not recognised. Say which table each one is and which header "
    "holds which figure, or leave it out. Only headers are remembered for next year.</p>"
)
OWN = (
    "<p>These words are not in the standard lists. Choose what each one means; the choice is kept with the data in the "
    "table “mappings”.</p>"
)


def columns(strays: Sequence[Sheet]) -> dict[Place, Guess]:
    """Draw a choice of table and columns for each sheet that is not recognised; return the choices made."""
    chosen = st.session_state.setdefault(_MAPPED, {})
    st.html(f"<h2>3. Say what is not recognised</h2>{REST if strays else ''}")
    for sheet in strays:
        _sheet(sheet, chosen)
    return {(s.file, s.name): chosen[s.file, s.name] for s in strays if (s.file, s.name) in chosen}


def _sheet(sheet: Sheet, chosen: dict[Place, Guess]) -> None:
    place = (sheet.file, sheet.name)
    known = recall(sheet)
    if known is not None and not known.lacking:
        chosen.setdefault(place, known)
    likely = [found.table for found in likely_tables(sheet)]
    held = chosen[place].table if place in chosen else _NONE
    options = list(dict.fromkeys([_NONE, held, *likely, *BY_NAME]))
    with st.container(border=True):
        table = st.selectbox(f'Sheet "{sheet.name}" of {sheet.file} is the table', options, options.index(held),
                             format_func=_named, key=f"table:{place}")  # fmt: skip
        if table == _NONE:
            chosen.pop(place, None)
            return
        found = chosen[place] if place in chosen and chosen[place].table == table else guess(sheet, table)
        _form(place, found, chosen)


def _form(place: Place, found: Guess, chosen: dict[Place, Guess]) -> None:
    with st.form(f"columns:{place}:{found.table}", border=False):
        picked = {choice.column: _column(place, found, choice.column) for choice in found.choices}
        if st.form_submit_button("Use these columns"):
            mapped = corrected(found, picked)
            chosen[place] = mapped
            if not mapped.lacking:
                remember(mapped)
            st.rerun()
    if place in chosen:
        st.html("<p>These columns are in use.</p>")


def _column(place: Place, found: Guess, column: str) -> str:
    options = ["", *found.headers]
    known = BY_NAME[found.table].column(column)
    need = " (must be there)" if known.required and not known.absent else ""
    name = f"column:{place}:{found.table}:{column}"
    return st.selectbox(f"{column}{need}", options, options.index(found.columns.get(column, "")), help=known.help,
                        format_func=lambda header: header or "(none)", key=name)  # fmt: skip


def _named(table: str) -> str:
    return f"{table}: {BY_NAME[table].help}" if table in BY_NAME else table


def words(unknown: Sequence[UnknownWord]) -> dict[UnknownWord, str]:
    """Draw a choice of meaning for each word that the vocabularies lack; return the choices made."""
    if not unknown:
        st.html("<p>Every word is in the standard lists or in your own table of words: nothing to choose.</p>")
        return {}
    held = st.session_state.setdefault(_WORDS, {})
    st.html(OWN)
    with st.form("words", border=True):
        picked = {word: _word(word, held.get(word, "")) for word in unknown}
        if st.form_submit_button("Use these meanings"):
            held.update(picked)
            st.rerun()
    return {word: held[word] for word in unknown if held.get(word)}


def _word(word: UnknownWord, held: str) -> str:
    options = list(dict.fromkeys(["", *word.suggestions, *word.allowed]))
    start = held or (word.suggestions[0] if word.suggestions else "")
    return st.selectbox(f"“{word.word}” in {word.table}, {word.column} ({word.count} cells)", options,
                        options.index(start), format_func=lambda code: code or "(leave it: it stays an error)",
                        key=f"word:{word.table}:{word.column}:{word.word}")  # fmt: skip


def forget() -> None:
    """Drop the choices made."""
    for name in (_MAPPED, _WORDS):
        st.session_state.pop(name, None)

"""The parts of the page Scenarios: save, conflict, the list, one scenario with its history and what can be done."""

import streamlit as st

from forecasting.errors import ScenarioError
from forecasting.outputs.subjects import View, scenarios
from forecasting.outputs.words import file_name
from forecasting.scenario.files import notes_on, read_bytes, to_toml
from forecasting.scenario.merge import merge
from forecasting.scenario.store import Entry, key_of, open_store
from pages.shared import state, stored
from pages.shared.show import draw_table


def save(view: View) -> None:
    """Draw the form that saves the scenario in hand."""
    base = stored.opened()
    with st.form("save", border=False):
        left, right = st.columns(2)
        suggested = base.scenario.name if base else ""
        name = left.text_input("Name", suggested, help="Another name saves it as a new scenario.")
        author = right.text_input("Your name", st.session_state.get("author", ""))
        reason = st.text_input("Reason", help="Why this scenario, or this change: it goes into the history.")
        asked = st.form_submit_button("Save", type="primary")
    if asked:
        done = stored.save(view.run, state.scenario(view.run.dataset), name, author, reason)
        if done or "conflict" in st.session_state:
            st.rerun()


def conflict(view: View) -> None:
    """Draw the choice when somebody else saved the scenario in the meantime."""
    if "conflict" not in st.session_state:
        return
    mine, base, theirs = st.session_state.conflict
    made = theirs.scenario
    st.warning(scenarios.conflict(theirs))
    found = merge(base.scenario, mine, made)
    picked = {}
    for clash in found.clashes:
        sides = scenarios.sides(clash)
        label = scenarios.in_sentence(clash).split(":")[0]
        picked[clash.lever, clash.key] = st.radio(label, list(sides), format_func=sides.get, horizontal=True)
    if not found.clashes:
        st.write("You changed different levers, so both can be kept as they are.")
    left, right = st.columns(2)
    taken = frozenset(place for place, side in picked.items() if side == "theirs")
    if left.button("Merge and save", type="primary", width="stretch") and stored.merged(view.run, taken):
        st.rerun()
    if right.button("Drop mine and open theirs", width="stretch"):
        stored.take(theirs)
        st.rerun()


def files(view: View) -> None:
    """Draw the scenario as a file, out and in."""
    scenario, data = state.scenario(view.run.dataset), view.run.dataset
    st.download_button("Download as a file (TOML)", data=lambda: to_toml(scenario, data.name, data.content_hash),
                       file_name=file_name(view.name, scenario.name, "toml"), mime="application/toml",
                       on_click="ignore", help="A text file to read, edit and e-mail; opening it gives the same "
                       "scenario.")  # fmt: skip
    given = st.file_uploader(
        "Open a scenario file (TOML)", type=["toml"], key=f"toml:{st.session_state.get('tomls', 0)}"
    )
    if given is None:
        return
    try:
        found = read_bytes(given.name, given.getvalue())
    except ScenarioError as error:
        st.error("\n\n".join(error.faults) or str(error))
        return
    for note in notes_on(found.scenario):
        st.info(note)
    if st.button(f'Save "{found.scenario.name}" and open it', type="primary"):
        author = found.scenario.author or st.session_state.get("author", "")
        version = stored.save(view.run, found.scenario, found.scenario.name, author, found.scenario.why)
        if version:
            st.session_state.tomls = given.file_id
            st.rerun()


def listed(view: View) -> None:
    """Draw the list of saved scenarios, and the one chosen from it."""
    entries = stored.listing(view.run.dataset)
    if not entries:
        st.info("No scenario is saved yet. Move some levers, then save what you see under a name.")
        return
    draw_table(scenarios.listed(entries), view)
    names = {entry.id: f"{entry.name} ({entry.status})" for entry in entries}
    base = stored.opened()
    at = list(names).index(base.id) if base and base.id in names else 0
    key = st.selectbox("Scenario to look at", list(names), at, format_func=names.get)
    _one(view, next(entry for entry in entries if entry.id == key))


def _one(view: View, entry: Entry) -> None:
    store = open_store()
    who = st.text_input("Who locks, archives or restores it", st.session_state.get("author", ""),
                        help="Your name, for the history. Locking needs one.")  # fmt: skip
    open_it, link, lock, away = st.columns(4)
    if open_it.button("Open", width="stretch", disabled=entry.archived):
        stored.choose(key_of(entry.id))
        st.rerun()
    with link.popover("Link", width="stretch"):
        st.write("Whoever can reach this server opens the same scenario with it. It holds no figures and no names.")
        st.code(f"{(st.context.url or '').split('?')[0]}?scenario={entry.id}", language=None)
    if lock.button("Lock as published", width="stretch", disabled=bool(entry.published_by) or entry.archived,
                   help="A published scenario stays as it is; it can be saved under another name.") and stored.act(
                       lambda: store.publish(entry.id, who, entry.number), "Locked as published"):  # fmt: skip
        st.rerun()
    if away.button("Bring back" if entry.archived else "Archive", width="stretch") and stored.act(
        lambda: store.archive(entry.id, who, away=not entry.archived), "Done"
    ):
        st.rerun()
    draw_table(scenarios.history(store.history(entry.id), store.events(entry.id)), view)
    numbers = [version.number for version in store.history(entry.id)][1:]
    if numbers and not entry.archived and not entry.published_by:
        left, right = st.columns(2, vertical_alignment="bottom")
        number = left.selectbox("Earlier version", numbers)
        if right.button("Restore it as the next version", width="stretch") and stored.act(
            lambda: store.restore(entry.id, number, who, f"Version {number} again", entry.number), "Restored"
        ):
            stored.choose(key_of(entry.id))
            st.rerun()

"""The store: every save is a version, nothing is destroyed, nobody overwrites what he has not seen. Two databases."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, assume, given, settings

from forecasting import VERSION
from forecasting.errors import StoreError, UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change, Scenario, without_overruled
from forecasting.scenario.store import Store, migrate
from forecasting.scenario.store.records import Conflict
from forecasting.scenario.store.schema import HEAD, METADATA, REVISIONS
from tests.scenario.strategies import scenarios

MORE = Scenario("More", (Change("pupil_growth", 0.02, why="new estate", source="housing plan, table 3"),), author="Ann",
                why="for the board")  # fmt: skip


def changed(scenario: Scenario, value: float, author: str = "Ben") -> Scenario:
    return replace(scenario, changes=(Change("pupil_growth", value),), author=author, why=f"{value:g}")


def test_an_empty_store_holds_nothing(store: Store) -> None:
    assert (store.listing(), store.history("none"), store.find("none"), store.events("none")) == ((), (), None, ())
    with pytest.raises(UsageError, match='no saved scenario "none"'):
        store.open("none")


def test_a_scenario_is_kept_with_all_that_was_said(store: Store, place: str) -> None:
    made = store.create(MORE, "Testshire", "abc")
    again = Store(place)
    found = again.open(made.id)
    again.close()
    assert found == made
    assert (found.number, found.base, found.authority, found.dataset, found.software, found.how) == (
        1, 0, "Testshire", "abc", VERSION, "saved")  # fmt: skip
    assert replace(found.scenario, when="") == MORE
    assert found.scenario.when.endswith("+00:00")
    (entry,) = store.listing("Testshire")
    assert (entry.id, entry.name, entry.number, entry.author, entry.reason, entry.status) == (
        made.id, "More", 1, "Ann", "for the board", "in work")  # fmt: skip
    assert store.listing("Elsewhere") == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenarios())
def test_any_scenario_is_opened_as_it_was_saved(store: Store, scenario: Scenario) -> None:
    assume("\0" not in scenario.method + scenario.author + scenario.why)  # no text for a person holds one
    made = store.create(replace(scenario, name=f"{len(store.listing())}"), "Testshire")
    expected = replace(scenario, name=made.scenario.name, when=made.scenario.when,
                       changes=without_overruled(scenario.changes))  # fmt: skip
    assert store.open(made.id).scenario == expected


def test_every_save_is_a_version_and_an_old_one_can_be_restored(store: Store) -> None:
    made = store.create(MORE, "Testshire")
    store.save(made.id, changed(MORE, 0.03), 1)
    store.save(made.id, changed(MORE, 0.04), 2, how="merged with version 2")
    back = store.restore(made.id, 1, "Cat", "the board said so", 3)
    assert (back.number, back.base, back.how, back.scenario.author) == (4, 3, "restored from version 1", "Cat")
    assert back.scenario.changes == MORE.changes
    told = [(v.number, v.base, v.scenario.author, v.how) for v in store.history(made.id)]
    assert told == [
        (4, 3, "Cat", "restored from version 1"), (3, 2, "Ben", "merged with version 2"), (2, 1, "Ben", "saved"),
        (1, 0, "Ann", "saved"),
    ]  # fmt: skip
    assert store.open(made.id, 2).scenario.changes == (Change("pupil_growth", 0.03),)
    with pytest.raises(UsageError, match="with a version 9"):
        store.restore(made.id, 9, "Cat", "", 4)


def test_the_second_to_save_is_told_and_nothing_is_overwritten(store: Store) -> None:
    made = store.create(MORE, "Testshire")
    theirs = store.save(made.id, changed(MORE, 0.03, "Ben"), 1)
    with pytest.raises(Conflict, match=r'"More" was saved by Ben in the meantime \(version 2\)') as caught:
        store.save(made.id, changed(MORE, 0.04, "Cat"), 1)
    assert caught.value.theirs == theirs
    assert [version.number for version in store.history(made.id)] == [2, 1]
    with pytest.raises(Conflict):
        store.publish(made.id, "Cat", 1)
    assert store.save(made.id, changed(MORE, 0.04, "Cat"), 2).number == 3


def test_a_published_scenario_stays_as_it_is(store: Store) -> None:
    made = store.create(MORE, "Testshire")
    with pytest.raises(UsageError, match="say who"):
        store.publish(made.id, " ", 1)
    store.publish(made.id, "Dee", 1)
    for refused in (
        lambda: store.save(made.id, MORE, 1),
        lambda: store.restore(made.id, 1, "Cat", "", 1),
        lambda: store.publish(made.id, "Cat", 1),
    ):
        with pytest.raises(UsageError, match='"More" was locked as published by Dee'):
            refused()
    (entry,) = store.listing()
    assert (entry.status, entry.published_by, entry.number) == ("published", "Dee", 1)
    other = store.create(replace(MORE, name="More, again"), "Testshire")
    assert store.save(other.id, MORE, 1).scenario.name == "More, again"


def test_an_archived_scenario_comes_back(store: Store) -> None:
    made = store.create(MORE, "Testshire")
    store.archive(made.id, "Ann")
    store.archive(made.id, "Ann")
    assert store.listing()[0].status == "archived"
    with pytest.raises(UsageError, match="archived; bring it back"):
        store.save(made.id, MORE, 1)
    store.archive(made.id, "Ben", away=False)
    assert store.save(made.id, MORE, 1).number == 2
    assert [(event.who, event.what) for event in store.events(made.id)] == [
        ("Ben", "brought back"),
        ("Ann", "archived"),
    ]
    with pytest.raises(UsageError, match="no saved scenario"):
        store.archive("none", "Ann")


def test_a_name_belongs_to_one_scenario_of_an_authority(store: Store) -> None:
    made = store.create(MORE, "Testshire")
    with pytest.raises(UsageError, match='"More" already'):
        store.create(MORE, "Testshire")
    with pytest.raises(UsageError, match="needs a name"):
        store.create(replace(MORE, name="  "), "Testshire")
    assert store.find("More") == store.find(made.id) == store.listing()[0]
    other = store.create(MORE, "Elsewhere")
    assert store.find("More") is None  # which one is meant?
    assert store.find("More", "Elsewhere") == store.find(other.id)


def test_the_forecast_is_kept_to_be_scored_later(store: Store, rotherham: Dataset) -> None:
    table = run(rotherham, dataset_scenarios(rotherham)["published"]).forecast.table
    made = store.create(MORE, "Testshire", forecast=table)
    found = store.forecast(made.id, 1)
    assert found is not None
    pd.testing.assert_frame_equal(found, table)
    assert store.forecast(made.id, 2) is None
    with pytest.raises(ValueError, match="not of the forecast table: child"):
        store.create(replace(MORE, name="x"), "Testshire", forecast=pd.DataFrame({"child": ["A"]}))


def test_a_save_is_kept_once_when_its_answer_is_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection breaks after the save arrived: the second attempt finds it and writes nothing."""
    made = store.create(MORE, "Testshire")
    begun, answers = store._database._once, iter([True])

    def losing(work, *, writes):  # type: ignore[no-untyped-def]
        found = begun(work, writes=writes)
        if next(answers, False):
            raise ConnectionResetError("reset by peer")
        return found

    monkeypatch.setattr(store._database, "_once", losing)
    saved = store.save(made.id, changed(MORE, 0.03), 1)
    assert saved.number == 2 and [version.number for version in store.history(made.id)] == [2, 1]


def test_the_migrations_make_the_tables_as_described(store: Store) -> None:
    store.create(MORE, "Testshire")
    with store._database._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(migrate._STEPS))
    steps = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == REVISIONS


def test_a_store_of_a_newer_version_is_left_alone(store: Store) -> None:
    made = store.create(MORE, "Testshire")
    engine = store._database._engine
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for refused in (lambda: store.listing(), lambda: store.save(made.id, MORE, 1)):
        with pytest.raises(StoreError, match="newer version of this software .step 9999.*Update this software"):
            refused()
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{HEAD}'"))
    assert [version.number for version in store.history(made.id)] == [1]

"""The tables of the store, as they stand after the last migration.

No row is ever deleted, and a version, once written, is never changed.
"""

from __future__ import annotations

import sqlalchemy as sa

REVISIONS = ("0001",)  # every migration, oldest first; the database says which was the last
HEAD = REVISIONS[-1]
METADATA = sa.MetaData()

# One row a scenario. `latest` is the number of its last version: whoever saves must have seen that one.
SCENARIO = sa.Table(
    "scenario", METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("authority", sa.Text, nullable=False),
    sa.Column("latest", sa.Integer, nullable=False),
    sa.Column("archived", sa.Boolean, nullable=False),
    sa.Column("published_by", sa.Text, nullable=False),
    sa.Column("published", sa.Text, nullable=False),
    sa.UniqueConstraint("authority", "name", name="one_name"),
)  # fmt: skip

# One row a save. `changes` is JSON; times are UTC in ISO 8601; `dataset` is a content hash; `token` is the save's own.
VERSION = sa.Table(
    "version", METADATA,
    sa.Column("scenario_id", sa.String(32), sa.ForeignKey("scenario.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("base", sa.Integer, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("saved", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("software", sa.Text, nullable=False),
    sa.Column("changes", sa.Text, nullable=False),
    sa.Column("token", sa.String(32), nullable=False),
)  # fmt: skip

# The forecast of a version as Parquet, so that it can be scored when the next census is in: counts and costs only.
FORECAST = sa.Table(
    "forecast", METADATA,
    sa.Column("scenario_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(["scenario_id", "number"], ["version.scenario_id", "version.number"], name="of_version"),
)  # fmt: skip

# What was done to a scenario besides saving: published, archived, brought back.
EVENT = sa.Table(
    "event", METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("scenario_id", sa.String(32), sa.ForeignKey("scenario.id"), nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
)  # fmt: skip

"""The first tables: scenario, version, forecast, event."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables; a step says all by itself, so that it still does the same when the schema has moved on."""
    op.create_table(
        "scenario",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("authority", sa.Text, nullable=False),
        sa.Column("latest", sa.Integer, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("published_by", sa.Text, nullable=False),
        sa.Column("published", sa.Text, nullable=False),
        sa.UniqueConstraint("authority", "name", name="one_name"),
    )
    op.create_table(
        "version",
        sa.Column("scenario_id", sa.String(32), sa.ForeignKey("scenario.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("base", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in (
            "method", "author", "saved", "reason", "how", "dataset", "software", "changes")),
        sa.Column("token", sa.String(32), nullable=False),
    )  # fmt: skip
    op.create_table(
        "forecast",
        sa.Column("scenario_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id", "number"], ["version.scenario_id", "version.number"], name="of_version"
        ),
    )
    op.create_table(
        "event",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("scenario_id", sa.String(32), sa.ForeignKey("scenario.id"), nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
    )

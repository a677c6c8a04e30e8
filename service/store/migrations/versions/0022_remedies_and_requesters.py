"""Remedies and requesters of tickets, by which workarounds and hidden reopens are found"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WITH_REMEDY, WITH_REQUESTER = sa.text("remedy IS NOT NULL"), sa.text("requester IS NOT NULL")


def upgrade() -> None:
    """Makes the columns and indexes. The next analysis begins anew and fills them, for its version has changed."""
    op.add_column("fact", sa.Column("requester", sa.String(), nullable=True))
    op.add_column("fact", sa.Column("remedy", BIGINT, nullable=True))
    op.create_index(
        "fact_by_requester",
        "fact",
        ["family_id", "requester", "opened_s"],
        sqlite_where=WITH_REQUESTER,
        postgresql_where=WITH_REQUESTER,
    )
    op.create_index(
        "fact_by_remedy",
        "fact",
        ["family_id", "remedy", "opened_s"],
        sqlite_where=WITH_REMEDY,
        postgresql_where=WITH_REMEDY,
    )


def downgrade() -> None:
    """Takes them out."""
    op.drop_index("fact_by_remedy", "fact")
    op.drop_index("fact_by_requester", "fact")
    op.drop_column("fact", "remedy")
    op.drop_column("fact", "requester")

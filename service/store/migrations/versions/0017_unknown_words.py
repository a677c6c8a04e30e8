"""Tickets with a status, kind or priority that nobody understood"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEXES = {
    "ticket_unknown_status": (["source_id", "status"], "status_category = 'unknown' AND deleted_at IS NULL"),
    "ticket_unknown_kind": (
        ["source_id", "source_kind", "status_category"],
        "kind = 'other' AND source_kind != '' AND deleted_at IS NULL",
    ),
    "ticket_unknown_priority": (
        ["source_id", "priority"],
        "priority_level IS NULL AND priority IS NOT NULL AND deleted_at IS NULL",
    ),
}


def upgrade() -> None:
    """Makes the indexes."""
    for name, (columns, where) in INDEXES.items():
        op.create_index(name, "ticket", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    """Takes them out."""
    for name in INDEXES:
        op.drop_index(name, "ticket")

"""All tables of a site itself. They are known once this is imported, so that every process that opens a site, a command
as much as a server, makes them all."""

from __future__ import annotations

from engine.runtime.storage import (
    alert_tables,
    department_tables,
    discussion_tables,
    draft_tables,
    event_tables,
    file_rows,
    flow_tables,
    held_mail_rows,
    import_tables,
    letter_tables,
    metric_rows,
    once_rows,
    open_link_tables,
    period_tables,
    rate_rows,
    schedule_tables,
    share_tables,
    sign_in_tables,
    site_tables,
    standing_tables,
    view_tables,
)
from engine.runtime.storage.system import METADATA

PARTS = (
    alert_tables, department_tables, discussion_tables, draft_tables, event_tables, file_rows, flow_tables,
    held_mail_rows, import_tables, letter_tables, metric_rows, once_rows, open_link_tables, period_tables, rate_rows,
    schedule_tables, share_tables, sign_in_tables, site_tables, standing_tables, view_tables,
)
__all__ = ["METADATA", "PARTS"]

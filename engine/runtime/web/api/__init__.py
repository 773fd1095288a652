"""The REST API: thin handlers over the services."""

from engine.runtime.web.api import (
    absences,
    actions,
    alerts,
    attachments,
    bulks,
    comments,
    hooks,
    instances,
    openapi,
    periods,
    records,
    registers,
    reports,
    rights,
    shelves,
    tasks,
)

BLUEPRINTS = (
    absences.BLUEPRINT,
    instances.BLUEPRINT,
    tasks.BLUEPRINT,
    registers.BLUEPRINT,
    periods.BLUEPRINT,
    reports.BLUEPRINT,
    alerts.BLUEPRINT,
    openapi.BLUEPRINT,
    attachments.BLUEPRINT,
    comments.BLUEPRINT,
    rights.BLUEPRINT,
    records.BLUEPRINT,
    actions.BLUEPRINT,
    bulks.BLUEPRINT,
    shelves.BLUEPRINT,
    hooks.BLUEPRINT,
)

from kolonne.portal.audit.models import Entry
from kolonne.portal.lib.scope import platform_scope


def first_broken_entry(company_id: int | None) -> Entry | None:
    """The first entry of a company's chain that was altered, or follows one that was removed; None if all is well."""
    previous = b"\0" * 32
    with platform_scope():
        for entry in Entry.objects.filter(company_id=company_id).order_by("id").iterator():
            if bytes(entry.previous) != previous or bytes(entry.digest) != entry.computed_digest():
                return entry
            previous = bytes(entry.digest)
    return None

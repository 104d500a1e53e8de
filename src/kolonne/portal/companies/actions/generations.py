from kolonne.portal.companies import hooks
from kolonne.portal.companies.models import Company, CompanyVersion
from kolonne.portal.companies.queries.generations import MASTER_DATA
from kolonne.portal.lib.actor import MAX_LABEL, Actor


def keep_generation(actor: Actor, company: Company) -> CompanyVersion:
    """Writes down the master data as they are now, under the company's number of generation (CO-02)."""
    data = {name: getattr(company, name) for name in MASTER_DATA}
    return CompanyVersion.objects.create(
        company=company, generation=company.generation, changed_by=actor.label[:MAX_LABEL], **data
    )


def begin_generation(actor: Actor, company: Company) -> CompanyVersion:
    """After a change: keeps the new generation and lets the running contracts follow, in the caller's transaction."""
    version = keep_generation(actor, company)
    hooks.tell_of_master_data(actor, company)
    return version

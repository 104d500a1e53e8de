"""Who acts: a person in a company, a key of a company, or the system itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kolonne.portal.lib.errors import NotAllowed

MAX_LABEL = 200
"""Of who acts and of what is acted on, as columns hold it: the names of a person can be longer together."""


@dataclass(frozen=True)
class ActingFor:
    """In whose name a helper acts (SU-02)."""

    user_id: int
    label: str
    session_id: int


@dataclass(frozen=True)
class Actor:
    """Passed first to every action. `rights` maps a company to what the actor may do there."""

    label: str
    """What the audit shows: a name, a key's name or the name of a job."""
    user_id: int | None = None
    address: str = ""
    rights: Mapping[int, frozenset[str]] = field(default_factory=dict)
    markets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What a market administrator or support agent may do in all organisations of a market (ID-09)."""
    is_system: bool = False
    acting_for: ActingFor | None = None
    """The helper is `user_id` and `label`; the rights are what he may do in this other person's name."""

    @classmethod
    def system(cls, job: str) -> "Actor":
        """A job or the operator's own command line: may do everything, under its name."""
        return cls(label=job, is_system=True)

    def may(self, permission: str, company_id: int) -> bool:
        return self.is_system or permission in self.rights.get(company_id, frozenset())

    def may_in(self, permission: str, market: str) -> bool:
        """Whether the actor may do this everywhere in a market."""
        return self.is_system or permission in self.markets.get(market, frozenset())

    def within(self, chosen: int | None) -> "Actor":
        """The same person in one company only: the chosen one if it is his, else the first."""
        if not self.rights:
            return self
        company = chosen if chosen is not None and chosen in self.rights else min(self.rights)
        return replace(self, rights={company: self.rights[company]})

    @property
    def company_ids(self) -> list[int]:
        return sorted(self.rights)


def require(actor: Actor, permission: str, company_id: int) -> None:
    """Raises NotAllowed."""
    if not actor.may(permission, company_id):
        raise NotAllowed(permission)

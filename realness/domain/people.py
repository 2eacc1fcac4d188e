"""The people: who reviews, who leads."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person may do: review; also lead studies; also manage accounts."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    ADMIN = "admin"


@dataclass(frozen=True)
class Reviewer:
    """A person. The pseudonym is what leaves in exports.

    Attributes:
        account: whether the person signs in; the one reviewer of a workbench without accounts does not.
    """

    id: int
    name: str
    pseudonym: str
    role: Role = Role.REVIEWER
    account: bool = False

    @property
    def leads(self) -> bool:
        """Whether this person may change studies and see how others do."""
        return self.role in (Role.LEAD, Role.ADMIN)

    @property
    def sees_all(self) -> bool:
        """Whether a blind study hides nothing from this person outside the review itself. Who works alone is lead and
        reviewer in one, and stays blind.
        """
        return self.leads and self.account


@dataclass(frozen=True)
class Account:
    """A person as those who manage accounts see one.

    Attributes:
        disabled: may not sign in any more; what was answered stays.
        reviews: how many images were answered, over all studies.
    """

    reviewer: Reviewer
    created_at: datetime
    disabled: bool
    reviews: int

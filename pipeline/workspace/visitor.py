"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.store.rows import PersonRole, PersonRow

ROLES: tuple[PersonRole, ...] = ("teacher", "coach", "administrator")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in front of the program: a person with an account, or the one person at this machine.

    ``id`` is "" where there are no accounts; that visitor may see and do everything but what needs two people.
    """

    id: str
    name: str
    roles: frozenset[PersonRole]

    @property
    def is_alone(self) -> bool:
        """Whether nobody else uses this library."""
        return not self.id

    def has(self, role: PersonRole) -> bool:
        """Whether the visitor works in that role."""
        return role in self.roles


ALONE = Visitor("", "", frozenset({"teacher", "coach"}))


def visitor_of(person: PersonRow) -> Visitor:
    """The person as a visitor."""
    return Visitor(person.id, person.name, person.roles)

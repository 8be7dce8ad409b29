"""Who is a teacher and who a student, by what a transcript calls them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import pairwise

from pipeline.lesson import Role

ONLY_SPEAKER = "S1"  # the name of everybody in a transcript that names nobody

_TEACHER = frozenset(
    "t teacher teachers instructor educator tutor lecturer professor prof docent facilitator mr mrs ms miss mx dr sir madam "
    "lehrer lehrerin lehrkraft frau herr profesor profesora maestro maestra docente professeur enseignant enseignante "
    "mme monsieur sra señor señora professora professore".split()
)
_STUDENT = frozenset(
    "s ss sn student students stud pupil pupils child children kid kids boy boys girl girls learner learners class group "
    "schüler schülerin alumno alumna alumnos estudiante élève eleve étudiant aluno aluna studente alunno".split()
)
_INITIALS = frozenset("ts")
# In front of the word that says the role.
_BEFORE = frozenset(
    "the a an male female multiple several many some all other another unknown unidentified whole".split()
)
_ROLES: Mapping[str, Role] = {
    **dict.fromkeys(_TEACHER, "teacher"),
    **dict.fromkeys(_STUDENT, "student"),
    "unknown": "unknown",
}


def role_in_words(words: str) -> Role:
    """The role that a word such as ``T``, ``Instructor`` or ``pupil`` means; "unknown" for any other."""
    found = [word for word in _words(words) if word not in _BEFORE]
    for word, follows in pairwise([*found, ""]):
        if word in _INITIALS and follows.isalpha():  # T. Jones
            continue
        role = _ROLES.get(word, "unknown")
        return "teacher" if role == "student" and follows == "teacher" else role  # a student teacher
    return "unknown"


def guess_roles(names: Collection[str]) -> dict[str, Role]:
    """The role of each speaker of one transcript by name.

    ``S2`` is a student. ``S1`` is one only beside a teacher: it is also what programs call the first voice they hear.
    """
    roles = {name: role_in_words(name) for name in names}
    if "teacher" not in roles.values():
        roles |= {name: "unknown" for name in names if _words(name) == ["s", "1"]}
    return roles


def _words(name: str) -> list[str]:
    """Lower case words and numbers: ``Student_2`` and ``S2:`` give two."""
    return re.findall(r"\d+|[^\W\d_]+", name.casefold())

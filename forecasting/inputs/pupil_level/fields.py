"""The fields of pupil-level extracts, and what kind of extract a set of columns is.

Field names are those of the School Census and of the SEN2 person level return (Department for Education), with the
spellings that councils' systems write; they are rows of `data/vocabularies/pupil_level_fields.csv`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import lru_cache

from forecasting.axes import DATA

WHO = frozenset({"upn", "uln", "person", "request", "assessment", "plan", "active"})  # ways to a child
CENSUS, PERSONS, REQUESTS, ASSESSMENTS, PLANS, ACTIVE, PLACEMENTS, NEEDS = (
    "School Census", "SEN2 persons", "SEN2 requests", "SEN2 assessments", "SEN2 named plans", "SEN2 active plans",
    "SEN2 placements", "SEN2 types of need",
)  # fmt: skip
UNKNOWN = "a sheet about single children that is no extract we know"
_OF_A_CHILD = ({"upn"}, {"dob"}, {"name"}, {"surname", "forename"})
_SIGNS = {
    CENSUS: ({"upn"}, {"provision"}, {"nc_year", "dob"}),
    PERSONS: ({"dob"}, {"upn", "person", "uln"}),
    REQUESTS: ({"received"},),
    ASSESSMENTS: ({"assessment_outcome", "assessment_outcome_date"},),
    PLANS: ({"start"}, {"cease", "cease_reason"}),
    ACTIVE: ({"transfer", "reviewed"},),
    PLACEMENTS: ({"entry", "leaving"}, {"setting", "school", "ukprn"}),
    NEEDS: ({"need"}, {"need_rank"}),
}


@lru_cache(maxsize=1)
def _headers() -> dict[str, str]:
    with (DATA / "vocabularies" / "pupil_level_fields.csv").open(encoding="utf-8", newline="") as handle:
        return {row["header"]: row["field"] for row in csv.DictReader(handle)}


def field_of(header: str) -> str:
    """Return the field that a column name means, whatever its case, spaces and term ending (`_SPR25`); "" if none."""
    plain = re.sub(r"_(spr|aut|sum)\d{2}$", "", header.replace("\ufeff", "").strip().lower())
    return _headers().get(re.sub(r"[^a-z0-9]", "", plain), "")


def fields_of(header: Sequence[str]) -> dict[str, int]:
    """Return field → place of its first column."""
    found: dict[str, int] = {}
    for at, name in enumerate(header):
        field = field_of(name)
        if field:
            found.setdefault(field, at)
    return found


def kinds_of(given: set[str] | frozenset[str]) -> tuple[str, ...]:
    """Return the kinds of extract that a set of fields makes up; a flat file may be several; () = not pupil-level.

    A row of an extract must lead to a child: by UPN or by the numbers that link the modules of the return. Whatever
    holds UPNs, names of children or dates of birth is about single children, so that it goes no further than here.
    """
    kinds = [kind for kind, signs in _SIGNS.items() if all(given & sign for sign in signs)] if given & WHO else []
    if CENSUS in kinds:
        return (CENSUS,)
    return tuple(kinds) or ((UNKNOWN,) if any(sign <= given for sign in _OF_A_CHILD) else ())

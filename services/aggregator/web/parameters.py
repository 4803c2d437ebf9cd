"""What addresses may ask for, the same in the read API and on the pages."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

BusinessDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]

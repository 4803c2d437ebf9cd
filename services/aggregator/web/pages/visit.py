"""One visit to a page: what its address asks for, in which language, and the reader to answer it."""

from __future__ import annotations

from datetime import date

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from services.aggregator.generation import Generation
from services.aggregator.reading.reader import Reader
from services.aggregator.web.access.visitor import SIGN_OUT, visitor_of
from services.aggregator.web.pages import language
from services.aggregator.web.pages.shell import Crumb, Shell, Stamp, crumbs_of
from services.aggregator.web.parameters import BusinessDay
from shared.events import Programme
from shared.wilayah import Region, UnknownRegionError, find

_DAY: TypeAdapter[date] = TypeAdapter(BusinessDay)


class NotThereError(Exception):
    """There is no such page; ``key`` names the sentence that says why, ``values`` fill it."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class Visit:
    """One request for a page: what its address asks for, in which language, and the reader to answer it."""

    def __init__(self, request: Request, generation: Generation) -> None:
        """Read the address.

        Raises:
            NotThereError: the day in it is none.
        """
        self.request = request
        self.generation = generation
        self.reader: Reader = generation.reader
        self.say = language.words(language.language_of(request))
        self.query = {key: value for key, value in request.query_params.items() if value}
        self.on = self._day()

    async def shell(self, code: str, *below: Crumb) -> Shell:
        """What is around the content of a region's page, or of one ``below`` it, as of this moment."""
        visitor = visitor_of(self.request)
        return Shell(
            self.say.language,
            self.say,
            self.request.url.path,
            self.query,
            crumbs_of(code, *below, may_see=visitor.may_see),
            Stamp(await self.reader.sequence(), self.generation.number),
            sign_out=SIGN_OUT if visitor.remembered else "",
            smallest=self.reader.smallest,
        )

    def day(self, code: str) -> date:
        """The business date that the figures are of."""
        return self.on or self.generation.today(code)

    @property
    def programme(self) -> Programme:
        """Which programme a table of regions shows."""
        asked = self.query.get("programme")
        return "perekaman" if asked == "perekaman" else "ikd"

    def _day(self) -> date | None:
        text = self.request.query_params.get("on")
        if not text:
            return None
        try:
            return _DAY.validate_python(text, strict=False)
        except ValidationError as error:
            raise NotThereError("missing.day") from error


def known(code: str) -> Region:
    """The region of an address.

    Raises:
        NotThereError: there is none with this code.
    """
    try:
        return find(code)
    except UnknownRegionError as error:
        raise NotThereError("missing.region") from error

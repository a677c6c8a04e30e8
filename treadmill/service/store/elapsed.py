"""The time between two instants of a row, as SQL, on every database."""

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class seconds_between(FunctionElement[float]):  # noqa: N801 - reads as the function that it is
    """The seconds from one instant to another, right to the millisecond."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between)
def _elsewhere(element: Any, compiler: Any, **more: Any) -> str:
    begin, end = (compiler.process(one, **more) for one in element.clauses)
    return f"EXTRACT(EPOCH FROM ({end} - {begin}))"


@compiles(seconds_between, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    begin, end = (compiler.process(one, **more) for one in element.clauses)
    return f"ROUND((JULIANDAY({end}) - JULIANDAY({begin})) * 86400.0, 3)"

"""Field types that results, reports and the API share, each with its meaning."""

from typing import Annotated

from pydantic import Field

Value = Annotated[
    float | None, Field(description="In the unit; a share lies between 0 and 1. Null where it could not be measured.")
]
Amount = Annotated[float, Field(description="In the unit; a share lies between 0 and 1.")]
Low = Annotated[
    float | None,
    Field(description="Lower bound of the 95 % interval, in the unit of the value; null where there is none."),
]
High = Annotated[
    float | None,
    Field(description="Upper bound of the 95 % interval, in the unit of the value; null where there is none."),
]
Denominator = Annotated[
    int, Field(description="The denominator: the number of tickets, or other things counted, behind the value.")
]
KnownDenominator = Annotated[
    int | None,
    Field(
        description="The denominator: the number of tickets, or other things counted, behind the value; null before "
        "the data begin."
    ),
]
PValue = Annotated[float, Field(description="Two-sided p-value: the chance of this or more without a cause, 0 to 1.")]
Hours = Annotated[float, Field(description="Work in hours.")]
TicketCount = Annotated[int, Field(description="The number of its tickets.")]
Unit = Annotated[
    str,
    Field(
        description="tickets, share, share of hours, hours, days, people, per ticket, or hours per hour.",
        examples=["share of hours"],
    ),
]

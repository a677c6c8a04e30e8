"""What every answer is made of."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

SCOPE = Field(description="What it is about: all, or one value of one dimension.", examples=["all", "team:Network"])
AS_OF = Field(description="The moment as of which everything was analysed.")
LOW = Field(description="Lower bound of the 95 % interval, in the unit of the value; null where there is none.")
HIGH = Field(description="Upper bound of the 95 % interval, in the unit of the value; null where there is none.")
P = Field(description="Two-sided chance of this or more without a cause, from 0 to 1.")
HOURS = Field(description="Work, in hours.")


class Answer(BaseModel):
    """Part of an answer: nothing is in it that its description does not name."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """What is wrong with a request, or a list of it."""

    detail: str | list[dict[str, Any]] = Field(
        description="A sentence; where parameters have another form, each with its place, loc, and what is wrong."
    )


class Period(Answer):
    """From an instant up to, and without, another."""

    from_: datetime = Field(alias="from", description="Its first instant.")
    to: datetime = Field(description="The first instant behind it.")


class Money(Answer):
    """What an hour costs, as the settings say."""

    hourly_rate: float = Field(description="The price of an hour, in the currency.")
    currency: str = Field(examples=["EUR"])


class OfScope(Answer):
    """Of which scope and moment an answer is."""

    as_of: datetime = AS_OF
    scope: str = SCOPE


class OfPeriod(OfScope):
    """Of which scope, moment and period an answer is."""

    period: Period = Field(description="13 closed weeks.")

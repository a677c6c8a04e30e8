"""Pure functions over tickets: no input or output, no clock, no settings object."""

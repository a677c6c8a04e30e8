"""Answers of the API that are not sections of the report as they stand."""

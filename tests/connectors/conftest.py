"""Assertions of the conformance suite show their values, as in an author's own tests."""

import pytest

pytest.register_assert_rewrite("connectors.conformance")

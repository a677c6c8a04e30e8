"""What every connector must do, as tests that its author derives from.

    from connectors.conformance import ConnectorConformance, FakeSystem

    class MySystem(FakeSystem):
        ...  # a stand-in for the real system, and connectors that read it

    class TestMyConnector(ConnectorConformance):
        def system(self) -> FakeSystem:
            return MySystem()

pytest runs all methods named `test_...`. What a fake system cannot do is skipped with its reason.
For failures in full, call `pytest.register_assert_rewrite("connectors.conformance")` in conftest.py.
"""

from connectors.conformance.suite import ConnectorConformance
from connectors.conformance.system import FakeSystem

__all__ = ["ConnectorConformance", "FakeSystem"]

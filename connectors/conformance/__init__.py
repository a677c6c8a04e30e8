"""The rules of the connector contract, as tests that a connector's author inherits.

    from connectors.conformance import ConnectorConformance, FakeSystem

    class MySystem(FakeSystem):
        ...  # a stand-in for the real system, and connectors that read it

    class TestMyConnector(ConnectorConformance):
        def system(self) -> FakeSystem:
            return MySystem()

pytest runs all methods named `test_...`; a test that the fake system cannot support is skipped with the reason.
For complete failure messages, call `pytest.register_assert_rewrite("connectors.conformance")` in conftest.py.
"""

from connectors.conformance.suite import ConnectorConformance
from connectors.conformance.system import FakeSystem

__all__ = ["ConnectorConformance", "FakeSystem"]

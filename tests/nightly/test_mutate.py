"""The faults that are put into the code are the ones meant, each alone, and the code still
parses.
"""

import ast

import pytest

from tests.nightly.mutate import FLOORS, ROOT, mutants, stated_faults

CODE = '''"""Not < this."""
def fee(gbps: int, price=2):
    if gbps > 3 and not price:
        return max(gbps, 0) * price
    return gbps - price
'''


def test_each_fault_changes_one_thing():
    made = {(fault.before, fault.after) for fault in mutants("fee.py", CODE)}
    assert made == {
        (">", ">="),
        ("and", "or"),
        ("not ", ""),
        ("max", "min"),
        ("*", "/"),
        ("-", "+"),
        ("2", "3"),
        ("3", "4"),
        ("0", "1"),
    }
    for fault in mutants("fee.py", CODE):
        ast.parse(fault.changed)
        assert abs(len(fault.changed) - len(CODE)) <= 4
        assert fault.changed.startswith('"""Not < this."""')


@pytest.mark.parametrize("path", FLOORS)
def test_every_module_and_its_tests_are_there(path):
    _, tests = FLOORS[path]
    assert all((ROOT / test).is_file() for test in tests)
    faults = list(mutants(path, (ROOT / path).read_text("utf-8")))
    assert len(faults) >= 8
    for fault in faults[:: max(len(faults) // 8, 1)]:
        ast.parse(fault.changed)


@pytest.mark.nightly
def test_the_stated_faults_fit_the_code():
    assert [fault for fault, _ in stated_faults() if isinstance(fault, str)] == []

"""Errors are sentences for people and data for machines."""

import json

from warehouse.errors import NetworkError, Problem, TransitError


class GateError(TransitError):
    """A forecast that may not be published."""


def test_an_error_says_its_kind_and_the_values_of_each_problem():
    problems = [
        Problem("routes.csv line 3", "segment XX is unknown"),
        Problem("ALA-FRA", "fell to 0", "gate.change", '{"ratio": 0.0}'),
    ]
    error = NetworkError("2 problems", problems, "Fix routes.csv.")
    assert json.loads(json.dumps(error.data())) == {
        "code": "network",
        "summary": "2 problems",
        "problems": [
            {
                "where": "routes.csv line 3",
                "what": "segment XX is unknown",
                "code": "",
                "values": {},
            },
            {
                "where": "ALA-FRA",
                "what": "fell to 0",
                "code": "gate.change",
                "values": {"ratio": 0.0},
            },
        ],
        "remedy": "Fix routes.csv.",
    }
    assert str(error).startswith("NetworkError: 2 problems\n  routes.csv line 3: segment XX")
    assert GateError("refused").code == "gate"

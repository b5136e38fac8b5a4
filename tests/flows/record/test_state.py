"""How the last jobs ended, in one small file."""

from flows.operate.watch import metrics_text
from flows.record.state import State, begun, ended, read_state, write_state


def test_state_counts_failures_and_survives_nonsense(tmp_path):
    state = State()
    for outcome in ("failed", "failed", "done", "failed"):
        state = ended(begun(state, 10.0), 12.0, outcome=outcome, problem="", rows=1)
    assert (state.jobs, state.jobs_failed, state.failures_in_a_row, state.rows_read) == (4, 3, 1, 4)
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
    assert "transit_failures_in_a_row 1\n" in metrics_text(tmp_path, now=20, serving_since=10)
    (tmp_path / "state.json").write_text("{nonsense", encoding="utf-8")
    assert read_state(tmp_path) == State()

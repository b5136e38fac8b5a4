"""The data dictionary names every object, its columns, and where it comes from."""

from html.parser import HTMLParser

import pytest

from warehouse.serving.dictionary import entries, to_html, to_markdown
from warehouse.store.database import Warehouse


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    with Warehouse.open(tmp_path_factory.mktemp("dictionary") / "transit.duckdb") as warehouse:
        return entries(warehouse.connection)


def test_lineage_leads_from_views_to_tables_and_flows(found):
    named = {entry.full_name: entry for entry in found}
    assert named["mart.forecast_latest"].made_from == ("core.forecast_quantile", "mart.run_history")
    assert "mart.forecast_all" in named["mart.forecast_as_of(as_of)"].made_from
    assert named["mart.traffic_day"].made_from == ("mart.traffic_of_grain(grain_wanted)",)
    assert named["core.forecast_quantile"].flow == "forecast"
    assert named["core.order_plan"].flow == "plan"
    assert named["core.traffic_period"].flow == named["core.capacity"].flow == "load"
    for entry in found:
        assert entry.comment
        assert bool(entry.flow) == (entry.kind == "table")
        assert entry.made_from or entry.kind == "table" or entry.name == "column_tag", (
            entry.full_name
        )


def test_markdown_explains_every_column(found):
    text = to_markdown(found)
    assert text.index("### mart.runout") < text.index("### core.runout")
    assert "| lit_gbps | DOUBLE | usable lit capacity, each direction [Gbit/s] |" in text
    assert "Made from: core.forecast_quantile, mart.run_history" in text
    assert text.count("| column | type | meaning |") == sum(bool(entry.columns) for entry in found)


def test_html_links_lead_somewhere_and_nothing_is_loaded_from_outside(found):
    class Links(HTMLParser):
        def __init__(self):
            super().__init__()
            self.targets, self.anchors = set(), set()

        def handle_starttag(self, tag, attrs):
            for name, value in attrs:
                if name == "href":
                    self.targets.add(value)
                if name == "id":
                    self.anchors.add(f"#{value}")
                assert name != "src"

    links = Links()
    links.feed(to_html(found))
    assert links.targets
    assert links.targets <= links.anchors

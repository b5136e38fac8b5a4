"""`transit docs` names the site, and says how to get it where there is none."""

import pytest

from flows.commands import docs
from warehouse.errors import SettingsError


def test_without_a_site_it_says_how_to_build_it(tmp_path, monkeypatch):
    monkeypatch.setattr(docs, "SITE", tmp_path)
    with pytest.raises(SettingsError, match="make docs"):
        docs.docs()


@pytest.mark.parametrize("address_only", [True, False])
def test_the_first_page_is_named_and_opened_unless_told_otherwise(
    address_only, tmp_path, monkeypatch, capsys
):
    opened = []
    monkeypatch.setattr(docs, "SITE", tmp_path)
    monkeypatch.setattr(docs.webbrowser, "open", opened.append)
    (tmp_path / "index.html").write_text("<p>pages</p>", encoding="utf-8")
    docs.docs(address_only=address_only)
    address = (tmp_path / "index.html").as_uri()
    assert capsys.readouterr().out.strip() == address
    assert opened == ([] if address_only else [address])

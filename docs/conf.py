"""Settings of Sphinx for the documentation site; docs/build.py stages the pages beside them."""

from importlib import metadata

project = "transit-forecast"
release = metadata.version("transit-forecast")
copyright = "the authors of transit-forecast"
html_title = f"transit-forecast {release}"

extensions = ["myst_parser"]
exclude_patterns = ["build"]
root_doc = "docs/index"
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist", "tasklist"]
# Mermaid stays as text: drawing it would need a script from elsewhere.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
html_use_opensearch = ""

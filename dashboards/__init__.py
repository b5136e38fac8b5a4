"""Frames to reports: charts, pages in each language, a typeset edition, a brief and a workbook.

`report.write_report` draws an edition from the frames of a run (`material.gather`); chapters choose
what stands on a page, charts make Vega-Lite specifications, `text/` holds all words. Neither the
database nor forecasting is imported: frames and reasons are all that comes in.
"""

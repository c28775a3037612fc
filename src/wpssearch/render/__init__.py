"""Results to text, JSON, JSON Lines and CSV. Knows widths and colours, but no terminal."""

from wpssearch.render.data import to_csv, to_json, to_jsonl
from wpssearch.render.safe import neutralise
from wpssearch.render.terminal import (
    render_check,
    render_facets,
    render_info,
    render_record,
    render_repair,
    render_report,
    render_results,
    render_rows,
)

__all__ = [
    "neutralise",
    "render_check",
    "render_facets",
    "render_info",
    "render_record",
    "render_repair",
    "render_report",
    "render_results",
    "render_rows",
    "to_csv",
    "to_json",
    "to_jsonl",
]

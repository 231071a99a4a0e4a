"""The report with dlt's rest_api source: the extract step alone, or all the way to files.

Usage: dlt_report.py extract|files URL FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import dlt  # type: ignore[import-not-found]
from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found]


def main() -> None:
    """Run the pipeline."""
    mode, url, folder = sys.argv[1:]
    base, _, path = url.partition("/reports/")
    source = rest_api_source(
        {
            "client": {"base_url": base},
            "resources": [
                {
                    "name": "content_completion",
                    "primary_key": "completion_id",
                    "endpoint": {
                        "path": f"reports/{path}",
                        "method": "POST",
                        "json": json.loads(Path(folder, "flags.json").read_text("utf-8")),
                        "data_selector": "$",
                        "paginator": "single_page",
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=folder,
        destination=dlt.destinations.filesystem(bucket_url=Path(folder, "files").as_uri()),
        dataset_name="bench",
    )
    if mode == "extract":
        pipeline.extract(source, loader_file_format="jsonl")
    else:
        pipeline.run(source, loader_file_format="jsonl")


if __name__ == "__main__":
    main()

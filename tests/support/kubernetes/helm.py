"""Helm reads YAML as JSON, so that the tests need no YAML library."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

READER = """
{{- $documents := list }}
{{- range splitList "\\n---\\n" (.Files.Get "documents.yaml") }}
{{- $documents = append $documents (fromYaml (print . "\\n")) }}
{{- end }}
{{- dict "documents" $documents | toRawJson }}
"""

Object = dict[str, Any]


def yaml_reader(helm: Callable[..., str], chart: Path) -> Callable[[str], list[Object]]:
    """Return a parser of YAML texts with several documents, by a chart in the empty folder."""
    (chart / "templates").mkdir()
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: reader, version: 0.0.0}")
    (chart / "templates" / "documents.yaml").write_text(READER)

    def read(text: str) -> list[Object]:
        (chart / "documents.yaml").write_text("\n" + text.removeprefix("---\n"))
        documents = json.loads(helm("template", chart).splitlines()[-1])["documents"]
        assert not [each for each in documents if "Error" in each], documents
        return [each for each in documents if each]

    return read

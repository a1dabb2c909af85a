"""Settings of the documentation site, which Sphinx builds with the project's folder as its source.

The pages are the Markdown files where they stand, so that a link works in the repository and on the site alike.
"""

import sys
import tomllib
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

project = "ECG serving"
release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
root_doc = "docs/index"
include_patterns = [
    "README.md",
    "docs/**.md",
    "*/README.md",
    "helm/ecg/README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
]
exclude_patterns = [".*", "build", "models", "tests", "scripts", "**/node_modules", "**/vendor"]

extensions = ["myst_parser", "docs.generated"]
myst_heading_anchors = 4
suppress_warnings = ["toc.empty_glob"]
highlight_language = "text"

html_theme = "furo"
html_title = f"{project} {release}"
html_extra_path = ["start"]  # what a browser finds at the top of the folder leads to the first page
html_copy_source = False
html_show_copyright = False


def setup(app: Sphinx) -> None:
    """Show Mermaid's diagrams as their text: drawing them would take a script from elsewhere."""
    app.add_lexer("mermaid", TextLexer)

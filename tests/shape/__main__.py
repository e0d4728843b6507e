"""Write the generated documents."""

from __future__ import annotations

from tests.shape.documents import DOCS, FILES

for name, write in FILES.items():
    (DOCS / name).write_text(write(), encoding="utf-8")
    print(f"wrote docs/{name}")

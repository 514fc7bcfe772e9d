"""Makes the shipped results of the exhibits that are named, or of all."""

import json
import sys

from demos import app, shipped

app.build()
for exhibit in app.discover():
    name = exhibit.item.module
    if name in sys.argv[1:] or not sys.argv[1:]:
        text = json.dumps(shipped.computed(exhibit), ensure_ascii=False, indent=0)
        (shipped.FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{name}: {len(text) / 1000:.0f} kB")

"""The `label-studio` format: tasks with people's answers as annotations and machines' texts as predictions.

Images are read by Label Studio's local files: its `LOCAL_FILES_DOCUMENT_ROOT` is the folder of the export.
"""

from collections.abc import Mapping
from typing import Any

from realness.exchange.examples import Example
from realness.exchange.folders import Writer

CONFIG = """<View>
  <Image name="image" value="$image"/>
  <Choices name="verdict" toName="image"><Choice value="yes"/><Choice value="somewhat"/><Choice value="no"/></Choices>
  <TextArea name="explanation" toName="image"/>
  <Number name="rating" toName="image" min="0" max="100"/>
  <RectangleLabels name="box" toName="image"><Label value="unrealistic"/></RectangleLabels>
  <PolygonLabels name="polygon" toName="image"><Label value="unrealistic"/></PolygonLabels>
  <TextArea name="phrase" toName="image" perRegion="true"/>
</View>
"""
_LABEL = ["unrealistic"]


class LabelStudio(Writer):
    """Texts with ratings and marks; masks are left to `jsonl`."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._tasks: dict[str, dict[str, Any]] = {}

    def add(self, example: Example) -> None:
        """Keep an answer."""
        row = example.row
        file = self.folder.image(example.image)
        data = {"image": f"/data/local-files/?d={file}", "sha256": row.image_sha256, "split": example.split}
        task = self._tasks.setdefault(row.image_sha256, {"data": data, "annotations": [], "predictions": []})
        if row.source == "human":
            answer = {"result": _result(row, row.verdict, row.explanation), "lead_time": row.active_seconds}
            answer |= {"ground_truth": row.role == "adjudicator", "created_at": row.created_at}
            task["annotations"].append(answer | {"meta": {"reviewer": row.reviewer, "study": row.study}})
        else:
            version = " ".join(filter(None, (row.provider, row.model, row.prompt_version)))
            result = _result(row, row.machine_verdict, row.machine_explanation)
            task["predictions"].append({"result": result, "model_version": version})
        self.rows += 1

    def close(self) -> None:
        """Write the tasks, and how their answers are shown."""
        for task in self._tasks.values():
            self.folder.item("tasks.json", task)
        self.folder.empty("tasks.json", "[]\n")
        self.folder.text("config.xml", CONFIG)


def _result(row: Any, verdict: str | None, explanation: str | None) -> list[dict[str, Any]]:
    given: list[tuple[str, str, dict[str, Any]]] = []
    if verdict:
        given.append(("verdict", "choices", {"choices": [verdict]}))
    if explanation:
        given.append(("explanation", "textarea", {"text": [explanation]}))
    if row.rating is not None:
        given.append(("rating", "number", {"number": row.rating}))
    told = [(f"r{at}", *one) for at, one in enumerate(given)]
    for one in row.findings:
        for each in one["regions"] if one["state"] != "dropped" else ():
            mark = _mark(each, row.width, row.height)
            if mark is not None:
                identifier, place = f"r{len(told)}", {k: v for k, v in mark[2].items() if not k.endswith("labels")}
                # What is said of a region has the region's own id.
                told += [(identifier, *mark), (identifier, "phrase", "textarea", place | {"text": [one["phrase"]]})]
    size = {"original_width": row.width, "original_height": row.height, "image_rotation": 0, "to_name": "image"}
    return [
        {"id": identifier, "from_name": name, "type": kind, "value": value} | size
        for identifier, name, kind, value in told
    ]


def _mark(mark: Mapping[str, Any], width: int, height: int) -> tuple[str, str, dict[str, Any]] | None:
    """A region in percent of the image, as Label Studio has them."""
    at = mark["coordinates"]
    if mark["shape"] == "box":
        x, y = 100 * at[0] / width, 100 * at[1] / height
        box = {"x": x, "y": y, "width": 100 * at[2] / width - x, "height": 100 * at[3] / height - y, "rotation": 0}
        return "box", "rectanglelabels", box | {"rectanglelabels": _LABEL}
    if mark["shape"] == "polygon":
        points = [[100 * x / width, 100 * y / height] for x, y in zip(at[::2], at[1::2], strict=True)]
        return "polygon", "polygonlabels", {"points": points, "closed": True, "polygonlabels": _LABEL}
    return None

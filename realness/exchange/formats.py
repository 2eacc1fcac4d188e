"""The formats that are written, by name: what each is for, and what writes it."""

from collections.abc import Callable
from dataclasses import dataclass

from realness.exchange import to_argilla, to_csv, to_jsonl, to_sureal, to_trl
from realness.exchange.examples import Use
from realness.exchange.folders import Writer
from realness.exchange.rows import ExportRow
from realness.exchange.to_coco import Coco
from realness.exchange.to_label_studio import LabelStudio
from realness.exchange.to_llama_factory import LlamaFactory
from realness.exchange.to_llava import Llava
from realness.exchange.to_ms_swift import MsSwift
from realness.exchange.to_openai import OpenAi
from realness.exchange.to_parquet import Parquet
from realness.exchange.to_raise_td import RaiseTd
from realness.exchange.to_webdataset import WebDataset

_TABLES, _TUNE, _SHARE, _LABEL, _MEASURE = "Everything", "Tune a describer", "Share", "Label on", "Opinion scores"
_LEARNT = (Use.TEXT, Use.PAIR, Use.LABEL)


@dataclass(frozen=True)
class Format:
    """How a format is written.

    Attributes:
        group: what formats of its kind are for.
        purpose: what it is for, in a line.
        line, head: of a table of reviews: what one row becomes, and what stands before the first.
        writer: of the others: what writes examples into a folder.
        uses: which examples it holds.
        file: of a writer that makes one file: its name in the folder; the export is that file then, and no folder.
    """

    group: str
    purpose: str
    line: Callable[[ExportRow], str] | None = None
    head: str = ""
    writer: type[Writer] | None = None
    uses: tuple[Use, ...] = ()
    file: str = ""

    @property
    def folder(self) -> bool:
        """Whether the export is a folder."""
        return self.writer is not None and not self.file

    @property
    def splits(self) -> bool:
        """Whether what it holds is told apart by split."""
        return self.writer is not None and self.uses != (Use.RATING,)

    @property
    def needs_people(self) -> bool:
        """Whether machines' texts alone give nothing."""
        return bool(self.uses) and Use.TEXT not in self.uses


EXPORTERS = {
    "jsonl": Format(_TABLES, "Every answer, nothing lost, a line each", to_jsonl.line),
    "csv": Format(_TABLES, "The same as a table for a spreadsheet", to_csv.line, to_csv.head()),
    "sft": Format(_TUNE, "Texts to learn: TRL's SFTTrainer", writer=to_trl.Sft, uses=(Use.TEXT,)),
    "dpo": Format(_TUNE, "A better and a worse text: TRL's DPOTrainer", writer=to_trl.Dpo, uses=(Use.PAIR,)),
    "kto": Format(_TUNE, "Texts that are right or wrong: TRL's KTOTrainer", writer=to_trl.Kto, uses=(Use.LABEL,)),
    "llama-factory": Format(_TUNE, "All three for LLaMA-Factory", writer=LlamaFactory, uses=_LEARNT),
    "ms-swift": Format(_TUNE, "All three for ms-swift", writer=MsSwift, uses=_LEARNT),
    "llava": Format(_TUNE, "Texts for LLaVA's and Qwen-VL's own scripts", writer=Llava, uses=(Use.TEXT,)),
    "openai": Format(_TUNE, "Texts for Azure and Together, images inside", writer=OpenAi, uses=(Use.TEXT,)),
    "parquet": Format(_SHARE, "A data set for the Hub, images inside, with a card", writer=Parquet, uses=_LEARNT),
    "webdataset": Format(_SHARE, "Texts as tar files to stream", writer=WebDataset, uses=(Use.TEXT,)),
    "coco": Format(_SHARE, "Texts as COCO captions, people's and machines' apart", writer=Coco, uses=(Use.TEXT,)),
    "label-studio": Format(_LABEL, "Answers as tasks of Label Studio", writer=LabelStudio, uses=(Use.TEXT,)),
    "argilla": Format(
        _LABEL, "Texts as records of Argilla", writer=to_argilla.Argilla, uses=(Use.TEXT,), file=to_argilla.FILE
    ),
    "sureal": Format(
        _MEASURE, "Every rating, for SUREAL", writer=to_sureal.Sureal, uses=(Use.RATING,), file=to_sureal.FILE
    ),
    "mos-csv": Format(
        _MEASURE, "Mean scores with texts, as a RAISE-TD tree", writer=RaiseTd, uses=(Use.TEXT, Use.RATING)
    ),
}
"""The formats by name."""

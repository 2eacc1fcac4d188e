"""Everything that is kept, and the only code that opens transactions. Takes and returns domain objects."""

from dataclasses import dataclass
from pathlib import Path

from realness.store.adjudications import AdjudicationStore, Disputed, Disputes, Revision, Which
from realness.store.assignments import AssignmentStore
from realness.store.batches import BatchStore, StoredBatch
from realness.store.browse import BrowseStore, Listed, Listing, Scored
from realness.store.controls import Checks, ControlStore, Gold
from realness.store.corrections import Candidate, CorrectedFinding, Correction, CorrectionStore
from realness.store.described import DescribedStore
from realness.store.descriptions import CHECK, DescriptionStore
from realness.store.engine import COPIES, Database
from realness.store.exports import SOURCES, ExportStore
from realness.store.handing import Handed, TakenBack
from realness.store.images import ImageStore, NewImage
from realness.store.journal import Journal
from realness.store.leaving import ExportFilter
from realness.store.maps import MapStore, MapTask
from realness.store.migrate import migrate
from realness.store.offers import OfferStore
from realness.store.panel import PanelStore, StudyState, Vote
from realness.store.people import PeopleStore
from realness.store.predictions import NewPrediction, Opinion, PredictionStore, Scorable
from realness.store.queues import Taken
from realness.store.references import ReferenceFinding, ReferenceStore
from realness.store.regions import Answered, RegionStore
from realness.store.replies import NewReply, ReplyStore
from realness.store.reviews import ReviewStore
from realness.store.studies import AtWork, Place, Sources, StudyStore, Wanted
from realness.store.tags import TagStore
from realness.store.views import View, ViewStore

__all__ = [
    "CHECK",
    "SOURCES",
    "Answered",
    "AtWork",
    "Candidate",
    "Checks",
    "CorrectedFinding",
    "Correction",
    "Database",
    "Disputed",
    "Disputes",
    "ExportFilter",
    "Gold",
    "Handed",
    "Journal",
    "Listed",
    "Listing",
    "MapTask",
    "NewImage",
    "NewPrediction",
    "NewReply",
    "Opinion",
    "Place",
    "ReferenceFinding",
    "Revision",
    "Scorable",
    "Scored",
    "Sources",
    "Store",
    "StoredBatch",
    "StudyState",
    "Taken",
    "TakenBack",
    "View",
    "Vote",
    "Wanted",
    "Which",
    "migrate",
]


@dataclass(frozen=True)
class Store:
    """The parts of the store, over one database."""

    database: Database
    images: ImageStore
    studies: StudyStore
    assignments: AssignmentStore
    reviews: ReviewStore
    descriptions: DescriptionStore
    described: DescribedStore
    offers: OfferStore
    maps: MapStore
    browse: BrowseStore
    exports: ExportStore
    regions: RegionStore
    corrections: CorrectionStore
    references: ReferenceStore
    predictions: PredictionStore
    panel: PanelStore
    people: PeopleStore
    controls: ControlStore
    tags: TagStore
    views: ViewStore
    adjudications: AdjudicationStore
    replies: ReplyStore
    batches: BatchStore
    journal: Journal | None

    @classmethod
    def open(cls, url: str, journal: Path | None = None, copies: Path = COPIES) -> "Store":
        """Open the database, bringing it to this version's schema first.

        Args:
            journal: the folder in which every review is kept once more; None to do without.
            copies: the folder for the copy that is made of a PostgreSQL database before its schema is changed.

        Raises:
            DatabaseProblem: it cannot be opened, or was made by a newer version.
        """
        database = Database.open(url, copies)
        try:
            migrate(database)
        except BaseException:
            database.close()
            raise
        kept = Journal(database, journal) if journal is not None else None
        database.keepers.extend([kept] if kept is not None else ())
        return cls(
            database,
            images=ImageStore(database),
            studies=StudyStore(database),
            assignments=AssignmentStore(database),
            reviews=ReviewStore(database),
            descriptions=DescriptionStore(database),
            described=DescribedStore(database),
            offers=OfferStore(database),
            maps=MapStore(database),
            browse=BrowseStore(database),
            exports=ExportStore(database),
            regions=RegionStore(database),
            corrections=CorrectionStore(database),
            references=ReferenceStore(database),
            predictions=PredictionStore(database),
            panel=PanelStore(database),
            people=PeopleStore(database),
            controls=ControlStore(database),
            tags=TagStore(database),
            views=ViewStore(database),
            adjudications=AdjudicationStore(database),
            replies=ReplyStore(database),
            batches=BatchStore(database),
            journal=kept,
        )

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()

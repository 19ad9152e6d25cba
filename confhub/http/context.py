"""What a handler has at hand: the services, who asks, in which language, from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from confhub.access.rules import Actor
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.clock import Clock
from confhub.kernel.errors import NotFound, Unauthenticated
from confhub.kernel.events import Bus
from confhub.kernel.lag import LoopLag
from confhub.kernel.load import Load
from confhub.settings import Settings

if TYPE_CHECKING:
    from confhub.accounts.service import AccountService
    from confhub.accounts.values import LoggedIn
    from confhub.agenda.documents import DocumentService
    from confhub.agenda.service import AgendaService
    from confhub.attendance.service import AttendanceService
    from confhub.audit.refusals import Refusals
    from confhub.audit.service import AuditService
    from confhub.calendars.contacts import ContactService
    from confhub.calendars.feeds import FeedService
    from confhub.calendars.letters import LetterService
    from confhub.checkin.codes import CodeService
    from confhub.checkin.corrections import CorrectionService
    from confhub.checkin.deriving import Deriver
    from confhub.checkin.moves import MoveService
    from confhub.checkin.phones import PhoneService
    from confhub.checkin.planning import PlanService
    from confhub.checkin.sealing import SealService
    from confhub.checkin.service import CheckinService
    from confhub.checkin.tablets import TabletService
    from confhub.checkin.undoing import UndoService
    from confhub.checkin.values import TabletPrincipal
    from confhub.desk.service import DeskService
    from confhub.engine.engine import MediaEngine
    from confhub.idempotency.service import IdempotencyService
    from confhub.invitations.service import Invitations
    from confhub.org.paper_service import PaperService
    from confhub.org.service import OrgService
    from confhub.people.merging import MergeService
    from confhub.people.privacy import PrivacyService
    from confhub.people.retention import RetentionService
    from confhub.people.service import PeopleService
    from confhub.post.service import PostService
    from confhub.registry.asking import AskingService
    from confhub.registry.fleet import FleetService
    from confhub.registry.importing import ImportService
    from confhub.registry.kiosk import KioskService
    from confhub.registry.pairing import PairingService
    from confhub.registry.service import RegistryService
    from confhub.registry.values import KioskPrincipal
    from confhub.reports.drawing.files import ReportFiles
    from confhub.reports.mailing.schedules import ScheduleService
    from confhub.reports.people.history import HistoryService
    from confhub.reports.people.service import PeopleReportService
    from confhub.reports.rooms.service import ReportService
    from confhub.rosters.absences import AbsenceService
    from confhub.rosters.importing import PeopleImportService
    from confhub.rosters.service import RosterService
    from confhub.rosters.unit_moves import UnitMoveService
    from confhub.scheduling.asking import AskService
    from confhub.scheduling.calendar import CalendarService
    from confhub.scheduling.moving import MovingService
    from confhub.scheduling.room_settings import RoomSettings
    from confhub.scheduling.service import SeriesService
    from confhub.sessions.census import CensusService
    from confhub.sessions.control import ControlService
    from confhub.sessions.join import JoinService
    from confhub.sessions.live import LiveService
    from confhub.sessions.quality import QualityService
    from confhub.sessions.service import SessionService
    from confhub.sheets.reading import FileReading
    from confhub.templates.service import TemplateService
    from confhub.training.certificates import CertificateService
    from confhub.training.learning import LearningService
    from confhub.training.prints import CertificatePrints
    from confhub.training.service import CourseService
    from confhub.training.verifying import VerifyService
    from confhub.webhooks.made import Webhooks
    from confhub.weekly.papers import WeekPapers
    from confhub.weekly.service import WeeklyService


@dataclass(frozen=True, slots=True)
class Services:
    """Every service of the hub, made once in the composition root."""

    settings: Settings
    clock: Clock
    bus: Bus
    lag: LoopLag
    load: Load
    catalogue: Catalogue
    accounts: AccountService
    audit: AuditService
    refusals: Refusals
    org: OrgService
    papers: PaperService
    unit_moves: UnitMoveService
    registry: RegistryService
    pairing: PairingService
    asking: AskingService
    kiosk: KioskService
    fleet: FleetService
    imports: ImportService
    sessions: SessionService
    series: SeriesService
    asks: AskService
    calendar: CalendarService
    moving: MovingService
    letters: LetterService
    feeds: FeedService
    contacts: ContactService
    agendas: AgendaService
    templates: TemplateService
    documents: DocumentService
    invitations: Invitations
    weekly: WeeklyService
    webhooks: Webhooks
    idempotency: IdempotencyService
    week_papers: WeekPapers
    room_settings: RoomSettings
    control: ControlService
    join: JoinService
    live: LiveService
    quality: QualityService
    census: CensusService
    attendance: AttendanceService
    reports: ReportService
    people: PeopleService
    people_imports: PeopleImportService
    merges: MergeService
    privacy: PrivacyService
    retention: RetentionService
    histories: HistoryService
    rosters: RosterService
    absences: AbsenceService
    checkin: CheckinService
    moves: MoveService
    undoing: UndoService
    phones: PhoneService
    files: FileReading
    tablets: TabletService
    codes: CodeService
    plans: PlanService
    figures: Deriver
    corrections: CorrectionService
    seals: SealService
    courses: CourseService
    certificates: CertificateService
    verifier: VerifyService
    certificate_prints: CertificatePrints
    learning: LearningService
    people_reports: PeopleReportService
    report_files: ReportFiles
    desk: DeskService
    schedules: ScheduleService
    post: PostService
    engine: MediaEngine


SERVICES: web.AppKey[Services] = web.AppKey("services")

LOGIN_COOKIE = "confhub_login"
KIOSK_COOKIE = "confhub_kiosk"
TABLET_COOKIE = "confhub_tablet"
CSRF_COOKIE = "confhub_csrf"
DEVICE_COOKIE = "confhub_device"
LANGUAGE_COOKIE = "confhub_language"

LOGIN: web.RequestKey[LoggedIn | None] = web.RequestKey("confhub_login")
"""Request key: `LoggedIn` of the login cookie, or None. Set by the login middleware."""
KIOSK: web.RequestKey[KioskPrincipal | None] = web.RequestKey("confhub_kiosk")
"""Request key: `KioskPrincipal` of the kiosk cookie, or None. Set by the login middleware."""
TABLET: web.RequestKey[TabletPrincipal | None] = web.RequestKey("confhub_tablet")
"""Request key: `TabletPrincipal` of the tablet's cookie, or None. Set by the login middleware."""
LANGUAGE: web.RequestKey[str] = web.RequestKey("confhub_language", str)
"""Request key: `vi` or `en`. Set by the language middleware."""
PEER: web.RequestKey[Peer] = web.RequestKey("confhub_peer")
"""Request key: `Peer`. Set by the proxy middleware."""

BIGINT_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a request comes from, after trusted proxies were taken off."""

    address: str
    secure: bool
    """Whether the browser speaks HTTPS to us (or to our proxy)."""
    host: str
    """Host (and port) as the browser wrote it."""

    @property
    def origin(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.host}"


def services(request: web.Request) -> Services:
    """The hub's services."""
    return request.app[SERVICES]


def login_or_none(request: web.Request) -> LoggedIn | None:
    """Who is logged in, or None."""
    return request.get(LOGIN)


def kiosk_or_none(request: web.Request) -> KioskPrincipal | None:
    """The room whose browser asks, or None."""
    return request.get(KIOSK)


def tablet_or_none(request: web.Request) -> TabletPrincipal | None:
    """The tablet that asks with its cookie, or None."""
    return request.get(TABLET)


def actor(request: web.Request) -> Actor:
    """The person who asks. Raises `Unauthenticated` (a page redirects to the log-in, the API answers 401)."""
    login = login_or_none(request)
    if login is None:
        raise Unauthenticated()
    return login.actor


def language(request: web.Request) -> str:
    """The reader's language, `vi` or `en`."""
    return request.get(LANGUAGE) or request.app[SERVICES].settings.default_language


def peer(request: web.Request) -> Peer:
    """Where the request comes from."""
    return request[PEER]


def path_id(request: web.Request, name: str = "id") -> int:
    """The positive integer in the path. Raises `NotFound` for anything that no row can have."""
    text = request.match_info[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= BIGINT_MAX):
        raise NotFound()
    return int(text)
